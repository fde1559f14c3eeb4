package oauth

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestParseScope(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"read":            "read",
		"  read   write ": "read write",
		"read read write": "read write",
		"a:b/c.d~":        "a:b/c.d~",
	} {
		if scope, ok := ParseScope(text); !ok || scope.String() != want {
			t.Errorf("%q: %q %t", text, scope, ok)
		}
	}
	for _, bad := range []string{`a"b`, `a\b`, "é", "a\x00b", "\x7f"} { // RFC 6749 §3.3
		if _, ok := ParseScope(bad); ok {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestScopeSets(t *testing.T) {
	s := Scope{"a", "b"}
	if !s.Within(Scope{"b", "c", "a"}) || s.Within(Scope{"a"}) || !(Scope{}).Within(nil) {
		t.Error("Within")
	}
	if got := s.Intersect(Scope{"b", "c"}); !slices.Equal(got, Scope{"b"}) {
		t.Errorf("Intersect: %v", got)
	}
	if got := s.Without("a"); !slices.Equal(got, Scope{"b"}) || len(s) != 2 {
		t.Errorf("Without: %v of %v", got, s)
	}
}

// TestReasonsAreComplete: every reason has a code, a fitting status and a text
// that may be published.
func TestReasonsAreComplete(t *testing.T) {
	for _, reason := range Reasons() {
		e := NewError(reason)
		if e.Code == "" || e.Status < 400 || e.Status > 599 || !strings.HasSuffix(e.Description, ".") {
			t.Errorf("%s: %+v", reason, e)
		}
		if !Known(string(reason)) || !Known(string(e.Code)) {
			t.Errorf("%s or %s is not known", reason, e.Code)
		}
		if e.Code == InvalidToken && e.Status != http.StatusUnauthorized { // RFC 6750 §3.1
			t.Errorf("%s: invalid_token with %d", reason, e.Status)
		}
	}
	if Known("") || Known("made_up") {
		t.Error("a made-up name is known")
	}
}

func TestAsErrorHidesTheCause(t *testing.T) {
	cause := errors.New("password of the database")
	e := AsError(fmt.Errorf("wrapped: %w", cause))
	if e.Code != ServerError || !errors.Is(e, cause) {
		t.Errorf("%+v", e)
	}
	recorder := httptest.NewRecorder()
	WriteError(recorder, e)
	if recorder.Code != http.StatusInternalServerError || strings.Contains(recorder.Body.String(), "database") {
		t.Errorf("%d %s", recorder.Code, recorder.Body)
	}
	known := NewError(ReasonGrantEnded)
	if AsError(fmt.Errorf("x: %w", known)) != known {
		t.Error("a known error is replaced")
	}
}

func TestWriteError(t *testing.T) {
	for _, c := range []struct {
		err       *Error
		challenge string
		body      string
	}{
		{NewError(ReasonClientCredentials), `Basic realm="token"`, `{"error":"invalid_client","error_description":"Client authentication failed."}`},
		{NewError(ReasonAuthenticationMissing), "Bearer", `{"error":"invalid_token","error_description":"Authentication is missing."}`},
		{NewError(ReasonTokenExpired), `Bearer error="invalid_token"`, `{"error":"invalid_token","error_description":"The access token has expired."}`},
		{NewError(ReasonMissingParameter).At("username"), "", `{"error":"invalid_request","error_description":"A required parameter is missing. (username)"}`},
	} {
		recorder := httptest.NewRecorder()
		WriteError(recorder, c.err)
		if got := recorder.Header().Get("WWW-Authenticate"); got != c.challenge {
			t.Errorf("%s: challenge %q", c.err.Reason, got)
		}
		if recorder.Body.String() != c.body || recorder.Code != c.err.Status || recorder.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", c.err.Reason, recorder.Code, recorder.Body)
		}
	}
}

func TestRetryable(t *testing.T) {
	for reason, want := range map[Reason]bool{
		ReasonRateLimited: true, ReasonOverloaded: true, ReasonUnavailable: true, ReasonTooManyAttempts: true,
		ReasonInternal: false, ReasonClientCredentials: false,
	} {
		if NewError(reason).Retryable() != want {
			t.Errorf("%s: retryable is not %t", reason, want)
		}
	}
}
