package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"syscall"
	"testing"
	"time"

	"claviger/oauth"
	"claviger/test/testlog"
)

const token = "token-" + testlog.Canary

// newClient is a client of a server that answers as serve does, and the pauses that it
// makes.
func newClient(t *testing.T, serve http.HandlerFunc) (*Client, *[]time.Duration) {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	pauses := &[]time.Duration{}
	c, err := New(Options{Server: server.URL, Token: token, Pause: func(_ context.Context, d time.Duration) error {
		*pauses = append(*pauses, d)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c, pauses
}

func TestCreateIsSentAgainWithItsKey(t *testing.T) {
	var keys []string
	c, pauses := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if len(keys) < 3 {
			w.Header().Set("Retry-After", fmt.Sprint(len(keys)*10))
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"id":"org_1","code":"acme"}`)
	})
	made, err := c.CreateOrganisation(t.Context(), NewOrganisation{Name: "Acme"})
	if err != nil || made.ID != "org_1" {
		t.Fatalf("%+v %v", made, err)
	}
	if len(keys) != 3 || len(keys[0]) < 20 || keys[1] != keys[0] || keys[2] != keys[0] {
		t.Errorf("keys %q", keys)
	}
	if want := []time.Duration{10 * time.Second, maxPause}; !slices.Equal(*pauses, want) {
		t.Errorf("pauses %v", *pauses)
	}
	_, _ = c.CreateOrganisation(t.Context(), NewOrganisation{Name: "Acme"})
	if keys[3] == keys[0] {
		t.Error("another request has the same key")
	}
}

func TestBusyServers(t *testing.T) {
	sent := 0
	c, _ := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		sent++
		w.Header().Set("Retry-After", "1")
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"detail":"Too much to do.","code":"temporarily_unavailable","reason":"overloaded","request_id":"req_1"}`)
	})
	var refused *Error
	if _, err := c.Role(t.Context(), "rol_1"); !errors.As(err, &refused) || refused.RequestID != "req_1" || sent != tries {
		t.Errorf("%v after %d", err, sent)
	}
	sent = 0
	if _, err := c.do(t.Context(), call{method: http.MethodPost, path: "/without-key"}, nil); err == nil || sent != 1 {
		t.Errorf("what is not safe to repeat was sent %d times: %v", sent, err)
	}
}

// A server does what it is asked for, and the answer gets lost on the way: before its
// first byte, or in the middle.
func TestLostAnswersAreAskedForAgain(t *testing.T) {
	for _, half := range []bool{false, true} {
		sent, done := 0, map[string]bool{}
		c, pauses := newClient(t, func(w http.ResponseWriter, r *http.Request) {
			sent++
			done[r.Method+r.Header.Get("Idempotency-Key")] = true
			if sent == 1 {
				if half {
					w.Header().Set("Content-Length", "1000")
					fmt.Fprint(w, `{"id":`)
					_ = http.NewResponseController(w).Flush()
				}
				panic(http.ErrAbortHandler)
			}
			fmt.Fprint(w, `{"id":"thing_1"}`)
		})
		for _, request := range []struct {
			name string
			send func() error
			most int
		}{
			{"create", func() error { _, err := c.CreateOrganisation(t.Context(), NewOrganisation{Name: "A"}); return err }, 2},
			{"read", func() error { _, err := c.Organisation(t.Context(), "org_1"); return err }, 2},
			{"change whatever it is", func() error {
				_, err := c.UpdateOrganisation(t.Context(), "org_1", AnyVersion, OrganisationChange{})
				return err
			}, 2},
			{"change one version", func() error {
				_, err := c.UpdateOrganisation(t.Context(), "org_1", `"v1"`, OrganisationChange{})
				return err
			}, 1},
			{"remove", func() error { return c.RevokeAPIKey(t.Context(), "key_1") }, 1},
		} {
			sent, done, *pauses = 0, map[string]bool{}, nil
			err := request.send()
			if sent != request.most || (err == nil) != (request.most == 2) || len(done) != 1 || len(*pauses) > request.most-1 { // the transport asks again by itself, too
				t.Errorf("%s, half an answer %t: sent %d times as %d requests with %v between: %v", request.name, half, sent, len(done), *pauses, err)
			}
		}
	}
}

// Where nobody listens, nothing was done and nothing is gained by asking again.
func TestServersThatAreNotThereAreAskedOnce(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, err := New(Options{Server: server.URL, Token: token, Pause: func(context.Context, time.Duration) error {
		t.Error("it is asked again")
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Organisation(t.Context(), "org_1"); err == nil || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v", err)
	}
}

func TestListsTurnTheirPages(t *testing.T) {
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			fmt.Fprint(w, `{"items":[{"id":"1"},{"id":"2"}],"next_cursor":"more"}`)
		case "more":
			if r.URL.Query().Get("account_id") != "a b" {
				t.Errorf("the filter got lost: %s", r.URL)
			}
			fmt.Fprint(w, `{"items":[{"id":"3"}]}`)
		}
	})
	var found []string
	for key, err := range c.APIKeys(t.Context(), "org_1", "a b") {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, key.ID)
	}
	if !slices.Equal(found, []string{"1", "2", "3"}) {
		t.Errorf("%q", found)
	}
}

func TestTheCredentialStaysWithItsServer(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect was followed, with %q", r.Header)
	}))
	defer elsewhere.Close()
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			t.Error("the server has no credential")
		}
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	var refused *Error
	if _, err := c.Account(t.Context(), "acc_1"); !errors.As(err, &refused) || refused.Status != http.StatusTemporaryRedirect {
		t.Errorf("%v", err)
	}
	for _, server := range []string{
		"http://id.example", "ftp://id.example", "id.example", "https://u:p@id.example", "https://id.example/x", "https://id.example?x", "",
		"http://localhost.evil.example",
	} {
		if _, err := New(Options{Server: server}); err == nil {
			t.Errorf("%q is a server", server)
		}
	}
	for _, server := range []string{"https://id.example", "https://id.example:8443/", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1"} {
		if _, err := New(Options{Server: server}); err != nil {
			t.Errorf("%q: %v", server, err)
		}
	}
	if _, err := New(Options{Server: "https://id.example", Token: "a", APIKey: "b"}); err == nil {
		t.Error("two credentials are taken")
	}
}

func TestErrorsNameTheField(t *testing.T) {
	c, _ := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"detail":"There is no such role.","code":"invalid_request","reason":"invalid_value","param":"role"}`)
	})
	_, err := c.SetMemberRole(t.Context(), "mem_1", AnyVersion, "none")
	var refused *oauth.Error
	if !errors.As(err, &refused) || refused.Param != "role" || refused.Reason != oauth.ReasonInvalidValue || refused.Status != http.StatusBadRequest {
		t.Errorf("%v", err)
	}
}

// An id is one segment of the path, whatever is in it.
func TestIDsAreNoPaths(t *testing.T) {
	var paths []string
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.EscapedPath()+" "+r.Header.Get("If-Match"))
		w.WriteHeader(http.StatusNoContent)
	})
	for _, id := range []string{"../clients/x", "..", "a/b?c#d", "rol_1"} {
		if err := c.DeleteRole(t.Context(), id, `"v1"`); err != nil {
			t.Error(err)
		}
	}
	want := []string{
		`/admin/v1/roles/..%2Fclients%2Fx "v1"`, `/admin/v1/roles/%2E%2E "v1"`, `/admin/v1/roles/a%2Fb%3Fc%23d "v1"`, `/admin/v1/roles/rol_1 "v1"`,
	}
	if !slices.Equal(paths, want) {
		t.Errorf("%q", paths)
	}
}

func TestVersionsAreRead(t *testing.T) {
	c, _ := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v7"`)
		fmt.Fprint(w, `{"id":"rol_1","own":[]}`)
	})
	if role, err := c.Role(t.Context(), "rol_1"); err != nil || role.Version != `"v7"` {
		t.Errorf("%+v %v", role, err)
	}
	c, _ = newClient(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `<html>`) })
	if _, err := c.Role(t.Context(), "rol_1"); err == nil {
		t.Error("a page is taken for an answer")
	}
}
