package authn

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// Factors are the ways of people to prove who they are beside a password: passkeys,
// an authenticator app and recovery codes. Whoever has a passkey or an app is asked
// for it at every sign-in: Sessions.Start sees to that.
type Factors struct {
	People   *People
	Master   keys.MasterKey     // seals the secrets of apps
	Passkeys *webauthn.WebAuthn // of NewPasskeys; nil: this host has none
}

// Of returns what a person has set up.
func (f *Factors) Of(ctx context.Context, userID string) (*core.Factors, error) {
	return f.store().Factors(ctx, userID)
}

func (f *Factors) store() *store.Store { return f.People.store() }

// setup is a change of what a person can prove, by themselves in a session.
type setup struct {
	event    core.EventType
	detail   string
	message  string // key of the text that the person is sent
	signedIn *SignedIn
}

// add stores a factor, in one write with its audit record and a message to the
// person. With the first one come recovery codes, and all other sessions end: they
// began without it (E11).
func (f *Factors) add(ctx context.Context, s setup, job func(tx *store.Tx) error) (recovery []string, err error) {
	fresh := f.newRecoveryCodes()
	ended, made := personEvent(ctx, core.SessionEnded, s.signedIn.User.ID), personEvent(ctx, core.RecoveryCodesMade, s.signedIn.User.ID)
	made.Target = "user/" + s.signedIn.User.ID
	err = f.change(ctx, s, func(tx *store.Tx) error {
		recovery = nil
		before, err := tx.Factors(s.signedIn.User.ID)
		if err != nil {
			return err
		}
		if err := job(tx); err != nil || before.Any() {
			return err
		}
		recovery = fresh
		if err := tx.PutRecoveryCodes(s.signedIn.User.ID, f.recoveryDigests(s.signedIn.User.ID, fresh)); err != nil {
			return err
		}
		tx.Audit(made)
		return f.People.Sessions.EndAll(tx, s.signedIn.User.ID, "a second factor was set up", s.signedIn.Session.ID, ended)
	})
	return recovery, err
}

// remove takes a factor away. No browser is remembered for longer than the factors
// stay; with the last one the recovery codes go.
func (f *Factors) remove(ctx context.Context, s setup, job func(tx *store.Tx) error) error {
	return f.change(ctx, s, func(tx *store.Tx) error {
		if err := job(tx); err != nil {
			return err
		}
		if err := tx.ForgetDevices(s.signedIn.User.ID); err != nil {
			return err
		}
		left, err := tx.Factors(s.signedIn.User.ID)
		if err != nil || left.Any() {
			return err
		}
		return tx.PutRecoveryCodes(s.signedIn.User.ID, nil)
	})
}

// change is one write for somebody whose session must not have ended meanwhile.
func (f *Factors) change(ctx context.Context, s setup, job func(tx *store.Tx) error) error {
	now := f.People.Now()
	event := personEvent(ctx, s.event, s.signedIn.User.ID)
	event.Target, event.Detail = "user/"+s.signedIn.User.ID, s.detail
	err := f.store().Write(ctx, func(tx *store.Tx) error {
		if err := tx.Serialize(); err != nil { // of two that add the first, or remove the last, one is
			return err
		}
		person, err := stillOf(tx, s.signedIn.Session.ID, s.signedIn.User.ID, now)
		if err != nil {
			return err
		}
		if err := job(tx); err != nil {
			return err
		}
		tx.Audit(event)
		return f.People.notify(tx, person, s.message, now.Add(noticeLifetime))
	})
	if err == nil {
		f.People.Wake()
	}
	return err
}

// Reset takes all factors of a person away, who has lost them and the recovery codes
// too, and ends their sessions. It is for the operator, who has made sure who asks;
// the event says who did it.
func (f *Factors) Reset(ctx context.Context, userID string, event core.Event) error {
	now := f.People.Now()
	event.Type, event.Target = core.FactorsReset, "user/"+userID
	ended := personEvent(ctx, core.SessionEnded, userID)
	err := f.store().Write(ctx, func(tx *store.Tx) error {
		if err := tx.Serialize(); err != nil {
			return err
		}
		person, err := tx.User(userID)
		if err != nil {
			return err
		}
		if err := tx.DeletePasskeysOf(userID); err != nil {
			return err
		}
		if _, err := tx.DeleteAuthenticatorApp(userID); err != nil {
			return err
		}
		if err := errors.Join(tx.PutRecoveryCodes(userID, nil), tx.ForgetDevices(userID), tx.EndChallengesOf(userID)); err != nil {
			return err
		}
		if err := f.People.Sessions.EndAll(tx, userID, "factors reset", "", ended); err != nil {
			return err
		}
		tx.Audit(event)
		return f.People.notify(tx, person, "message.factors_reset", now.Add(noticeLifetime))
	})
	if err == nil {
		f.People.Wake()
	}
	return err
}

// anybody stands for whoever a challenge is of: what it remembers says who.
const anybody = "*"

// begin stores a challenge for a browser.
func (f *Factors) begin(ctx context.Context, purpose, userID string, binding []byte, state any, lifetime time.Duration) error {
	plain, err := json.Marshal(state)
	if err != nil {
		return err
	}
	now := f.People.Now()
	challenge := &core.Challenge{
		ID: core.NewID(core.PrefixChallenge, now, f.People.Rand), Purpose: purpose, UserID: userID, Binding: binding,
		CreatedAt: now, ExpiresAt: now.Add(lifetime),
	}
	challenge.Sealed = f.Master.Seal(f.People.Rand, plain, sealedFor(challenge))
	return f.store().Write(ctx, func(tx *store.Tx) error { return tx.PutChallenge(challenge) })
}

// take ends the challenge of a browser, once, and reads what it remembered; false:
// there is none for this person.
func (f *Factors) take(ctx context.Context, purpose, userID string, binding []byte, state any) (bool, error) {
	var taken *core.Challenge
	err := f.store().Write(ctx, func(tx *store.Tx) (err error) {
		taken, err = tx.TakeChallenge(binding, purpose, f.People.Now())
		return err
	})
	return f.opened(taken, userID, state, err)
}

// look reads the challenge of a browser, which goes on.
func (f *Factors) look(ctx context.Context, purpose, userID string, binding []byte, state any) (bool, error) {
	found, err := f.store().Challenge(ctx, binding, purpose, f.People.Now())
	return f.opened(found, userID, state, err)
}

func (f *Factors) opened(c *core.Challenge, userID string, state any, err error) (bool, error) {
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	if err != nil || userID != anybody && c.UserID != userID {
		return false, err
	}
	plain, err := f.Master.Open(c.Sealed, sealedFor(c))
	if err != nil {
		return false, err
	}
	return true, json.Unmarshal(plain, state)
}

// sealedFor keeps what is sealed from being moved to another row.
func sealedFor(c *core.Challenge) []byte { return []byte("challenge/" + c.Purpose + "/" + c.ID) }

// tried is a try at a factor of a person, behind the one gate (E09). Its budget is
// not that of the password: who knows that gets no more tries by it.
func (f *Factors) tried(ctx context.Context, r *http.Request, user *core.User, means string) (*secret.Try, error) {
	device := f.People.Sessions.Device(r, user.ID)
	try, err := enter(ctx, f.People.Authenticator.Gate, "factor:"+user.ID, oauth.SourceOf(ctx).IP, device)
	if err != nil {
		return nil, f.People.refused(ctx, user, means, "", err)
	}
	return try, nil
}

// settle ends a try by what came of it.
func settle(try *secret.Try, right bool, err error) error {
	switch {
	case err != nil:
		try.Cancel()
		return err
	case !right:
		try.Fail()
		return oauth.NewError(oauth.ReasonUserCredentials).At("code")
	}
	try.Succeed()
	return nil
}
