package payments_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"claviger/examples/payments"
	"claviger/internal/admin"
	"claviger/internal/server/servertest"
	"claviger/test/testlog"
)

// Of the demo data.
const (
	terminalKey = "f32c5497297084e5354b47c40d5ccacb109ce483" // merchant-terminal of the cafe
	ownerKey    = "centrapay-owner-key"                      // account-owner of the cafe
	providerKey = "centrapay-provider-key"                   // external-asset-provider of the tea warehouse
	user        = "user@centrapay.example"                   // account-owner of both
	newcomer    = "newcomer@centrapay.example"               // of no company
)

const issuer = "http://" + servertest.Host

// world is a server with the demo data, and the API that believes it.
type world struct {
	*servertest.Harness
	t    *testing.T
	api  http.Handler
	down bool // nobody reaches the server
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Harness: servertest.New(t), t: t}
	w.api = w.newAPI(payments.Config{})
	return w
}

func (w *world) newAPI(c payments.Config) http.Handler {
	w.t.Helper()
	c.Issuer, c.ClientID, c.ClientSecret = issuer, "payments-api", "payments-api-secret"
	c.HTTPClient, c.Log, c.Now = &http.Client{Transport: w}, testlog.Logger(w.t), w.Clock.Now
	api, err := payments.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return api
}

// RoundTrip takes what the API asks to the server.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.down {
		return nil, io.ErrUnexpectedEOF
	}
	arriving := r.Clone(r.Context())
	arriving.RemoteAddr = "127.0.0.1:50000"
	return w.Do(arriving), nil
}

// answer is what a request got.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	text   string
}

// send sends a request to the API, with header lines such as "X-Api-Key: x". A
// body is JSON.
func (w *world) send(method, path, body string, lines ...string) answer {
	w.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	recorder := httptest.NewRecorder()
	w.api.ServeHTTP(recorder, r)
	return answer{w.t, method + " " + path + " " + body, recorder.Code, recorder.Header(), strings.TrimSpace(recorder.Body.String())}
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: status %d, want %d: %s", a.what, a.status, status, a.text)
	}
	return a
}

// says compares the whole body.
func (a answer) says(text string) answer {
	a.t.Helper()
	if a.text != text {
		a.t.Errorf("%s: the answer is %s, want %s", a.what, a.text, text)
	}
	return a
}

// member returns a member of the JSON body by its path, nil for none.
func (a answer) member(path ...string) any {
	a.t.Helper()
	var value any
	if err := json.Unmarshal([]byte(a.text), &value); err != nil {
		a.t.Fatalf("%s: %q: %v", a.what, a.text, err)
	}
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// token asks the server for a token, and returns the member of that name.
func (w *world) token(path, contentType, body, member string, lines ...string) string {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	response := w.Do(r)
	var out map[string]any
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		w.t.Fatal(err)
	}
	token, _ := out[member].(string)
	if token == "" {
		w.t.Fatalf("%s: %d %v", path, response.StatusCode, out)
	}
	return token
}

// apply brings the server to what a configuration file says.
func (w *world) apply(text string) {
	w.t.Helper()
	_, err := w.Admin.Apply(w.t.Context(), admin.Actor{Name: "test"}, []admin.File{{Name: "test.yaml", Data: []byte(text)}},
		admin.Options{Dialects: []string{"centrapay", "jpay", "powerepos", "scratchpower", "spendesk"}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// lifetime is how long a token lives from its issue.
func (w *world) lifetime(token string) time.Duration {
	w.t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var claims struct {
		ExpiresAt int64 `json:"exp"`
		IssuedAt  int64 `json:"iat"`
	}
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return time.Duration(claims.ExpiresAt-claims.IssuedAt) * time.Second
}

func bearer(token string) string { return "Authorization: Bearer " + token }

func apiKey(key string) string { return "X-Api-Key: " + key }

// app is the token of an app of JPay Africa.
func (w *world) app(key, secret string) string {
	w.t.Helper()
	return bearer(w.token("/api/v1/auth/app/token", "application/json", `{"app_key":"`+key+`","app_secret":"`+secret+`"}`, "access"))
}

// integration is the token of the integration user of ScratchPower.
func (w *world) integration() string {
	w.t.Helper()
	return w.login("your-client-id", "your-client-secret", "integration-user", "your-password", "YOUR_ORG")
}

func (w *world) login(client, secret, username, password, organisation string) string {
	w.t.Helper()
	return bearer(w.token("/v1/auth/login", "application/json", `{"client_id":"`+client+`","client_secret":"`+secret+`",
		"grant_type":"password","identifier":"`+username+`","secret_pass":"`+password+`","org_code":"`+organisation+`"}`, "access_token"))
}

// company is the token of the API key of Acme France, with a scope.
func (w *world) company(scope string) string {
	w.t.Helper()
	basic := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("my_id:my_secret"))
	return bearer(w.token("/auth/token", "application/x-www-form-urlencoded", url.Values{"scope": {scope}}.Encode(), "access_token", basic))
}

// person is the token of somebody who signed in at the demo website.
func (w *world) person(email string) string {
	w.t.Helper()
	return bearer(w.UserToken(email, "openid"))
}

// service is a token for the API of PowerEPOS: for another audience than this API.
func (w *world) service() string {
	w.t.Helper()
	return bearer(w.token("/authorisation/token", "application/x-www-form-urlencoded", url.Values{
		"grant_type": {"password"}, "client_id": {"epos-partner"}, "client_secret": {"epos-partner-secret"}, "org_id": {"EPOS-DEMO"},
		"username": {"svc-demo"}, "password": {"svc-demo-password"}, "scope": {"partnerservices"},
	}.Encode(), "access_token"))
}
