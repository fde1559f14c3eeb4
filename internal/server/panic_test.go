package server_test

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"claviger/internal/server"
	"claviger/internal/server/servertest"
	"claviger/internal/store/storetest"
	"claviger/test/testlog"
)

func TestR33_APanicIsOne500(t *testing.T) {
	web := serveBeside(t, map[string]http.Handler{
		"/panics": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("not for the client") }),
		"/fails":  http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New("not for the client")) }),
	})
	for range 3 {
		for _, path := range []string{"/panics", "/fails"} {
			response, body, err := get(web, path)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != http.StatusInternalServerError || !strings.Contains(body, `"server_error"`) || response.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s: %d %s", path, response.StatusCode, body)
			}
			if strings.Contains(body, "not for the client") || strings.Contains(body, ".go:") {
				t.Errorf("the client is told of the panic: %s", body)
			}
		}
		if response, _, err := get(web, "/healthz"); err != nil || response.StatusCode != http.StatusOK {
			t.Error("after a panic:", response, err)
		}
	}
}

// What was begun cannot become a 500 any more. The client must see that it is cut
// short, and not a whole answer with an error at its end.
func TestR33_APanicInTheMidstOfAnAnswerCutsIt(t *testing.T) {
	web := serveBeside(t, map[string]http.Handler{
		"/begins": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"half":`)
			panic("in the midst")
		}),
	})
	response, body, err := get(web, "/begins")
	if err == nil {
		t.Errorf("a whole answer: %d %s", response.StatusCode, body)
	}
	if response, _, err := get(web, "/healthz"); err != nil || response.StatusCode != http.StatusOK {
		t.Error("after a panic:", response, err)
	}
}

// serveBeside serves an instance, over a connection, with more handlers.
func serveBeside(t *testing.T, handlers map[string]http.Handler) *httptest.Server {
	t.Helper()
	instance, err := server.Open(t.Context(), servertest.Config(t, storetest.SQLite(t)), server.Environment{
		Log: testlog.Logger(t), Now: time.Now, Rand: rand.Reader, Beside: handlers,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = instance.Close() })
	s, err := server.New(instance, nil)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(web.Close)
	return web
}

func get(web *httptest.Server, path string) (*http.Response, string, error) {
	request, err := http.NewRequest(http.MethodGet, web.URL+path, nil)
	if err != nil {
		return nil, "", err
	}
	request.Host = servertest.Host
	response, err := web.Client().Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response, string(body), err
}
