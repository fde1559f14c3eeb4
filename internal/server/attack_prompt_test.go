package server_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/secret"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
)

const centrapayUser = "user@centrapay.example"

// raw sends a request with the browser's cookies and any header lines, and follows
// nothing.
func (v *visitor) raw(method, target, body string, lines ...string) wireAnswer {
	v.t.Helper()
	var cookies []string
	for name, value := range v.Cookies {
		cookies = append(cookies, name+"="+value)
	}
	if len(cookies) > 0 {
		lines = append(lines, "Cookie: "+strings.Join(cookies, "; "))
	}
	if method == http.MethodPost {
		lines = append(lines, formType)
	}
	return v.c.send(method, strings.TrimPrefix(target, "http://"+servertest.Host), body, lines...)
}

// submit sends a form as it is, and follows nothing.
func (v *visitor) submit(f *servertest.Form, lines ...string) wireAnswer {
	v.t.Helper()
	if len(lines) == 0 {
		lines = []string{"Sec-Fetch-Site: same-origin"}
	}
	return v.raw(http.MethodPost, f.Action, f.Values.Encode(), lines...)
}

// webToken signs the demo user in at the website and returns the ID token.
func (v *visitor) webToken(changes ...string) (idToken string, answer wireAnswer) {
	v.t.Helper()
	page := v.Get(toWeb(changes...))
	if page.Left == nil && strings.Contains(page.Path, "/sign-in") {
		page = page.SignIn(centrapayUser, userPass)
	}
	if page.Left == nil {
		page = page.Approve("")
	}
	answer = v.redeemWeb(page.Answer().Get("code"))
	return answer.token("id_token"), answer
}

// twin registers a client like another.
func (c *customer) twin(id, of string, edit func(*core.Client)) {
	c.t.Helper()
	change(c.t, c.Harness, func(tx *store.Tx) error {
		client, err := tx.Client(of)
		if err != nil {
			return err
		}
		copied := *client
		copied.ID, copied.Number = id, 0
		if edit != nil {
			edit(&copied)
		}
		return tx.PutClient(&copied)
	})
}

func TestA16_NothingIsFetched(t *testing.T) {
	c := newCustomer(t)
	var hits atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer inside.Close()
	object := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"redirect_uri":"https://evil.example/"}`)) + "."
	for name, test := range map[string]struct{ param, value, want string }{
		"unsigned":       {"request", object, "request_not_supported"},
		"nonsense":       {"request", "x", "request_not_supported"},
		"of an insider":  {"request_uri", inside.URL + "/request.jwt", "request_uri_not_supported"},
		"of metadata":    {"request_uri", "http://169.254.169.254/latest/meta-data", "request_uri_not_supported"},
		"of a file":      {"request_uri", "file:///etc/passwd", "request_uri_not_supported"},
		"of another urn": {"request_uri", "URN:ietf:params:oauth:request_uri:x", "request_uri_not_supported"},
	} {
		t.Run(name, func(t *testing.T) {
			c.in(t).everyWay(authorization("spendesk-partner", partnerCB, test.param, test.value).Encode(), test.want)
		})
	}
	page := c.NewBrowser().Get("/oauth2/authorize?" + authorization("spendesk-partner", partnerCB, "request_uri", "urn:ietf:params:oauth:request_uri:x").Encode())
	if got := outcome(t, page, partnerCB); got != onlyPage { // nothing of it can be proven
		t.Errorf("a made up request_uri: %s", got)
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests were sent", hits.Load())
	}
}

func TestA17_EveryAnswerSaysWhoGivesIt(t *testing.T) {
	c := newCustomer(t)
	changeClient(t, c.Harness, "centrapay-web", func(client *core.Client) {
		client.RedirectURIs = append(client.RedirectURIs, webCB+"?iss=https://evil.example&state=planted")
	})
	v := newVisitor(t, c)
	v.signedIn(centrapayUser, userPass)
	for _, mode := range []string{"query", "form_post"} {
		for name, page := range map[string]*servertest.Page{
			"approved": v.Get(toWeb("response_mode", mode, "prompt", "consent")).Approve(""),
			"refused":  v.Get(toWeb("response_mode", mode, "prompt", "consent")).Press("decision", "refuse"),
			"silent":   v.Get(toWeb("response_mode", mode, "prompt", "none")),
			"invalid":  v.Get(toWeb("response_mode", mode, "response_type", "token")),
			"unmet":    v.Get(toWeb("response_mode", mode, "claims", `{"id_token":{"acr":{"essential":true,"value":"9"}}}`)),
		} {
			answer := page.Answer()
			if len(answer["iss"]) != 1 || answer.Get("iss") != "http://"+servertest.Host || answer.Get("state") != "s1" || answer.Has("code") == answer.Has("error") {
				t.Errorf("%s by %s: %v", name, mode, answer)
			}
		}
	}
}

func TestA18_ThePasswordAndTheCodeGoNoFurther(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	v.webToken()
	c.Clock.Advance(time.Minute)
	page := v.Get(toWeb("prompt", "login"))
	form := page.Form("password").Set("identifier", centrapayUser).Set("password", userPass)
	answer := v.submit(form)
	if answer.status != http.StatusSeeOther || !strings.HasPrefix(answer.header.Get("Location"), webCB+"?code=") {
		t.Errorf("after the password: %d to %s", answer.status, answer.header.Get("Location"))
	}
	for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
		if got := answer.header.Get(name); got != want {
			t.Errorf("%s of the answer: %q", name, got)
		}
	}
	// The page that posts a code is in the browser with it.
	v.signedIn(centrapayUser, userPass)
	posted := v.Get(toWeb("response_mode", "form_post"))
	if posted.Answer().Get("code") == "" || posted.Header.Get("Cache-Control") != "no-store" || posted.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the form of a code: %v", posted.Header)
	}
	for _, page := range []*servertest.Page{page, posted, v.Get("/account"), v.Get(toPartner())} {
		if policy := page.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'self'; img-src 'self'; script-src '") {
			t.Errorf("%s may load from elsewhere: %s", page.Path, policy)
		}
	}
}

// signed makes a token that is the server's own by its signature.
func (c *customer) signed(typ, payload string) string {
	c.t.Helper()
	token, err := c.Ring.Sign(keys.RS256, typ, []byte(payload), c.Clock.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	return token
}

func TestA19_SilenceNeverShowsAPage(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	silent := func(v *visitor, want string, changes ...string) {
		t.Helper()
		page := v.Get(toWeb(append([]string{"prompt", "none"}, changes...)...))
		if got := outcome(t, page, webCB); got != want {
			t.Errorf("%v: %s, want %s", changes, got, want)
		}
	}
	silent(v, "login_required")
	v.signedIn(centrapayUser, userPass)
	silent(v, "consent_required")
	idToken, tokens := v.webToken()
	silent(v, "code")
	silent(v, "code", "id_token_hint", idToken)
	silent(v, "consent_required", "scope", "openid email phone")
	c.Clock.Advance(2 * time.Second)
	silent(v, "login_required", "max_age", "1")
	silent(v, "login_required", "max_age", "0")
	silent(v, "code", "max_age", "60")
	silent(v, "unmet_authentication_requirements", "claims", `{"id_token":{"acr":{"essential":true,"value":"2"}}}`)
	silent(v, "login_required", "claims", `{"id_token":{"sub":{"value":"`+c.Person("newcomer@centrapay.example").ID+`"}}}`)

	c.twin("other-web", "centrapay-web", nil)
	head, rest, _ := strings.Cut(idToken, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	mine := `"aud":"centrapay-web","sub":"` + c.Person(centrapayUser).ID + `","exp":99999999999,"iat":1}`
	for name, hint := range map[string]string{
		"unsigned":              none + "." + payload + ".",
		"unsigned but signed":   none + "." + payload + "." + signature,
		"no signature":          head + "." + payload + ".",
		"another payload":       head + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"http://`+servertest.Host+`",`+mine)) + "." + signature,
		"of another issuer":     c.signed("JWT", `{"iss":"https://evil.example",`+mine),
		"of another client":     c.signed("JWT", `{"iss":"http://`+servertest.Host+`","aud":"other-web","sub":"`+c.Person(centrapayUser).ID+`","exp":99999999999,"iat":1}`),
		"of two clients":        c.signed("JWT", `{"iss":"http://`+servertest.Host+`","aud":["centrapay-web","x"],"sub":"x","exp":99999999999,"iat":1}`),
		"of nobody":             c.signed("JWT", `{"iss":"http://`+servertest.Host+`","aud":"centrapay-web","sub":"","exp":99999999999,"iat":1}`),
		"an access token":       tokens.token("access_token"),
		"a logout token":        c.signed("logout+jwt", `{"iss":"http://`+servertest.Host+`",`+mine),
		"nonsense":              "x",
		"many dots":             strings.Repeat(".", 20_000),
		"of somebody else here": c.signed("JWT", `{"iss":"http://`+servertest.Host+`","aud":"centrapay-web","sub":"`+c.Person("newcomer@centrapay.example").ID+`","exp":99999999999,"iat":1}`),
	} {
		t.Run(name, func(t *testing.T) {
			page := v.In(t).Get(toWeb("prompt", "none", "id_token_hint", hint))
			if got := outcome(t, page, webCB); got != "login_required" {
				t.Errorf("%s", got)
			}
		})
	}
	// Two that do not agree are never an answer about either.
	silent(v, "login_required", "id_token_hint", idToken, "claims", `{"id_token":{"sub":{"value":"`+c.Person("newcomer@centrapay.example").ID+`"}}}`)
	changeUser(t, c.Harness, c.Person(centrapayUser).ID, func(u *core.User) { u.Status = core.Disabled })
	silent(v, "login_required")
}

func TestA19_AHintIsForOnePerson(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	idToken, _ := v.webToken()
	other := newVisitor(t, c)
	page := other.Get(toWeb("id_token_hint", idToken)).SignIn("newcomer@centrapay.example", "no sugar for me thank you")
	if got := outcome(t, page, webCB); got != "login_required" { // Core §3.1.2.1: not an answer about somebody else
		t.Errorf("somebody else signed in: %s", got)
	}
}

// TestA19_PromptLoginAndMaxAge: an old sign-in does not do, whatever page of the flow
// is opened directly (E11 too).
func TestA19_E11_AnOldSignInDoesNotDo(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	v.webToken()
	c.Clock.Advance(time.Hour)
	for _, changes := range [][]string{{"prompt", "login"}, {"max_age", "60"}, {"max_age", "0"}, {"prompt", "login consent"}} {
		page := v.Get(toWeb(changes...))
		flow := page.Form("password").Values.Get("flow")
		for _, path := range []string{"/consent", "/sign-in/choose", "/sign-in/step-up"} {
			if around := v.Get(path + "?flow=" + flow); around.Left != nil || len(around.Forms) == 0 || !around.Forms[0].Values.Has("password") {
				t.Errorf("%v: %s leads to %s", changes, path, around.Path)
			}
			for _, decision := range []string{"approve", "continue"} {
				around := v.Post(path, url.Values{"flow": {flow}, "decision": {decision}, "step": {"redeem"}}, "same-origin")
				if around.Left != nil {
					t.Errorf("%v: a form to %s is answered with %s", changes, path, around.Left)
				}
			}
		}
		page = page.SignIn(centrapayUser, userPass)
		if page.Left == nil {
			page = page.Approve("")
		}
		answer := page.Answer()
		if answer.Get("code") == "" {
			t.Errorf("%v: %v", changes, answer)
		}
		if at := wireClaims(t, v.redeemWeb(answer.Get("code")).token("id_token"))["auth_time"]; at == nil {
			t.Error("no auth_time")
		}
		c.Clock.Advance(time.Hour)
	}
}

// forgedURI is well formed and of the same request, with a secret that somebody made
// up.
func forgedURI(uri string) string {
	const prefix = "urn:ietf:params:oauth:request_uri:"
	selector, _, _ := strings.Cut(strings.TrimPrefix(uri, prefix+"clv_par_"), ".")
	return prefix + secret.FormatToken(secret.PushedRequest, selector, secret.NewSecret(strings.NewReader(strings.Repeat("made up", 99))))
}

func TestA21_APushedRequestIsItsClientsOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		node := open()
		c.twin("other-partner", "spendesk-partner", nil)
		push := func() string {
			uri, failed := c.pushes("spendesk-partner", partnerSecret, authorization("spendesk-partner", partnerCB, "scope", "payable:read").Encode())
			if failed != "" {
				t.Fatal(failed)
			}
			return uri
		}
		at := func(client, uri string, more ...string) string {
			values := url.Values{"client_id": {client}, "request_uri": {uri}}
			for i := 0; i < len(more); i += 2 {
				values.Set(more[i], more[i+1])
			}
			return "/oauth2/authorize?" + values.Encode()
		}
		uri := push()
		for name, target := range map[string]string{
			"another client":     at("other-partner", uri),
			"no client":          at("", uri),
			"an unknown client":  at("nobody", uri),
			"the secret changed": at("spendesk-partner", uri[:len(uri)-1]+"!"),
			"another secret":     at("spendesk-partner", forgedURI(uri)),
			"only the selector":  at("spendesk-partner", strings.SplitN(uri, ".", 2)[0]),
			"NUL":                at("spendesk-partner", uri+"\x00"),
			"twice":              at("spendesk-partner", uri) + "&request_uri=" + url.QueryEscape(push()),
		} {
			page := node.NewBrowser().Get(target)
			if got := outcome(t, page, partnerCB); got != onlyPage {
				t.Errorf("%s: %s", name, got)
			}
		}
		if _, failed := c.pushes("spendesk-partner", partnerSecret, url.Values{"request_uri": {uri}}.Encode()); failed != "request_uri_not_supported" {
			t.Errorf("inside PAR: %q", failed)
		}
		if _, failed := c.pushes("spendesk-partner", "wrong", authorization("spendesk-partner", partnerCB).Encode()); failed != "invalid_client" {
			t.Errorf("with a wrong secret: %q", failed)
		}
		if _, failed := c.pushes("spendesk-partner", "", authorization("spendesk-partner", partnerCB, "client_id", "-").Encode()); failed != "invalid_client" {
			t.Errorf("without the secret: %q", failed)
		}

		// What is beside it changes nothing.
		b := node.NewBrowser()
		page := b.Get(at("spendesk-partner", uri, "redirect_uri", "https://evil.example/", "scope", "settlement:read", "prompt", "none",
			"state", "other", "response_mode", "form_post", "client_secret", "x"))
		page = page.SignIn(acmeOwner, acmePass)
		if !strings.Contains(page.Body, "bills to pay") || strings.Contains(page.Body, "settlements") {
			t.Errorf("the page asks for\n%s", page.Body)
		}
		second := c.NewBrowser().Get(at("spendesk-partner", uri)).SignIn(acmeOwner, acmePass) // loaded again, not answered yet
		answer := page.Approve("acme-uk")
		if answer.Answer().Get("code") == "" || answer.Answer().Get("state") != "s1" || !strings.HasPrefix(answer.Left.String(), partnerCB) {
			t.Errorf("answered %s", answer.Left)
		}
		second.Approve("acme-fr").Problem(http.StatusBadRequest)
		node.NewBrowser().Get(at("spendesk-partner", uri)).Problem(http.StatusBadRequest) // after completion
		if got := outcome(t, c.posts("/oauth2/authorize", strings.SplitN(at("spendesk-partner", uri), "?", 2)[1]), partnerCB); got != onlyPage {
			t.Errorf("posted after completion: %s", got)
		}
		// Of one that was pushed and posted, the same.
		fresh := push()
		posted := c.posts("/oauth2/authorize", strings.SplitN(at("spendesk-partner", fresh), "?", 2)[1])
		if got := outcome(t, posted, partnerCB); got != taken {
			t.Errorf("posted: %s", got)
		}
		posted.SignIn(acmeOwner, acmePass).Approve("acme-uk")
		node.NewBrowser().Get(at("spendesk-partner", fresh)).Problem(http.StatusBadRequest)
		fresh = push()
		// It is no flow of a browser.
		selector, _, _ := strings.Cut(strings.TrimPrefix(fresh, "urn:ietf:params:oauth:request_uri:clv_par_"), ".")
		v := newVisitor(t, c)
		v.signedIn(acmeOwner, acmePass)
		v.Get("/consent?flow=" + selector).Problem(http.StatusBadRequest)
		c.Clock.Advance(91 * time.Second)
		c.NewBrowser().Get(at("spendesk-partner", fresh)).Problem(http.StatusBadRequest) // expired
	})
}

func TestA23_StateAndNonceComeBackAsTheyWere(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		v := newVisitor(t, c)
		v.webToken()
		for name, text := range map[string]string{
			"8 KB":   strings.Repeat("x", 8<<10),
			"markup": `"><script>alert(1)</script><img src=x onerror=alert(1)>'`,
			"lines":  "a\r\nSet-Cookie: x=y\r\n\r\n<html>",
			"signs":  "%0d%0a&code=planted&iss=https://evil.example#+ é 𝄞 \u2028",
		} {
			for _, mode := range []string{"query", "form_post"} {
				page := v.Get(toWeb("state", text, "nonce", text, "response_mode", mode))
				answer := page.Answer()
				if answer.Get("state") != text && strings.ReplaceAll(answer.Get("state"), "\n", "\r\n") != text { // a form has one kind of line end
					t.Errorf("state of %s by %s: %.80q", name, mode, answer.Get("state"))
				}
				if strings.Contains(page.Body, "<script>alert") || page.Header.Get("Set-Cookie") != "" || len(answer["iss"]) != 1 || len(answer["code"]) != 1 {
					t.Errorf("%s by %s is not kept apart: %v", name, mode, page.Header)
				}
				if nonce := wireClaims(t, v.redeemWeb(answer.Get("code")).token("id_token"))["nonce"]; nonce != text {
					t.Errorf("nonce of %s by %s: %.80q", name, mode, nonce)
				}
				refused := v.Get(toWeb("state", text, "prompt", "none login", "response_mode", mode)).Answer()
				if refused.Get("error") != "invalid_request" || refused.Get("state") != text && strings.ReplaceAll(refused.Get("state"), "\n", "\r\n") != text {
					t.Errorf("error for %s by %s: %.200v", name, mode, refused)
				}
			}
		}
	})
}
