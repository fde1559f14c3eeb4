package authn

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// Proof is how a person has just proved who they are: core.AMRPassword,
// core.AMROneTimeCode, with core.AMRSMS where the code came by SMS, and
// core.AMRHardwareKey or core.AMRSoftwareKey with core.AMRPresence for a passkey.
type Proof struct {
	AMR      []string
	Second   bool // a factor that they have set up is among them; codes that are sent are none
	Remember bool // their password is to be enough in this browser from now on
}

// ProofOf is the proof that a one-time code is.
func ProofOf(code *core.OneTimeCode) Proof {
	if code.Channel == core.ChannelSMS {
		return Proof{AMR: []string{core.AMROneTimeCode, core.AMRSMS}}
	}
	return Proof{AMR: []string{core.AMROneTimeCode}}
}

// Start signs a person in to the browser of a request, right after the proof. A
// live session of the same person in it goes on under its id with a new secret;
// with core.SteppedUp as the event the proof adds to the earlier ones, and else
// replaces them. Anybody else's ends. No id or secret that the browser brought
// along is ever taken over (E01). ErrSecondFactor: the person has set up a second
// factor, and the proof is not enough.
func (s *Sessions) Start(w http.ResponseWriter, r *http.Request, user *core.User, proof Proof, event core.EventType) (*SignedIn, error) {
	ctx := r.Context()
	before, err := s.presented(r)
	if err != nil {
		return nil, err
	}
	half := secret.NewSecret(s.Rand)
	device := s.newRemembered(proof)
	fresh := s.newSession(ctx, user, proof, half)
	var started *core.Session
	err = s.Store.Write(ctx, func(tx *store.Tx) (err error) {
		if _, err := stillActive(tx, user.ID); err != nil {
			return err
		}
		if err := s.needSecond(tx, r, user.ID, proof, event); err != nil {
			return err
		}
		if started, err = s.startIn(ctx, tx, before, fresh, event); err != nil {
			return err
		}
		e := personEvent(ctx, event, user.ID)
		e.Target, e.Detail = "session/"+started.ID, strings.Join(started.AMR, " ")
		tx.Audit(e)
		return s.rememberIn(ctx, tx, device, user.ID, fresh.CreatedAt)
	})
	if err != nil {
		return nil, err
	}
	if started == fresh && before != nil {
		s.Wake() // the other's session has ended
	}
	setCookie(w, r, CookieSession, secret.FormatToken(secret.Session, selector(started.ID), half), s.Lifetime)
	s.remember(w, r, user.ID)
	if device != "" {
		setCookie(w, r, CookieRemembered, device, core.RememberedFor)
	}
	return &SignedIn{Session: started, User: user}, nil
}

func (s *Sessions) newSession(ctx context.Context, user *core.User, proof Proof, half string) *core.Session {
	now, source := s.Now(), oauth.SourceOf(ctx)
	session := &core.Session{
		ID: core.NewID(core.PrefixSession, now, s.Rand), UserID: user.ID, AuthenticatedAt: now, CreatedAt: now, SeenAt: now,
		ExpiresAt: now.Add(s.Lifetime), IP: source.IP, UserAgent: bounded(source.UserAgent, 200),
	}
	session.Hash = secret.Token{Secret: half}.Hash()
	session.AMR, session.ACR = methods(proof.AMR)
	return session
}

// startIn renews the session of before where it is the same person's, and inserts
// fresh where not. Of two tabs that prove at once, one renews; the other gets a
// session of its own.
func (s *Sessions) startIn(ctx context.Context, tx *store.Tx, before, fresh *core.Session, event core.EventType) (*core.Session, error) {
	if before != nil && before.UserID != fresh.UserID {
		if err := s.end(tx, before, "replaced", personEvent(ctx, core.SessionEnded, "")); err != nil {
			return nil, err
		}
	}
	if before != nil && before.UserID == fresh.UserID {
		renewed := *before
		renewed.Hash, renewed.AuthenticatedAt, renewed.SeenAt = fresh.Hash, fresh.AuthenticatedAt, fresh.SeenAt
		renewed.ExpiresAt, renewed.AMR, renewed.ACR = fresh.ExpiresAt, fresh.AMR, fresh.ACR
		if event == core.SteppedUp {
			renewed.AMR, renewed.ACR = methods(slices.Concat(before.AMR, fresh.AMR))
		}
		if ok, err := tx.RenewSession(&renewed, before.Hash); ok || err != nil {
			return &renewed, err
		}
	}
	return fresh, tx.InsertSession(fresh)
}

// methods returns the methods in one order, each once, and what they come to: a
// password and a one-time code are two factors (RFC 8176 §2), and so is a passkey
// alone, which its owner had to unlock.
func methods(amr []string) (ordered []string, acr string) {
	acr = core.ACRPassword
	known := []string{
		core.AMRPassword, core.AMROneTimeCode, core.AMRSMS, core.AMRHardwareKey, core.AMRSoftwareKey, core.AMRPresence,
	}
	for _, method := range known {
		if slices.Contains(amr, method) {
			ordered = append(ordered, method)
		}
	}
	passkey := slices.Contains(amr, core.AMRHardwareKey) || slices.Contains(amr, core.AMRSoftwareKey)
	if passkey || slices.Contains(amr, core.AMRPassword) && slices.Contains(amr, core.AMROneTimeCode) {
		ordered, acr = append(ordered, core.AMRMultiple), core.ACRTwoFactors
	}
	return ordered, acr
}

// stillActive returns a person as they are now, and refuses one who was stopped
// meanwhile as if the proof had been wrong (E05).
func stillActive(tx *store.Tx, userID string) (*core.User, error) {
	user, err := tx.User(userID)
	if errors.Is(err, core.ErrNotFound) || (err == nil && !maySignIn(user)) {
		return nil, oauth.NewError(oauth.ReasonUserCredentials).Because(errors.New("the person is not active"))
	}
	return user, err
}

// bounded cuts text that came from outside.
func bounded(text string, limit int) string {
	return strings.ToValidUTF8(text[:min(len(text), limit)], "\uFFFD")
}
