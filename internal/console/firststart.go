package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"claviger/internal/admin"
	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// cookieOperator keeps the secret of a link out of addresses, once it was followed.
const cookieOperator = "__Host-clv_operator"

// becomeOperator serves the page that the link of an operator leads to. Without one it
// says nothing of the platform.
func (c *Console) becomeOperator() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &page{w: w, r: r, locale: c.Pages.Locale(r, r.URL.Query().Get("ui_locales"))}
		if err := c.answerOperator(p); err != nil {
			c.Pages.RenderError(w, r, oauth.Failed(c.Log, r, err))
		}
	})
}

func (c *Console) answerOperator(p *page) (err error) {
	if link := p.r.URL.Query().Get("link"); link != "" {
		p.keepOperatorLink(link, time.Hour)
		c.to(p, admin.PathOperator, url.Values{})
		return nil
	}
	if err = c.read(p); err != nil {
		return err
	}
	plain := ""
	if cookies := p.r.CookiesNamed(cookieOperator); len(cookies) == 1 {
		plain = cookies[0].Value
	}
	if err := c.Admin.MayBecomeOperator(p.r.Context(), plain); err != nil {
		return c.noOperatorLink(p, err)
	}
	if p.form == nil {
		return c.askOperator(p, http.StatusOK, nil)
	}
	ctx := p.r.Context()
	user, err := c.Admin.BecomeOperator(ctx, oauth.SourceOf(ctx), plain, admin.NewOperator{
		Email: strings.TrimSpace(p.form["email"]), FullName: strings.TrimSpace(p.form["full_name"]), Password: p.form["new_password"],
	})
	if refused := oauth.RefusalOf(err); refused != nil && refused.Reason == oauth.ReasonNotFound {
		return c.noOperatorLink(p, err)
	}
	if err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.askOperator(p, status, wrong)
	}
	p.keepOperatorLink("", -time.Second)
	if _, err := c.Sessions.Start(p.w, p.r, user, authn.Proof{AMR: []string{core.AMRPassword}}, core.SignedIn); err != nil {
		return err
	}
	return c.done(p, pathOperator+"/organisations", "operator_made")
}

// keepOperatorLink sets the cookie for a time, or with less than none takes it away.
func (p *page) keepOperatorLink(plain string, age time.Duration) {
	http.SetCookie(p.w, &http.Cookie{
		Name: cookieOperator, Value: plain, Path: "/", MaxAge: int(age / time.Second), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// noOperatorLink says what to do about a link that does not work, or no longer.
func (c *Console) noOperatorLink(p *page, err error) error {
	refused := oauth.RefusalOf(err)
	if refused == nil {
		return err
	}
	return c.open(p, refused.Status, web.Console{
		Title: c.text(p, "first.gone"), Lead: c.text(p, "first.gone.text"),
		Actions: []web.Link{{Label: c.text(p, "first.sign_in"), Path: pathOperator}},
	})
}

func (c *Console) askOperator(p *page, status int, wrong wrongs) error {
	fields := []web.Field{
		{Name: "full_name", Label: c.text(p, "invited.name"), Required: true, Value: p.form["full_name"], Autocomplete: "name", MaxLength: 100},
		{Name: "email", Label: c.text(p, "members.email"), Kind: web.KindEmail, Required: true, Value: p.form["email"], Autocomplete: "username", MaxLength: 254},
		{Name: "new_password", Label: c.text(p, "invited.password"), Kind: web.KindPassword, Required: true, Hint: c.text(p, "invited.password.hint"), Autocomplete: "new-password"},
	}
	rest := wrong.of(fields)
	form := web.Form{ID: "operator", Path: admin.PathOperator, Submit: c.text(p, "first.submit"), Fields: fields}
	return c.open(p, status, web.Console{
		Title: c.text(p, "first.title"), Lead: c.text(p, "first.lead"), Problems: rest, Blocks: []web.Block{form},
	})
}
