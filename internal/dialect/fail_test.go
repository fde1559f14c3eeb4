package dialect

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"claviger/oauth"

	"github.com/google/go-cmp/cmp"
)

func failed(rt *Route, err *oauth.Error) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	rt.Fail(w, request(rt.Method, "/", "", ""), RequestFacts{ID: "req", Issuer: "https://issuer"}, err)
	return w
}

func TestErrorsAreShapedByTheDialect(t *testing.T) {
	all := loadShipped(t)
	for _, c := range []struct {
		id, dialect, pattern string
		reason               oauth.Reason
		param                string
		status               int
		body                 string
	}{
		{"JP_2", "jpay", "POST /api/v1/auth/app/token", oauth.ReasonClientCredentials, "", 401, `{"detail":"Invalid app credentials"}`},
		{"JP_2", "jpay", "POST /api/v1/auth/app/token", oauth.ReasonClientInactive, "", 403, `{"detail":"App is not active"}`},
		{"JP_2", "jpay", "POST /api/v1/auth/app/token", oauth.ReasonOrganisationInactive, "", 403, `{"detail":"Merchant account is not active"}`},
		{"JP_2", "jpay", "POST /api/v1/auth/app/token", oauth.ReasonMissingParameter, "app_key", 400, `{"detail":"Invalid request"}`},
		{"JP_3", "jpay", "POST /api/v1/auth/refresh", oauth.ReasonRefreshTokenReused, "", 401, `{"detail":"Token is invalid or expired"}`},
		{"SP_7", "scratchpower", "POST /v1/auth/login", oauth.ReasonMissingParameter, "username", 400,
			`{"error":{"type":"invalid_request_error","code":"missing_parameter","message":"A required parameter is missing.",` +
				`"param":"identifier","retryable":false,"doc_url":"https://issuer/docs/errors#missing_parameter","request_id":"req"}}`},
		{"SP_7", "scratchpower", "GET /v1/auth/me", oauth.ReasonTokenExpired, "", 401,
			`{"error":{"type":"authentication_error","code":"token_expired","message":"The access token has expired.",` +
				`"param":null,"retryable":false,"doc_url":"https://issuer/docs/errors#token_expired","request_id":"req"}}`},
		{"SD_7", "spendesk", "POST /oauth2/token/refresh", oauth.ReasonConsentRevoked, "", 401,
			`{"errors":[{"code":"consent_revoked","detail":"The consent has been revoked."}]}`},
		{"SD_7", "spendesk", "POST /oauth2/token/refresh", oauth.ReasonInvalidValue, "refresh_token", 400,
			`{"errors":[{"code":"invalid_value","detail":"A parameter has a value that is not allowed.","source":"refresh_token"}]}`},
		{"CP_12", "centrapay", "GET /api/account-memberships", oauth.ReasonAuthenticationMissing, "", 401,
			`{"statusCode":401,"error":"Unauthorized","message":"Missing authentication"}`},
		{"CP_12", "centrapay", "GET /api/account-memberships", oauth.ReasonPermissionDenied, "", 403,
			`{"statusCode":403,"error":"Forbidden","message":"Forbidden"}`},
		{"CP_12", "centrapay", "GET /api/accounts/{accountId}", oauth.ReasonNotFound, "", 403,
			`{"statusCode":403,"error":"Forbidden","message":"Forbidden"}`},
		{"CP_12", "centrapay", "POST /api/accounts", oauth.ReasonWrongType, "name", 400,
			`{"statusCode":400,"error":"Bad Request","message":"name: A parameter has the wrong type."}`},
		{"CP_4", "centrapay", "DELETE /api/accounts/{accountId}/members/{userId}", oauth.ReasonLastOwner, "", 403,
			`{"statusCode":403,"error":"Forbidden","message":"LAST_OWNER_NOT_REVOKABLE"}`},
		{"PE_1", "powerepos", "POST /authorisation/token", oauth.ReasonUserCredentials, "", 400,
			`{"error":"invalid_grant","error_description":"The user credentials are not valid."}`},
	} {
		t.Run(c.id+"_"+string(c.reason), func(t *testing.T) {
			w := failed(route(t, all[c.dialect], c.pattern), oauth.NewError(c.reason).At(c.param))
			if diff := cmp.Diff(c.body, w.Body.String()); diff != "" || w.Code != c.status {
				t.Errorf("%d, want %d\n%s", w.Code, c.status, diff)
			}
			if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
				t.Error(w.Header())
			}
		})
	}
}

// TestEveryReasonHasAnAnswer renders every reason on every route.
func TestEveryReasonHasAnAnswer(t *testing.T) {
	all := loadShipped(t)
	all["quirky"] = quirky(t)
	for _, d := range all {
		for _, rt := range d.Routes {
			for _, reason := range oauth.Reasons() {
				w := failed(rt, oauth.NewError(reason))
				if w.Code < 400 || w.Body.Len() == 0 || strings.Contains(w.Body.String(), `:,`) {
					t.Errorf("%s %s: %d %s", rt.Pattern, reason, w.Code, w.Body)
				}
			}
		}
	}
}

// TestLookUpOrder: the reason on the route, the reason on the dialect, the code
// on the route, the code on the dialect, the default.
func TestLookUpOrder(t *testing.T) {
	d := quirky(t)
	login, token := route(t, d, "POST /quirky/Login"), route(t, d, "POST /quirky/token")
	for _, c := range []struct {
		name   string
		rt     *Route
		reason oauth.Reason
		status int
		body   string
	}{
		{"reason on the route", token, oauth.ReasonClientInactive, 423, `{"Result":{"Success":false,"Code":5,"Text":"Locked"}}`},
		{"reason on the dialect", login, oauth.ReasonClientInactive, 403, `{"Result":{"Success":false,"Code":1001,"Text":"Client asleep"}}`},
		{"code on the route", token, oauth.ReasonClientCredentials, 418, `{"Result":{"Success":false,"Code":6,"Text":"Teapot"}}`},
		{"code on the dialect", login, oauth.ReasonClientCredentials, 401, `{"Result":{"Success":false,"Code":1000,"Text":"Bad credentials (INVALID_CLIENT)"}}`},
		{"status of the error", login, oauth.ReasonGrantTypeUnknown, 400, `{"Result":{"Success":false,"Code":1002,"Text":"Which grant?"}}`},
		{"default", login, oauth.ReasonOverloaded, 503, `{"Result":{"Success":false,"Code":9999,"Text":"The server is busy; try again shortly."}}`},
		{"body of the case", login, oauth.ReasonNotFound, 410, `"Gone"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := failed(c.rt, oauth.NewError(c.reason))
			if diff := cmp.Diff(c.body, w.Body.String()); diff != "" || w.Code != c.status {
				t.Errorf("%d, want %d\n%s", w.Code, c.status, diff)
			}
			if got := w.Header().Get("X-Error-Reason"); got != string(c.reason) {
				t.Errorf("the dialect's header: %q", got)
			}
		})
	}
	if got := failed(token, oauth.NewError(oauth.ReasonClientCredentials)).Header().Get("X-Extra"); got != "418" {
		t.Errorf("the status in a header: %q", got)
	}
}

// TestReasonOnTheDialectComesBeforeCodeOnTheRoute takes the dialect's reason
// although the route has the code.
func TestReasonOnTheDialectComesBeforeCodeOnTheRoute(t *testing.T) {
	source := strings.Replace(good, "    default: {", "    client_inactive: {status: 403, values: {detail: Asleep}}\n    default: {", 1)
	source = strings.Replace(source, "    accept: [json]\n", "    accept: [json]\n    errors: {cases: {invalid_client: {status: 422, values: {detail: Route}}}}\n", 1)
	d, err := Parse("acme.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	rt := d.Routes[0]
	if w := failed(rt, oauth.NewError(oauth.ReasonClientInactive)); w.Code != 403 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := failed(rt, oauth.NewError(oauth.ReasonClientCredentials)); w.Code != 422 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestHeadersOfTheErrorAreCarried(t *testing.T) {
	all := loadShipped(t)
	limited := oauth.NewError(oauth.ReasonTooManyAttempts).With("Retry-After", "30")
	w := failed(route(t, all["scratchpower"], "POST /v1/auth/login"), limited)
	if w.Code != 429 || w.Header().Get("Retry-After") != "30" || !strings.Contains(w.Body.String(), `"retryable":true`) {
		t.Errorf("SP-7: %d %v %s", w.Code, w.Header(), w.Body)
	}
	w = failed(route(t, quirky(t), "POST /quirky/Login"), limited)
	if !strings.Contains(w.Body.String(), `"RetryMs":"30000"`) {
		t.Error(w.Body)
	}
	allow := oauth.NewError(oauth.ReasonMethodNotAllowed).With("Allow", all["centrapay"].Allow("/api/accounts/{accountId}"))
	w = failed(route(t, all["centrapay"], "GET /api/accounts/{accountId}"), allow)
	if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, PUT" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	w = failed(route(t, all["spendesk"], "GET /wallet-summaries"), oauth.NewError(oauth.ReasonTokenExpired))
	if w.Header().Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Error(w.Header())
	}
	if limited.Header.Get("X-Error-Reason") != "" {
		t.Error("the error itself was changed")
	}
}

func TestParamsAreTranslatedOnce(t *testing.T) {
	d := quirky(t)
	login := route(t, d, "POST /quirky/Login")
	if w := failed(login, oauth.NewError(oauth.ReasonInvalidValue).At("client_secret")); !strings.Contains(w.Body.String(), `"Field":"Request.Auth.Credentials.ClientSecret"`) {
		t.Error(w.Body)
	}
	if w := failed(login, refused(oauth.ReasonInvalidValue, "client_secret")); !strings.Contains(w.Body.String(), `"Field":"client_secret"`) {
		t.Error(w.Body)
	}
	if w := failed(login, oauth.NewError(oauth.ReasonInvalidValue).At("somewhere")); !strings.Contains(w.Body.String(), `"Field":"somewhere"`) {
		t.Error(w.Body)
	}
	pe := route(t, loadShipped(t)["powerepos"], "POST /authorisation/token")
	if got := pe.wireName("client_id"); got != "client_id" {
		t.Errorf("one name in a computed input: %q", got)
	}
}

// TestParamInCEL: without a field at fault the whole expression is null.
func TestParamInCEL(t *testing.T) {
	login := route(t, quirky(t), "POST /quirky/Login")
	if w := failed(login, refused(oauth.ReasonInvalidValue, "x")); !strings.Contains(w.Body.String(), `"Hint":"see x"`) {
		t.Error(w.Body)
	}
	if w := failed(login, refused(oauth.ReasonInvalidValue, "")); strings.Contains(w.Body.String(), "Hint") {
		t.Error(w.Body)
	}
}

func TestInternalCausesAreNotShown(t *testing.T) {
	rt := route(t, loadShipped(t)["scratchpower"], "POST /v1/auth/login")
	w := failed(rt, oauth.AsError(errors.New("dial tcp 10.0.0.1: canary")))
	if w.Code != 500 || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// failing is a dialect whose templates fail at run time.
func failing(t *testing.T, changes ...string) *Dialect {
	t.Helper()
	d, err := Parse("acme.yaml", []byte(strings.NewReplacer(changes...).Replace(good)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAFailingReplyIsA500AndNothingElse(t *testing.T) {
	for name, change := range map[string]string{
		"overflow": "${client.number * 9223372036854775807}",
		"division": "${client.number / (client.number - 18)}",
		"number":   "${int(client.name)}",
	} {
		d := failing(t, "access: ${token.access}", "first: ${token.access}\n        second: "+change)
		w := httptest.NewRecorder()
		err := d.Routes[0].Reply(w, request("POST", "/", "", ""), sampleFacts())
		if err == nil || w.Body.Len() != 0 || len(w.Header()) != 0 {
			t.Errorf("%s: %v %v %s", name, err, w.Header(), w.Body)
		}
		if w := failed(d.Routes[0], oauth.AsError(err)); w.Code != 500 || w.Body.String() != `{"detail":"Internal"}` {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestH12_ControlCharactersDoNotReachAHeader(t *testing.T) {
	d := failing(t, "    reply:\n      body:\n        access", "    reply:\n      header: {X-Name: \"${client.name}\"}\n      body:\n        access")
	f := sampleFacts()
	f.Client.Name = "a\r\nSet-Cookie: b=c"
	w := httptest.NewRecorder()
	if err := d.Routes[0].Reply(w, request("POST", "/", "", ""), f); err == nil || w.Body.Len() != 0 || w.Header().Get("X-Name") != "" {
		t.Errorf("%v %d %v", err, w.Code, w.Header())
	}
}

func TestAFailingErrorTemplateFallsBack(t *testing.T) {
	d := failing(t, "{detail: No}", `{detail: "${error.status / error.retry_after}"}`)
	if w := failed(d.Routes[0], oauth.NewError(oauth.ReasonClientCredentials)); w.Code != 500 || w.Body.String() != `{"detail":"Internal"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	d = failing(t, "{detail: No}", `{detail: "${1 / 0}"}`, "{detail: Internal}", `{detail: "${1 / 0}"}`)
	if w := failed(d.Routes[0], oauth.NewError(oauth.ReasonClientCredentials)); w.Code != 500 || w.Body.Len() != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAFailingClaimLeavesTheObjectAsItWas(t *testing.T) {
	d := failing(t, "user_id: ${organisation.number}", "a: 1\n    b: ${1 / (organisation.number - 7)}")
	out, err := d.Profile.AppendAccessClaims([]byte(`{"sub":"s"`), sampleFacts())
	if err == nil || string(out) != `{"sub":"s"` {
		t.Errorf("%s %v", out, err)
	}
}
