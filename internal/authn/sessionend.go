package authn

import (
	"context"
	"errors"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// End ends a session: it is dead on every node at once, and with it what was
// granted in it without offline_access. Clients that registered for it are told
// (OpenID Connect Back-Channel Logout 1.0 §2.5). What event leaves empty is filled
// in; its Type is core.SessionEnded then. A session that has ended already stays as
// it is.
func (s *Sessions) End(ctx context.Context, session *core.Session, reason string, event core.Event) error {
	if event.RequestID == "" {
		source := oauth.SourceOf(ctx)
		event.IP, event.RequestID = source.IP, source.RequestID
	}
	err := s.Store.Write(ctx, func(tx *store.Tx) error { return s.end(tx, session, reason, event) })
	if err == nil {
		s.Wake()
	}
	return err
}

// EndAll ends the sessions of a person but one (empty: all of them) within the caller's
// write, as End does. The caller calls Wake after the commit.
func (s *Sessions) EndAll(tx *store.Tx, userID, reason, exceptID string, event core.Event) error {
	sessions, err := tx.SessionsOf(userID, s.Now())
	if err != nil {
		return err
	}
	for _, session := range sessions {
		if session.ID == exceptID {
			continue
		}
		if err := s.end(tx, session, reason, event); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sessions) end(tx *store.Tx, session *core.Session, reason string, event core.Event) error {
	ended, err := tx.EndSession(session.ID, s.Now(), reason)
	if err != nil || !ended {
		return err
	}
	if err := s.endGrants(tx, session, reason); err != nil {
		return err
	}
	if err := s.tellClients(tx, session); err != nil {
		return err
	}
	if event.Type == "" {
		event.Type = core.SessionEnded
	}
	event.SubjectType, event.SubjectID = core.SubjectPerson, session.UserID
	event.Target = "session/" + session.ID
	if event.Detail == "" {
		event.Detail = reason
	}
	tx.Audit(event)
	return nil
}

// endGrants ends what was granted in the session (OpenID Connect Back-Channel
// Logout 1.0 §2.7). What was asked for with offline_access outlives it (OpenID
// Connect Core §11), and so does a connection: it is the company's.
func (s *Sessions) endGrants(tx *store.Tx, session *core.Session, reason string) error {
	grants, err := tx.GrantsOfSession(session.ID)
	if err != nil {
		return err
	}
	for _, g := range grants {
		connection := g.ConsentID != "" && g.OrganisationID != ""
		if connection || g.Scope.Has(oauth.ScopeOfflineAccess) {
			continue
		}
		if _, err := tx.EndGrant(g.ID, s.Now(), reason, g.ExpiresAt); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sessions) tellClients(tx *store.Tx, session *core.Session) error {
	ids, err := tx.SessionClients(session.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		client, err := tx.Client(id)
		if errors.Is(err, core.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if client.Browser.LogoutURI == "" {
			continue
		}
		if err := s.Logout(tx, id, session.UserID, session.ID); err != nil {
			return err
		}
	}
	return nil
}
