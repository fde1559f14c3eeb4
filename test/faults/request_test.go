package faults

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// answer is an answer of a standard endpoint.
type answer struct {
	Status       int
	Header       http.Header
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	Error        string `json:"error"`
	Active       bool   `json:"active"`
}

func (a answer) refused() bool {
	return a.Status == http.StatusBadRequest && a.Error == "invalid_grant"
}

// post sends a form as a client. After an error it is not known whether the
// request took effect.
func (i *installation) post(party *relyingParty, path, requestID string, pairs ...string) (answer, error) {
	form := url.Values{}
	for n := 0; n < len(pairs); n += 2 {
		form.Set(pairs[n], pairs[n+1])
	}
	request, err := http.NewRequest(http.MethodPost, i.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape(party.id), url.QueryEscape(party.secret))
	if requestID != "" {
		request.Header.Set("X-Request-Id", requestID)
	}
	response, err := i.web.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Status: response.StatusCode, Header: response.Header}
	if len(body) > 0 && json.Unmarshal(body, &a) != nil {
		return answer{}, errors.New("the body is no JSON")
	}
	return a, nil
}

func (i *installation) signIn(party *relyingParty, id string) (answer, error) {
	return i.post(party, "/oauth2/token", id, "grant_type", "password", "username", "robot", "password", i.password,
		"organisation", "ACME", "scope", "read offline_access")
}

func (i *installation) clientCredentials(party *relyingParty, id string) (answer, error) {
	return i.post(party, "/oauth2/token", id, "grant_type", "client_credentials", "scope", "read")
}

func (i *installation) refresh(party *relyingParty, token, id string) (answer, error) {
	return i.post(party, "/oauth2/token", id, "grant_type", "refresh_token", "refresh_token", token)
}

func (i *installation) revoke(party *relyingParty, token, id string) (answer, error) {
	return i.post(party, "/oauth2/revoke", id, "token", token)
}

// active asks the introspection endpoint, which has to answer.
func (i *installation) active(t *testing.T, party *relyingParty, token string) bool {
	t.Helper()
	a, err := i.post(party, "/oauth2/introspect", "", "token", token)
	if err != nil || a.Status != http.StatusOK {
		t.Errorf("introspection: %d %q, %v", a.Status, a.Error, err)
	}
	return a.Active
}
