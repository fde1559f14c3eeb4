package authn

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

var codeID = regexp.MustCompile("^" + core.PrefixOneTimeCode + "[0-9a-z]{26}$")

// codeSpacing is what people type between digits.
var codeSpacing = strings.NewReplacer(" ", "", "\u00a0", "", "-", "")

// RedeemCode uses up a one-time code, once, and returns whom it proves, who is
// active. It must be of the purpose, and of the browser that it was asked for in.
// Whatever is wrong is ReasonUserCredentials with Param "code"; too many tries
// from a source are ReasonTooManyAttempts. A caller with somebody signed in must
// compare them with who is returned (E18).
func (p *People) RedeemCode(ctx context.Context, id, code, purpose string, binding []byte, ip string) (*core.User, *core.OneTimeCode, error) {
	wrong := oauth.NewError(oauth.ReasonUserCredentials).At("code")
	means := "one-time code for " + purpose
	// The code itself counts its tries, over all nodes. Here its id in this browser
	// is the identity, so that nobody's guesses keep the person from theirs (E07).
	try, err := p.Authenticator.Gate.Enter(ctx, fmt.Sprintf("otc:%s/%x", id, binding), ip)
	if err != nil {
		return nil, nil, p.refused(ctx, nil, means, "", err)
	}
	usable, err := p.usable(ctx, id, purpose, binding)
	if err != nil {
		try.Cancel()
		return nil, nil, err
	}
	if !usable {
		try.Fail()
		return nil, nil, p.refused(ctx, nil, means, "", wrong)
	}
	user, found, err := p.redeem(ctx, id, code, means)
	switch {
	case err != nil:
		try.Cancel()
		return nil, nil, err
	case user == nil:
		try.Fail()
		return nil, nil, wrong
	}
	try.Succeed()
	return user, found, nil
}

// usable reports whether there is such a code for the purpose and the browser.
// Asking does not count as a try, so that nobody elsewhere can use those up.
func (p *People) usable(ctx context.Context, id, purpose string, binding []byte) (bool, error) {
	if !codeID.MatchString(id) {
		return false, nil
	}
	code, err := p.store().OneTimeCode(ctx, id)
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return len(binding) > 0 && code.Purpose == purpose && subtle.ConstantTimeCompare(code.Binding, binding) == 1, nil
}

// redeem counts a try and, if the code is right, uses it up, in one write: of
// several at once on any nodes one gets the person (E10). nil: it was wrong, and
// that is recorded.
func (p *People) redeem(ctx context.Context, id, typed, means string) (user *core.User, code *core.OneTimeCode, err error) {
	now := p.Now()
	typed = codeSpacing.Replace(strings.TrimSpace(typed))
	err = p.store().Write(ctx, func(tx *store.Tx) error {
		user, code = nil, nil
		found, ok, err := tx.TryOneTimeCode(id, now)
		if err != nil {
			return err
		}
		var person *core.User
		if ok {
			if person, err = p.personOf(tx, found); err != nil {
				return err
			}
			ok = subtle.ConstantTimeCompare([]byte(found.Digest), []byte(p.digest(found, typed))) == 1
		}
		if ok && person != nil {
			if ok, err = tx.ConsumeOneTimeCode(id, now); err != nil {
				return err
			}
		}
		if ok && person != nil {
			user, code = person, found
			return nil
		}
		tx.Audit(p.refusal(ctx, person, means, oauth.ReasonUserCredentials))
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return user, code, nil
}

// personOf returns whom a code proves: an active person, who can still be reached
// where it went. nil for nobody.
func (p *People) personOf(tx *store.Tx, code *core.OneTimeCode) (*core.User, error) {
	if code.UserID == "" {
		return nil, nil
	}
	user, err := tx.User(code.UserID)
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil
	}
	if err != nil || !maySignIn(user) {
		return nil, err
	}
	if code.Purpose == core.PurposeVerifyEmail || code.Purpose == core.PurposeVerifyPhone {
		return user, nil
	}
	if _, address := exactly(user, code.Channel); address != code.Destination {
		return nil, nil
	}
	return user, nil
}
