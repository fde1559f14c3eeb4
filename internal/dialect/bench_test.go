package dialect

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// sink is a response writer that costs nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(int)             {}

// BenchmarkAppToken reads and answers one app token request of jpay.
func BenchmarkAppToken(b *testing.B) {
	rt := route(b, loadShipped(b)["jpay"], "POST /api/v1/auth/app/token")
	run(b, rt, jsonType, `{"app_key":"app_0123456789","app_secret":"0123456789abcdef0123456789abcdef"}`)
}

// BenchmarkPasswordForm is the widest form, with computed inputs.
func BenchmarkPasswordForm(b *testing.B) {
	run(b, route(b, loadShipped(b)["powerepos"], "POST /authorisation/token"), formType, goodForm)
}

func run(b *testing.B, rt *Route, contentType, text string) {
	body := bytes.NewReader(nil)
	r := request("POST", "/", contentType, "")
	r.Body, r.ContentLength = io.NopCloser(body), int64(len(text))
	w, facts, source := &sink{http.Header{}}, sampleFacts(), []byte(text)
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(source)
		clear(w.header)
		if _, err := rt.Decode(w, r); err != nil {
			b.Fatal(err)
		}
		if err := rt.Reply(w, r, facts); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkExpression computes one leaf: as a path, and in CEL.
func BenchmarkExpression(b *testing.B) {
	c := newCalculator()
	for name, source := range map[string]string{
		"path":        "account.currency",
		"concatenate": "account.currency + ' '",
		"decimal":     "decimal(account.balance, account.currency)",
		"choice":      "account.status == 'ACTIVE' ? 'active' : 'inactive'",
		"not":         "!organisation.verified",
	} {
		b.Run(name, func(b *testing.B) {
			x, err := c.compile(source, &c.scope)
			if err != nil {
				b.Fatal(err)
			}
			e := &env{facts: sampleFacts()}
			b.ReportAllocs()
			for b.Loop() {
				if x.eval(e); e.err != nil {
					b.Fatal(e.err)
				}
			}
		})
	}
}
