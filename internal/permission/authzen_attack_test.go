package permission_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"claviger/internal/core"
	"claviger/internal/permission/permissiontest"
	"claviger/internal/server/servertest"
	"claviger/test/testlog"
)

const (
	keySecret   = testlog.Canary + "-key"
	otherSecret = testlog.Canary + "-other"
)

// The whole published table through the decision API, on each engine.
func TestCP_8_CP_9_TheWholeTableByAuthZEN(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		p := pointOn(t, open(), permissiontest.Configuration())
		for cases := range slices.Chunk(permissiontest.Cases(), 100) {
			var items []string
			for _, c := range cases {
				items = append(items, `{"subject":{"type":"`+c.Subject.Type+`","id":"`+c.Subject.Name()+
					`"},"action":{"name":"`+c.Action+`"},"resource":{"type":"account","id":"`+c.Account+`"}}`)
			}
			got := p.ask(evaluations, `{"evaluations":[`+strings.Join(items, ",")+`]}`).batch()
			for i, c := range cases {
				if got[i] != c.Want {
					t.Errorf("%s: %v, want %v", c, got[i], c.Want)
				}
			}
		}
	})
}

func TestAuthZENCallersProveThemselves(t *testing.T) {
	p := newPoint(t)
	question := ask("alice", "read", "record-1")
	member := p.SignIn(servertest.SignIn{Client: "spendesk-cli", Email: "owner@acme.example", Account: "acme-fr"}).AccessToken
	for name, authorization := range map[string]string{
		"missing-credentials-returns-401": "",
		"invalid-credentials-returns-401": p.basic(pep, "wrong").authorization,
		"an unknown client":               p.basic("nobody", pepSecret).authorization,
		"a public client":                 p.basic("spendesk-cli", "").authorization,
		"a stopped client":                p.basic("inactive_app_key", "inactive_app_secret").authorization,
		"a client of a stopped tenant":    p.basic("inactive_merchant_key", "inactive_merchant_secret").authorization,
		"no token":                        "Bearer",
		"a made-up token":                 "Bearer x.y.z",
		"a secret as token":               "Bearer " + pepSecret,
		"a key as token (D03)":            "Bearer centrapay-owner-key",
		"another scheme":                  "Digest x",
	} {
		for _, path := range []string{evaluation, evaluations, subjectSearch, resourceSearch, actionSearch} {
			answer := p.as(authorization).ask(path, question)
			if answer.status != http.StatusUnauthorized || len(answer.header.Values("WWW-Authenticate")) != 2 {
				t.Errorf("%s: %d %q", name, answer.status, answer.header.Values("WWW-Authenticate"))
			}
			if strings.Contains(answer.text, "decision") || strings.Contains(answer.text, testlog.Canary) {
				t.Errorf("%s: told %q", name, answer.text)
			}
		}
	}
	for name, change := range map[string]func(*http.Request){
		"D04 two credentials":        func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+member) },
		"D04 a key beside":           func(r *http.Request) { r.Header.Set("X-Api-Key", "centrapay-owner-key") },
		"ALL-4 a token in the URL":   func(r *http.Request) { r.URL.RawQuery = "access_token=" + member },
		"H10 of an unknown web page": func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
	} {
		r := httptest.NewRequest(http.MethodPost, evaluation, strings.NewReader(question))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", p.authorization)
		change(r)
		if got := p.as("").send(r); got.status != http.StatusBadRequest && got.status != http.StatusForbidden {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	keyOnly := httptest.NewRequest(http.MethodPost, evaluation, strings.NewReader(question))
	keyOnly.Header.Set("Content-Type", "application/json")
	keyOnly.Header.Set("X-Api-Key", "centrapay-owner-key")
	p.as("").send(keyOnly).is(http.StatusUnauthorized)
}

// E09: a client secret cannot be guessed here faster than elsewhere.
func TestE09_TheGateIsInFrontOfDecisions(t *testing.T) {
	p := newPoint(t)
	last := 0
	for range 15 {
		last = p.basic(pep, "wrong").ask(evaluation, `{}`).status
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the fifteenth guess: %d", last)
	}
}

// F06: whoever may not look at everybody is told about itself and nobody else,
// and cannot tell who else there is.
func TestF06_OthersAreNotAskedAbout(t *testing.T) {
	p := newPoint(t)
	user := p.as("Bearer " + p.UserToken("user@centrapay.example", "openid"))
	key, other := p.basic("record-key", keySecret), p.basic("other", otherSecret)
	me := p.Person("user@centrapay.example").ID
	const account = `{"type":"account","id":"Jaim1Cu1Q55uooxSens6yk"}`
	for _, name := range []string{me, "user@centrapay.example", "User@Centrapay.example", "user"} {
		for _, kind := range []string{"person", "user"} {
			user.ask(evaluation, find(`{"type":"`+kind+`","id":"`+name+`"}`, "accounts:read", account)).decides(true)
		}
	}
	key.ask(evaluation, find(`{"type":"api_key","id":"record-key"}`, "read", `{"type":"account","id":"record-1"}`)).decides(true)
	other.ask(evaluation, find(`{"type":"client","id":"other"}`, "use", `{"type":"product","id":"collections"}`)).decides(true)
	for _, caller := range []*point{user, key, other} {
		for _, subject := range []string{
			`{"type":"user","id":"alice"}`, `{"type":"user","id":"alice@conformance.example"}`, `{"type":"user","id":"nobody"}`,
			`{"type":"client","id":"your_app_key"}`, `{"type":"api_key","id":"my_id"}`, `{"type":"user","id":""}`, `{"type":"user","id":"*"}`,
		} {
			for _, question := range []string{find(subject, "read", `{"type":"record","id":"record-1"}`), find(subject, "use", `{"type":"product","id":"payouts"}`)} {
				if d := caller.ask(evaluation, question).decides(false); d.Context != nil {
					t.Errorf("told why: %+v", d.Context.Reason)
				}
			}
			caller.ask(actionSearch, find(subject, "", `{"type":"record","id":"record-1"}`)).finds()
			caller.ask(resourceSearch, find(subject, "read", `{"type":"record"}`)).finds()
		}
	}
	user.ask(subjectSearch, find(`{"type":"user"}`, "read", `{"type":"record","id":"record-1"}`)).finds()
	user.ask(subjectSearch, find(`{"type":"person"}`, "accounts:read", account)).finds("person " + me)
	key.ask(subjectSearch, find(`{"type":"api_key"}`, "read", `{"type":"record","id":"record-1"}`)).finds("api_key record-key")
	key.ask(subjectSearch, find(`{"type":"user"}`, "read", `{"type":"record","id":"record-1"}`)).finds()
	other.ask(subjectSearch, find(`{"type":"client"}`, "use", `{"type":"product","id":"collections"}`)).finds("client other")
}

// F04, F09: what a request says about a subject, an action or the circumstances
// grants nothing.
func TestF04_F09_PropertiesGrantNothing(t *testing.T) {
	p := newPoint(t)
	const claims = `"role":"admin","roles":["record-editor","account-owner"],"is_admin":true,"global":true,"scope":"*","operator":true,` +
		`"flags":["trusted-user"],"permissions":["write"],"account_id":"record-1","organisation":"conformance-records","sub":"alice","id":"alice","type":"user"`
	for _, body := range []string{
		`{"subject":{"type":"user","id":"bob","properties":{` + claims + `}},"action":{"name":"write"},"resource":{"type":"record","id":"record-1"}}`,
		`{"subject":{"type":"user","id":"bob"},"action":{"name":"write","properties":{` + claims + `}},"resource":{"type":"record","id":"record-1"}}`,
		`{"subject":{"type":"user","id":"bob"},"action":{"name":"write"},"resource":{"type":"record","id":"record-1"},"context":{` + claims + `,"subject":{"id":"alice"}}}`,
		`{"subject":{"type":"user","id":"bob"},"action":{"name":"write"},"resource":{"type":"record","id":"record-1","properties":{` + claims + `}}}`,
		`{"subject":{"type":"user","id":"bob"},"action":{"name":"write"},"resource":{"type":"record","id":"record-1"},"decision":true,"role":"record-editor"}`,
		`{"subject":{"type":"user","id":"newcomer@centrapay.example","properties":{"flags":["trusted-user"]}},"action":{"name":"payment-requests:pay"},"resource":{"type":"nothing","id":"x","properties":{"type":"org"}}}`,
	} {
		p.ask(evaluation, body).decides(false)
	}
}

// F05: everything, nothing and null are nobody's name.
func TestF05_NothingMeansEverybody(t *testing.T) {
	p := newPoint(t)
	// Global: this role may read payment requests of everyone.
	const owner = `{"type":"user","id":"user@centrapay.example"}`
	p.ask(evaluation, find(owner, "payment-requests:read", `{"type":"account","id":"record-1"}`)).decides(true)
	for _, resource := range []string{
		`{"type":"account","id":"*"}`, `{"type":"account","id":""}`, `{"type":"","id":""}`, `{"type":"*","id":"*"}`, `{"type":"","id":"record-1"}`,
		`{"type":"account","id":"\u0000"}`, `{"type":"account","id":"%"}`, `{"type":"account","id":" record-1"}`, `{"type":"account","id":"RECORD-1"}`,
		`{"type":"payment","id":"p"}`, `{"type":"payment","id":"p","properties":{}}`, `{"type":"payment","id":"p","properties":{"account":""}}`,
		`{"type":"payment","id":"p","properties":{"account":null}}`, `{"type":"payment","id":"p","properties":{"account":"*"}}`,
		`{"type":"payment","id":"p","properties":{"account":["record-1"]}}`, `{"type":"payment","id":"","properties":{"account":"record-1"}}`,
		`{"type":"account","id":"record-1","properties":{"account":"record-2"}}`,
		`{"type":"product","id":"*"}`, `{"type":"scope","id":""}`, `{"type":"service","id":""}`,
	} {
		for _, action := range []string{"payment-requests:read", "read", "*", " ", "use"} {
			for _, subject := range []string{owner, `{"type":"user","id":"alice"}`, `{"type":"user","id":"*"}`, `{"type":"*","id":"*"}`, `{"type":"","id":""}`, `{"type":"user","id":"\u0000"}`} {
				p.ask(evaluation, find(subject, action, resource)).decides(false)
			}
		}
	}
	for _, subject := range []string{`{"type":"user","id":""}`, `{"type":"user","id":"*"}`, `{"type":"","id":"alice"}`} {
		p.ask(evaluation, find(subject, "read", `{"type":"record","id":"record-1"}`)).decides(false)
	}
}

// CP-11: a person acts for one account that they are a member of.
func TestCP_11_ActingAccountNarrows(t *testing.T) {
	p := newPoint(t)
	const cafe, tea = "Jaim1Cu1Q55uooxSens6yk", "5uooxSens6ykJaim1Cu1Q5"
	question := func(subject, acting, on string) string {
		return `{"subject":` + subject + `,"action":{"name":"accounts:read"},"resource":{"type":"account","id":"` + on +
			`"},"context":{"acting_account":"` + acting + `"}}`
	}
	const user = `{"type":"user","id":"user"}`
	p.ask(evaluation, question(user, cafe, cafe)).decides(true)
	for acting, on := range map[string]string{cafe: tea, "acme-fr": "acme-fr", "record-1": cafe, "": cafe, "*": cafe, "nothing": cafe} {
		p.ask(evaluation, question(user, acting, on)).decides(false)
	}
	if d := p.ask(evaluation, question(user, "acme-fr", cafe)).decides(false); d.Context.Reason.Outcome != "not_a_member" {
		t.Errorf("told %+v", d.Context.Reason)
	}
	key := func(acting string) string {
		return `{"subject":{"type":"api_key","id":"record-key"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"},"context":{"acting_account":"` + acting + `"}}`
	}
	p.ask(evaluation, key("record-1")).decides(true)
	p.ask(evaluation, key("record-2")).decides(false)
}

// Those who may ask about everybody are told why; others are not.
func TestAuthZENSaysWhy(t *testing.T) {
	p := newPoint(t)
	told := p.ask(evaluation, ask("bob", "read", "record-1")).decides(true).Context.Reason
	if told.Outcome != "granted" || told.Role != "record-reader" || told.Scope != "own" || !strings.HasPrefix(told.Why, "allowed: ") {
		t.Errorf("told %+v", told)
	}
	told = p.ask(evaluation, ask("bob", "write", "record-1")).decides(false).Context.Reason
	if told.Outcome != "no_role" || !strings.Contains(told.Why, "write") {
		t.Errorf("told %+v", told)
	}
	told = p.ask(evaluation, ask("newcomer@centrapay.example", "fly", "record-1")).decides(false).Context.Reason
	if told.Outcome != "unknown" || told.Unknown != "permission" {
		t.Errorf("told %+v", told)
	}
	told = p.ask(evaluation, ask("nobody", "read", "record-1")).decides(false).Context.Reason
	if told.Outcome != "unknown" || told.Unknown != "subject" {
		t.Errorf("told %+v", told)
	}
	// CP-9: which condition was missing. An individual account is no org.
	on := p.individual("user@centrapay.example")
	told = p.ask(evaluation, find(`{"type":"user","id":"user"}`, "merchants:read", `{"type":"account","id":"`+on+`"}`)).decides(false).Context.Reason
	if told.Outcome != "condition_missing" || !slices.Equal(told.Missing, []string{"org-account"}) || told.Role != "account-owner" {
		t.Errorf("told %+v", told)
	}
}

func (p *point) individual(email string) string {
	p.t.Helper()
	account, err := p.Decider.Individual(p.t.Context(), p.Person(email))
	if err != nil || account == nil {
		p.t.Fatal(account, err)
	}
	return account.ID
}

// Every denial is in the audit trail before it is answered: who, on what, why,
// and who asked. What is allowed is not, nor is any secret.
func TestF12_DenialsAreRecorded(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		p := pointOn(t, open())
		send := func(id, path, body string) {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Request-ID", id)
			p.send(r).is(http.StatusOK)
		}
		bob := p.Person("bob@conformance.example").ID
		send("allowed", evaluation, find(`{"type":"user","id":"bob"}`, "read", `{"type":"account","id":"record-1"}`))
		send("denied", evaluation, find(`{"type":"user","id":"bob"}`, "write", `{"type":"account","id":"record-1"}`))
		send("unknown", evaluation, find(`{"type":"user","id":"x\n\u0000\u202e`+strings.Repeat("x", 9000)+`"}`, "write", `{"type":"account","id":"record-1"}`))
		send("batch", evaluations, `{"subject":{"type":"user","id":"bob"},"resource":{"type":"account","id":"record-1"},"evaluations":[{"action":{"name":"write"}},{"action":{"name":"read"}},{"action":{"name":"fly"}}]}`)
		send("search", actionSearch, find(`{"type":"user","id":"bob"}`, "", `{"type":"account","id":"record-2"}`))
		for id, want := range map[string]int{"allowed": 0, "denied": 1, "unknown": 1, "batch": 2, "search": 0} {
			if got := p.denials(id); len(got) != want {
				t.Errorf("%s: %d records, want %d: %+v", id, len(got), want, got)
			}
		}
		e := p.denials("denied")[0]
		if e.SubjectType != core.SubjectPerson || e.SubjectID != bob || e.Target != "account/record-1" ||
			!strings.Contains(e.Detail, "write") || !strings.Contains(e.Detail, "asked by client conformance-pep") {
			t.Errorf("recorded %+v", e)
		}
		e = p.denials("unknown")[0]
		if e.SubjectID != pep || len(e.Detail) > 600 || strings.ContainsAny(e.Detail, "\n\x00\u202e") {
			t.Errorf("recorded %+v", e)
		}
	})
}

// ALL-6: whoever or whatever is stopped is not there, on the next question.
func TestALL_6_StoppedIsDenied(t *testing.T) {
	p := newPoint(t)
	questions := []string{ask("alice", "read", "record-1"), find(`{"type":"api_key","id":"record-key"}`, "read", `{"type":"account","id":"record-1"}`)}
	key := p.basic("record-key", keySecret)
	for _, question := range questions {
		p.ask(evaluation, question).decides(true)
	}
	key.ask(evaluation, questions[1]).decides(true)
	pointOn(t, p.Harness, "organisations: [{code: conformance-records, status: DISABLED}]")
	for _, question := range questions {
		p.ask(evaluation, question).decides(false)
	}
	key.ask(evaluation, questions[1]).is(http.StatusUnauthorized)
	p.ask(subjectSearch, find(`{"type":"user"}`, "read", `{"type":"record","id":"record-1"}`)).finds()
	p.ask(resourceSearch, find(`{"type":"user","id":"alice"}`, "read", `{"type":"record"}`)).finds()
	p.ask(actionSearch, find(`{"type":"user","id":"alice"}`, "", `{"type":"record","id":"record-1"}`)).finds()
}

// PE-3: a token for a service is for that service, not for asking us.
func TestPE_3_ServiceTokensAskNothing(t *testing.T) {
	p := newPoint(t)
	r := httptest.NewRequest(http.MethodPost, "/authorisation/token", strings.NewReader(
		"grant_type=client_credentials&client_id=epos-partner&client_secret=epos-partner-secret&scope=partnerservices&org_id=EPOS-DEMO"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	p.as("").send(r).into(&token)
	p.as("Bearer "+token.AccessToken).ask(evaluation, find(`{"type":"client","id":"epos-partner"}`, "use", `{"type":"service","id":"partnerservices"}`)).is(http.StatusUnauthorized)
}
