package resource_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/oauth"
	"claviger/resource"
	"claviger/test/testlog"
)

const (
	pathIntrospect = "/oauth2/introspect"
)

// knowsKey makes the server know goodKey, as an answer with changes.
func (i *issuer) knowsKey(changes map[string]any) {
	i.set(func() {
		i.introspect = func(form url.Values) any {
			if form.Get("token") != goodKey || form.Get("token_type_hint") != "api_key" {
				return map[string]any{"active": false}
			}
			return i.keyAnswer(changes)
		}
	})
}

func TestAnAPIKeyIsProvedByTheServer(t *testing.T) {
	i := newIssuer(t)
	i.knowsKey(nil)
	v := i.verifier(online)
	guard := v.Require(resource.Scope("settlement:read"))
	for range 5 {
		if status, _, body := call(t, guard, request("X-Api-Key", goodKey)); status != 200 || body != "api_key key_1" {
			t.Fatalf("%d %s", status, body)
		}
	}
	if got := i.hit(pathIntrospect); got != 1 {
		t.Errorf("the server was asked %d times", got)
	}
	who, err := v.ProveAPIKey(t.Context(), goodKey)
	if err != nil || who.Kind != resource.APIKey || who.AccountID != "acc_1" || who.OrganisationID != "org_1" || who.Role != "merchant-terminal" ||
		who.ClientID != "key_1" || !who.ExpiresAt.IsZero() || !strings.Contains(string(who.Claims), `"merchant-terminal"`) {
		t.Errorf("%+v %v", who, err)
	}
	other := i.verifier(online, func(c *resource.Config) { c.APIKeyHeader = "x-partner-key" })
	if status, _, _ := call(t, other.Require(), request("X-Partner-Key", goodKey)); status != 200 {
		t.Errorf("another header: %d", status)
	}
	for name, offline := range map[string]*resource.Verifier{
		"without a client": i.verifier(), "bearer only": i.verifier(online, func(c *resource.Config) { c.BearerOnly = true }),
	} {
		if status, _, _ := call(t, offline.Require(), request("X-Api-Key", goodKey)); status != 401 {
			t.Errorf("%s: %d", name, status)
		}
		if _, err := offline.ProveAPIKey(t.Context(), goodKey); reason(err) != oauth.ReasonKeyInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// D03: a credential has the same rights on each way in, or none.
func TestD03_ACredentialInAnothersPlace(t *testing.T) {
	i := newIssuer(t)
	token := i.token(nil)
	i.introspect = func(form url.Values) any { // the server extends its search to tokens (RFC 7662 §2.1)
		if form.Get("token") == goodKey {
			return i.keyAnswer(nil)
		}
		return i.keyAnswer(map[string]any{"token_type": "Bearer", "subject_type": "person", "sub": "usr_1"})
	}
	guard := i.verifier(online).Require()
	for name, headers := range map[string][]string{
		"a key as Bearer": {"Authorization", "Bearer " + goodKey}, "a key as Basic": {"Authorization", "Basic " + goodKey},
		"a token as a key": {"X-Api-Key", token},
	} {
		if status, _, body := call(t, guard, request(headers...)); status != 401 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestAnswersAboutAKeyThatAreNotAYes(t *testing.T) {
	for name, changes := range map[string]map[string]any{
		"inactive":             {"active": false},
		"active is a text":     {"active": "true"},
		"active is missing":    {"active": nil},
		"another audience":     {"aud": "https://other.example.com"},
		"no audience":          {"aud": nil},
		"another issuer":       {"iss": "https://other.example.com"},
		"nobody":               {"sub": nil},
		"a token":              {"token_type": "Bearer"},
		"somebody else's type": {"subject_type": "person"},
	} {
		i := newIssuer(t)
		i.knowsKey(changes)
		if who, err := i.verifier(online).ProveAPIKey(t.Context(), goodKey); reason(err) != oauth.ReasonKeyInvalid {
			t.Errorf("%s: %+v %v", name, who, err)
		}
	}
	for name, answer := range map[string]any{
		"an array": []string{}, "a text": "active", "audience is a list": map[string]any{"active": true, "aud": []string{audience}},
	} {
		i := newIssuer(t)
		i.introspect = func(url.Values) any { return answer }
		if who, err := i.verifier(online).ProveAPIKey(t.Context(), goodKey); reason(err) != oauth.ReasonUnavailable {
			t.Errorf("%s: %+v %v", name, who, err)
		}
	}
	i := newIssuer(t)
	i.introspect = func(url.Values) any { t.Error("the server is asked"); return nil }
	v := i.verifier(online)
	for _, bad := range []string{"", " ", "a b", "key\n", "ключ", strings.Repeat("k", 2000)} {
		if _, err := v.ProveAPIKey(t.Context(), bad); reason(err) != oauth.ReasonKeyInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// D05: a key that the server stopped is dead within StateCache; a wrong one that
// becomes right is known in a second. None outlives its own end.
func TestD05_TheServersWordIsKeptForAShortTime(t *testing.T) {
	i := newIssuer(t)
	i.knowsKey(nil)
	v := i.verifier(online)
	prove := func() oauth.Reason { _, err := v.ProveAPIKey(t.Context(), goodKey); return reason(err) }
	if prove() != "" {
		t.Fatal("the key is not good to begin with")
	}
	i.knowsKey(map[string]any{"active": false})
	i.advance(resource.DefaultStateCache - time.Nanosecond)
	if prove() != "" {
		t.Error("the word was not kept")
	}
	i.advance(time.Nanosecond)
	if prove() != oauth.ReasonKeyInvalid {
		t.Error("a stopped key is good after 10 s")
	}
	i.knowsKey(map[string]any{"exp": i.time().Unix() + 3})
	if prove() != oauth.ReasonKeyInvalid {
		t.Error("the refusal was not kept")
	}
	i.advance(time.Second)
	if prove() != "" {
		t.Error("a refusal is kept for more than a second")
	}
	i.knowsKey(map[string]any{"active": false})
	i.advance(2 * time.Second)
	if prove() != oauth.ReasonKeyInvalid {
		t.Error("the key is good after its end")
	}
	uncached := i.verifier(online, func(c *resource.Config) { c.StateCache = -1 })
	before := i.hit(pathIntrospect)
	for range 3 {
		_, _ = uncached.ProveAPIKey(t.Context(), goodKey)
	}
	if got := i.hit(pathIntrospect) - before; got != 3 {
		t.Errorf("without a cache the server was asked %d times for 3 requests", got)
	}
}

// G07: what the server does not say is never an allowance, and is not kept.
func TestG07_TheServerIsAway(t *testing.T) {
	i := newIssuer(t)
	i.knowsKey(nil)
	i.evaluate = func(map[string]any) string { return `{"decision":true}` }
	v := i.verifier(online, func(c *resource.Config) { c.CheckRevocation = true })
	if _, err := i.verifier().Verify(t.Context(), i.token(nil)); err != nil {
		t.Fatal(err)
	}
	guard := v.Require(resource.Permission("read", resource.CallersAccount))
	for _, status := range []int{301, 307, 400, 401, 403, 404, 429, 500, 503} {
		i.set(func() { i.status = status })
		for name, headers := range map[string][]string{"key": {"X-Api-Key", goodKey}, "token": {"Authorization", "Bearer " + i.token(nil)}} {
			got, header, body := call(t, guard, request(headers...))
			if got != 503 || header.Get("Retry-After") == "" || header.Get("WWW-Authenticate") != "" {
				t.Errorf("%s, the server answers %d: %d %v %s", name, status, got, header, body)
			}
		}
	}
	i.set(func() { i.status = 0 })
	i.advance(5 * time.Second)
	if got, _, body := call(t, guard, request("X-Api-Key", goodKey)); got != 200 {
		t.Errorf("with the server back: %d %s", got, body)
	}
	wrong := i.verifier(online, func(c *resource.Config) { c.ClientSecret = "wrong-" + testlog.Canary })
	if got, _, _ := call(t, wrong.Require(), request("X-Api-Key", goodKey)); got != 503 {
		t.Errorf("with a wrong secret of our own: %d", got)
	}
	i.Close()
	i.advance(time.Minute)
	if got, _, _ := call(t, guard, request("X-Api-Key", goodKey)); got != 503 {
		t.Errorf("with nobody listening: %d", got)
	}
}

func TestThoseWhoAskTheSameAskOnce(t *testing.T) {
	i := newIssuer(t)
	i.knowsKey(nil)
	hold := make(chan struct{})
	i.set(func() { i.hold = hold })
	v := i.verifier(online)
	ctx, cancel := context.WithCancel(t.Context())
	var group, gaveUp sync.WaitGroup
	gaveUp.Go(func() { // the first one gives up, and the others do not with it
		if _, err := v.ProveAPIKey(ctx, goodKey); reason(err) != oauth.ReasonUnavailable {
			t.Errorf("who gave up: %v", err)
		}
	})
	eventually(t, "the server was not asked", func() bool { return i.hit(pathIntrospect) == 1 })
	for range 50 {
		group.Go(func() {
			if _, err := v.ProveAPIKey(t.Context(), goodKey); err != nil {
				t.Error(err)
			}
		})
	}
	cancel()
	gaveUp.Wait()
	i.set(func() { i.hold = nil })
	close(hold)
	group.Wait()
	if got := i.hit(pathIntrospect); got != 1 {
		t.Errorf("the server was asked %d times", got)
	}
}

func TestCheckRevocation(t *testing.T) {
	i := newIssuer(t)
	token := i.token(nil)
	answer := map[string]any{"active": true, "sub": "usr_1", "jti": "jti-1", "aud": audience, "scope": "settlement:read introspect", "token_type": "Bearer"}
	i.introspect = func(form url.Values) any {
		if form.Get("token") != token {
			t.Errorf("the server is asked about %s", form.Get("token"))
		}
		return answer
	}
	v := i.verifier(online, func(c *resource.Config) { c.CheckRevocation = true })
	for range 3 {
		who, err := v.Verify(t.Context(), token)
		if err != nil || who.Scopes.String() != "settlement:read" { // what both say
			t.Fatalf("%+v %v", who, err)
		}
	}
	if got := i.hit(pathIntrospect); got != 1 {
		t.Errorf("the server was asked %d times", got)
	}
	for name, changes := range map[string]map[string]any{
		"revoked": {"active": false}, "another subject": {"sub": "usr_2"}, "another token": {"jti": "jti-2"}, "another audience": {"aud": "x"},
	} {
		i.set(func() { answer = changed(maps.Clone(answer), changes) })
		i.advance(resource.DefaultStateCache)
		if _, err := v.Verify(t.Context(), token); reason(err) != oauth.ReasonTokenRevoked {
			t.Errorf("%s: %v", name, err)
		}
		i.set(func() {
			answer = map[string]any{"active": true, "sub": "usr_1", "jti": "jti-1", "aud": audience, "scope": "read"}
		})
		i.advance(resource.DefaultStateCache)
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Fatalf("before the next: %v", err)
		}
	}
	if _, err := v.Verify(t.Context(), token+"x"); reason(err) != oauth.ReasonTokenInvalid {
		t.Errorf("a token that is wrong anyway: %v", err)
	}
}

func TestPermissionsAreDecidedByTheServer(t *testing.T) {
	i := newIssuer(t)
	var asked []map[string]any
	i.evaluate = func(body map[string]any) string {
		asked = append(asked, body)
		return fmt.Sprintf(`{"decision":%t}`, body["resource"].(map[string]any)["id"] == "acc_1")
	}
	v := i.verifier(online, func(c *resource.Config) { c.ActingAccountHeader = "X-Centrapay-Account" })
	mux := http.NewServeMux()
	mux.Handle("GET /accounts/{account}", v.Require(resource.Permission("settlements:list", resource.AccountFromPath("account")))(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })))
	guard := func(http.Handler) http.Handler { return mux }
	ask := func(account string, headers ...string) int {
		r := request(append(headers, "Authorization", "Bearer "+i.token(map[string]any{"organisation_id": nil}))...)
		r.URL.Path = "/accounts/" + account
		status, _, _ := call(t, guard, r)
		return status
	}
	for range 3 {
		if got := ask("acc_1"); got != 204 {
			t.Errorf("allowed: %d", got)
		}
		if got := ask("acc_2"); got != 403 {
			t.Errorf("denied: %d", got)
		}
	}
	if len(asked) != 2 {
		t.Errorf("the server was asked %d times for 2 decisions", len(asked))
	}
	want := map[string]any{
		"subject": map[string]any{"type": "person", "id": "usr_1"}, "action": map[string]any{"name": "settlements:list"},
		"resource": map[string]any{"type": "account", "id": "acc_1"},
	}
	if got := fmt.Sprint(asked[0]); got != fmt.Sprint(want) {
		t.Errorf("asked\n%v\nwant\n%v", got, want)
	}
	// CP-11: the account that a person acts for narrows the decision, and is another one.
	if got := ask("acc_1", "X-Centrapay-Account", "acc_9"); got != 204 || len(asked) != 3 {
		t.Errorf("acting: %d after %d questions", got, len(asked))
	} else if acting := asked[2]["context"].(map[string]any)["acting_account"]; acting != "acc_9" {
		t.Errorf("the server is told that the person acts for %v", acting)
	}
	if got := ask("acc_1", "X-Centrapay-Account", ""); got != 403 {
		t.Errorf("F05, acting for nothing: %d", got)
	}
	if got := ask("acc_1", "X-Centrapay-Account", "acc_1", "X-Centrapay-Account", "acc_9"); got != 400 {
		t.Errorf("acting for two: %d", got)
	}
}

func TestF05_NoAccountIsNotEveryAccount(t *testing.T) {
	i := newIssuer(t)
	i.evaluate = func(map[string]any) string { t.Error("the server is asked"); return `{"decision":true}` }
	v := i.verifier(online)
	who := &resource.Caller{Subject: "usr_1", SubjectType: "person"}
	for name, c := range map[string]struct {
		who                 *resource.Caller
		permission, account string
	}{
		"no account": {who, "read", ""}, "no permission": {who, "", "acc_1"}, "nobody": {nil, "read", "acc_1"},
		"no subject": {&resource.Caller{SubjectType: "person"}, "read", "acc_1"}, "no subject type": {&resource.Caller{Subject: "usr_1"}, "read", "acc_1"},
		"no text": {who, "read", "acc\xff"}, "no end": {who, "read", strings.Repeat("a", 300)},
	} {
		if err := v.Permit(t.Context(), c.who, c.permission, c.account); reason(err) != oauth.ReasonPermissionDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, account := range map[string]resource.Account{
		"a wildcard that the route does not have": resource.AccountFromPath("account"), "no parameter": resource.AccountFromQuery("account"),
		"no account of the caller": resource.CallersAccount,
	} {
		if status, _, _ := call(t, v.Require(resource.Permission("read", account)), request("Authorization", "Bearer "+i.token(nil))); status != 403 {
			t.Errorf("%s: %d", name, status)
		}
	}
}

// What is bound to an account acts for no other, and what is no user for none.
func TestCP_11_WhoMayActForAnAccount(t *testing.T) {
	i := newIssuer(t)
	i.evaluate = func(map[string]any) string { return `{"decision":true}` }
	v := i.verifier(online, func(c *resource.Config) { c.ActingAccountHeader = "X-Centrapay-Account" })
	anyAccount := func(*http.Request, *resource.Caller) (string, error) { return "acc_1", nil }
	guard := v.Require(resource.Permission("read", anyAccount))
	for name, c := range map[string]struct {
		claims map[string]any
		acting string
		want   int
	}{
		"a person":                            {nil, "acc_1", 200},
		"a person whose token is for it":      {map[string]any{"account_id": "acc_1"}, "acc_1", 200},
		"a person whose token is for another": {map[string]any{"account_id": "acc_2"}, "acc_1", 403},
		"a service account":                   {map[string]any{"subject_type": "service_account"}, "acc_1", 200},
		"a client":                            {map[string]any{"subject_type": "client"}, "acc_1", 403},
		"an API key's token for it":           {map[string]any{"subject_type": "api_key", "account_id": "acc_1"}, "acc_1", 200},
		"an API key's token for another":      {map[string]any{"subject_type": "api_key", "account_id": "acc_2"}, "acc_1", 403},
		"a person of one organisation":        {map[string]any{"organisation_id": "org_1"}, "", 403},
		"a person, for none in particular":    {nil, "", 200},
	} {
		claims := map[string]any{"organisation_id": nil}
		maps.Copy(claims, c.claims)
		headers := request("Authorization", "Bearer "+i.token(claims))
		if c.acting != "" {
			headers.Header.Set("X-Centrapay-Account", c.acting)
		}
		if status, _, body := call(t, guard, headers); status != c.want {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func TestDecisionsThatAreNone(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier(online)
	for n, answer := range []string{
		"", "{}", `{"decision":"true"}`, `{"decision":1}`, `{"decision":null}`, `{"Decision":true}`, `true`, `[{"decision":true}]`,
		`{"decision":true,"decision":false}`, `{"decision":false,"decision":true}`, `{"decision":true}x`, `<html>`,
	} {
		i.set(func() { i.evaluate = func(map[string]any) string { return answer } })
		who := &resource.Caller{Subject: fmt.Sprint("usr_", n), SubjectType: "person"}
		if err := v.Permit(t.Context(), who, "read", "acc_1"); reason(err) != oauth.ReasonUnavailable {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

func TestTheAPIsOwnLookUp(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier(online)
	for want, err := range map[int]error{500: errOfTheAPI, 404: oauth.NewError(oauth.ReasonNotFound)} {
		account := func(*http.Request, *resource.Caller) (string, error) { return "acc_1", err }
		if status, _, body := call(t, v.Require(resource.Permission("read", account)), request("Authorization", "Bearer "+i.token(nil))); status != want || strings.Contains(body, "database") {
			t.Errorf("%v: %d %s", err, status, body)
		}
	}
	r := request("Authorization", "Bearer "+i.token(nil))
	r.URL.RawQuery = "account=acc_1&account=acc_2"
	if status, _, _ := call(t, v.Require(resource.Permission("read", resource.AccountFromQuery("account"))), r); status != 400 {
		t.Errorf("an account that is two: %d", status)
	}
}
