package grants

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"claviger/internal/authn"
	"claviger/internal/dialect"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// Codec reads token requests from the wire and writes answers to it. It renames
// and reshapes; every check is the pipeline's.
type Codec interface {
	Decode(w http.ResponseWriter, r *http.Request) (*oauth.TokenRequest, error)
	Encode(w http.ResponseWriter, r *http.Request, issued *tokens.Issued) error
	Fail(w http.ResponseWriter, r *http.Request, err *oauth.Error)
}

// Standard is the codec of RFC 6749: a form in, JSON out.
type Standard struct{}

// Decode reads a token request (RFC 6749 §3.2, §2.3.1).
func (Standard) Decode(w http.ResponseWriter, r *http.Request) (*oauth.TokenRequest, error) {
	form, err := authn.ReadForm(w, r)
	if err != nil {
		return nil, err
	}
	id, secret, err := authn.ClientCredentials(r, form)
	if err != nil {
		return nil, err
	}
	return &oauth.TokenRequest{
		GrantType: form["grant_type"], ClientID: id, ClientSecret: secret,
		Username: form["username"], Password: form["password"], Organisation: form["organisation"],
		RefreshToken: form["refresh_token"], Scope: form["scope"],
		Code: form["code"], CodeVerifier: form["code_verifier"], RedirectURI: form["redirect_uri"],
	}, nil
}

// standardResponse is RFC 6749 §5.1, with OpenID Connect Core §3.1.3.3.
type standardResponse struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
}

// Encode writes a token response (RFC 6749 §5.1).
func (Standard) Encode(w http.ResponseWriter, _ *http.Request, issued *tokens.Issued) error {
	t := &issued.Response
	body, err := json.Marshal(&standardResponse{t.AccessToken, t.TokenType, t.ExpiresIn, t.RefreshToken, t.IDToken, t.ScopeText})
	if err != nil {
		return err
	}
	oauth.WriteJSON(w, http.StatusOK, body)
	return nil
}

// Fail writes an error response (RFC 6749 §5.2).
func (Standard) Fail(w http.ResponseWriter, _ *http.Request, err *oauth.Error) {
	oauth.WriteError(w, err)
}

// Dialect is the codec of a route in a dialect file.
type Dialect struct {
	Route  *dialect.Route
	Issuer string
}

// Decode reads a token request as the route describes it.
func (d Dialect) Decode(w http.ResponseWriter, r *http.Request) (*oauth.TokenRequest, error) {
	call, err := d.Route.Decode(w, r)
	if err != nil {
		return nil, err
	}
	request := call.Input.TokenRequest()
	request.Dialect = d.Route.Dialect().Name
	return &request, nil
}

// Encode writes the reply of the route.
func (d Dialect) Encode(w http.ResponseWriter, r *http.Request, issued *tokens.Issued) error {
	facts := dialect.FactsOf(issued.Authorization)
	facts.Request, facts.Token = d.facts(r), &issued.Response
	return d.Route.Reply(w, r, facts)
}

// Fail writes the error in the shape of the dialect.
func (d Dialect) Fail(w http.ResponseWriter, r *http.Request, err *oauth.Error) {
	d.Route.Fail(w, r, d.facts(r), err)
}

func (d Dialect) facts(r *http.Request) dialect.RequestFacts {
	return dialect.RequestFacts{ID: oauth.SourceOf(r.Context()).RequestID, Issuer: d.Issuer}
}
