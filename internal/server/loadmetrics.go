package server

import (
	"claviger/internal/endpoints"
	"claviger/internal/limit"
)

// observeLoad adds what there is to do, and what was refused, to the metrics.
func (s *Server) observeLoad() {
	for _, k := range s.workload.kinds() {
		labels := endpoints.Labels{"kind": k.name}
		s.metrics.Gauge("claviger_requests_in_flight", "Requests that are worked on, by kind of work.", labels,
			func() float64 { return float64(k.running.Load()) })
		s.metrics.Counter("claviger_requests_overload_total", "Requests that were answered 503 because too many of the kind were worked on.", labels,
			func() float64 { return float64(k.refused.Load()) })
	}
	for _, kind := range limit.Kinds() {
		s.metrics.Counter("claviger_requests_limited_total", "Requests that were answered 429, by whose budget was spent.",
			endpoints.Labels{"budget": kind.String()}, func() float64 { return float64(s.authenticator.Limits.Refused(kind)) })
	}
	for state, read := range map[string]func(running, waiting int) int{
		"running": func(running, _ int) int { return running }, "waiting": func(_, waiting int) int { return waiting },
	} {
		s.metrics.Gauge("claviger_password_hashes", "Slow hashes of passwords that are computed or wait.", endpoints.Labels{"state": state},
			func() float64 { return float64(read(s.Secrets.Pool.Load())) })
	}
	s.metrics.Gauge("claviger_write_queue_jobs", "Writes that wait for a commit.", nil,
		func() float64 { return float64(s.Store.Stats().Waiting) })
	s.metrics.Gauge("claviger_connections", "Open connections of clients.", nil,
		func() float64 { return float64(s.connections.count()) })
	s.metrics.Counter("claviger_connections_closed_total", "Connections that were closed because too many were open.", nil,
		func() float64 { return float64(s.connections.refused.Load()) })
}
