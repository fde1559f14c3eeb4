package resource_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"claviger/oauth"
	"claviger/resource"
	"claviger/test/testlog"
)

const (
	audience     = "https://api.example.com"
	clientID     = "payments-api"
	clientSecret = "secret:/" + testlog.Canary // with characters that Basic has to escape
	goodKey      = "key-" + testlog.Canary
)

// issuer stands in for the server: it signs, and answers what a test says.
type issuer struct {
	*httptest.Server
	t testing.TB

	mu         sync.Mutex
	now        time.Time
	signers    []*signer
	status     int // of every answer; 0: as it should be
	hits       map[string]int
	introspect func(form url.Values) any
	evaluate   func(body map[string]any) string
	hold       chan struct{} // answers wait for it; nil: they do not
}

func newIssuer(t testing.TB, signers ...*signer) *issuer {
	t.Helper()
	if len(signers) == 0 {
		signers = []*signer{newSigner("ES256", "key-1")}
	}
	i := &issuer{t: t, signers: signers, hits: map[string]int{}, now: time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC)}
	i.Server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	i.mu.Lock()
	i.hits[r.URL.Path]++
	status, hold, introspect, evaluate := i.status, i.hold, i.introspect, i.evaluate
	jwks := i.jwks()
	i.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if id, secret, _ := r.BasicAuth(); r.Method == http.MethodPost && (id != url.QueryEscape(clientID) || secret != url.QueryEscape(clientSecret)) {
		status = http.StatusUnauthorized
	}
	if status != 0 {
		w.Header().Set("Location", "https://elsewhere.example/")
		w.WriteHeader(status)
		return
	}
	switch r.URL.Path {
	case "/.well-known/jwks.json":
		_, _ = w.Write(jwks)
	case "/oauth2/introspect":
		form, _ := url.ParseQuery(string(body))
		_ = json.NewEncoder(w).Encode(introspect(form))
	case "/access/v1/evaluation":
		var asked map[string]any
		if err := json.Unmarshal(body, &asked); err != nil {
			i.t.Error(err)
		}
		_, _ = io.WriteString(w, evaluate(asked))
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) jwks() []byte {
	var keys []json.RawMessage
	for _, s := range i.signers {
		keys = append(keys, s.jwk)
	}
	raw, _ := json.Marshal(map[string]any{"keys": keys})
	return raw
}

// set changes how the server answers.
func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *issuer) hit(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.hits[path]
}

func (i *issuer) time() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.now
}

func (i *issuer) advance(d time.Duration) { i.set(func() { i.now = i.now.Add(d) }) }

// verifier returns a Verifier of this server, offline unless changed.
func (i *issuer) verifier(change ...func(*resource.Config)) *resource.Verifier {
	i.t.Helper()
	c := resource.Config{Issuer: i.URL, Audience: audience, Now: i.time, Log: slog.New(slog.DiscardHandler)}
	if t, ok := i.t.(*testing.T); ok {
		c.Log = testlog.Logger(t)
	}
	for _, f := range change {
		f(&c)
	}
	v, err := resource.New(c)
	if err != nil {
		i.t.Fatal(err)
	}
	return v
}

func online(c *resource.Config) { c.ClientID, c.ClientSecret = clientID, clientSecret }

// claims are those of a good token, with changes; nil takes a claim out.
func (i *issuer) claims(changes map[string]any) map[string]any {
	now := i.time()
	c := map[string]any{
		"iss": i.URL, "sub": "usr_1", "aud": audience, "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "jti": "jti-1",
		"client_id": "client-1", "scope": "settlement:read payable:read", "grant_id": "grant-1", "subject_type": "person",
		"organisation_id": "org_1", "products": []string{"collections"},
	}
	return changed(c, changes)
}

func changed(m, changes map[string]any) map[string]any {
	maps.Copy(m, changes)
	maps.DeleteFunc(m, func(_ string, value any) bool { return value == nil })
	return m
}

// token signs a good token, with changes to its claims.
func (i *issuer) token(changes map[string]any) string {
	s := i.signers[0]
	return s.sign(s.header(nil), i.claims(changes))
}

// signer is a key of the server.
type signer struct {
	algorithm, id string
	private       crypto.Signer
	jwk           json.RawMessage
}

func newSigner(algorithm, id string) *signer {
	s := &signer{algorithm: algorithm, id: id}
	members := map[string]any{"kid": id, "use": "sig", "alg": algorithm}
	switch algorithm {
	case "ES256":
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		point, _ := key.PublicKey.Bytes()
		s.private = key
		maps.Copy(members, map[string]any{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])})
	case "EdDSA":
		public, key, _ := ed25519.GenerateKey(rand.Reader)
		s.private = key
		maps.Copy(members, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encode(public)})
	case "RS256":
		key, _ := rsa.GenerateKey(rand.Reader, 2048)
		s.private = key
		maps.Copy(members, map[string]any{"kty": "RSA", "n": encode(key.N.Bytes()), "e": "AQAB"})
	}
	s.jwk, _ = json.Marshal(members)
	return s
}

// with is the key as published with other members.
func (s *signer) with(changes map[string]any) *signer {
	members := map[string]any{}
	_ = json.Unmarshal(s.jwk, &members)
	other := *s
	other.jwk, _ = json.Marshal(changed(members, changes))
	return &other
}

func (s *signer) header(changes map[string]any) map[string]any {
	return changed(map[string]any{"alg": s.algorithm, "kid": s.id, "typ": "at+jwt"}, changes)
}

func (s *signer) sign(header, claims any) string {
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	return s.signRaw(string(h), string(c))
}

// signRaw signs header and claims as they are written.
func (s *signer) signRaw(header, claims string) string {
	input := encode([]byte(header)) + "." + encode([]byte(claims))
	return input + "." + encode(s.signature(input))
}

func (s *signer) signature(input string) []byte {
	sum := sha256.Sum256([]byte(input))
	switch key := s.private.(type) {
	case *ecdsa.PrivateKey:
		r, v, _ := ecdsa.Sign(rand.Reader, key, sum[:])
		return append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)
	case ed25519.PrivateKey:
		return ed25519.Sign(key, []byte(input))
	}
	signature, _ := s.private.Sign(rand.Reader, sum[:], crypto.SHA256)
	return signature
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// reason is the reason of an error, "" for none.
func reason(err error) oauth.Reason {
	if err == nil {
		return ""
	}
	return oauth.AsError(err).Reason
}

// call sends a request through a middleware, to a handler that says who it is.
func call(t testing.TB, guard func(http.Handler) http.Handler, r *http.Request) (int, http.Header, string) {
	t.Helper()
	w := httptest.NewRecorder()
	guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := resource.From(r.Context())
		if who == nil {
			t.Error("nobody is behind the middleware")
			return
		}
		_, _ = io.WriteString(w, who.SubjectType+" "+who.Subject)
	})).ServeHTTP(w, r)
	return w.Code, w.Result().Header, w.Body.String()
}

// request is a GET with header lines.
func request(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/settlements", bytes.NewReader(nil))
	for n := 0; n+1 < len(headers); n += 2 {
		r.Header.Add(headers[n], headers[n+1])
	}
	return r
}
