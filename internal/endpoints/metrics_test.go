package endpoints_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"claviger/internal/endpoints"
)

// metricsOf returns the metrics after one request to a handler, which may panic.
func metricsOf(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	m := endpoints.NewMetrics(time.Now)
	func() {
		defer func() { _ = recover() }()
		m.Observe("/x", handler).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/x", nil))
	}()
	recorder := httptest.NewRecorder()
	m.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return recorder.Body.String()
}
