package server_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"claviger/internal/server"
	"claviger/internal/server/servertest"
	"claviger/internal/store/storetest"
	"claviger/internal/web"
	"claviger/test/testlog"
)

// TestPagesOfDevelopmentAreOfDevelopmentAlone asks a server that keeps messages for
// development, and one that does not.
func TestPagesOfDevelopmentAreOfDevelopmentAlone(t *testing.T) {
	instance, err := server.Open(t.Context(), servertest.Config(t, storetest.SQLite(t)), server.Environment{
		Log: testlog.Logger(t), Now: time.Now, Rand: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = instance.Close() })
	serving, err := server.New(instance, servertest.Dialects(t))
	if err != nil {
		t.Fatal(err)
	}
	developing := servertest.New(t)
	for _, path := range []string{web.PathInbox, web.PathComponents, web.PathComponents + "?show=forms"} {
		request := httptest.NewRequest(http.MethodGet, "https://"+servertest.Host+path, nil)
		response := developing.Do(request)
		response.Body.Close()
		if response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s in development: %d", path, response.StatusCode)
		}
		w := httptest.NewRecorder()
		serving.Handler().ServeHTTP(w, request)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
