package server_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"

	"github.com/google/go-cmp/cmp"
)

// wireSource is where the requests of these tests come from.
const wireSource = "192.0.2.20"

// wireAnswer is what an integrator gets.
type wireAnswer struct {
	t      *testing.T
	status int
	header http.Header
	text   string
}

// wireSend sends a request. headers are names and values in turn; "From-IP" is
// where it comes from.
func wireSend(t *testing.T, h *servertest.Harness, method, path, body string, headers ...string) wireAnswer {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = wireSource + ":40000"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "From-IP" {
			r.RemoteAddr = headers[i+1] + ":40000"
			continue
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	response := h.Do(r)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return wireAnswer{t, response.StatusCode, response.Header, string(text)}
}

// decode reads JSON with its integers as they are written.
func (a wireAnswer) decode() any {
	a.t.Helper()
	decoder := json.NewDecoder(strings.NewReader(a.text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		a.t.Fatalf("%d %q: %v", a.status, a.text, err)
	}
	return value
}

// member returns a member of the body: "error.code". nil when it is not there.
func (a wireAnswer) member(path string) any {
	a.t.Helper()
	value := a.decode()
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// token returns a member that has to be a token.
func (a wireAnswer) token(name string) string {
	a.t.Helper()
	token, _ := a.member(name).(string)
	if a.status/100 != 2 || token == "" {
		a.t.Fatalf("no %s in the answer: %d %s", name, a.status, a.text)
	}
	return token
}

// is checks the status.
func (a wireAnswer) is(status int) wireAnswer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("answered %d, not %d: %s", a.status, status, a.text)
	}
	return a
}

// holds compares the body with JSON text: every member, and the type of each.
func (a wireAnswer) holds(want string) wireAnswer {
	a.t.Helper()
	if diff := cmp.Diff(wireAnswer{t: a.t, text: want}.decode(), a.decode()); diff != "" {
		a.t.Errorf("the body is not as expected (-want +got):\n%s", diff)
	}
	return a
}

// members returns the names of the members, sorted.
func (a wireAnswer) members() []string {
	object, _ := a.decode().(map[string]any)
	return slices.Sorted(maps.Keys(object))
}

// wireClaims returns the claims of a JWT without checking it.
func wireClaims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 || !strings.HasPrefix(token, "eyJ") {
		t.Fatalf("%q has not the form of a JWT", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims, _ := wireAnswer{t: t, text: string(payload)}.decode().(map[string]any)
	return claims
}

// fields are those of a request body, changed by pairs of names and values; a
// value of "-" takes the field out.
type fields map[string]string

func (f fields) with(changes ...string) fields {
	out := maps.Clone(f)
	for i := 0; i < len(changes); i += 2 {
		if out[changes[i]] = changes[i+1]; changes[i+1] == "-" {
			delete(out, changes[i])
		}
	}
	return out
}

func (f fields) json() string {
	text, _ := json.Marshal(f) // texts always marshal
	return string(text)
}

func (f fields) form() string {
	values := url.Values{}
	for name, value := range f {
		values.Set(name, value)
	}
	return values.Encode()
}

// change changes what is stored, by copies of the shared originals.
func change(t *testing.T, h *servertest.Harness, job func(tx *store.Tx) error) {
	t.Helper()
	if err := h.Store.Write(t.Context(), job); err != nil {
		t.Fatal(err)
	}
}

func changeClient(t *testing.T, h *servertest.Harness, id string, edit func(*core.Client)) {
	t.Helper()
	change(t, h, func(tx *store.Tx) error {
		client, err := tx.Client(id)
		if err != nil {
			return err
		}
		edit(client)
		return tx.PutClient(client)
	})
}

func changeOrganisation(t *testing.T, h *servertest.Harness, code string, edit func(*core.Organisation)) {
	t.Helper()
	change(t, h, func(tx *store.Tx) error {
		organisation, err := tx.OrganisationByCode(code)
		if err != nil {
			return err
		}
		edit(organisation)
		return tx.PutOrganisation(organisation)
	})
}

// serviceAccount returns a service account of the demo data.
func serviceAccount(t *testing.T, h *servertest.Harness, organisation, username string) *core.User {
	t.Helper()
	found, err := h.Store.OrganisationByCode(t.Context(), organisation)
	if err != nil {
		t.Fatal(err)
	}
	user, err := h.Store.ServiceAccount(t.Context(), found.ID, username)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func changeUser(t *testing.T, h *servertest.Harness, id string, edit func(*core.User)) {
	t.Helper()
	change(t, h, func(tx *store.Tx) error {
		user, err := tx.User(id)
		if err != nil {
			return err
		}
		edit(user)
		return tx.PutUser(user)
	})
}

// newClient makes a client as an operator does, and returns its secret.
func newClient(t *testing.T, h *servertest.Harness, n admin.NewClient) string {
	t.Helper()
	n.Company, n.Website, n.Contact = "Test", "https://test.example", "dev@test.example"
	if n.Name == "" {
		n.Name = n.ID
	}
	_, secret, err := h.Admin.CreateClient(t.Context(), admin.Actor{Name: "test"}, n)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// resourceServer is a client that may look at every token.
func resourceServer(t *testing.T, h *servertest.Harness) (active func(token string) bool) {
	t.Helper()
	return (&customer{h, t}).active
}

// events returns the audit records of a request.
func events(t *testing.T, h *servertest.Harness, requestID string) []core.Event {
	t.Helper()
	list, err := h.Store.Events(t.Context(), store.EventFilter{RequestID: requestID})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
