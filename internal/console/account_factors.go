package console

import (
	"errors"
	"net/http"
	"net/url"

	"claviger/internal/authn"
	"claviger/internal/authorize"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// Passkeys serves the passkeys of a person: what they have, a new one, removing one.
func (c *Console) Passkeys() http.Handler {
	return c.handle(web.PathPasskeys, func(p *page) error {
		return c.changeFactor(p, web.PathPasskeys, c.showPasskeys, map[string]func(*page) error{
			"begin_passkey": c.beginPasskey, "finish_passkey": c.finishPasskey, "remove_passkey": c.removePasskey,
		})
	})
}

// App serves setting up an authenticator app, and removing it.
func (c *Console) App() http.Handler {
	return c.handle(web.PathApp, func(p *page) error {
		return c.changeFactor(p, web.PathApp, c.showApp, map[string]func(*page) error{
			"begin_app": c.beginApp, "confirm_app": c.confirmApp, "remove_app": c.removeApp,
		})
	})
}

// RecoveryCodes serves new recovery codes.
func (c *Console) RecoveryCodes() http.Handler {
	return c.handle(web.PathRecovery, func(p *page) error {
		show := func(p *page, _ int, _ web.Errors) error { return c.showRecoveryCodes(p, nil, "") }
		return c.changeFactor(p, web.PathRecovery, show, map[string]func(*page) error{"new_codes": c.newRecoveryCodes})
	})
}

// changeFactor shows a page, or does what its form says: every action on it changes
// who can get in, and needs all that the person can prove (E12).
func (c *Console) changeFactor(p *page, path string, show func(*page, int, web.Errors) error, actions map[string]func(*page) error) error {
	if p.form == nil {
		return show(p, http.StatusOK, nil)
	}
	action, known := actions[p.form["action"]]
	if !known {
		return oauth.NewError(oauth.ReasonInvalidValue).At("action")
	}
	prove, err := c.mustProve(p)
	if err != nil {
		return err
	}
	if prove != "" {
		c.to(p, prove, url.Values{"return_to": {path}})
		return nil
	}
	return action(p)
}

func (c *Console) showPasskeys(p *page, status int, wrong web.Errors) error {
	passkeys, err := c.Factors.PasskeysOf(p.r.Context(), p.signedIn.User.ID)
	if err != nil {
		return err
	}
	data := web.Passkeys{Can: c.Factors.Passkeys != nil, Errors: wrong, Notice: notice(p), Name: web.Device(p.r.UserAgent())}
	if wrong != nil {
		data.Name = p.form["name"]
	}
	for _, k := range passkeys {
		line := web.PasskeyLine{ID: k.ID, Name: k.Name, AddedAt: c.Pages.Time(p.locale, k.CreatedAt)}
		if !k.LastUsedAt.IsZero() {
			line.LastUsedAt = c.Pages.Time(p.locale, k.LastUsedAt)
		}
		data.Lines = append(data.Lines, line)
	}
	c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Status: status, Data: data})
	return nil
}

func (c *Console) beginPasskey(p *page) error {
	options, err := c.Factors.BeginPasskey(p.r.Context(), p.signedIn.User, p.form["name"], c.binding(p))
	if refused := oauth.RefusalOf(err); refused != nil && refused.Reason == oauth.ReasonInvalidValue {
		return c.showPasskeys(p, http.StatusBadRequest, web.Errors{"name": web.ErrorPasskeyName})
	}
	if err != nil {
		return err
	}
	c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Data: web.UsePasskey{
		Action: web.PathPasskeys, Options: options, Make: true, Back: web.PathPasskeys,
	}})
	return nil
}

func (c *Console) finishPasskey(p *page) error {
	codes, err := c.Factors.FinishPasskey(p.r.Context(), p.signedIn, p.form["response"], c.binding(p))
	if refused := oauth.RefusalOf(err); refused != nil && refused.Param == "passkey" {
		return c.showPasskeys(p, http.StatusBadRequest, web.Errors{web.FormError: web.ErrorPasskeyMade})
	}
	if err != nil {
		return err
	}
	return c.added(p, codes, web.PathPasskeys, "passkey_added")
}

func (c *Console) removePasskey(p *page) error {
	if err := c.Factors.RemovePasskey(p.r.Context(), p.signedIn, p.form["passkey"]); err != nil {
		return err
	}
	return c.done(p, web.PathPasskeys, "passkey_removed")
}

func (c *Console) showApp(p *page, status int, wrong web.Errors) error {
	data := web.AuthenticatorApp{Errors: wrong, Notice: notice(p)}
	app, err := c.Store.AuthenticatorApp(p.r.Context(), p.signedIn.User.ID)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return err
	}
	if data.SetUp = err == nil; data.SetUp && !app.LastUsedAt.IsZero() {
		data.LastUsedAt = c.Pages.Time(p.locale, app.LastUsedAt)
	}
	c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Status: status, Data: data})
	return nil
}

func (c *Console) beginApp(p *page) error { return c.setUpApp(p, http.StatusOK, nil) }

// setUpApp shows the secret to set an app up with: the same one again after a wrong
// code.
func (c *Console) setUpApp(p *page, status int, wrong web.Errors) error {
	s, err := c.Factors.BeginApp(p.r.Context(), p.signedIn.User, c.binding(p), wrong != nil)
	if err != nil {
		return err
	}
	c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Status: status, Data: web.AuthenticatorApp{
		Secret: s.Secret, URL: s.URL, Code: s.Code, Errors: wrong,
	}})
	return nil
}

func (c *Console) confirmApp(p *page) error {
	codes, err := c.Factors.ConfirmApp(p.r.Context(), p.r, p.signedIn, p.form["code"], c.binding(p))
	refused := oauth.RefusalOf(err)
	switch {
	case err == nil:
		return c.added(p, codes, web.PathApp, "app_added")
	case refused != nil && refused.Reason == oauth.ReasonTooManyAttempts:
		p.w.Header().Set("Retry-After", refused.Header.Get("Retry-After"))
		return c.setUpApp(p, http.StatusTooManyRequests, web.Errors{"code": web.ErrorTooMany})
	case refused != nil && refused.Param == "code":
		return c.setUpApp(p, http.StatusUnauthorized, web.Errors{"code": web.ErrorAppCode})
	}
	return err
}

func (c *Console) removeApp(p *page) error {
	if err := c.Factors.RemoveApp(p.r.Context(), p.signedIn); err != nil {
		return err
	}
	return c.done(p, web.PathApp, "app_removed")
}

// added says that a factor was added: with recovery codes, which are shown once, when
// it is the first.
func (c *Console) added(p *page, codes []string, path, done string) error {
	if len(codes) > 0 {
		return c.showRecoveryCodes(p, codes, "notice."+done)
	}
	return c.done(p, path, done)
}

func (c *Console) newRecoveryCodes(p *page) error {
	codes, err := c.Factors.NewRecoveryCodes(p.r.Context(), p.signedIn)
	if err != nil {
		return err
	}
	return c.showRecoveryCodes(p, codes, "")
}

func (c *Console) showRecoveryCodes(p *page, codes []string, why string) error {
	factors, err := c.Factors.Of(p.r.Context(), p.signedIn.User.ID)
	if err != nil {
		return err
	}
	c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Data: web.RecoveryCodes{
		Codes: codes, Left: int(factors.RecoveryCodes), Any: factors.Any(), Why: why,
	}})
	return nil
}

// binding is what challenges of this browser are bound to.
func (c *Console) binding(p *page) []byte { return authn.BrowserHash(c.Sessions.Browser(p.w, p.r)) }

// provedAll reports whether a session has the second factor that its person can prove.
func provedAll(session *core.Session, user *core.User, factors *core.Factors) bool {
	switch {
	case factors.Any():
		return session.ACR == core.ACRTwoFactors
	case authorize.CanStepUp(user, factors):
		return session.Has(core.AMROneTimeCode)
	}
	return true
}
