package authorize

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// Code serves signing in with a one-time code instead of a password.
func (e *Endpoint) Code() http.Handler {
	return e.handle(func(p *page) error { return e.oneTime(p, oneTime{core.PurposeSignIn, web.PathCode, core.SignedIn}) })
}

// Recover serves getting back in by a verified address or phone number: a one-time
// code, then a new password.
func (e *Endpoint) Recover() http.Handler {
	return e.handle(func(p *page) error {
		return e.oneTime(p, oneTime{core.PurposeRecovery, web.PathRecover, core.SignedIn})
	})
}

// StepUp serves the second factor where a client or the account page needs it: one
// that the person has set up or, where there is none, a one-time code on top of the
// password.
func (e *Endpoint) StepUp() http.Handler {
	return e.handle(func(p *page) error {
		if p.signedIn == nil {
			return errFlow("nobody is signed in")
		}
		if p.flow != nil {
			if gone, err := e.elsewhere(p, web.PathStepUp); gone || err != nil {
				return err
			}
		}
		if asked, err := e.stepUp(p); asked || err != nil {
			return err
		}
		return e.oneTime(p, oneTime{core.PurposeStepUp, web.PathStepUp, core.SteppedUp})
	})
}

// oneTime is one of the ways to use one-time codes.
type oneTime struct {
	purpose string
	path    string
	event   core.EventType
}

// oneTime asks for the identifier, sends a code, and takes it.
func (e *Endpoint) oneTime(p *page, o oneTime) error {
	switch {
	case p.form["step"] == "redeem":
		return e.redeem(p, o)
	case p.form != nil, o.purpose == core.PurposeStepUp:
		return e.send(p, o)
	}
	return e.render(p, http.StatusOK, web.AskCode{Flow: p.flowID(), Return: p.back, Purpose: o.purpose, Identifier: e.hint(p)})
}

func (e *Endpoint) send(p *page, o oneTime) error {
	request := authn.CodeRequest{
		Identifier: p.form["identifier"], Purpose: o.purpose, Locale: e.locale(p), Request: p.r,
		Binding: authn.BrowserHash(e.Sessions.Browser(p.w, p.r)),
	}
	if o.purpose == core.PurposeStepUp {
		request.User = p.signedIn.User
	} else if request.Identifier == "" {
		return e.render(p, http.StatusBadRequest, web.AskCode{
			Flow: p.flowID(), Return: p.back, Purpose: o.purpose, Errors: web.Errors{"identifier": web.ErrorIdentifier},
		})
	}
	id, destination, err := e.People.SendCode(p.r.Context(), request)
	if err != nil {
		return err
	}
	return e.enterCode(p, o, http.StatusOK, web.EnterCode{Code: id, Destination: destination, Fields: map[string]string{"identifier": request.Identifier, "destination": destination}})
}

func (e *Endpoint) enterCode(p *page, o oneTime, status int, data web.EnterCode) error {
	data.Flow, data.Return, data.Purpose, data.Action, data.CanResend = p.flowID(), p.back, o.purpose, o.path, true
	return e.render(p, status, data)
}

func (e *Endpoint) redeem(p *page, o oneTime) error {
	binding := authn.BrowserHash(e.Sessions.Browser(p.w, p.r))
	user, code, err := e.People.RedeemCode(p.r.Context(), p.form["code_id"], p.form["code"], o.purpose, binding, oauth.SourceOf(p.r.Context()).IP)
	if err != nil {
		wrong, retry, ok := withRetry(err, "code", web.ErrorCode)
		if !ok {
			return err
		}
		status := http.StatusUnauthorized
		if retry != "" {
			status = http.StatusTooManyRequests
			p.w.Header().Set("Retry-After", retry)
		}
		return e.enterCode(p, o, status, web.EnterCode{
			Code: p.form["code_id"], Destination: p.form["destination"], Errors: wrong,
			Fields: map[string]string{"identifier": p.form["identifier"], "destination": p.form["destination"]},
		})
	}
	if o.purpose == core.PurposeStepUp && user.ID != p.signedIn.User.ID {
		return oauth.NewError(oauth.ReasonFlowElsewhere)
	}
	proof := authn.ProofOf(code)
	if o.purpose != core.PurposeRecovery {
		return e.enter(p, user, proof, o.event)
	}
	if _, in, err := e.start(p, user, proof, o.event, toPasswordPage); err != nil || !in {
		return err
	}
	return e.toPassword(p)
}

// resetWindow is how long after a recovery the password may be set.
const resetWindow = 10 * time.Minute

// NewPassword serves setting a password after a recovery. Only a session that a
// one-time code has just opened may (E11).
func (e *Endpoint) NewPassword() http.Handler {
	return e.handle(func(p *page) error {
		if p.signedIn == nil || !slices.Contains(p.signedIn.Session.AMR, core.AMROneTimeCode) ||
			e.Now().Sub(p.signedIn.Session.AuthenticatedAt) > resetWindow {
			return oauth.NewError(oauth.ReasonPermissionDenied).Describe("Begin the recovery again.")
		}
		data := web.NewPassword{Flow: p.flowID(), Return: p.back, Identifier: p.signedIn.User.Identifier()}
		if p.form == nil {
			return e.render(p, http.StatusOK, data)
		}
		if err := e.People.SetPassword(p.r.Context(), p.signedIn, p.form["new_password"], core.PasswordChanged); err != nil {
			if refused := oauth.RefusalOf(err); refused == nil || refused.Param != "new_password" {
				return err
			}
			data.Errors = web.Errors{"new_password": PasswordKey(err)}
			return e.render(p, http.StatusBadRequest, data)
		}
		return e.onward(p, p.signedIn)
	})
}

func (e *Endpoint) toPassword(p *page) error {
	e.to(p.w, p.r, web.PathPassword+"?"+p.query().Encode())
	return nil
}

// PasswordKey is the text key of why a new password was refused.
func PasswordKey(err error) string {
	switch {
	case errors.Is(err, authn.ErrPasswordLong):
		return web.ErrorPasswordLong
	case errors.Is(err, authn.ErrPasswordPersonal):
		return web.ErrorPasswordPersonal
	case errors.Is(err, authn.ErrPasswordCommon):
		return web.ErrorPasswordCommon
	}
	return web.ErrorPasswordShort
}
