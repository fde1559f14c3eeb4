package grants

import (
	"context"
	"errors"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// redeem uses up the code and stores what it becomes, in one write with the audit
// record. Of any number of parallel callers one gets tokens (B02); the others
// prove a replay.
func (x *Exchange) redeem(ctx context.Context, r *request) (*tokens.Issued, error) {
	issued, err := x.Issuer.FromCode(r.authorization, r.code.GrantID)
	if err != nil {
		return nil, err
	}
	event := x.event(core.TokenIssued, r)
	var refusal oauth.Reason
	err = x.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		if refusal, err = x.consumeCode(tx, r); err != nil || refusal != "" {
			return err
		}
		if err := x.insertGrant(tx, issued); err != nil {
			return err
		}
		tx.Audit(event)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if refusal != "" {
		return nil, oauth.NewError(refusal)
	}
	return issued, nil
}

// consumeCode returns why the code is good for nothing; "" when it was used up
// for this request. The write commits in either case: a used code stays used, an
// ended grant ended.
func (x *Exchange) consumeCode(tx *store.Tx, r *request) (oauth.Reason, error) {
	consumed, err := tx.ConsumeCode(r.code.Selector, x.Now())
	if err != nil {
		return "", err
	}
	if consumed {
		return x.sessionOver(tx, r.code.Authentication.SessionID)
	}
	code, err := tx.Code(r.code.Selector)
	if err != nil {
		return "", err
	}
	if code.ConsumedAt.IsZero() {
		return oauth.ReasonCodeExpired, nil
	}
	return oauth.ReasonCodeReused, x.replayed(tx, r)
}

// sessionOver refuses the code of a person who has signed out meanwhile. The
// session is touched and then read again: the row lock has whoever ends it come
// before, and be seen, or after, and see the grant.
func (x *Exchange) sessionOver(tx *store.Tx, sessionID string) (oauth.Reason, error) {
	if sessionID == "" {
		return "", nil
	}
	now := x.Now()
	session, err := tx.Session(sessionID)
	if err == nil && session.Alive(now) {
		later := session.SeenAt.Add(time.Millisecond) // what is not later takes no lock
		if now.After(later) {
			later = now
		}
		if err := tx.TouchSession(sessionID, later); err != nil {
			return "", err
		}
		session, err = tx.Session(sessionID)
	}
	if errors.Is(err, core.ErrNotFound) || err == nil && !session.Alive(now) {
		return oauth.ReasonCodeInvalid, nil
	}
	return "", err
}

// insertGrant stores what a code became.
func (x *Exchange) insertGrant(tx *store.Tx, issued *tokens.Issued) error {
	if err := tx.InsertGrant(issued.Grant); err != nil {
		return err
	}
	if issued.Refresh != nil {
		if err := tx.InsertRefreshToken(issued.Refresh); err != nil {
			return err
		}
	}
	if issued.Grant.SessionID == "" {
		return nil
	}
	return tx.AddSessionClient(issued.Grant.SessionID, issued.Grant.ClientID)
}
