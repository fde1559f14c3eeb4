package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Session returns the browser session with an id, ended or not. It is never
// cached.
func (s *Store) Session(ctx context.Context, id string) (*core.Session, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Session, error) {
		row, err := s.read.Session(ctx, id)
		return one(row, err, "session", sessionOf)
	})
}

// SessionsOf returns the live sessions of a user, latest first.
func (s *Store) SessionsOf(ctx context.Context, userID string, now time.Time) ([]*core.Session, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Session, error) {
		return sessionsOf(ctx, s.read, userID, now)
	})
}

// Session reads within the transaction.
func (tx *Tx) Session(id string) (*core.Session, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Session, error) {
		row, err := q.Session(ctx, id)
		return one(row, err, "session", sessionOf)
	})
}

// SessionsOf reads within the transaction.
func (tx *Tx) SessionsOf(userID string, now time.Time) ([]*core.Session, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) ([]*core.Session, error) {
		return sessionsOf(ctx, q, userID, now)
	})
}

// InsertSession inserts a session; its id must be new.
func (tx *Tx) InsertSession(s *core.Session) error {
	return tx.do("session", func(ctx context.Context, q *queries.Queries) error {
		return q.InsertSession(ctx, queries.InsertSessionParams{
			ID: s.ID, Hash: s.Hash, UserID: s.UserID, Acr: s.ACR, Amr: encode(s.AMR), AuthenticatedAt: millis(s.AuthenticatedAt),
			CreatedAt: tx.createdAt(s.CreatedAt), SeenAt: millis(s.SeenAt), ExpiresAt: millis(s.ExpiresAt), Ip: s.IP,
			UserAgent: s.UserAgent,
		})
	})
}

// RenewSession gives a session the secret, the authentication and the expiry of
// renewed. It reports false when the session has ended, or its secret is no longer
// the one with oldHash.
func (tx *Tx) RenewSession(renewed *core.Session, oldHash []byte) (ok bool, err error) {
	err = tx.do("session", func(ctx context.Context, q *queries.Queries) error {
		rows, err := q.RenewSession(ctx, queries.RenewSessionParams{
			ID: renewed.ID, Hash: renewed.Hash, OldHash: oldHash, Acr: renewed.ACR, Amr: encode(renewed.AMR),
			AuthenticatedAt: millis(renewed.AuthenticatedAt), ExpiresAt: millis(renewed.ExpiresAt),
		})
		ok = rows > 0
		return err
	})
	return ok, err
}

// TouchSession notes that a session was used.
func (tx *Tx) TouchSession(id string, at time.Time) error {
	return tx.do("session", func(ctx context.Context, q *queries.Queries) error {
		return q.TouchSession(ctx, queries.TouchSessionParams{ID: id, At: millis(at)})
	})
}

// EndSession ends a session, and reports whether this call did: the first end wins.
func (tx *Tx) EndSession(id string, at time.Time, reason string) (ended bool, err error) {
	err = tx.do("session", func(ctx context.Context, q *queries.Queries) error {
		rows, err := q.EndSession(ctx, queries.EndSessionParams{ID: id, At: millis(at), EndReason: reason})
		ended = rows > 0
		return err
	})
	return ended, err
}

// AddSessionClient notes that a session signed in to a client.
func (tx *Tx) AddSessionClient(sessionID, clientID string) error {
	return tx.do("session client", func(ctx context.Context, q *queries.Queries) error {
		return q.AddSessionClient(ctx, queries.AddSessionClientParams{SessionID: sessionID, ClientID: clientID})
	})
}

// SessionClients returns the ids of the clients that a session signed in to.
func (tx *Tx) SessionClients(sessionID string) ([]string, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) ([]string, error) {
		ids, err := q.SessionClients(ctx, sessionID)
		return ids, failure("session clients", err)
	})
}

func sessionsOf(ctx context.Context, q *queries.Queries, userID string, now time.Time) ([]*core.Session, error) {
	rows, err := q.SessionsOf(ctx, queries.SessionsOfParams{UserID: userID, Now: millis(now)})
	return each(rows, err, "sessions", sessionOf)
}

func sessionOf(row queries.Session) (*core.Session, error) {
	var d decoder
	return &core.Session{
		ID: row.ID, Hash: row.Hash, UserID: row.UserID, ACR: row.Acr, AMR: d.list("amr", row.Amr),
		AuthenticatedAt: instant(row.AuthenticatedAt), CreatedAt: instant(row.CreatedAt), SeenAt: instant(row.SeenAt),
		ExpiresAt: instant(row.ExpiresAt), EndedAt: instant(row.EndedAt), EndReason: row.EndReason, IP: row.Ip,
		UserAgent: row.UserAgent,
	}, d.err
}
