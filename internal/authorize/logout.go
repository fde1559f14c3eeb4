package authorize

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/tokens"
	"claviger/internal/web"
	"claviger/oauth"
)

// signOut is a request to sign out (OpenID Connect RP-Initiated Logout §2).
type signOut struct {
	*parameters
	hint   *tokens.Hint // nil: none was sent
	client *core.Client // that asks; nil: unknown
	uri    string       // where to go afterwards, registered for the client; empty: nowhere
}

// Logout serves the end_session_endpoint, by GET and by POST.
func (e *Endpoint) Logout(w http.ResponseWriter, r *http.Request) {
	p, err := readParameters(w, r)
	if err == nil && len(p.repeated) > 0 {
		err = oauth.NewError(oauth.ReasonDuplicateParameter).At(p.repeated[0])
	}
	if err != nil {
		e.problem(w, r, err)
		return
	}
	if r.Method == http.MethodPost && !ownForm(r) {
		e.signOutByGet(w, r, p)
		return
	}
	s, err := e.readSignOut(r.Context(), p)
	if err != nil {
		e.problem(w, r, err)
		return
	}
	if err := e.signOut(w, r, s); err != nil {
		e.problem(w, r, err)
	}
}

// ownForm reports whether a form is of a page of this site.
func ownForm(r *http.Request) bool { return http.NewCrossOriginProtection().Check(r) == nil }

// signOutByGet turns a form of another site into a GET: the session cookie does not
// come with such a form. Who is signed in would look as if they were not, and be told
// that they have been signed out.
func (e *Endpoint) signOutByGet(w http.ResponseWriter, r *http.Request, p *parameters) {
	query := url.Values{}
	for name, value := range p.values {
		query.Set(name, value)
	}
	e.to(w, r, web.PathLogout+"?"+query.Encode())
}

// readSignOut proves the hint and the address to go to. A wrong one ends in a page
// and signs nobody out (E21).
func (e *Endpoint) readSignOut(ctx context.Context, p *parameters) (*signOut, error) {
	s := &signOut{parameters: p}
	clientID := p.get("client_id")
	if text := p.get("id_token_hint"); text != "" {
		hint, err := e.Verifier.Hint(ctx, text)
		if err != nil {
			if oauth.RefusalOf(err) == nil {
				return nil, err
			}
			return nil, oauth.NewError(oauth.ReasonInvalidValue).At("id_token_hint").Because(err)
		}
		if clientID != "" && clientID != hint.ClientID { // RP-Initiated Logout §2: they must agree
			return nil, oauth.NewError(oauth.ReasonInvalidValue).At("client_id")
		}
		s.hint, clientID = hint, hint.ClientID
	}
	if clientID != "" {
		client, err := e.Store.Client(ctx, clientID)
		if errors.Is(err, core.ErrNotFound) {
			return nil, oauth.NewError(oauth.ReasonInvalidValue).At("client_id").Because(err)
		}
		if err != nil {
			return nil, err
		}
		s.client = client
	}
	if uri := p.get("post_logout_redirect_uri"); uri != "" && s.client != nil {
		if !slices.Contains(s.client.PostLogoutURIs, uri) {
			return nil, oauth.NewError(oauth.ReasonRedirectURI).At("post_logout_redirect_uri").
				Describe("The post_logout_redirect_uri is not one of the client's.")
		}
		s.uri = uri
	}
	return s, nil
}

// signOut ends the session at once where the hint is of this very session, and
// asks otherwise: a link on any page could have led here.
func (e *Endpoint) signOut(w http.ResponseWriter, r *http.Request, s *signOut) error {
	signedIn, err := e.Sessions.Of(r)
	if err != nil {
		return err
	}
	if signedIn == nil {
		if _, err := r.Cookie(authn.CookieSession); err == nil { // of a session that is over
			e.Sessions.Forget(w)
		}
		e.signedOut(w, r, s)
		return nil
	}
	if !s.provedBy(signedIn) {
		switch s.decision(r) {
		case "sign_out":
		case "stay":
			e.to(w, r, web.PathAccount)
			return nil
		default:
			e.askSignOut(w, r, s)
			return nil
		}
	}
	event := core.Event{Type: core.Logout, SubjectType: core.SubjectPerson, SubjectID: signedIn.User.ID}
	if s.client != nil {
		event.ClientID = s.client.ID
	}
	if err := e.Sessions.End(r.Context(), signedIn.Session, "signed out", event); err != nil {
		return err
	}
	e.Sessions.Forget(w)
	e.signedOut(w, r, s)
	return nil
}

// provedBy reports whether the hint is an ID token of the session.
func (s *signOut) provedBy(signedIn *authn.SignedIn) bool {
	return s.hint != nil && s.hint.SessionID == signedIn.Session.ID
}

// decision is what the person chose on our own page; a form of another site decides
// nothing (E02).
func (s *signOut) decision(r *http.Request) string {
	if r.Method != http.MethodPost || !ownForm(r) {
		return ""
	}
	return s.get("decision")
}

// askSignOut asks, and keeps what was asked for through the answer.
func (e *Endpoint) askSignOut(w http.ResponseWriter, r *http.Request, s *signOut) {
	data := web.Logout{Fields: map[string]string{}}
	for _, name := range []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"} {
		if value := s.get(name); value != "" {
			data.Fields[name] = value
		}
	}
	if s.client != nil {
		data.ClientName = s.client.Name
	}
	e.Pages.Render(w, r, web.View{Locale: e.Pages.Locale(r, s.get("ui_locales")), FormTargets: formTargets(s.uri), Data: data})
}

// signedOut goes where the client wants the person to be, else says that it is done.
func (e *Endpoint) signedOut(w http.ResponseWriter, r *http.Request, s *signOut) {
	if s.uri == "" {
		e.Pages.Render(w, r, web.View{Locale: e.Pages.Locale(r, s.get("ui_locales")), Data: web.LoggedOut{}})
		return
	}
	var values [][2]string
	if state := s.get("state"); state != "" {
		values = append(values, [2]string{"state", state})
	}
	leave(w, r, withQuery(s.uri, values))
}
