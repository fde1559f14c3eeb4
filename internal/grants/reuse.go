package grants

import (
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// outcome is what became of a presented refresh token inside the transaction.
// The write commits whatever it is: ending a family must last.
type outcome struct {
	kind      outcomeKind
	successor *core.RefreshToken // of a retry
}

type outcomeKind int

const (
	outcomeRotated outcomeKind = iota
	outcomeRetried
	outcomeReused
	outcomeExpired
	outcomeEnded
)

var rotated = outcome{kind: outcomeRotated}

// afterUse decides what a token that could not be consumed means: expired, its
// family ended, a retry that lost its answer, or reuse. Reuse ends the family,
// with an audit record (RFC 9700 §4.14.2).
func (x *Exchange) afterUse(tx *store.Tx, r *request) (outcome, error) {
	now := x.Now()
	grant, err := tx.Grant(r.rotation.grant.ID)
	if err != nil {
		return outcome{}, err
	}
	if !grant.EndedAt.IsZero() {
		return outcome{kind: outcomeEnded}, nil
	}
	token, err := tx.RefreshToken(r.rotation.presented.Selector)
	if err != nil {
		return outcome{}, err
	}
	if token.ConsumedAt.IsZero() {
		return outcome{kind: outcomeExpired}, nil
	}
	grace := x.Issuer.LifetimesOf(r.authorization).RefreshGrace
	if now.Before(token.ConsumedAt.Add(grace)) {
		successor, err := tx.RefreshToken(token.Successor)
		if err != nil {
			return outcome{}, err
		}
		if successor.ConsumedAt.IsZero() {
			tx.Audit(x.event(core.TokenRefreshed, r))
			return outcome{kind: outcomeRetried, successor: successor}, nil
		}
	}
	if _, err := tx.EndGrant(grant.ID, now, string(oauth.ReasonRefreshTokenReused), grant.ExpiresAt); err != nil {
		return outcome{}, err
	}
	event := x.event(core.TokenReused, r)
	event.Reason = oauth.ReasonRefreshTokenReused
	tx.Audit(event)
	return outcome{kind: outcomeReused}, nil
}

// settle turns the committed outcome into the answer.
func (x *Exchange) settle(r *request, next *tokens.Issued, o outcome) (*tokens.Issued, error) {
	switch o.kind {
	case outcomeRotated:
		return next, nil
	case outcomeRetried:
		return x.Issuer.Again(r.authorization, r.rotation.grant, r.rotation.presented, o.successor)
	case outcomeReused:
		return nil, oauth.NewError(oauth.ReasonRefreshTokenReused)
	case outcomeExpired:
		return nil, oauth.NewError(oauth.ReasonRefreshTokenExpired)
	}
	return nil, oauth.NewError(oauth.ReasonGrantEnded)
}
