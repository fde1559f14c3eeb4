package endpoints

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are what the server counts, for Prometheus. Labels hold routes and
// statuses only: nothing that a caller chooses, nothing secret.
type Metrics struct {
	now      func() time.Time
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// NewMetrics returns metrics of their own, with those of the Go runtime. now is
// for measuring how long requests take.
func NewMetrics(now func() time.Time) *Metrics {
	m := &Metrics{
		now:      now,
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "claviger_http_requests_total", Help: "Requests by route, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "claviger_http_request_seconds", Help: "Time to answer, by route.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}, []string{"route"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Labels are names and values of labels.
type Labels = prometheus.Labels

// Gauge adds a figure that is read when the metrics are.
func (m *Metrics) Gauge(name, help string, labels Labels, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// Counter is Gauge for a figure that only rises.
func (m *Metrics) Counter(name, help string, labels Labels, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Observe counts the requests of a route.
func (m *Metrics) Observe(route string, next http.Handler) http.Handler {
	seconds := m.seconds.WithLabelValues(route)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := m.now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusInternalServerError} // of a panic
		defer func() {
			seconds.Observe(m.now().Sub(start).Seconds())
			m.requests.WithLabelValues(route, methodLabel(r.Method), strconv.Itoa(recorder.status)).Inc()
		}()
		next.ServeHTTP(recorder, r)
		recorder.returned()
	})
}

// methodLabel keeps made-up methods from making new series.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions:
		return method
	}
	return "other"
}

// statusRecorder has the status of an answer, once its handler has returned.
type statusRecorder struct {
	http.ResponseWriter
	status int
	sent   int
}

func (s *statusRecorder) WriteHeader(status int) {
	s.sent = status
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusRecorder) returned() { s.status = cmp.Or(s.sent, http.StatusOK) }

func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
