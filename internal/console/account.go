package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"claviger/internal/authn"
	"claviger/internal/authorize"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/web"
	"claviger/oauth"
)

// Account serves a person's own page: how they can be reached, their password,
// their sessions, and the apps that act for them.
func (c *Console) Account() http.Handler {
	return c.handle(web.PathAccount, func(p *page) error {
		actions := map[string]func(*page) error{
			"verify_email": c.verifyEmail, "verify_phone": c.verifyPhone, "redeem_email": c.redeemEmail, "redeem_phone": c.redeemPhone,
			"change_password": c.changePassword, "end_session": c.endSession, "revoke_app": c.revokeApp, "sign_out": c.signOut,
		}
		if p.form == nil {
			return c.showAccount(p, http.StatusOK, nil)
		}
		action, known := actions[p.form["action"]]
		if !known {
			return oauth.NewError(oauth.ReasonInvalidValue).At("action")
		}
		return action(p)
	})
}

func (c *Console) showAccount(p *page, status int, wrong web.Errors) error {
	user := p.signedIn.User
	data := web.Account{
		Name: user.FullName, Email: user.Email, Phone: user.Phone, EmailVerified: user.EmailVerified,
		PhoneVerified: user.PhoneVerified, Errors: wrong, Notice: notice(p),
	}
	var err error
	if data.Trusted, err = c.trusted(p); err != nil {
		return err
	}
	if data.Sessions, err = c.sessions(p); err != nil {
		return err
	}
	if data.Apps, err = c.apps(p); err != nil {
		return err
	}
	factors, err := c.Factors.Of(p.r.Context(), user.ID)
	if err != nil {
		return err
	}
	data.Passkeys, data.App, data.RecoveryCodes = int(factors.Passkeys), factors.App, int(factors.RecoveryCodes)
	c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Status: status, Data: data})
	return nil
}

// trusted reports whether the individual account has the trusted flag (CP-10).
func (c *Console) trusted(p *page) (bool, error) {
	account, err := c.Admin.IndividualAccount(p.r.Context(), p.signedIn.User.ID)
	if err != nil || account == nil {
		return false, err
	}
	return slices.Contains(account.Flags, core.FlagTrustedUser), nil
}

func (c *Console) sessions(p *page) ([]web.SessionLine, error) {
	sessions, err := c.Store.SessionsOf(p.r.Context(), p.signedIn.User.ID, c.Now())
	if err != nil {
		return nil, err
	}
	var lines []web.SessionLine
	for _, s := range sessions {
		lines = append(lines, web.SessionLine{
			ID: s.ID, Device: web.Device(s.UserAgent), IP: s.IP, SignedInAt: c.Pages.Time(p.locale, s.AuthenticatedAt),
			SeenAt: c.Pages.Time(p.locale, s.SeenAt), Current: s.ID == p.signedIn.Session.ID,
		})
	}
	return lines, nil
}

func (c *Console) apps(p *page) ([]web.ConnectionLine, error) {
	consents, err := c.Store.PersonalConsents(p.r.Context(), p.signedIn.User.ID)
	if err != nil {
		return nil, err
	}
	var lines []web.ConnectionLine
	for _, consent := range consents {
		client, err := c.Store.Client(p.r.Context(), consent.ClientID)
		if err != nil {
			client = &core.Client{Name: consent.ClientID}
		}
		lines = append(lines, c.consentLine(p, consent, client))
	}
	return lines, nil
}

func (c *Console) verifyEmail(p *page) error {
	return c.sendCode(p, core.PurposeVerifyEmail, p.signedIn.User.Email, "email")
}

func (c *Console) verifyPhone(p *page) error {
	return c.sendCode(p, core.PurposeVerifyPhone, p.form["phone"], "phone")
}

// sendCode sends a code to an address or number that is to be proved, and asks for
// it. The number goes along in the form: the code is bound to it.
func (c *Console) sendCode(p *page, purpose, destination, field string) error {
	prove, err := c.mustProve(p)
	if err != nil {
		return err
	}
	if prove != "" {
		c.to(p, prove, url.Values{"return_to": {web.PathAccount}})
		return nil
	}
	id, masked, err := c.People.SendCode(p.r.Context(), authn.CodeRequest{
		Identifier: destination, User: p.signedIn.User, Purpose: purpose, Locale: p.locale, Request: p.r,
		Binding: authn.BrowserHash(c.Sessions.Browser(p.w, p.r)),
	})
	if refused := oauth.RefusalOf(err); refused != nil && refused.Reason == oauth.ReasonInvalidValue {
		return c.showAccount(p, http.StatusBadRequest, web.Errors{field: "error." + field})
	}
	if err != nil {
		return err
	}
	c.askCode(p, http.StatusOK, purpose, web.EnterCode{Code: id, Destination: masked, Fields: map[string]string{"phone": p.form["phone"]}})
	return nil
}

// askCode asks for a code; its form comes back to this page. Both of its forms say
// which action they are.
func (c *Console) askCode(p *page, status int, purpose string, data web.EnterCode) {
	action := map[string]string{core.PurposeVerifyEmail: "redeem_email", core.PurposeVerifyPhone: "redeem_phone"}[purpose]
	data.Purpose, data.Action, data.CanResend, data.Return = purpose, web.PathAccount, true, web.PathAccount
	if data.Fields == nil {
		data.Fields = map[string]string{}
	}
	data.Fields["action"] = action
	c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Status: status, Data: data})
}

func (c *Console) redeemEmail(p *page) error {
	if p.form["step"] == "resend" {
		return c.verifyEmail(p)
	}
	code, err := c.redeem(p, core.PurposeVerifyEmail)
	if code == nil || err != nil {
		return err
	}
	if err := c.People.EmailVerified(p.r.Context(), p.signedIn.User, code.Destination); err != nil {
		return err
	}
	return c.done(p, web.PathAccount, "email_verified")
}

func (c *Console) redeemPhone(p *page) error {
	if p.form["step"] == "resend" {
		return c.verifyPhone(p)
	}
	code, err := c.redeem(p, core.PurposeVerifyPhone)
	if code == nil || err != nil {
		return err
	}
	err = c.People.PhoneVerified(p.r.Context(), p.signedIn.User, code.Destination)
	if refused := oauth.RefusalOf(err); refused != nil && refused.Reason == oauth.ReasonNameTaken {
		return c.showAccount(p, http.StatusConflict, web.Errors{"phone": web.ErrorPhoneTaken})
	}
	if err != nil {
		return err
	}
	return c.done(p, web.PathAccount, "phone_verified")
}

// redeem uses up a code of the person; nil: it was wrong, and the page says so.
func (c *Console) redeem(p *page, purpose string) (*core.OneTimeCode, error) {
	binding := authn.BrowserHash(c.Sessions.Browser(p.w, p.r))
	user, code, err := c.People.RedeemCode(p.r.Context(), p.form["code_id"], p.form["code"], purpose, binding, oauth.SourceOf(p.r.Context()).IP)
	refused := oauth.RefusalOf(err)
	switch {
	case err == nil && user.ID == p.signedIn.User.ID:
		return code, nil
	case err != nil && refused == nil:
		return nil, err
	}
	data := web.EnterCode{
		Code: p.form["code_id"], Destination: p.form["destination"], Errors: web.Errors{"code": web.ErrorCode},
		Fields: map[string]string{"phone": p.form["phone"]},
	}
	status := http.StatusUnauthorized
	if refused != nil && refused.Reason == oauth.ReasonTooManyAttempts {
		status, data.Errors = http.StatusTooManyRequests, web.Errors{"code": web.ErrorTooMany}
		p.w.Header().Set("Retry-After", refused.Header.Get("Retry-After"))
	}
	c.askCode(p, status, purpose, data)
	return nil, nil
}

// changePassword wants the present password first, behind the same gate as a
// sign-in (E09, E12).
func (c *Console) changePassword(p *page) error {
	user := p.signedIn.User
	proved, err := c.People.Password(p.r.Context(), p.r, user.Identifier(), p.form["current_password"])
	if refused := oauth.RefusalOf(err); refused != nil {
		key := web.ErrorCurrentPassword
		status := http.StatusUnauthorized
		if refused.Reason == oauth.ReasonTooManyAttempts {
			key, status = web.ErrorTooMany, http.StatusTooManyRequests
			p.w.Header().Set("Retry-After", refused.Header.Get("Retry-After"))
		}
		return c.showAccount(p, status, web.Errors{"current_password": key})
	}
	if err != nil {
		return err
	}
	if proved.ID != user.ID {
		return c.showAccount(p, http.StatusUnauthorized, web.Errors{"current_password": web.ErrorCurrentPassword})
	}
	err = c.People.SetPassword(p.r.Context(), p.signedIn, p.form["new_password"], core.PasswordChanged)
	if refused := oauth.RefusalOf(err); refused != nil && refused.Param == "new_password" {
		return c.showAccount(p, http.StatusBadRequest, web.Errors{"new_password": authorize.PasswordKey(err)})
	}
	if err != nil {
		return err
	}
	return c.done(p, web.PathAccount, "password_changed")
}

// endSession ends another session of the person; somebody else's is not there.
func (c *Console) endSession(p *page) error {
	session, err := c.Store.Session(p.r.Context(), p.form["session"])
	if err != nil || session.UserID != p.signedIn.User.ID {
		return oauth.NewError(oauth.ReasonNotFound).At("session").Because(err)
	}
	if err := c.Sessions.End(p.r.Context(), session, "ended by the person", core.Event{}); err != nil {
		return err
	}
	if session.ID == p.signedIn.Session.ID {
		c.Sessions.Forget(p.w)
	}
	return c.done(p, web.PathAccount, "session_ended")
}

// revokeApp takes back a consent of the person's own, with all that rests on it.
func (c *Console) revokeApp(p *page) error {
	ctx, now := p.r.Context(), c.Now()
	consent, err := c.Store.Consent(ctx, p.form["consent"])
	if err != nil || consent.OrganisationID != "" || consent.UserID != p.signedIn.User.ID {
		return oauth.NewError(oauth.ReasonNotFound).At("consent").Because(err)
	}
	event := core.EventOf(core.ConsentRevoked, p.actor().Authorization, p.actor().Source)
	event.ClientID, event.Target = consent.ClientID, "consent/"+consent.ID
	err = c.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.RevokeConsent(consent.ID, now); err != nil {
			return err
		}
		ended, err := tx.EndGrantsOfConsent(consent.ID, now, string(oauth.ReasonConsentRevoked))
		event.Detail = strconv.FormatInt(ended, 10) + " grants ended"
		tx.Audit(event)
		return err
	})
	if err != nil {
		return err
	}
	return c.done(p, web.PathAccount, "app_revoked")
}

func (c *Console) signOut(p *page) error {
	if err := c.Sessions.End(p.r.Context(), p.signedIn.Session, "signed out", core.Event{Type: core.Logout}); err != nil {
		return err
	}
	c.Sessions.Forget(p.w)
	c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Data: web.LoggedOut{}})
	return nil
}
