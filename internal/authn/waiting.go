package authn

import (
	"context"
	"errors"
	"slices"

	"claviger/internal/core"
)

// Waiting is a sign-in that waits in a browser for its second factor. There is no
// session before that: nothing to get around it with (E11).
type Waiting struct {
	User  *core.User     `json:"-"`
	Who   string         `json:"who"`
	AMR   []string       `json:"amr"`
	Event core.EventType `json:"event"`
	Then  string         `json:"then"` // page to go on to; empty: as after any sign-in
}

// Wait has a sign-in wait for the second factor.
func (f *Factors) Wait(ctx context.Context, w Waiting, binding []byte) error {
	w.Who = w.User.ID
	return f.begin(ctx, core.ChallengeSecondFactor, w.Who, binding, w, core.SecondFactorLifetime)
}

// Waits returns the sign-in that waits in a browser, and goes on to; nil: none.
func (f *Factors) Waits(ctx context.Context, binding []byte) (*Waiting, error) {
	var w Waiting
	ok, err := f.look(ctx, core.ChallengeSecondFactor, anybody, binding, &w)
	if !ok || err != nil {
		return nil, err
	}
	return f.waiting(ctx, &w)
}

// Waited ends the wait of a sign-in, once, and returns what it comes to with a second
// factor; false: it was ended before, or another one took its place.
func (f *Factors) Waited(ctx context.Context, w *Waiting, second Proof, binding []byte) (Proof, bool, error) {
	var taken Waiting
	ok, err := f.take(ctx, core.ChallengeSecondFactor, anybody, binding, &taken)
	if !ok || err != nil || taken.Who != w.Who || !slices.Equal(taken.AMR, w.AMR) || taken.Event != w.Event {
		return Proof{}, false, err
	}
	second.AMR = append(slices.Clone(w.AMR), second.AMR...)
	return second, true, nil
}

func (f *Factors) waiting(ctx context.Context, w *Waiting) (*Waiting, error) {
	user, err := f.store().User(ctx, w.Who)
	if errors.Is(err, core.ErrNotFound) || err == nil && !maySignIn(user) {
		return nil, nil
	}
	w.User = user
	return w, err
}
