package authn

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// What apps can do everywhere (RFC 6238 §4): six digits of SHA-1 over 30 seconds. A
// code is taken one step early or late.
const (
	appStep   = 30 * time.Second
	appDrift  = 1
	appSecret = 20 // bytes
)

// AppSetup is what a person puts into their authenticator app.
type AppSetup struct {
	Secret string   // base32, in groups of four
	URL    string   // otpauth://…
	Code   [][]bool // the URL as a QR code: dark modules by row
}

// BeginApp begins the set-up of an authenticator app in a browser. What was begun
// before in it goes on when again is true.
func (f *Factors) BeginApp(ctx context.Context, user *core.User, binding []byte, again bool) (*AppSetup, error) {
	var text string
	if again {
		if ok, err := f.look(ctx, core.ChallengeAppAdd, user.ID, binding, &text); ok || err != nil {
			return f.appSetup(user, text, err)
		}
	}
	raw := make([]byte, appSecret)
	if _, err := io.ReadFull(f.People.Rand, raw); err != nil {
		panic("claviger: the random source failed: " + err.Error()) // H15
	}
	text = base32.StdEncoding.EncodeToString(raw)
	err := f.begin(ctx, core.ChallengeAppAdd, user.ID, binding, text, core.SecondFactorLifetime)
	return f.appSetup(user, text, err)
}

func (f *Factors) appSetup(user *core.User, text string, err error) (*AppSetup, error) {
	if err != nil {
		return nil, err
	}
	raw, err := base32.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: f.People.Platform, AccountName: either(user.Identifier(), user.ID), Secret: raw, Period: uint(appStep / time.Second),
	})
	if err != nil {
		return nil, err
	}
	code, err := qr.Encode(key.URL(), qr.M, qr.Auto)
	if err != nil {
		return nil, err
	}
	s := &AppSetup{URL: key.URL()}
	for len(text) > 0 {
		s.Secret += " " + text[:4]
		text = text[4:]
	}
	s.Secret = strings.TrimSpace(s.Secret)
	size := code.Bounds()
	for y := range size.Dy() {
		row := make([]bool, size.Dx())
		for x := range row {
			shade, _, _, _ := code.At(x, y).RGBA()
			row[x] = shade == 0
		}
		s.Code = append(s.Code, row)
	}
	return s, nil
}

// ConfirmApp ends the set-up: from here on the app counts, in place of one that the
// person had. It returns the recovery codes that come with a first factor. A wrong
// code is ReasonUserCredentials at "code", and the set-up goes on.
func (f *Factors) ConfirmApp(ctx context.Context, r *http.Request, signedIn *SignedIn, typed string, binding []byte) (recovery []string, err error) {
	try, err := f.tried(ctx, r, signedIn.User, "authenticator app")
	if err != nil {
		return nil, err
	}
	var text string
	ok, err := f.look(ctx, core.ChallengeAppAdd, signedIn.User.ID, binding, &text)
	var step int64
	if ok && err == nil {
		step, ok, err = f.stepOf(text, typed, 0)
	}
	if err := settle(try, ok, err); err != nil {
		return nil, err
	}
	app := &core.AuthenticatorApp{UserID: signedIn.User.ID, LastStep: step, CreatedAt: f.People.Now()}
	app.Sealed = f.Master.Seal(f.People.Rand, []byte(text), sealedForApp(app.UserID))
	s := setup{core.AuthenticatorAdded, "", "message.app_added", signedIn}
	return f.add(ctx, s, func(tx *store.Tx) error {
		_, err := tx.TakeChallenge(binding, core.ChallengeAppAdd, f.People.Now())
		if errors.Is(err, core.ErrNotFound) {
			return oauth.NewError(oauth.ReasonUserCredentials).At("code").Because(err)
		}
		if err != nil {
			return err
		}
		return tx.PutAuthenticatorApp(app)
	})
}

// RemoveApp removes the app of the person.
func (f *Factors) RemoveApp(ctx context.Context, signedIn *SignedIn) error {
	s := setup{core.AuthenticatorRemoved, "", "message.app_removed", signedIn}
	return f.remove(ctx, s, func(tx *store.Tx) error {
		ok, err := tx.DeleteAuthenticatorApp(signedIn.User.ID)
		if err == nil && !ok {
			return oauth.NewError(oauth.ReasonNotFound).At("app")
		}
		return err
	})
}

// AppCode proves a person by the code that their app shows. Each code counts once, on
// all nodes; what is wrong, too often, or was used is ReasonUserCredentials at "code".
func (f *Factors) AppCode(ctx context.Context, r *http.Request, user *core.User, typed string) (Proof, error) {
	const means = "authenticator app"
	try, err := f.tried(ctx, r, user, means)
	if err != nil {
		return Proof{}, err
	}
	refusal := f.People.refusal(ctx, user, means, oauth.ReasonUserCredentials)
	right := false
	err = f.store().Write(ctx, func(tx *store.Tx) error {
		right = false
		app, ok, err := tx.TryAuthenticatorApp(user.ID)
		if err != nil {
			return err
		}
		var step int64
		if ok {
			if step, ok, err = f.stepOfApp(app, typed); err != nil {
				return err
			}
		}
		if ok {
			if ok, err = tx.UseAuthenticatorApp(user.ID, step, f.People.Now()); err != nil {
				return err
			}
		}
		if right = ok; !ok {
			tx.Audit(refusal)
		}
		return nil
	})
	if err := settle(try, right, err); err != nil {
		return Proof{}, err
	}
	return Proof{AMR: []string{core.AMROneTimeCode}, Second: true}, nil
}

func (f *Factors) stepOfApp(app *core.AuthenticatorApp, typed string) (int64, bool, error) {
	secret, err := f.Master.Open(app.Sealed, sealedForApp(app.UserID))
	if err != nil {
		return 0, false, err
	}
	return f.stepOf(string(secret), typed, app.LastStep)
}

// stepOf returns the step whose code was typed, after the last one that was taken.
func (f *Factors) stepOf(secret, typed string, last int64) (step int64, ok bool, err error) {
	typed = codeSpacing.Replace(strings.TrimSpace(typed))
	now := f.People.Now().Unix() / int64(appStep/time.Second)
	for at := now - appDrift; at <= now+appDrift; at++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(at), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(typed)) == 1 && at > last {
			step, ok = at, true
		}
	}
	return step, ok, nil
}

func sealedForApp(userID string) []byte { return []byte("authenticator app/" + userID) }
