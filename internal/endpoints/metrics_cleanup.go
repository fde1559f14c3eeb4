package endpoints

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// CleanUpMetrics are what the clean-up of this node has done.
type CleanUpMetrics struct {
	rows    *prometheus.CounterVec
	overdue *prometheus.GaugeVec
	batches *prometheus.HistogramVec
	last    prometheus.Gauge
	seconds prometheus.Gauge
}

// CleanUp adds the metrics of the clean-up of these tables. It is called once.
func (m *Metrics) CleanUp(tables []string) *CleanUpMetrics {
	byTable := []string{"table"}
	c := &CleanUpMetrics{
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "claviger_cleanup_rows_total", Help: "Rows removed because nothing needs them any more, by table.",
		}, byTable),
		overdue: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "claviger_cleanup_overdue_seconds", Help: "For how long the oldest row could have been gone, after the last run, by table.",
		}, byTable),
		batches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "claviger_cleanup_batch_seconds", Help: "How long one write took in the database, by table.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .5},
		}, byTable),
		last: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "claviger_cleanup_last_run_timestamp_seconds", Help: "When this node finished a clean-up; 0 when another node does it.",
		}),
		seconds: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "claviger_cleanup_last_run_seconds", Help: "How long the last clean-up of this node took, with its pauses.",
		}),
	}
	for _, table := range tables {
		c.rows.WithLabelValues(table)
	}
	m.registry.MustRegister(c.rows, c.overdue, c.batches, c.last, c.seconds)
	return c
}

// Removed counts the rows of a batch, which took so long.
func (c *CleanUpMetrics) Removed(table string, rows int64, took time.Duration) {
	c.rows.WithLabelValues(table).Add(float64(rows))
	c.batches.WithLabelValues(table).Observe(took.Seconds())
}

// Overdue sets for how long what a run left in a table could have been gone.
func (c *CleanUpMetrics) Overdue(table string, overdue time.Duration) {
	c.overdue.WithLabelValues(table).Set(overdue.Seconds())
}

// Ran notes a finished run.
func (c *CleanUpMetrics) Ran(began, ended time.Time) {
	c.last.Set(float64(ended.UnixMilli()) / 1000)
	c.seconds.Set(ended.Sub(began).Seconds())
}
