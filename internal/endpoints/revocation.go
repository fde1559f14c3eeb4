package endpoints

import (
	"context"
	"errors"
	"net/http"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// Revoke ends a token: the grant behind it, and so every token that came from
// it (RFC 7009 §2.1). Unknown and dead tokens are answered with 200 as well
// (§2.2); another client's token is left alone.
func (t *TokenState) Revoke(w http.ResponseWriter, r *http.Request) {
	err := t.withToken(w, r, true, func(caller authn.Caller, form map[string]string) error {
		if err := t.revoke(r.Context(), caller, form["token"]); err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusOK)
		return nil
	})
	t.fail(w, r, err)
}

func (t *TokenState) revoke(ctx context.Context, caller authn.Caller, token string) error {
	found, err := t.find(ctx, token)
	var dead *oauth.Error
	if errors.As(err, &dead) && dead.Status < http.StatusInternalServerError {
		return nil
	}
	if err != nil {
		return err
	}
	if found.authorization.ClientID() != caller.ID() {
		return oauth.NewError(oauth.ReasonTokenOfAnother)
	}
	return End(ctx, t.Store, Ending{
		Authorization: found.authorization, Type: core.TokenRevoked, Reason: "revoked", At: t.Now(), Keep: found.grantEnds,
	})
}

// Ending is the end of a grant by its owner.
type Ending struct {
	Authorization *core.Authorization
	Type          core.EventType // TokenRevoked or Logout
	Reason        string
	At            time.Time
	Keep          time.Time // until when tokens of the grant would have lived
}

// End ends a grant and records it, in one write.
func End(ctx context.Context, s *store.Store, e Ending) error {
	event := core.EventOf(e.Type, e.Authorization, oauth.SourceOf(ctx))
	return s.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.EndGrant(e.Authorization.GrantID, e.At, e.Reason, e.Keep); err != nil {
			return err
		}
		tx.Audit(event)
		return nil
	})
}
