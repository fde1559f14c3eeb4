package authorize

import (
	"net/http"
	"strconv"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/web"
)

// SignIn serves the page for email, phone or user name and password.
func (e *Endpoint) SignIn() http.Handler {
	return e.handle(func(p *page) error {
		if p.form != nil {
			return e.signIn(p)
		}
		if p.flow != nil && p.signedIn != nil && p.r.URL.Query().Get("other") == "" {
			if gone, err := e.elsewhere(p, web.PathSignIn); gone || err != nil {
				return err
			}
		}
		return e.showSignIn(p, http.StatusOK, web.SignIn{Identifier: e.hint(p)})
	})
}

// hint is whom the client, or the session, says will sign in.
func (e *Endpoint) hint(p *page) string {
	switch {
	case p.r.URL.Query().Get("other") != "":
		return ""
	case p.flow != nil && p.flow.Request.LoginHint != "":
		return p.flow.Request.LoginHint
	case p.signedIn != nil:
		return p.signedIn.User.Identifier()
	}
	return ""
}

func (e *Endpoint) showSignIn(p *page, status int, data web.SignIn) error {
	name, err := e.clientName(p)
	if err != nil {
		return err
	}
	data.Flow, data.ClientName, data.Return, data.CanUseCode = p.flowID(), name, p.back, true
	data.CanUsePasskey = e.Factors.Passkeys != nil
	return e.render(p, status, data)
}

func (e *Endpoint) signIn(p *page) error {
	identifier := p.form["identifier"]
	user, err := e.People.Password(p.r.Context(), p.r, identifier, p.form["password"])
	if err != nil {
		wrong, retry, ok := withRetry(err, web.FormError, web.ErrorCredentials)
		if !ok {
			return err
		}
		status := http.StatusUnauthorized
		data := web.SignIn{Identifier: identifier, Errors: wrong}
		if retry != "" {
			status = http.StatusTooManyRequests
			p.w.Header().Set("Retry-After", retry)
			data.RetryAfter, _ = strconv.Atoi(retry)
		}
		return e.showSignIn(p, status, data)
	}
	return e.enter(p, user, authn.Proof{AMR: []string{core.AMRPassword}}, core.SignedIn)
}

// enter signs a person in and goes on.
func (e *Endpoint) enter(p *page, user *core.User, proof authn.Proof, event core.EventType) error {
	signedIn, in, err := e.start(p, user, proof, event, "")
	if err != nil || !in {
		return err
	}
	return e.onward(p, signedIn)
}

// Choose serves the page that asks which sign-in to use (prompt=select_account).
func (e *Endpoint) Choose() http.Handler {
	return e.handle(func(p *page) error {
		if p.flow == nil {
			return errFlow("none")
		}
		if p.signedIn == nil {
			e.show(p.w, p.r, p.flow, web.PathSignIn)
			return nil
		}
		if gone, err := e.elsewhere(p, web.PathChoose); gone || err != nil {
			return err
		}
		switch p.form["decision"] {
		case "continue":
			p.flow.Chosen = true
			if err := e.update(p); err != nil {
				return err
			}
			return e.onward(p, p.signedIn)
		case "other":
			e.toOther(p)
			return nil
		}
		name, err := e.clientName(p)
		if err != nil {
			return err
		}
		return e.render(p, http.StatusOK, web.Choose{
			Flow: p.flowID(), Name: p.signedIn.User.FullName, Identifier: p.signedIn.User.Identifier(), ClientName: name,
		})
	})
}

// toOther lets somebody else sign in.
func (e *Endpoint) toOther(p *page) {
	query := p.query()
	query.Set("other", "1")
	e.to(p.w, p.r, web.PathSignIn+"?"+query.Encode())
}
