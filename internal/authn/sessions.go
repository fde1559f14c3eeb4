package authn

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// Sessions are the people signed in with browsers. All fields are required.
type Sessions struct {
	Store     *store.Store
	Lifetime  time.Duration // of a session, from the last proof
	DeviceKey []byte        // at least 32 bytes, derived from the master key
	// Logout queues a back-channel logout of a client within the transaction;
	// Wake is called after the commit, to have it leave.
	Logout func(tx *store.Tx, clientID, userID, sessionID string) error
	Wake   func()
	Now    func() time.Time
	Rand   io.Reader
}

// SignedIn is a live session and its person, who is active.
type SignedIn struct {
	Session *core.Session
	User    *core.User
}

// touchEvery is how exact the last use of a session is kept.
const touchEvery = time.Minute

// Of returns who is signed in. Nobody is nil without an error: there is no cookie,
// or its session has ended or expired, or the person is not active any more (E19).
func (s *Sessions) Of(r *http.Request) (*SignedIn, error) {
	session, err := s.presented(r)
	if session == nil || err != nil {
		return nil, err
	}
	user, err := s.Store.User(r.Context(), session.UserID)
	if errors.Is(err, core.ErrNotFound) || (err == nil && !maySignIn(user)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.touch(r.Context(), session)
	return &SignedIn{Session: session, User: user}, nil
}

// maySignIn reports whether somebody may use the pages: an active person. Service
// accounts are for integrations alone.
func maySignIn(user *core.User) bool {
	return user.Kind == core.Person && user.Status == core.Active
}

// presented returns the live session whose secret the browser holds, nil for none.
func (s *Sessions) presented(r *http.Request) (*core.Session, error) {
	token, err := secret.ParseToken(secret.Session, cookieOf(r, CookieSession))
	if errors.Is(err, secret.ErrMalformed) {
		return nil, nil
	}
	session, err := s.Store.Session(r.Context(), core.PrefixSession+token.Selector)
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !token.Equal(session.Hash) || !session.Alive(s.Now()) {
		return nil, nil
	}
	return session, nil
}

// touch notes the use of a session. When that fails, nothing is lost that
// matters, and the next request tries again.
func (s *Sessions) touch(ctx context.Context, session *core.Session) {
	now := s.Now()
	if now.Sub(session.SeenAt) < touchEvery {
		return
	}
	_ = s.Store.Write(ctx, func(tx *store.Tx) error { return tx.TouchSession(session.ID, now) })
}

// selector is the id of a session without its prefix.
func selector(sessionID string) string { return strings.TrimPrefix(sessionID, core.PrefixSession) }

// personEvent is an audit record about a person, from where the request came.
func personEvent(ctx context.Context, kind core.EventType, userID string) core.Event {
	source := oauth.SourceOf(ctx)
	e := core.Event{Type: kind, IP: source.IP, RequestID: source.RequestID}
	if userID != "" {
		e.SubjectType, e.SubjectID = core.SubjectPerson, userID
	}
	return e
}
