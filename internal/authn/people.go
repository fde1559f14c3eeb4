package authn

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// People is how people prove who they are and how they can be reached. All fields
// are required.
type People struct {
	Authenticator *Authenticator
	Sessions      *Sessions
	Sending       *secret.Gate // of NewSendingGate
	// Send queues a message within the transaction; Wake is called after the
	// commit, to have it leave.
	Send func(tx *store.Tx, channel, to, subject, text string, expires time.Time) error
	Wake func()
	// Texts returns the text of a message in a language (RFC 5646). The args of
	// subjects are Platform; of texts with a code the code, Platform and how many
	// minutes it lives; of others Platform.
	Texts    func(locale, key string, args ...any) string
	Platform string // its name
	Now      func() time.Time
	Rand     io.Reader
}

// maxIdentifier is the longest identifier that anybody has, in bytes: that of an
// email address (RFC 5321 §4.5.3.1).
const maxIdentifier = 254

// Password returns the person whom an identifier (email in any case, phone number
// or username) and a password prove. Whatever is wrong, also that there is no such
// person, that they are not active or have no password, is ReasonUserCredentials
// after the same work (E05). Too many tries are ReasonTooManyAttempts; a device
// on which the person has signed in before has tries of its own (E07).
func (p *People) Password(ctx context.Context, r *http.Request, identifier, password string) (*core.User, error) {
	user, err := p.find(ctx, identifier)
	if err != nil {
		return nil, err
	}
	attempt := Attempt{
		Identity: "user:/" + identifier, Presented: password, IP: oauth.SourceOf(ctx).IP, Chosen: true,
	}
	if user != nil {
		attempt.Identity, attempt.Device = "user:"+user.ID, p.Sessions.Device(r, user.ID)
	}
	if user != nil && maySignIn(user) { // else even the right password is wrong, and counts as such
		attempt.Owner = user.ID
	}
	err = p.Authenticator.Prove(ctx, attempt, oauth.NewError(oauth.ReasonUserCredentials))
	if err != nil {
		return nil, p.refused(ctx, user, "password", identifier, err)
	}
	return user, nil
}

func (p *People) store() *store.Store { return p.Authenticator.Store }

// find returns whom an identifier names, active or not; nil for nobody.
func (p *People) find(ctx context.Context, identifier string) (*core.User, error) {
	identifier = strings.TrimSpace(identifier)
	if len(identifier) > maxIdentifier || !utf8.ValidString(identifier) || strings.ContainsFunc(identifier, unicode.IsControl) {
		return nil, nil
	}
	user, err := p.store().PersonBy(ctx, identifier)
	phone, ok := Phone(identifier)
	if errors.Is(err, core.ErrNotFound) && ok && phone != identifier {
		user, err = p.store().PersonBy(ctx, phone)
	}
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil
	}
	return user, err
}

// refused records a refusal and returns what the caller gets. A failure of our own
// is not a refusal; a refusal that cannot be recorded is not given.
func (p *People) refused(ctx context.Context, user *core.User, means, identifier string, cause error) error {
	e := oauth.AsError(cause)
	if e.Status >= http.StatusInternalServerError {
		return cause
	}
	event := p.refusal(ctx, user, means, e.Reason)
	if identifier != "" {
		event.Detail += " of " + strconv.Quote(bounded(identifier, 80)) // H12
	}
	err := p.store().Write(ctx, func(tx *store.Tx) error {
		tx.Audit(event)
		return nil
	})
	if err != nil {
		return err
	}
	return cause
}

func (p *People) refusal(ctx context.Context, user *core.User, means string, reason oauth.Reason) core.Event {
	event := personEvent(ctx, core.SignInRefused, "")
	if user != nil {
		event = personEvent(ctx, core.SignInRefused, user.ID)
	}
	event.Reason, event.Detail = reason, means
	return event
}
