package authn

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// Why a new password is refused: causes of the ReasonInvalidValue.
var (
	ErrPasswordShort    = errors.New("shorter than 8 characters")
	ErrPasswordLong     = errors.New("longer than 1024 bytes")
	ErrPasswordPersonal = errors.New("a name, address or number of the person")
	ErrPasswordCommon   = errors.New("one of the most common passwords")
)

const (
	shortestPassword = 8    // characters
	longestPassword  = 1024 // bytes; what is longer could not be proved (E13, E14)
	noticeLifetime   = 24 * time.Hour
)

// commonPasswords are those that every guesser begins with, one to a line, in lower
// case.
//
//go:embed commonpasswords.txt
var commonPasswords string

// CheckPassword refuses what is too easy to guess, with ReasonInvalidValue at
// "new_password" because of one of the ErrPassword errors. There are no rules about
// kinds of characters: they make passwords worse (NIST SP 800-63B §5.1.1.2). user
// may be nil.
func CheckPassword(user *core.User, password string) error {
	refuse := func(cause error) error {
		return oauth.NewError(oauth.ReasonInvalidValue).At("new_password").Because(cause).
			Describe("The password is " + cause.Error() + ".")
	}
	plain := strings.ToLower(strings.TrimSpace(password))
	switch {
	case utf8.RuneCountInString(password) < shortestPassword:
		return refuse(ErrPasswordShort)
	case len(password) > longestPassword:
		return refuse(ErrPasswordLong)
	case user != nil && slices.Contains(namesOf(user), plain):
		return refuse(ErrPasswordPersonal)
	case slices.Contains(strings.Fields(commonPasswords), plain):
		return refuse(ErrPasswordCommon)
	}
	return nil
}

// namesOf returns what a person is called, in lower case.
func namesOf(user *core.User) []string {
	local, _, _ := strings.Cut(user.Email, "@")
	names := []string{
		user.Username, user.Email, local, user.Phone, strings.TrimPrefix(user.Phone, "+"), user.FullName,
		user.GivenName + user.FamilyName,
	}
	for i := range names {
		names[i] = strings.ToLower(names[i])
	}
	return names
}

// SetPassword gives the person of a session a new password in place of the one
// they had, and ends all their other sessions (E19), in one write with the audit
// record, of type event. They are told at their verified address or number.
func (p *People) SetPassword(ctx context.Context, signedIn *SignedIn, password string, event core.EventType) error {
	user := signedIn.User
	if err := CheckPassword(user, password); err != nil {
		return err
	}
	hash, err := p.Authenticator.Secrets.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	now := p.Now()
	ended, changed := personEvent(ctx, core.SessionEnded, user.ID), personEvent(ctx, event, user.ID)
	changed.Target = "user/" + user.ID
	err = p.store().Write(ctx, func(tx *store.Tx) error {
		person, err := stillOf(tx, signedIn.Session.ID, user.ID, now)
		if err != nil {
			return err
		}
		if err := tx.DeleteSecretsOf(user.ID); err != nil { // old ones are of use to a thief alone
			return err
		}
		if _, err := tx.AddSecret(core.Secret{OwnerID: user.ID, Hash: hash, CreatedAt: now}); err != nil {
			return err
		}
		if err := p.Sessions.EndAll(tx, user.ID, "password changed", signedIn.Session.ID, ended); err != nil {
			return err
		}
		// Sign-ins that wait for a second factor rest on the old one, and so does what
		// makes that factor unnecessary (E11).
		if err := tx.EndChallengesOf(user.ID); err != nil {
			return err
		}
		if err := tx.ForgetDevices(user.ID); err != nil {
			return err
		}
		tx.Audit(changed)
		return p.notify(tx, person, "message.password_changed", now.Add(noticeLifetime))
	})
	if err != nil {
		return err
	}
	p.Authenticator.Secrets.Proven.Forget(user.ID)
	p.Wake()
	return nil
}

// stillOf is stillActive for somebody whose session must not have ended meanwhile.
func stillOf(tx *store.Tx, sessionID, userID string, now time.Time) (*core.User, error) {
	session, err := tx.Session(sessionID)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return nil, err
	}
	if err != nil || session.UserID != userID || !session.Alive(now) {
		return nil, oauth.NewError(oauth.ReasonUserCredentials).Because(errors.New("the session has ended"))
	}
	return stillActive(tx, userID)
}

// notify tells a person at a verified address or number, if there is one.
func (p *People) notify(tx *store.Tx, user *core.User, key string, expires time.Time) error {
	channel, address := reach(user, "")
	if address == "" {
		return nil
	}
	locale := user.Profile["locale"]
	subject, text := p.Texts(locale, key+".subject", p.Platform), p.Texts(locale, key+".text", p.Platform)
	return p.Send(tx, channel, address, subject, text, expires)
}
