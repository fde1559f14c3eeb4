package authorize

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/oauth"
)

// Push serves pushed authorization requests (RFC 9126). Everything about the
// request is checked here, so that its client hears of mistakes before a person
// does.
func (e *Endpoint) Push(w http.ResponseWriter, r *http.Request) {
	uri, err := e.pushRequest(w, r)
	if err != nil {
		oauth.WriteError(w, oauth.Failed(e.Log, r, err))
		return
	}
	body, err := json.Marshal(&struct {
		RequestURI string `json:"request_uri"`
		ExpiresIn  int64  `json:"expires_in"`
	}{uri, int64(pushedLifetime / time.Second)})
	if err != nil {
		oauth.WriteError(w, oauth.Failed(e.Log, r, err))
		return
	}
	oauth.WriteJSON(w, http.StatusCreated, body)
}

func (e *Endpoint) pushRequest(w http.ResponseWriter, r *http.Request) (string, error) {
	form, err := authn.ReadForm(w, r)
	if err != nil {
		return "", err
	}
	if err := e.Authenticator.Limits.Source(oauth.SourceOf(r.Context()).IP); err != nil {
		return "", err
	}
	client, err := e.pushingClient(r, form)
	if err != nil {
		return "", err
	}
	if err := e.Authenticator.Limits.Caller(client, nil); err != nil {
		return "", err
	}
	if form["request_uri"] != "" { // RFC 9126 §2.1
		return "", oauth.NewError(oauth.ReasonRequestURI).At("request_uri")
	}
	q, err := e.inquire(r.Context(), form, client)
	if err != nil {
		return "", err
	}
	return e.push(r.Context(), client.ID, q.request)
}

func (e *Endpoint) inquire(ctx context.Context, form map[string]string, client *core.Client) (*inquiry, error) {
	form["client_id"] = client.ID
	q, err := e.identify(ctx, &parameters{values: form})
	if err != nil {
		return nil, err
	}
	return q, e.check(ctx, q)
}

// pushingClient authenticates the client as the token endpoint does (RFC 9126 §2).
func (e *Endpoint) pushingClient(r *http.Request, form map[string]string) (*core.Client, error) {
	id, secret, err := authn.ClientCredentials(r, form)
	if err != nil {
		return nil, err
	}
	caller, err := e.Authenticator.LookUp(r.Context(), id, "")
	if err != nil {
		return nil, err
	}
	if secret == "" && caller.Client != nil && caller.Client.Kind == core.Public {
		return caller.Client, e.Authenticator.Active(caller)
	}
	if err := e.Authenticator.ProveClient(r.Context(), caller, id, secret, oauth.SourceOf(r.Context()).IP); err != nil {
		return nil, err
	}
	if caller.Client == nil { // an API key has no browser flow
		return nil, oauth.NewError(oauth.ReasonGrantTypeNotAllowed)
	}
	return caller.Client, nil
}
