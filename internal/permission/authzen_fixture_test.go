package permission_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"claviger/internal/admin"
	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
	"claviger/test/testlog"
)

// Paths of the decision API.
const (
	evaluation     = "/access/v1/evaluation"
	evaluations    = "/access/v1/evaluations"
	subjectSearch  = "/access/v1/search/subject"
	resourceSearch = "/access/v1/search/resource"
	actionSearch   = "/access/v1/search/action"
)

// pep is the client that the suite asks as: it may ask about everybody.
const (
	pep       = "conformance-pep"
	pepSecret = "conformance-secret-of-the-enforcement-point"
)

// more is data beside the scenario's.
const more = `
organisations:
  - code: conformance-records
    api_keys:
      - {id: record-key, name: Key, account: record-1, role: record-reader, scopes: read, secret: ` + testlog.Canary + `-key, with_id: true, dialect: spendesk}
clients:
  - {id: other, name: Other, secret: ` + testlog.Canary + `-other, grant_types: [client_credentials], scopes: read, products: [collections]}
`

// scenario is the data that the certification scenario of AuthZEN asks for.
func scenario(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../../test/conformance/authzen.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// point is a decision point and somebody who asks it.
type point struct {
	*servertest.Harness
	t             testing.TB
	authorization string
}

func newPoint(t testing.TB) *point {
	t.Helper()
	h := servertest.New(t, func(c *config.Config) { c.AccountTypes = []string{"record"} })
	return pointOn(t, h)
}

func pointOn(t testing.TB, h *servertest.Harness, files ...string) *point {
	t.Helper()
	p := &point{Harness: h, t: t}
	for _, text := range append([]string{scenario(t), more}, files...) {
		if _, err := h.Admin.Apply(t.Context(), admin.Actor{Name: "test"}, []admin.File{{Name: "test.yaml", Data: []byte(text)}},
			admin.Options{Dialects: []string{"centrapay", "spendesk"}}); err != nil {
			t.Fatal(err)
		}
	}
	return p.basic(pep, pepSecret)
}

func (p *point) basic(id, secret string) *point {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.SetBasicAuth(id, secret)
	return p.as(r.Header.Get("Authorization"))
}

func (p *point) as(authorization string) *point {
	other := *p
	other.authorization = authorization
	return &other
}

// reply is what came back.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	text   string
}

func (p *point) send(r *http.Request) reply {
	p.t.Helper()
	if p.authorization != "" {
		r.Header.Set("Authorization", p.authorization)
	}
	response := p.Do(r)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return reply{p.t, response.StatusCode, response.Header, string(text)}
}

func (p *point) ask(path, body string) reply {
	p.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return p.send(r)
}

func (r reply) is(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Errorf("answered %d, not %d: %s", r.status, status, r.text)
	}
	return r
}

func (r reply) into(value any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.is(http.StatusOK).text), value); err != nil {
		r.t.Fatalf("%q: %v", r.text, err)
	}
	if got := r.header.Get("Content-Type"); got != "application/json" {
		r.t.Errorf("Content-Type %q", got)
	}
}

// wireDecision is one answer.
type wireDecision struct {
	Decision *bool `json:"decision"`
	Context  *struct {
		Reason *struct {
			Outcome, Why, Role, Scope, Unknown string
			Met, Missing                       []string
		}
		Error *struct {
			Status  int
			Message string
		}
	}
}

func (r reply) decision() wireDecision {
	r.t.Helper()
	var d wireDecision
	r.into(&d)
	if d.Decision == nil {
		r.t.Fatalf("no decision: %s", r.text)
	}
	return d
}

// decides checks a single answer.
func (r reply) decides(want bool) wireDecision {
	r.t.Helper()
	d := r.decision()
	if *d.Decision != want {
		r.t.Errorf("decided %v, not %v: %s", *d.Decision, want, r.text)
	}
	return d
}

// batch returns the decisions of a batch.
func (r reply) batch() []bool {
	r.t.Helper()
	var b struct {
		Decision    *bool
		Evaluations []wireDecision
	}
	r.into(&b)
	var out []bool
	for _, d := range b.Evaluations {
		if d.Decision == nil {
			r.t.Fatalf("an item without decision: %s", r.text)
		}
		out = append(out, *d.Decision)
	}
	if b.Decision != nil {
		r.t.Errorf("a batch with a decision of its own: %s", r.text)
	}
	return out
}

func (r reply) decidesAll(want ...bool) {
	r.t.Helper()
	if got := r.batch(); !slices.Equal(got, want) {
		r.t.Errorf("decided %v, not %v: %s", got, want, r.text)
	}
}

// wirePage is a page of a search.
type wirePage struct {
	Page struct {
		NextToken *string `json:"next_token"`
		Count     int
	}
	Results []struct{ Type, ID, Name string }
}

func (r reply) page() (names []string, next string) {
	r.t.Helper()
	var p wirePage
	r.into(&p)
	if p.Results == nil || p.Page.NextToken == nil || p.Page.Count != len(p.Results) {
		r.t.Fatalf("not a page: %s", r.text)
	}
	for _, result := range p.Results {
		if result.Name == "" {
			result.Name = result.Type + " " + result.ID
		}
		names = append(names, result.Name)
	}
	return names, *p.Page.NextToken
}

// finds checks all results of a search that fit on one page.
func (r reply) finds(want ...string) {
	r.t.Helper()
	if got, next := r.page(); !slices.Equal(got, want) || next != "" {
		r.t.Errorf("found %q, not %q, then %q", got, want, next)
	}
}

// denials are the audit records of denials, by request.
func (p *point) denials(requestID string) []core.Event {
	p.t.Helper()
	events, err := p.Store.Events(p.t.Context(), store.EventFilter{RequestID: requestID})
	if err != nil {
		p.t.Fatal(err)
	}
	return slices.DeleteFunc(events, func(e core.Event) bool { return e.Type != core.PermissionDenied })
}
