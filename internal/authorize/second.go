package authorize

import (
	"errors"
	"net/http"
	"slices"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// toPasswordPage is where a recovery goes on to.
const toPasswordPage = "password"

// second is somebody who is to prove a second factor that they have set up: to end a
// sign-in that waits for it, or on top of one.
type second struct {
	user    *core.User
	path    string
	waiting *authn.Waiting // nil: a step-up
}

// Second serves the second factor of a sign-in. What it belongs to is known by the
// browser alone; nobody is signed in yet.
func (e *Endpoint) Second() http.Handler {
	return e.handle(func(p *page) error {
		waiting, err := e.Factors.Waits(p.r.Context(), e.binding(p))
		if err != nil {
			return err
		}
		if waiting == nil {
			e.to(p.w, p.r, web.PathSignIn+"?"+p.query().Encode())
			return nil
		}
		return e.prove(p, &second{waiting.User, web.PathSecond, waiting})
	})
}

// prove takes a second factor: the code of an app, a recovery code, or a passkey.
func (e *Endpoint) prove(p *page, s *second) error {
	ctx := p.r.Context()
	switch p.form["step"] {
	case "app":
		proof, err := e.Factors.AppCode(ctx, p.r, s.user, p.form["code"])
		return e.proved(p, s, proof, err)
	case "recovery":
		proof, err := e.Factors.RecoveryCode(ctx, p.r, s.user, p.form["recovery_code"])
		return e.proved(p, s, proof, err)
	case "passkey":
		return e.askPasskey(p, s.user, s.path)
	case "passkey_done":
		_, proof, err := e.Factors.FinishAssertion(ctx, p.r, s.user, p.form["response"], e.binding(p))
		return e.proved(p, s, proof, err)
	}
	return e.showSecond(p, s, http.StatusOK, nil)
}

// proved goes on with a second factor that was proved, or shows what was wrong.
func (e *Endpoint) proved(p *page, s *second, proof authn.Proof, err error) error {
	if err != nil {
		return e.wrongSecond(p, s, err)
	}
	proof.Remember = p.form["remember"] != "" && s.waiting != nil
	event, then := core.SteppedUp, ""
	if s.waiting != nil {
		ended, ok, err := e.Factors.Waited(p.r.Context(), s.waiting, proof, e.binding(p))
		if err != nil {
			return err
		}
		if !ok {
			return errFlow("the sign-in was ended before")
		}
		proof, event, then = ended, s.waiting.Event, s.waiting.Then
	}
	signedIn, err := e.Sessions.Start(p.w, p.r, s.user, proof, event)
	if err != nil {
		return err
	}
	if then == toPasswordPage {
		return e.toPassword(p)
	}
	return e.onward(p, signedIn)
}

// wrongSecond shows why a second factor was refused, on the page that asked for it.
func (e *Endpoint) wrongSecond(p *page, s *second, err error) error {
	field, key := "code", web.ErrorAppCode
	switch p.form["step"] {
	case "recovery":
		field, key = "recovery_code", web.ErrorRecoveryCode
	case "passkey_done":
		field, key = web.FormError, web.ErrorPasskey
	}
	wrong, retry, ok := withRetry(err, field, key)
	if !ok {
		return err
	}
	status := http.StatusUnauthorized
	if retry != "" {
		status = http.StatusTooManyRequests
		p.w.Header().Set("Retry-After", retry)
	}
	return e.showSecond(p, s, status, wrong)
}

func (e *Endpoint) showSecond(p *page, s *second, status int, wrong web.Errors) error {
	factors, err := e.Factors.Of(p.r.Context(), s.user.ID)
	if err != nil {
		return err
	}
	byCode := p.r.URL.Query().Get("way") == "recovery" || p.form["step"] == "recovery"
	return e.render(p, status, web.SecondFactor{
		Flow: p.flowID(), Return: p.back, Action: s.path, Identifier: s.user.Identifier(), Errors: wrong,
		App: factors.App && !byCode, Passkey: factors.Passkeys > 0 && e.Factors.Passkeys != nil && !byCode, Recovery: byCode,
		CanRecover: factors.RecoveryCodes > 0 && !byCode, CanRemember: s.waiting != nil && s.waiting.Then == "",
	})
}

// askPasskey asks the browser for a passkey: one of a person's or, with nil, any.
func (e *Endpoint) askPasskey(p *page, user *core.User, path string) error {
	options, err := e.Factors.BeginAssertion(p.r.Context(), user, e.binding(p))
	if err != nil {
		return err
	}
	back := path
	if user == nil {
		back = web.PathSignIn
	}
	ask := web.UsePasskey{Flow: p.flowID(), Return: p.back, Action: path, Options: options, Back: back}
	if p.form["remember"] != "" {
		ask.Fields = map[string]string{"remember": p.form["remember"]}
	}
	return e.render(p, http.StatusOK, ask)
}

// Passkey serves signing in with a passkey and nothing else.
func (e *Endpoint) Passkey() http.Handler {
	return e.handle(func(p *page) error {
		switch p.form["step"] {
		case "passkey":
			return e.askPasskey(p, nil, web.PathPasskey)
		case "passkey_done":
			user, proof, err := e.Factors.FinishAssertion(p.r.Context(), p.r, nil, p.form["response"], e.binding(p))
			if err == nil {
				return e.enter(p, user, proof, core.SignedIn)
			}
			wrong, _, ok := withRetry(err, web.FormError, web.ErrorPasskey)
			if !ok {
				return err
			}
			return e.showSignIn(p, http.StatusUnauthorized, web.SignIn{Identifier: e.hint(p), Errors: wrong})
		}
		e.to(p.w, p.r, web.PathSignIn+"?"+p.query().Encode())
		return nil
	})
}

// start signs a person in or, where they have a second factor that the proof is
// without, has them asked for it: then false.
func (e *Endpoint) start(p *page, user *core.User, proof authn.Proof, event core.EventType, then string) (*authn.SignedIn, bool, error) {
	signedIn, err := e.Sessions.Start(p.w, p.r, user, proof, event)
	if !errors.Is(err, authn.ErrSecondFactor) {
		return signedIn, err == nil, err
	}
	waiting := authn.Waiting{User: user, AMR: slices.Clone(proof.AMR), Event: event, Then: then}
	if err := e.Factors.Wait(p.r.Context(), waiting, e.binding(p)); err != nil {
		return nil, false, err
	}
	e.to(p.w, p.r, web.PathSecond+"?"+p.query().Encode())
	return nil, false, nil
}

// CanStepUp reports whether a person can prove a second factor: one that they have
// set up or, where there is none, a code that reaches them.
func CanStepUp(user *core.User, factors *core.Factors) bool {
	return factors.Any() || user.Email != "" && user.EmailVerified || user.Phone != "" && user.PhoneVerified
}

// binding is what challenges and codes of this browser are bound to.
func (e *Endpoint) binding(p *page) []byte { return authn.BrowserHash(e.Sessions.Browser(p.w, p.r)) }

// stepUp asks for the second factor that a person has set up; false: they have none,
// and a code is sent to them. Nothing that is sent stands in for one (E11).
func (e *Endpoint) stepUp(p *page) (bool, error) {
	factors, err := e.Factors.Of(p.r.Context(), p.signedIn.User.ID)
	if err != nil || !factors.Any() {
		return false, err
	}
	if p.form["code_id"] != "" {
		return true, oauth.NewError(oauth.ReasonUserCredentials).At("code")
	}
	return true, e.prove(p, &second{p.signedIn.User, web.PathStepUp, nil})
}
