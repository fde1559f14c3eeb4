package resource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Paths of the server, below the issuer.
const (
	pathKeys          = "/.well-known/jwks.json"
	pathIntrospection = "/oauth2/introspect"
	pathEvaluation    = "/access/v1/evaluation"
)

const (
	maxWait   = 5 * time.Second // for an answer of the server
	maxAnswer = 256 << 10       // bytes (I04)
	maxAsking = 128             // requests to the server at a time
)

// authority is the server, as a client reaches it.
type authority struct {
	issuer     string
	id, secret string
	http       *http.Client
	places     chan struct{}
}

func newAuthority(c *Config) *authority {
	client := http.Client{}
	if c.HTTPClient != nil {
		client = *c.HTTPClient
	} else if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		own := transport.Clone()
		own.MaxIdleConnsPerHost = maxAsking / 4 // of one host is all there is
		client.Transport = own
	}
	// A redirect would take our secret, or a caller's key, elsewhere (I02).
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &authority{
		issuer: c.Issuer, id: c.ClientID, secret: c.ClientSecret, http: &client, places: make(chan struct{}, maxAsking),
	}
}

// keys fetches the key set (RFC 7517 §5).
func (a *authority) keys(ctx context.Context) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.issuer+pathKeys, nil)
	if err != nil {
		return nil, err
	}
	return a.send(r)
}

// ask posts something with our credentials (RFC 6749 §2.3.1).
func (a *authority) ask(ctx context.Context, path, contentType string, body []byte) ([]byte, error) {
	if a.id == "" {
		return nil, errors.New("there is no ClientID to ask the server with")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.issuer+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth(url.QueryEscape(a.id), url.QueryEscape(a.secret))
	r.Header.Set("Content-Type", contentType)
	return a.send(r)
}

// send returns the body of a 200. Any other answer is an error, which says
// nothing of what was sent.
func (a *authority) send(r *http.Request) ([]byte, error) {
	select {
	case a.places <- struct{}{}:
		defer func() { <-a.places }()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	r.Header.Set("Accept", "application/json")
	response, err := a.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s answers %d", r.URL.Path, response.StatusCode)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("%s answers more than %d bytes", r.URL.Path, maxAnswer)
	}
	return body, nil
}
