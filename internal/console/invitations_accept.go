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

// cookieInvitation keeps the secret of an invitation out of addresses, once its link
// was followed: it comes along through a sign-in.
const (
	cookieInvitation   = "__Host-clv_invitation"
	invitationLifetime = time.Hour // of the cookie
)

// invited serves the page that the link of an invitation leads to. It is open to
// everybody: whoever has no account makes one there.
func (c *Console) invited() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &page{w: w, r: r, locale: c.Pages.Locale(r, r.URL.Query().Get("ui_locales"))}
		if err := c.answerInvitation(p); err != nil {
			c.Pages.RenderError(w, r, oauth.Failed(c.Log, r, err))
		}
	})
}

func (c *Console) answerInvitation(p *page) (err error) {
	if link := p.r.URL.Query().Get("invitation"); link != "" {
		p.keepInvitation(link, invitationLifetime)
		c.to(p, admin.PathInvitation, url.Values{})
		return nil
	}
	if err = c.read(p); err != nil {
		return err
	}
	if p.signedIn, err = c.Sessions.Of(p.r); err != nil {
		return err
	}
	plain := ""
	if cookies := p.r.CookiesNamed(cookieInvitation); len(cookies) == 1 {
		plain = cookies[0].Value
	}
	invited, err := c.Admin.FindInvitation(p.r.Context(), plain)
	if err != nil {
		return c.noInvitation(p, err)
	}
	known, err := c.Admin.HasAccount(p.r.Context(), invited.Invitation)
	switch {
	case err != nil:
		return err
	case !known && p.form != nil:
		return c.join(p, plain, invited)
	case !known:
		return c.showInvitation(p, http.StatusOK, invited, c.joinBlocks(p, invited, nil))
	case p.isInvited(invited.Invitation) && p.form != nil:
		return c.accept(p, plain, invited)
	}
	return c.showInvitation(p, http.StatusOK, invited, c.acceptBlocks(p, invited))
}

// keepInvitation sets the cookie for a time, or with less than none takes it away.
func (p *page) keepInvitation(plain string, age time.Duration) {
	http.SetCookie(p.w, &http.Cookie{
		Name: cookieInvitation, Value: plain, Path: "/", MaxAge: int(age / time.Second), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// isInvited reports whether the invitation was sent to who is signed in.
func (p *page) isInvited(i *core.Invitation) bool {
	return p.signedIn != nil && p.signedIn.User.EmailVerified && strings.EqualFold(p.signedIn.User.Email, i.Email)
}

// noInvitation says what to do about a link that does not work, or no longer.
func (c *Console) noInvitation(p *page, err error) error {
	refused := oauth.RefusalOf(err)
	if refused == nil {
		return err
	}
	return c.open(p, refused.Status, web.Console{
		Title: c.text(p, "invited.gone"), Lead: c.text(p, "invited.gone.text"),
		Actions: []web.Link{{Label: c.text(p, "start.account"), Path: web.PathAccount}},
	})
}

// open shows a page of the console to somebody who may not be signed in.
func (c *Console) open(p *page, status int, data web.Console) error {
	if p.signedIn != nil {
		data.Person = c.person(p)
	}
	c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Status: status, Data: data})
	return nil
}

func (c *Console) showInvitation(p *page, status int, invited *admin.Invited, blocks []web.Block) error {
	facts := web.Facts{ID: "invitation", Items: []web.Fact{
		{Label: c.text(p, "kind.organisation"), Value: web.Cell{Text: invited.Organisation.Name}},
		{Label: c.text(p, "members.role"), Value: web.Cell{Text: invited.Role.Name}},
		{Label: c.text(p, "invitations.by"), Value: web.Cell{Text: c.nameOfID(p, invited.Invitation.InvitedBy)}},
		{Label: c.text(p, "invited.to"), Value: web.Cell{Text: invited.Invitation.Email}},
		{Label: c.text(p, "invitations.until"), Value: web.Cell{Time: invited.Invitation.ExpiresAt}},
	}}
	return c.open(p, status, web.Console{
		Title: c.text(p, "invited.title", invited.Organisation.Name), Lead: c.text(p, "invited.lead"), Blocks: append([]web.Block{facts}, blocks...),
	})
}

// acceptBlocks let the person accept whom the invitation was sent to, and lead others
// to the sign-in.
func (c *Console) acceptBlocks(p *page, invited *admin.Invited) []web.Block {
	signIn := web.Link{Label: c.text(p, "invited.sign_in"), Path: web.PathSignIn + "?" + url.Values{"return_to": {admin.PathInvitation}}.Encode()}
	i := invited.Invitation
	switch {
	case p.signedIn == nil:
		return []web.Block{web.Alert{Title: c.text(p, "invited.known"), Text: c.text(p, "invited.known.text", i.Email), Links: []web.Link{signIn}}}
	case p.isInvited(i):
		return []web.Block{web.Form{ID: "accept", Path: admin.PathInvitation, Submit: c.text(p, "invited.accept"), Text: c.text(p, "invited.accept.text", invited.Organisation.Name)}}
	case strings.EqualFold(p.signedIn.User.Email, i.Email):
		return []web.Block{web.Alert{
			Kind: web.Warn, Title: c.text(p, "invited.unverified"), Text: c.text(p, "invited.unverified.text", i.Email),
			Links: []web.Link{{Label: c.text(p, "start.account"), Path: web.PathAccount}},
		}}
	}
	signIn.Path += "&other=1"
	return []web.Block{web.Alert{
		Kind: web.Warn, Title: c.text(p, "invited.other"), Text: c.text(p, "invited.other.text", i.Email, nameOf(p.signedIn.User)), Links: []web.Link{signIn},
	}}
}

func (c *Console) accept(p *page, plain string, invited *admin.Invited) error {
	if _, err := c.Admin.AcceptInvitation(p.r.Context(), p.actor(), plain); err != nil {
		return c.noInvitation(p, err)
	}
	return c.welcome(p, invited.Organisation)
}

func (c *Console) welcome(p *page, organisation *core.Organisation) error {
	p.keepInvitation("", -time.Second)
	return c.done(p, pathConsole+"/"+organisation.Code, "joined")
}

// joinBlocks ask somebody new for what makes their account. The address is not asked
// for: the link went there.
func (c *Console) joinBlocks(p *page, invited *admin.Invited, wrong wrongs) []web.Block {
	fields := []web.Field{
		{Name: "full_name", Label: c.text(p, "invited.name"), Required: true, Value: p.form["full_name"], Autocomplete: "name", MaxLength: 100},
		{Name: "new_password", Label: c.text(p, "invited.password"), Kind: web.KindPassword, Required: true, Hint: c.text(p, "invited.password.hint"), Autocomplete: "new-password"},
	}
	var blocks []web.Block
	for _, problem := range wrong.of(fields) {
		blocks = append(blocks, web.Alert{Kind: web.Bad, Text: problem.Text})
	}
	if p.signedIn != nil {
		blocks = append(blocks, web.Alert{Kind: web.Warn, Text: c.text(p, "invited.replaces", nameOf(p.signedIn.User))})
	}
	return append(blocks, web.Form{
		ID: "join", Title: c.text(p, "invited.join"), Text: c.text(p, "invited.join.text", invited.Invitation.Email), Path: admin.PathInvitation,
		Submit: c.text(p, "invited.join.submit"), Fields: fields, Hidden: map[string]string{"username": invited.Invitation.Email},
	})
}

// join makes the account of somebody new, and signs them in.
func (c *Console) join(p *page, plain string, invited *admin.Invited) error {
	ctx := p.r.Context()
	member, err := c.Admin.Join(ctx, oauth.SourceOf(ctx), plain, admin.NewPerson{
		FullName: strings.TrimSpace(p.form["full_name"]), Password: p.form["new_password"], Locale: p.locale,
	})
	if refused := oauth.RefusalOf(err); refused != nil && (refused.Reason == oauth.ReasonNotFound || refused.Reason == oauth.ReasonNameTaken) {
		return c.noInvitation(p, err)
	}
	if err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.showInvitation(p, status, invited, c.joinBlocks(p, invited, wrong))
	}
	if _, err := c.Sessions.Start(p.w, p.r, member.User, authn.Proof{AMR: []string{core.AMRPassword}}, core.SignedIn); err != nil {
		return err
	}
	return c.welcome(p, invited.Organisation)
}
