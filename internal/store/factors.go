package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Factors returns what a person can prove beside a password. It is never cached.
func (s *Store) Factors(ctx context.Context, userID string) (*core.Factors, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Factors, error) { return factorsOf(ctx, s.read, userID) })
}

// Factors reads within the transaction.
func (tx *Tx) Factors(userID string) (*core.Factors, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Factors, error) { return factorsOf(ctx, q, userID) })
}

func factorsOf(ctx context.Context, q *queries.Queries, userID string) (*core.Factors, error) {
	row, err := q.Factors(ctx, userID)
	if err != nil {
		return nil, failure("factors", err)
	}
	return &core.Factors{Passkeys: row.Passkeys, App: row.Apps > 0, RecoveryCodes: row.RecoveryCodes}, nil
}

// PasskeysOf returns the passkeys of a person, oldest first. It is never cached.
func (s *Store) PasskeysOf(ctx context.Context, userID string) ([]*core.Passkey, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Passkey, error) {
		rows, err := s.read.PasskeysOf(ctx, userID)
		return each(rows, err, "passkeys", passkeyOf)
	})
}

// InsertPasskey inserts a passkey; its credential must be new.
func (tx *Tx) InsertPasskey(p *core.Passkey) error {
	tx.fillID(&p.ID, core.PrefixPasskey)
	return tx.do("passkey", func(ctx context.Context, q *queries.Queries) error {
		return q.InsertPasskey(ctx, queries.InsertPasskeyParams{
			ID: p.ID, UserID: p.UserID, CredentialID: p.CredentialID, Name: p.Name, Record: p.Record, SignCount: p.SignCount,
			CreatedAt: tx.createdAt(p.CreatedAt),
		})
	})
}

// UsePasskey stores the use of a passkey. It reports false when the passkey is gone
// or its counter did not grow.
func (tx *Tx) UsePasskey(p *core.Passkey, at time.Time) (ok bool, err error) {
	return tx.does("passkey", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.UsePasskey(ctx, queries.UsePasskeyParams{ID: p.ID, SignCount: p.SignCount, Record: p.Record, At: millis(at)})
	})
}

// DeletePasskey removes a passkey of a person, and reports whether there was one.
func (tx *Tx) DeletePasskey(id, userID string) (ok bool, err error) {
	return tx.does("passkey", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.DeletePasskey(ctx, queries.DeletePasskeyParams{ID: id, UserID: userID})
	})
}

// DeletePasskeysOf removes all passkeys of a person.
func (tx *Tx) DeletePasskeysOf(userID string) error {
	return tx.do("passkeys", func(ctx context.Context, q *queries.Queries) error {
		_, err := q.DeletePasskeysOf(ctx, userID)
		return err
	})
}

// AuthenticatorApp returns the app of a person. It is never cached.
func (s *Store) AuthenticatorApp(ctx context.Context, userID string) (*core.AuthenticatorApp, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.AuthenticatorApp, error) {
		row, err := s.read.AuthenticatorApp(ctx, userID)
		return one(row, err, "authenticator app", authenticatorAppOf)
	})
}

// PutAuthenticatorApp gives a person an app in place of the one that they had.
func (tx *Tx) PutAuthenticatorApp(a *core.AuthenticatorApp) error {
	return tx.do("authenticator app", func(ctx context.Context, q *queries.Queries) error {
		if _, err := q.DeleteAuthenticatorApp(ctx, a.UserID); err != nil {
			return err
		}
		return q.InsertAuthenticatorApp(ctx, queries.InsertAuthenticatorAppParams{
			UserID: a.UserID, Sealed: a.Sealed, LastStep: a.LastStep, CreatedAt: tx.createdAt(a.CreatedAt)})
	})
}

// TryAuthenticatorApp counts a try, and returns the app to compare with. ok is false
// when there is none, or too many tries were wrong.
func (tx *Tx) TryAuthenticatorApp(userID string) (a *core.AuthenticatorApp, ok bool, err error) {
	a, err = find(tx, func(ctx context.Context, q *queries.Queries) (*core.AuthenticatorApp, error) {
		row, err := q.TryAuthenticatorApp(ctx, queries.TryAuthenticatorAppParams{UserID: userID, Most: core.AuthenticatorAppTries})
		return one(row, err, "authenticator app", authenticatorAppOf)
	})
	if isNotFound(err) {
		return nil, false, nil
	}
	return a, err == nil, err
}

// UseAuthenticatorApp takes the code of a step, and reports whether this call did:
// none is taken after it, or one behind it.
func (tx *Tx) UseAuthenticatorApp(userID string, step int64, at time.Time) (ok bool, err error) {
	return tx.does("authenticator app", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.UseAuthenticatorApp(ctx, queries.UseAuthenticatorAppParams{UserID: userID, Step: step, At: millis(at)})
	})
}

// ForgiveAuthenticatorApp forgets wrong tries, after a proof by another factor.
func (tx *Tx) ForgiveAuthenticatorApp(userID string) error {
	return tx.do("authenticator app", func(ctx context.Context, q *queries.Queries) error {
		return q.ForgiveAuthenticatorApp(ctx, userID)
	})
}

// DeleteAuthenticatorApp removes the app of a person, and reports whether there was
// one.
func (tx *Tx) DeleteAuthenticatorApp(userID string) (ok bool, err error) {
	return tx.does("authenticator app", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.DeleteAuthenticatorApp(ctx, userID)
	})
}

// PutRecoveryCodes gives a person recovery codes in place of those that they had;
// none takes them away.
func (tx *Tx) PutRecoveryCodes(userID string, digests []string) error {
	return tx.do("recovery codes", func(ctx context.Context, q *queries.Queries) error {
		if _, err := q.DeleteRecoveryCodes(ctx, userID); err != nil {
			return err
		}
		for _, digest := range digests {
			if err := q.InsertRecoveryCode(ctx, queries.InsertRecoveryCodeParams{UserID: userID, Digest: digest}); err != nil {
				return err
			}
		}
		return nil
	})
}

// UseRecoveryCode uses up a recovery code, and reports whether this call did.
func (tx *Tx) UseRecoveryCode(userID, digest string) (ok bool, err error) {
	return tx.does("recovery code", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.UseRecoveryCode(ctx, queries.UseRecoveryCodeParams{UserID: userID, Digest: digest})
	})
}

// does is do for a statement that may change no row, and reports whether it did.
func (tx *Tx) does(subject string, statement func(ctx context.Context, q *queries.Queries) (int64, error)) (ok bool, err error) {
	err = tx.do(subject, func(ctx context.Context, q *queries.Queries) error {
		rows, err := statement(ctx, q)
		ok = rows > 0
		return err
	})
	return ok, err
}

func passkeyOf(row queries.Passkey) (*core.Passkey, error) {
	return &core.Passkey{
		ID: row.ID, UserID: row.UserID, CredentialID: row.CredentialID, Name: row.Name, Record: row.Record,
		SignCount: row.SignCount, CreatedAt: instant(row.CreatedAt), LastUsedAt: instant(row.LastUsedAt),
	}, nil
}

func authenticatorAppOf(row queries.AuthenticatorApp) (*core.AuthenticatorApp, error) {
	return &core.AuthenticatorApp{
		UserID: row.UserID, Sealed: row.Sealed, LastStep: row.LastStep, Tries: row.Tries,
		CreatedAt: instant(row.CreatedAt), LastUsedAt: instant(row.LastUsedAt),
	}, nil
}
