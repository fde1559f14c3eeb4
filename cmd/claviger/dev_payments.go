package main

import (
	"crypto/tls"
	"log/slog"
	"net/http"

	"claviger/examples/payments"
	"claviger/internal/config"
)

// The client of the demo data that the example API is at the server.
const (
	paymentsClient = "payments-api"
	paymentsSecret = "payments-api-secret"
)

// paymentsAPI returns the example API, which reaches the server by its URL as any
// API does.
func (c *command) paymentsAPI(config *config.Config, certificate *tls.Certificate, log *slog.Logger) (map[string]http.Handler, error) {
	settings := payments.Config{
		Issuer: config.Issuer, Audience: config.Audience, ClientID: paymentsClient, ClientSecret: paymentsSecret, Log: log, Now: c.now,
	}
	if certificate != nil {
		settings.HTTPClient = &http.Client{Transport: &http.Transport{TLSClientConfig: trustOf(certificate)}}
	}
	api, err := payments.New(settings)
	if err != nil {
		return nil, err
	}
	beside := map[string]http.Handler{}
	for _, path := range api.Paths() {
		beside[path] = api
	}
	return beside, nil
}
