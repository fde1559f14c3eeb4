package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"text/template"
	"time"

	"claviger/internal/config"
	"claviger/internal/secret"
	"claviger/internal/server"
	"claviger/oauth"
)

//go:embed banner.txt
var bannerText string

// banner is what the banner is made from.
type banner struct {
	URL         string
	Data        string // as a shell takes it
	Curl        string // the command, with what it needs to trust the server
	Fingerprint string // of the certificate; empty without TLS
	Authorize   string // an authorization request to open in a browser
	Redirect    string // where its answer goes
	Verifier    string // of its PKCE challenge
}

// devListener is where dev listens, and the certificate of TLS; nil without.
type devListener struct {
	net.Listener

	certificate *tls.Certificate
}

// serveDev serves, and prints the banner when the server answers.
func (c *command) serveDev(ctx context.Context, instance *server.Instance, dialects *dialectSet, listener devListener, log *slog.Logger) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	shown := make(chan error, 1)
	go func() {
		err := answers(running, instance.Config.Issuer, trustOf(listener.certificate))
		if err == nil {
			err = c.showBanner(instance.Config, listener.certificate)
		}
		if err != nil {
			stop()
		}
		shown <- err
	}()
	err := serve(running, instance, dialects, overTLS(listener.Listener, listener.certificate), log)
	stop()
	if bannerErr := <-shown; err == nil && ctx.Err() == nil {
		err = bannerErr
	}
	return err
}

// showBanner writes the banner as one piece.
func (c *command) showBanner(config *config.Config, certificate *tls.Certificate) error {
	text, err := template.New("banner").Parse(bannerText)
	if err != nil {
		return err
	}
	shown := banner{URL: config.Issuer, Data: quote(config.Data), Curl: "curl -sS", Redirect: demoRedirect, Verifier: verifier(c.rand)}
	shown.Authorize = authorizeURL(config.Issuer, shown.Verifier)
	if certificate != nil {
		shown.Curl += " --cacert " + quote(filepath.Join(config.Data, tlsCertificateFile))
		shown.Fingerprint = fingerprint(certificate)
	}
	var out bytes.Buffer
	if err := text.Execute(&out, shown); err != nil {
		return err
	}
	_, err = out.WriteTo(c)
	return err
}

// demoRedirect is where the example partner of the demo data is answered. Nothing
// listens there: the code is to be seen in the address bar.
const demoRedirect = "http://localhost:8099/callback"

// verifier is a code verifier: 43 characters at least (RFC 7636 §4.1).
func verifier(random io.Reader) string { return secret.NewSecret(random) + secret.NewSecret(random) }

// authorizeURL is the request of the example partner to be connected (SD-3), with
// the challenge of a verifier (RFC 7636 §4.2).
func authorizeURL(issuer, verifier string) string {
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {oauth.ResponseTypeCode}, "client_id": {"spendesk-partner"}, "redirect_uri": {demoRedirect},
		"scope": {"wallet-summary:read"}, "state": {"my-state"}, "code_challenge_method": {oauth.ChallengeS256},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}
	return issuer + "/oauth2/authorize?" + query.Encode()
}

// answers waits until the server at a URL is ready: what the banner shows is
// there to be copied.
func answers(ctx context.Context, url string, trust *tls.Config) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: trust}, Timeout: 5 * time.Second}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err == nil {
			err = response.Body.Close()
		}
		if err == nil && response.StatusCode == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server did not get ready: %w", context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}
