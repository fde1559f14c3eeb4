package permission_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"claviger/internal/server/servertest"
)

// find is a search: what is sought is left out.
func find(subject, action, resource string) string {
	parts := []string{`"subject":` + subject, `"resource":` + resource}
	if action != "" {
		parts = append(parts, `"action":{"name":"`+action+`"}`)
	}
	return `{` + strings.Join(parts, ",") + `}`
}

func TestAuthZENSearchPlans(t *testing.T) {
	p := newPoint(t)
	const alice, bob = `{"type":"user","id":"alice"}`, `{"type":"user","id":"bob"}`
	const record, records, user = `{"type":"record","id":"record-1"}`, `{"type":"record"}`, `{"type":"user"}`
	for name, c := range map[string]struct {
		path, body string
		want       []string
	}{
		"valid-subject-search-request-with-non-empty-results":  {subjectSearch, find(user, "read", record), []string{"user alice", "user bob"}},
		"subject-search-with-context":                          {subjectSearch, strings.Replace(find(user, "write", record), `{`, `{"context":{"time":"x"},`, 1), []string{"user alice"}},
		"subject-search-extra-subject-id-ignored":              {subjectSearch, find(bob, "read", record), []string{"user alice", "user bob"}},
		"subject-search-unknown-entity-type":                   {subjectSearch, find(`{"type":"spaceship"}`, "read", record), nil},
		"subject search: an unknown action":                    {subjectSearch, find(user, "fly", record), nil},
		"subject search: an unknown resource":                  {subjectSearch, find(user, "read", `{"type":"record","id":"record-9"}`), nil},
		"subject search: no resource in particular":            {subjectSearch, find(user, "read", `{"type":"record","id":""}`), nil},
		"subject search: all of them is nobody's name":         {subjectSearch, find(user, "read", `{"type":"record","id":"*"}`), nil},
		"subject search: keys":                                 {subjectSearch, find(`{"type":"api_key"}`, "read", record), []string{"api_key record-key"}},
		"subject search: clients by product":                   {subjectSearch, find(`{"type":"client"}`, "use", `{"type":"product","id":"payouts"}`), []string{"client your_app_key", "client your_app_key_here"}},
		"valid-resource-search-request-with-non-empty-results": {resourceSearch, find(alice, "read", records), []string{"record record-1", "record record-2"}},
		"resource-search-extra-resource-id-ignored":            {resourceSearch, find(alice, "read", record), []string{"record record-1", "record record-2"}},
		"resource search: not by that action":                  {resourceSearch, find(bob, "write", records), nil},
		"resource search: an unknown subject":                  {resourceSearch, find(`{"type":"user","id":"nonexistent-user"}`, "read", records), nil},
		"resource search: an unknown type":                     {resourceSearch, find(alice, "read", `{"type":"spaceship"}`), nil},
		"resource search: of a key":                            {resourceSearch, find(`{"type":"api_key","id":"record-key"}`, "read", records), []string{"record record-1"}},
		"resource search: acting for one account":              {resourceSearch, strings.Replace(find(alice, "read", records), `{`, `{"context":{"acting_account":"acme-fr"},`, 1), nil},
		"resource search: products":                            {resourceSearch, find(`{"type":"client","id":"your_app_key"}`, "use", `{"type":"product"}`), []string{"product collections", "product payouts"}},
		"valid-action-search-request-with-non-empty-results":   {actionSearch, find(alice, "", record), []string{"read", "write"}},
		"action-search-of-bob":                                 {actionSearch, find(bob, "", record), []string{"read"}},
		"action-search-extra-action-ignored":                   {actionSearch, find(alice, "fly", record), []string{"read", "write"}},
		"action-search-unknown-entity-identifier":              {actionSearch, find(`{"type":"user","id":"nonexistent-user"}`, "", record), nil},
		"action search: on a foreign account":                  {actionSearch, find(alice, "", `{"type":"account","id":"acme-fr"}`), nil},
		"action search: a product":                             {actionSearch, find(`{"type":"client","id":"your_app_key"}`, "", `{"type":"product","id":"payouts"}`), []string{"use"}},
		"unknown page fields":                                  {actionSearch, strings.Replace(find(alice, "", record), `{`, `{"page":{"limit":10,"customAttr":"ignored"},`, 1), []string{"read", "write"}},
	} {
		t.Run(name, func(t *testing.T) {
			q := *p
			q.t = t
			for range 2 {
				q.ask(c.path, c.body).finds(c.want...)
			}
		})
	}
}

// Every result of a search is allowed when it is asked about (§8.1).
func TestAuthZENResultsHold(t *testing.T) {
	p := newPoint(t)
	accounts, _ := p.ask(resourceSearch, find(`{"type":"person","id":"user@centrapay.example"}`, "accounts:read", `{"type":"account"}`)).page()
	if len(accounts) != 3 {
		t.Errorf("accounts %q", accounts)
	}
	for _, account := range accounts {
		resource := `{"type":"account","id":"` + strings.TrimPrefix(account, "account ") + `"}`
		actions, _ := p.ask(actionSearch, find(`{"type":"person","id":"user@centrapay.example"}`, "", resource)).page()
		if len(actions) < 10 {
			t.Errorf("%s: actions %q", account, actions)
		}
		for _, action := range actions {
			p.ask(evaluation, find(`{"type":"person","id":"user@centrapay.example"}`, action, resource)).decides(true)
		}
	}
}

func TestAuthZENPages(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		people := "people:\n"
		for i := range 120 {
			people += fmt.Sprintf("  - {email: p%03d@conformance.example, username: p%03[1]d, memberships: [{account: record-1, role: record-reader}]}\n", i)
		}
		p := pointOn(t, open(), people)
		search := func(page string) string {
			return `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"account","id":"record-1"},"page":` + page + `}`
		}
		var all []string
		sizes, token := []int{}, ""
		for {
			names, next := p.ask(subjectSearch, search(`{"limit":50,"token":"`+token+`"}`)).page()
			all, sizes, token = append(all, names...), append(sizes, len(names)), next
			if next == "" {
				break
			}
		}
		if !slices.Equal(sizes, []int{50, 50, 22}) || !slices.IsSorted(all) || len(slices.Compact(all)) != 122 {
			t.Errorf("pages of %v: %q", sizes, all)
		}
		if names, next := p.ask(subjectSearch, search(`{"limit":100000}`)).page(); len(names) != 100 || next == "" {
			t.Errorf("too many at once: %d", len(names))
		}
		if names, _ := p.ask(subjectSearch, search(`{"limit":0}`)).page(); len(names) != 50 {
			t.Errorf("without a wish: %d", len(names))
		}
		_, token = p.ask(subjectSearch, search(`{"limit":7}`)).page()
		if names, _ := p.ask(subjectSearch, search(`{"token":"`+token+`"}`)).page(); len(names) != 7 {
			t.Errorf("the second page holds %d", len(names))
		}
		for _, page := range []string{
			`{"limit":8,"token":"` + token + `"}`, `{"limit":-1}`, `{"limit":1.5}`, `{"limit":"1"}`, `{"limit":null}`, `{"limit":1e300}`,
			`{"token":1}`, `{"token":"x"}`, `{"token":"' OR 1=1"}`, `[]`, `null`, `"x"`,
		} {
			p.ask(subjectSearch, search(page)).is(http.StatusBadRequest)
		}
	})
}

// F10: a token picks a place in the search that it came from, and nothing else.
func TestF10_PageTokensAreOfOneSearch(t *testing.T) {
	p := newPoint(t)
	page := `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"account","id":"record-1"},"page":{"limit":1,"token":"%s"}}`
	_, token := p.ask(subjectSearch, fmt.Sprintf(page, "")).page()
	p.ask(subjectSearch, fmt.Sprintf(page, token)).finds("user bob")
	for _, other := range []string{
		strings.Replace(page, "record-1", "record-2", 1), strings.Replace(page, `"user"`, `"person"`, 1), strings.Replace(page, "read", "write", 1),
	} {
		p.ask(subjectSearch, fmt.Sprintf(other, token)).is(http.StatusBadRequest)
	}
	p.basic("other", otherSecret).ask(subjectSearch, fmt.Sprintf(page, token)).is(http.StatusBadRequest)
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	forged := base64.RawURLEncoding.EncodeToString(append(raw[:18:18], "\x00"...))
	names, _ := p.ask(subjectSearch, fmt.Sprintf(page, forged)).page() // back to the start, with what may be seen anyway
	if !slices.Equal(names, []string{"user alice"}) {
		t.Errorf("a forged token finds %q", names)
	}
}
