package server_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/test/testlog"
)

// wireSystem is how the tokens of one system are asked for, for what holds in all
// of them.
type wireSystem struct {
	path     string // of the token request
	media    string // content type of the body
	right    fields // a token request of the demo data that succeeds
	secrets  []string
	required string // a field that must be there
	access   string // member of the answer
	refresh  string // member of the answer
	// refreshing is the refresh request for a token.
	refreshPath string
	refreshing  func(token string) fields
	// malformed checks the system's own 400.
	malformed func(t *testing.T, a wireAnswer)
	// wrong are the changes of a token request that must not be told apart.
	wrong [][]fields
	// client, organisation and username name who is behind the token request.
	client, organisation, username string
}

func (s *wireSystem) encode(f fields) string {
	if s.media == "application/json" {
		return f.json()
	}
	return f.form()
}

func (s *wireSystem) ask(t *testing.T, h *servertest.Harness, f fields, headers ...string) wireAnswer {
	t.Helper()
	return wireSend(t, h, http.MethodPost, s.path, s.encode(f), append(headers, "Content-Type", s.media)...)
}

func (s *wireSystem) renew(t *testing.T, h *servertest.Harness, token string) wireAnswer {
	t.Helper()
	return wireSend(t, h, http.MethodPost, s.refreshPath, s.encode(s.refreshing(token)), "Content-Type", s.media)
}

// testNoStore is ALL-1: no answer with a token may be kept by a cache.
func testNoStore(t *testing.T, s *wireSystem) {
	h := servertest.New(t)
	first := s.ask(t, h, s.right)
	for _, a := range []wireAnswer{first, s.renew(t, h, first.token(s.refresh))} {
		if a.token(s.access) == "" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control %q", a.header.Get("Cache-Control"))
		}
	}
}

// testRequestID is ALL-2 where a request succeeds and where it does not.
func testRequestID(t *testing.T, s *wireSystem) {
	h := servertest.New(t)
	for name, body := range map[string]fields{"success": s.right, "failure": s.right.with(s.required, "-")} {
		if got := s.ask(t, h, body, "X-Request-Id", "mine-1").header.Get("X-Request-Id"); got != "mine-1" {
			t.Errorf("%s: answered %q", name, got)
		}
		one, two := s.ask(t, h, body).header.Get("X-Request-Id"), s.ask(t, h, body).header.Get("X-Request-Id")
		if one == "" || one == two {
			t.Errorf("%s: made up %q, then %q", name, one, two)
		}
	}
}

// testOffline is ALL-3: the published keys are enough to prove an access token.
// It returns the claims.
func testOffline(t *testing.T, s *wireSystem) map[string]any {
	h := servertest.New(t)
	token := s.ask(t, h, s.right).token(s.access)
	keys := wireSend(t, h, http.MethodGet, "/.well-known/jwks.json", "").is(http.StatusOK)
	servertest.VerifyOffline(t, keys.text, token)
	claims := wireClaims(t, token)
	for _, name := range []string{"iss", "sub", "aud", "exp", "iat", "jti", "client_id"} {
		if claims[name] == nil {
			t.Errorf("the claim %s is missing", name)
		}
	}
	if claims["iss"] != "http://"+servertest.Host || claims["client_id"] != s.client {
		t.Errorf("iss %v, client_id %v", claims["iss"], claims["client_id"])
	}
	return claims
}

// testQuery is ALL-4: a credential in the URL is refused though the body is
// right, whatever its case, and nothing of it comes back or is recorded.
func testQuery(t *testing.T, s *wireSystem) {
	h := servertest.New(t)
	const value = testlog.Canary + "-in-the-url"
	for _, name := range s.secrets {
		for _, spelled := range []string{name, strings.ToUpper(name)} {
			path := s.path + "?" + spelled + "=" + value
			a := wireSend(t, h, http.MethodPost, path, s.encode(s.right), "Content-Type", s.media, "X-Request-Id", "in-url")
			s.malformed(t, a)
			if strings.Contains(a.text, value) {
				t.Errorf("%s: the answer echoes the credential: %s", spelled, a.text)
			}
		}
	}
	for _, event := range events(t, h, "in-url") {
		if strings.Contains(event.Detail+event.Target, value) {
			t.Errorf("the credential is in the audit trail: %+v", event)
		}
	}
}

// testBodies is ALL-5.
func testBodies(t *testing.T, s *wireSystem) {
	h := servertest.New(t)
	s.ask(t, h, s.right.with("unknown_field", "x")).is(http.StatusOK)
	whole := s.encode(s.right)
	for name, c := range map[string]struct{ body, media string }{
		"a field missing":        {s.encode(s.right.with(s.required, "-")), s.media},
		"a field empty":          {s.encode(s.right.with(s.required, "")), s.media},
		"no body":                {"", s.media},
		"another content type":   {whole, "text/plain"},
		"two content types":      {whole, s.media + ", " + s.media},
		"no content type":        {whole, ""},
		"more than 64 KiB":       {s.encode(s.right.with("unknown_field", strings.Repeat("x", 64<<10))), s.media},
		"a duplicate field":      {duplicate(s, whole, s.required), s.media},
		"a duplicate of nothing": {duplicate(s, s.encode(s.right.with("unknown_field", "x")), "unknown_field"), s.media},
	} {
		t.Run(name, func(t *testing.T) {
			s.malformed(t, wireSend(t, h, http.MethodPost, s.path, c.body, "Content-Type", c.media))
		})
	}
	s.malformed(t, wireSend(t, h, http.MethodPost, s.path, whole, "Content-Type", s.media, "Content-Encoding", "gzip"))
	if s.media != "application/json" {
		return
	}
	for name, body := range map[string]string{
		"a number":        strings.Replace(whole, `"`+s.required+`":"`+s.right[s.required]+`"`, `"`+s.required+`":7`, 1),
		"a list":          strings.Replace(whole, `"`+s.required+`":"`+s.right[s.required]+`"`, `"`+s.required+`":["x"]`, 1),
		"an object":       strings.Replace(whole, `"`+s.required+`":"`+s.right[s.required]+`"`, `"`+s.required+`":{}`, 1),
		"a boolean":       strings.Replace(whole, `"`+s.required+`":"`+s.right[s.required]+`"`, `"`+s.required+`":true`, 1),
		"null":            strings.Replace(whole, `"`+s.required+`":"`+s.right[s.required]+`"`, `"`+s.required+`":null`, 1),
		"no object":       "[" + whole + "]",
		"half of it":      whole[:len(whole)/2],
		"more behind it":  whole + whole,
		"not UTF-8":       strings.Replace(whole, s.right[s.required], "\xff", 1),
		"an open comment": whole + "/*",
	} {
		t.Run(name, func(t *testing.T) {
			s.malformed(t, wireSend(t, h, http.MethodPost, s.path, body, "Content-Type", s.media))
		})
	}
}

// duplicate repeats a field of a body.
func duplicate(s *wireSystem, body, name string) string {
	if s.media == "application/json" {
		return `{"` + name + `":"twice",` + body[1:]
	}
	return name + "=twice&" + body
}

// testDisabled is ALL-6: whoever is behind a token, once disabled nothing of it
// works any more.
func testDisabled(t *testing.T, s *wireSystem) {
	disable := map[string]func(t *testing.T, h *servertest.Harness){
		"client": func(t *testing.T, h *servertest.Harness) {
			changeClient(t, h, s.client, func(c *core.Client) { c.Status = core.Disabled })
		},
		"organisation": func(t *testing.T, h *servertest.Harness) {
			changeOrganisation(t, h, s.organisation, func(o *core.Organisation) { o.Status = core.Suspended })
		},
	}
	if s.username != "" {
		disable["service account"] = func(t *testing.T, h *servertest.Harness) {
			id := serviceAccount(t, h, s.organisation, s.username).ID
			changeUser(t, h, id, func(u *core.User) { u.Status = core.Disabled })
		}
	}
	for name, stop := range disable {
		t.Run(name, func(t *testing.T) {
			h := servertest.New(t)
			active := resourceServer(t, h)
			first := s.ask(t, h, s.right)
			access, refresh := first.token(s.access), first.token(s.refresh)
			if !active(access) || !active(refresh) {
				t.Fatal("the tokens are not active before")
			}
			stop(t, h)
			if active(access) || active(refresh) {
				t.Error("a token is still active at introspection")
			}
			if a := s.ask(t, h, s.right); a.status < 400 || a.status > 403 {
				t.Errorf("the next token request: %d %s", a.status, a.text)
			}
			if a := s.renew(t, h, refresh); a.status < 400 || a.status > 403 {
				t.Errorf("the next refresh: %d %s", a.status, a.text)
			}
		})
	}
}

// testSameAnswer is ALL-7: what is wrong cannot be told from the answer, nor
// from what it costs. Time is not measured: while no slow hash can be computed,
// a right request is answered from memory, and every wrong one is turned away,
// so every one of them needs a slow hash.
func testSameAnswer(t *testing.T, s *wireSystem) {
	h := servertest.New(t, onePlace)
	for _, alike := range s.wrong {
		first := s.ask(t, h, alike[0], "X-Request-Id", "same")
		if first.status < 400 || first.status > 401 {
			t.Errorf("answered %d %s", first.status, first.text)
		}
		for _, body := range alike[1:] {
			a := s.ask(t, h, body, "X-Request-Id", "same")
			if a.status != first.status || a.text != first.text || len(a.header) != len(first.header) {
				t.Errorf("%v is told apart from %v:\n%d %s\n%d %s", body, alike[0], a.status, a.text, first.status, first.text)
			}
		}
	}
	s.ask(t, h, s.right).is(http.StatusOK)
	release := occupy(t, h)
	defer release()
	s.ask(t, h, s.right).is(http.StatusOK)
	for _, alike := range s.wrong {
		for _, body := range alike {
			if a := s.ask(t, h, body); a.status != http.StatusServiceUnavailable {
				t.Errorf("%v was answered without a slow hash: %d %s", body, a.status, a.text)
			}
		}
	}
}

// occupy takes the only worker of the slow hashes, and the only place in the
// line for it. The server must have no more (onePlace).
func occupy(t *testing.T, h *servertest.Harness) (release func()) {
	t.Helper()
	held, ended := make(chan struct{}), make(chan error, 2)
	ctx := context.WithoutCancel(t.Context())
	for range 2 {
		go func() { ended <- h.Secrets.Pool.Do(ctx, func() { <-held }) }()
	}
	for running, waiting := h.Secrets.Pool.Load(); running < 1 || waiting < 1; running, waiting = h.Secrets.Pool.Load() {
		runtime.Gosched()
	}
	return func() {
		close(held)
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
}
