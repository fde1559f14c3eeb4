package permission_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// ask is an evaluation of the certification scenario.
func ask(subject, action, resource string) string {
	return `{"subject":{"type":"user","id":"` + subject + `"},"action":{"name":"` + action +
		`"},"resource":{"type":"record","id":"` + resource + `"}}`
}

// Subtests have the names of the modules of the OpenID conformance suite.
func TestAuthZENEvaluationPlan(t *testing.T) {
	p := newPoint(t)
	const subject, action, resource = `"subject":{"type":"user","id":"alice"}`, `"action":{"name":"read"}`, `"resource":{"type":"record","id":"record-1"}`
	for name, c := range map[string]struct {
		body string
		want bool
	}{
		"fixture-request-permit-decision":           {ask("alice", "read", "record-1"), true},
		"fixture-request-permit-decision (write)":   {ask("alice", "write", "record-1"), true},
		"fixture-request-permit-decision (bob)":     {ask("bob", "read", "record-1"), true},
		"fixture-request-deny-decision":             {ask("bob", "write", "record-1"), false},
		"request-with-optional-context":             {`{` + subject + `,` + action + `,` + resource + `,"context":{"time":"2025-06-27T18:03-07:00","ip":"192.168.1.1"}}`, true},
		"request-with-additional-properties":        {`{"subject":{"type":"user","id":"alice","properties":{"department":"Sales","role":"manager"}},"action":{"name":"read","properties":{"method":"GET"}},"resource":{"type":"record","id":"record-1","properties":{"status":"active","owner":"bob"}}}`, true},
		"request-with-unknown-fields":               {`{` + subject + `,` + action + `,` + resource + `,"foo":"bar","futureField":{"nested":true}}`, true},
		"unknown-subject-fields":                    {`{"subject":{"type":"user","id":"alice","x":[1]},` + action + `,` + resource + `}`, true},
		"unknown-resource-fields":                   {`{` + subject + `,` + action + `,"resource":{"type":"record","id":"record-1","x":null}}`, true},
		"unknown-action-fields":                     {`{` + subject + `,"action":{"name":"read","x":{}},` + resource + `}`, true},
		"a person goes by email too":                {ask("ALICE@conformance.example", "read", "record-1"), true},
		"an unknown subject is denied, no error":    {ask("nobody", "read", "record-1"), false},
		"an unknown action is denied, no error":     {ask("alice", "fly", "record-1"), false},
		"an unknown resource is denied, no error":   {ask("alice", "read", "record-3"), false},
		"an unknown subject type is denied":         {strings.Replace(ask("alice", "read", "record-1"), `"user"`, `"spaceship"`, 1), false},
		"an unknown resource type is denied":        {strings.Replace(ask("alice", "read", "record-1"), `"record"`, `"spaceship"`, 1), false},
		"a thing that an account owns":              {`{` + subject + `,` + action + `,"resource":{"type":"payment","id":"p1","properties":{"account_id":"record-1"}}}`, true},
		"a thing that an account owns (account)":    {`{` + subject + `,` + action + `,"resource":{"type":"payment","id":"p1","properties":{"account":"record-1"}}}`, true},
		"a thing that somebody else owns":           {`{` + subject + `,` + action + `,"resource":{"type":"payment","id":"p1","properties":{"account":"acme-fr"}}}`, false},
		"a thing of two accounts":                   {`{` + subject + `,` + action + `,"resource":{"type":"payment","id":"p1","properties":{"account":"record-1","account_id":"record-2"}}}`, false},
		"a product of a client":                     {`{"subject":{"type":"client","id":"your_app_key"},"action":{"name":"use"},"resource":{"type":"product","id":"payouts"}}`, true},
		"a product that the client lacks (JP-4)":    {`{"subject":{"type":"client","id":"collections_only_key"},"action":{"name":"use"},"resource":{"type":"product","id":"payouts"}}`, false},
		"a product of a client of a stopped tenant": {`{"subject":{"type":"client","id":"inactive_merchant_key"},"action":{"name":"use"},"resource":{"type":"product","id":"collections"}}`, false},
		"a scope of an API key":                     {`{"subject":{"type":"api_key","id":"my_id"},"action":{"name":"use"},"resource":{"type":"scope","id":"settlement:read"}}`, true},
		"an API key":                                {`{"subject":{"type":"api_key","id":"record-key"},"action":{"name":"read"},"resource":{"type":"account","id":"record-1"}}`, true},
		"an API key on another account":             {`{"subject":{"type":"api_key","id":"record-key"},"action":{"name":"read"},"resource":{"type":"account","id":"record-2"}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			q := *p
			q.t = t
			for range 2 { // authzen-pdp-evaluation-idempotency
				q.ask(evaluation, c.body).decides(c.want)
			}
		})
	}
}

// refused are requests that are no question (§10.1.2), by the path they are sent
// to. Where a member is sought it may be left out, so it is not here.
func refused(path string) map[string]string {
	const subject, action, resource = `"subject":{"type":"user","id":"alice"}`, `"action":{"name":"read"}`, `"resource":{"type":"record","id":"record-1"}`
	bad := map[string]string{
		"reject-malformed-json":            `{` + subject + `,` + action + `,` + resource,
		"reject-empty-body":                ``,
		"reject-top-level-array":           `[{` + subject + `,` + action + `,` + resource + `}]`,
		"missing-subject":                  `{` + action + `,` + resource + `}`,
		"missing-resource":                 `{` + subject + `,` + action + `}`,
		"subject-missing-type":             `{"subject":{"id":"alice"},` + action + `,` + resource + `}`,
		"resource-missing-type":            `{` + subject + `,` + action + `,"resource":{"id":"record-1"}}`,
		"subject-is-string":                `{"subject":"alice",` + action + `,` + resource + `}`,
		"subject is null":                  `{"subject":null,` + action + `,` + resource + `}`,
		"type is null":                     `{"subject":{"type":null,"id":"alice"},` + action + `,` + resource + `}`,
		"properties are a list":            `{` + subject + `,` + action + `,"resource":{"type":"record","id":"record-1","properties":[]}}`,
		"context is text":                  `{` + subject + `,` + action + `,` + resource + `,"context":"x"}`,
		"acting account is null":           `{` + subject + `,` + action + `,` + resource + `,"context":{"acting_account":null}}`,
		"a member twice":                   `{` + subject + `,` + subject + `,` + action + `,` + resource + `}`,
		"a member of a member twice":       `{"subject":{"type":"user","id":"bob","id":"alice"},` + action + `,` + resource + `}`,
		"an unknown member twice":          `{` + subject + `,` + action + `,` + resource + `,"x":{"y":1,"y":2}}`,
		"two requests":                     `{` + subject + `,` + action + `,` + resource + `}{}`,
		"not UTF-8":                        "{" + subject + "," + action + "," + resource + ",\"x\":\"\xff\"}",
		"half a surrogate":                 `{` + subject + `,` + action + `,` + resource + `,"x":"\ud800"}`,
		"H04 deep":                         `{` + subject + `,` + action + `,` + resource + `,"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`,
		"H04 a huge number":                `{` + subject + `,` + action + `,` + resource + `,"x":1e999}`,
		"H02 more than 64 KiB":             `{` + subject + `,` + action + `,` + resource + `,"x":"` + strings.Repeat("x", 64<<10) + `"}`,
		"H04 wide beyond what it may hold": `{` + subject + `,` + action + `,` + resource + `,"x":[` + strings.Repeat("1,", 40_000) + `1]}`,
	}
	if path != actionSearch {
		bad["missing-action"] = `{` + subject + `,` + resource + `}`
		bad["action-missing-name"] = `{` + subject + `,"action":{},` + resource + `}`
		bad["action-name-is-number"] = `{` + subject + `,"action":{"name":123},` + resource + `}`
	}
	if path != subjectSearch {
		bad["subject-missing-id"] = `{"subject":{"type":"user"},` + action + `,` + resource + `}`
	}
	if path != resourceSearch {
		bad["resource-missing-id"] = `{` + subject + `,` + action + `,"resource":{"type":"record"}}`
	}
	return bad
}

func TestAuthZENRefusesWhatIsNoQuestion(t *testing.T) {
	p := newPoint(t)
	for _, path := range []string{evaluation, evaluations, subjectSearch, resourceSearch, actionSearch} {
		for name, body := range refused(path) {
			answer := p.ask(path, body).is(http.StatusBadRequest)
			if got := answer.header.Get("Content-Type"); !strings.HasPrefix(got, "text/plain") || answer.text == "" {
				t.Errorf("%s %s: no message: %s %q", path, name, got, answer.text)
			}
		}
		whole := ask("alice", "read", "record-1")
		for media, want := range map[string]int{
			"application/json": 200, "application/json; charset=utf-8": 200, "Application/JSON;charset=UTF-8": 200,
			"text/plain": 400, "": 400, "application/json; charset=iso-8859-1": 400, "application/json, text/plain": 400,
			"application/x-www-form-urlencoded": 400,
		} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(whole))
			r.Header.Set("Content-Type", media)
			p.send(r).is(want)
		}
		compressed := httptest.NewRequest(http.MethodPost, path, strings.NewReader(whole))
		compressed.Header.Set("Content-Type", "application/json")
		compressed.Header.Set("Content-Encoding", "gzip")
		p.send(compressed).is(http.StatusBadRequest) // H03
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			answer := p.send(httptest.NewRequest(method, path, nil)).is(http.StatusMethodNotAllowed)
			if answer.header.Get("Allow") != http.MethodPost {
				t.Errorf("%s %s: Allow %q", method, path, answer.header.Get("Allow"))
			}
		}
	}
}

func TestAuthZENEvaluationsPlan(t *testing.T) {
	p := newPoint(t)
	const alice, bob, record = `"subject":{"type":"user","id":"alice"}`, `"subject":{"type":"user","id":"bob"}`, `{"resource":{"type":"record","id":"record-1"}}`
	readWriteRead := `{` + bob + `,"resource":{"type":"record","id":"record-1"},"evaluations":[{"action":{"name":"read"}},{"action":{"name":"write"}},{"action":{"name":"read"}}]`
	writeReadWrite := `{` + bob + `,"resource":{"type":"record","id":"record-1"},"evaluations":[{"action":{"name":"write"}},{"action":{"name":"read"}},{"action":{"name":"write"}}]`
	for name, c := range map[string]struct {
		body string
		want []bool
	}{
		"batch-request-with-evaluations-array":    {`{` + alice + `,"action":{"name":"read"},"evaluations":[` + record + `,{"resource":{"type":"record","id":"record-2"}}]}`, []bool{true, true}},
		"batch-with-fixture-decisions-validated":  {readWriteRead + `}`, []bool{true, false, true}},
		"batch-with-fully-specified-evaluations":  {`{"evaluations":[` + ask("alice", "read", "record-1") + `,` + ask("bob", "write", "record-1") + `]}`, []bool{true, false}},
		"batch-with-context-inheritance":          {`{` + alice + `,"action":{"name":"read"},"context":{"acting_account":"acme-fr"},"evaluations":[` + record + `,{"resource":{"type":"record","id":"record-1"},"context":{"source":"batch-override"}}]}`, []bool{false, true}},
		"per-eval-overrides-default":              {`{` + alice + `,"action":{"name":"read"},"evaluations":[{"subject":{"type":"user","id":"bob"},"action":{"name":"write"},"resource":{"type":"record","id":"record-1"}}]}`, []bool{false}},
		"batch-with-default-value-merging":        {`{` + alice + `,"action":{"name":"write"},"resource":{"type":"record"},"evaluations":[{"resource":{"id":"record-1"}},{"resource":{"id":"record-9"}}]}`, []bool{true, false}},
		"default properties are not merged":       {`{` + alice + `,"action":{"name":"read"},"resource":{"type":"payment","id":"p","properties":{"account":"record-1"}},"evaluations":[{},{"resource":{"id":"q"}}]}`, []bool{true, false}},
		"evaluation-level-errors":                 {`{` + alice + `,"action":{"name":"read"},"evaluations":[` + record + `,{},{"resource":"x"},7]}`, []bool{true, false, false, false}},
		"missing-subject-returns-decision-false":  {`{"action":{"name":"read"},"evaluations":[` + record + `]}`, []bool{false}},
		"default-semantic-is-execute-all":         {writeReadWrite + `,"options":{"x":1}}`, []bool{false, true, false}},
		"execute-all-explicit":                    {writeReadWrite + `,"options":{"evaluations_semantic":"execute_all"}}`, []bool{false, true, false}},
		"deny-on-first-deny":                      {readWriteRead + `,"options":{"evaluations_semantic":"deny_on_first_deny"}}`, []bool{true, false}},
		"permit-on-first-permit":                  {writeReadWrite + `,"options":{"evaluations_semantic":"permit_on_first_permit"}}`, []bool{false, true}},
		"unknown-top-level-fields":                {readWriteRead + `,"x":1}`, []bool{true, false, true}},
		"deny on the first that is no question":   {`{` + alice + `,"action":{"name":"read"},"evaluations":[{},` + record + `],"options":{"evaluations_semantic":"deny_on_first_deny"}}`, []bool{false}},
		"an item whose context is no object":      {`{` + alice + `,"action":{"name":"read"},"evaluations":[{"resource":{"type":"record","id":"record-1"},"context":null}]}`, []bool{false}},
		"an item that blanks what is common":      {`{` + alice + `,"action":{"name":"read"},"evaluations":[{"subject":null,"resource":{"type":"record","id":"record-1"}}]}`, []bool{false}},
		"an item that names nobody in particular": {`{` + alice + `,"action":{"name":"read"},"evaluations":[{"subject":{"id":""},"resource":{"type":"record","id":"record-1"}}]}`, []bool{false}},
	} {
		t.Run(name, func(t *testing.T) {
			q := *p
			q.t = t
			for range 2 {
				q.ask(evaluations, c.body).decidesAll(c.want...)
			}
		})
	}
	single := ask("alice", "read", "record-1")
	p.ask(evaluations, single).decides(true) // missing-evaluations-array-backward-compat
	p.ask(evaluations, single[:len(single)-1]+`,"evaluations":[]}`).decides(true)
	common := `{` + alice + `,"action":{"name":"read"},"evaluations":[` + record
	for name, body := range map[string]string{
		"unknown-semantic-value":   common + `],"options":{"evaluations_semantic":"bogus_value"}}`,
		"options are text":         common + `],"options":"execute_all"}`,
		"semantic is null":         common + `],"options":{"evaluations_semantic":null}}`,
		"evaluations is an object": `{` + alice + `,"evaluations":{}}`,
		"evaluations is null":      `{` + alice + `,"evaluations":null}`,
		"a common subject is text": `{"subject":"alice","action":{"name":"read"},"evaluations":[` + record + `]}`,
		"more than 100":            common + strings.Repeat(","+record, 100) + `]}`,
	} {
		if got := p.ask(evaluations, body); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	if got := p.ask(evaluations, common+strings.Repeat(","+record, 99)+`]}`).batch(); len(got) != 100 || slices.Contains(got, false) {
		t.Errorf("a hundred are decided as %v", got)
	}
}

func TestAuthZENItemsSayWhatWasWrong(t *testing.T) {
	p := newPoint(t)
	var got struct{ Evaluations []wireDecision }
	p.ask(evaluations, `{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"evaluations":[{}]}`).into(&got)
	if e := got.Evaluations[0].Context.Error; e == nil || e.Status != 400 || e.Message != "resource is missing." {
		t.Errorf("told %+v", e)
	}
}

func TestAuthZENDiscovery(t *testing.T) {
	p := newPoint(t).as("")
	answer := p.send(httptest.NewRequest(http.MethodGet, "/.well-known/authzen-configuration", nil))
	var got map[string]string
	answer.into(&got)
	const issuer = "http://127.0.0.1:8080"
	want := map[string]string{
		"policy_decision_point": issuer, "access_evaluation_endpoint": issuer + evaluation,
		"access_evaluations_endpoint": issuer + evaluations, "search_subject_endpoint": issuer + subjectSearch,
		"search_resource_endpoint": issuer + resourceSearch, "search_action_endpoint": issuer + actionSearch,
	}
	if !maps.Equal(got, want) {
		t.Errorf("announced %v", got)
	}
}

func TestAuthZENEchoesTheRequestID(t *testing.T) {
	p := newPoint(t)
	for _, path := range []string{evaluation, evaluations, subjectSearch, resourceSearch, actionSearch} {
		for body, want := range map[string]int{ask("alice", "read", "record-1"): 200, `{}`: 400} {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Request-ID", "bfe9eb29-ab87-4ca3-be83-a1d5d8305716")
			if got := p.send(r).is(want).header.Get("X-Request-ID"); got != "bfe9eb29-ab87-4ca3-be83-a1d5d8305716" {
				t.Errorf("%s: %q", path, got)
			}
		}
	}
}
