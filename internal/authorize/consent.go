package authorize

import (
	"net/http"
	"slices"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/web"
	"claviger/oauth"
)

// Consent serves the page that asks a person whether a client may, and for which
// company.
func (e *Endpoint) Consent() http.Handler {
	return e.handle(func(p *page) error {
		if p.flow == nil {
			return errFlow("none")
		}
		next, err := e.next(p.r.Context(), p.flow, p.signedIn)
		switch {
		case err != nil || next.page != "" && next.page != web.PathConsent:
			return e.onward(p, p.signedIn)
		case p.form != nil && p.shownTo(p.signedIn.Session.ID): // what is decided was shown to this person (E02)
			return e.decide(p)
		case next.page == "":
			return e.onward(p, p.signedIn)
		}
		return e.showConsent(p, nil)
	})
}

// shownTo reports whether the form is of a page of this flow that was shown in a
// session. Another tab may show the page to somebody else.
func (p *page) shownTo(sessionID string) bool {
	return p.flow.SessionID == sessionID && (p.form["session"] == sessionID || p.form["decision"] == "other")
}

// decide does what the person chose, even where they need not have been asked any
// more.
func (e *Endpoint) decide(p *page) error {
	switch p.form["decision"] {
	case "approve":
		return e.consent(p)
	case "refuse":
		return e.decline(p)
	case "other":
		e.toOther(p)
		return nil
	}
	return e.showConsent(p, nil)
}

func (e *Endpoint) showConsent(p *page, wrong web.Errors) error {
	client, err := e.client(p.r.Context(), p.flow.ClientID)
	if err != nil {
		return err
	}
	data := web.Consent{
		Flow: p.flowID(), Session: p.signedIn.Session.ID, ClientName: client.Name, ClientWebsite: client.Website, PolicyURI: client.Browser.PolicyURI,
		TermsURI: client.Browser.TermsURI, Person: p.signedIn.User.Identifier(), Errors: wrong,
	}
	if err := e.fillConsent(p, client, &data); err != nil {
		return err
	}
	if p.flow.SessionID != p.signedIn.Session.ID {
		p.flow.SessionID = p.signedIn.Session.ID
		if err := e.update(p); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if wrong != nil {
		status = http.StatusBadRequest
	}
	return e.render(p, status, data)
}

// fillConsent sets the scopes that are new and the companies to choose from. With
// prompt=consent everything is asked for again.
func (e *Endpoint) fillConsent(p *page, client *core.Client, data *web.Consent) error {
	request := &p.flow.Request
	again := request.HasPrompt(oauth.PromptConsent)
	if !e.Tokens.Connects(client) {
		held := oauth.Scope(nil)
		if consent, err := e.Store.PersonalConsent(p.r.Context(), client.ID, p.signedIn.User.ID); err == nil && !again {
			held = consent.Scopes
		} else if err != nil && !isNotFound(err) {
			return err
		}
		data.Scopes = e.scopeLines(p, missing(request.Approval, held))
		return nil
	}
	companies, err := e.companies(p.r.Context(), p.flow, p.signedIn.User)
	if err != nil {
		return err
	}
	data.Pick, data.Nothing = len(companies) > 0, len(companies) == 0
	var needed oauth.Scope
	for _, c := range companies {
		if again {
			c.missing = request.Approval
		}
		needed = append(needed, missing(c.missing, needed)...)
		data.Accounts = append(data.Accounts, e.accountLine(p, c, len(companies) == 1))
	}
	if len(companies) == 0 {
		needed = request.Approval
	}
	data.Scopes = e.scopeLines(p, missing(request.Approval, missing(request.Approval, needed))) // in the order they were asked for
	return nil
}

func (e *Endpoint) accountLine(p *page, c company, only bool) web.AccountLine {
	line := web.AccountLine{ID: c.account.ID, Name: c.account.Name, Selected: only || p.form["account"] == c.account.ID}
	if c.organisation.Name != c.account.Name {
		line.Organisation = c.organisation.Name
	}
	switch {
	case c.consent != nil && len(c.missing) == 0:
		line.Note = e.Pages.Text(e.locale(p), "consent.connected")
	case c.consent != nil:
		line.Note = e.Pages.Text(e.locale(p), "consent.connected_adds")
	}
	return line
}

func (e *Endpoint) scopeLines(p *page, scopes oauth.Scope) []web.ScopeLine {
	locale := e.locale(p)
	lines := make([]web.ScopeLine, 0, len(scopes))
	for _, scope := range scopes {
		text, _ := e.Pages.ScopeText(locale, scope)
		lines = append(lines, web.ScopeLine{Name: scope, Text: text})
	}
	return lines
}

// consent approves. The company must be one that the person may connect, whatever
// the form says (F08).
func (e *Endpoint) consent(p *page) error {
	client, err := e.client(p.r.Context(), p.flow.ClientID)
	if err != nil {
		return err
	}
	approved := &approval{asks: true}
	if e.Tokens.Connects(client) {
		if p.form["account"] == "" {
			return e.showConsent(p, web.Errors{"account": web.ErrorAccount})
		}
		companies, err := e.companies(p.r.Context(), p.flow, p.signedIn.User)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(companies, func(c company) bool { return c.account.ID == p.form["account"] })
		if i < 0 {
			return oauth.NewError(oauth.ReasonPermissionDenied).Describe("You may not connect this company.")
		}
		approved.account = companies[i].account
	}
	e.approve(p.w, p.r, p.flow, p.signedIn, approved)
	return nil
}

// decline refuses, on the record.
func (e *Endpoint) decline(p *page) error {
	event := core.Event{
		Type: core.ConsentRefused, ClientID: p.flow.ClientID, SubjectType: core.SubjectPerson, SubjectID: p.signedIn.User.ID,
		Detail: p.flow.Request.Scope.String(),
	}
	source := oauth.SourceOf(p.r.Context())
	event.IP, event.RequestID = source.IP, source.RequestID
	err := e.finish(p.r.Context(), p.flow, func(tx *store.Tx) error {
		tx.Audit(event)
		return nil
	})
	if err != nil {
		return err
	}
	refused := oauth.NewError(oauth.ReasonConsentRefused)
	e.answer(p.w, p.r, &p.flow.Request, [][2]string{{"error", string(refused.Code)}, {"error_description", refused.Description}})
	return nil
}

// update stores what a page changed about its flow.
func (e *Endpoint) update(p *page) error {
	return e.Store.Write(p.r.Context(), func(tx *store.Tx) error { return tx.UpdateFlow(p.flow) })
}
