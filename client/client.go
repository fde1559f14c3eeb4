package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	prefix    = "/admin/v1"
	maxAnswer = 16 << 20 // bytes
	tries     = 4
	maxPause  = 15 * time.Second // between two tries
	lostPause = time.Second      // after a connection that broke
	timeout   = time.Minute      // of one try
)

// AnyVersion is for changes of a thing whatever its version is.
const AnyVersion = "*"

// Client asks one server. Requests that the server is too busy for (503 with
// Retry-After) are sent again, a few times; so are those whose connection breaks before
// the answer is there, where that does no more than sending them once. It can be used
// concurrently.
type Client struct {
	server string
	header http.Header
	http   *http.Client
	pause  func(context.Context, time.Duration) error
}

// Options are how a client reaches its server.
type Options struct {
	Server    string            // origin, "https://id.example"; http for this machine alone
	Token     string            // access token with the scope admin or admin:read
	APIKey    string            // API key with that scope, in place of Token
	Transport http.RoundTripper // nil: http.DefaultTransport
	// Pause waits before a request is sent again. nil: that long, or until the
	// context ends.
	Pause func(context.Context, time.Duration) error
}

// New makes a client. It sends nothing.
func New(o Options) (*Client, error) {
	server, err := origin(o.Server)
	if err != nil {
		return nil, err
	}
	if o.Token != "" && o.APIKey != "" {
		return nil, errors.New("client: a token and an API key are two credentials; one is sent")
	}
	c := &Client{server: server, header: http.Header{}, pause: o.Pause}
	if o.Token != "" {
		c.header.Set("Authorization", "Bearer "+o.Token)
	}
	if o.APIKey != "" {
		c.header.Set("X-Api-Key", o.APIKey)
	}
	c.http = &http.Client{
		Transport: o.Transport, Timeout: timeout,
		// A credential goes to the server that it was meant for, and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if c.pause == nil {
		c.pause = pause
	}
	return c, nil
}

// origin checks the address of a server. What is sent there is a credential.
func origin(text string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(text, "/"))
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("client: the server must be given as https://host or https://host:port")
	}
	switch host := u.Hostname(); {
	case u.Scheme == "https":
	case u.Scheme == "http" && (host == "localhost" || host == "127.0.0.1" || host == "::1"):
	default:
		return "", errors.New("client: the server must be https, or http on this machine")
	}
	return u.Scheme + "://" + u.Host, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// call is one request, which may be sent several times.
type call struct {
	method, path string
	query        url.Values
	version      string // If-Match; empty: none
	once         bool   // with an Idempotency-Key
	body         any    // nil: none
}

// again reports whether it can be sent again when the server has done nothing.
func (r call) again() bool { return r.method != http.MethodPost || r.once }

// lost reports whether it can be sent again when nobody knows what the server has done:
// one that changes nothing, is done once by its key, or says what is to be whatever is.
// A second removal would find nothing there, and look like a mistake.
func (r call) lost() bool {
	return r.method == http.MethodGet || r.once || (r.method == http.MethodPatch && r.version == AnyVersion)
}

// do sends a request and decodes the answer into out, unless that is nil. It returns
// the version of what is answered.
func (c *Client) do(ctx context.Context, r call, out any) (string, error) {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return "", fmt.Errorf("client: %w", err)
		}
	}
	header := c.header.Clone()
	header.Set("Accept", "application/json")
	if body != nil {
		header.Set("Content-Type", "application/json")
	}
	if r.once {
		header.Set("Idempotency-Key", rand.Text())
	}
	if r.version != "" {
		header.Set("If-Match", r.version)
	}
	for try := 1; ; try++ {
		answer, text, err := c.send(ctx, r, header, body)
		wait, again := lostPause, errors.Is(err, errLost) && r.lost()
		if err == nil {
			wait, again = retryAfter(answer)
			again = again && r.again()
		}
		switch {
		case again && try < tries:
			if err := c.pause(ctx, wait); err != nil {
				return "", err
			}
		case err != nil:
			return "", err
		default:
			return read(answer, text, out)
		}
	}
}

// errLost says that the connection was there and broke: the server may have done what
// it was asked for, and its answer is lost.
var errLost = errors.New("the answer got lost")

// send sends a request once and returns the answer with its text.
func (c *Client) send(ctx context.Context, r call, header http.Header, body []byte) (*http.Response, []byte, error) {
	address := c.server + prefix + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	request, err := http.NewRequestWithContext(traced, r.method, address, bytes.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("client: %w", err)
	}
	request.Header = header.Clone()
	answer, err := c.http.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err
		}
		if connected.Load() && broke(ctx, err) {
			return nil, nil, fmt.Errorf("%s: %w: %w", c.server, errLost, err)
		}
		return nil, nil, fmt.Errorf("%s cannot be reached: %w", c.server, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil && broke(ctx, err) {
		err = fmt.Errorf("%s: %w: %w", c.server, errLost, err)
	}
	return answer, text, err
}

// broke tells a connection that broke from one that nobody waits for any more.
func broke(ctx context.Context, err error) bool {
	var slow net.Error
	return ctx.Err() == nil && (!errors.As(err, &slow) || !slow.Timeout())
}

// retryAfter says how long to wait, when the server asks to be asked again
// (RFC 9110 §10.2.3; in seconds, as our servers say it).
func retryAfter(answer *http.Response) (time.Duration, bool) {
	seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if answer.StatusCode != http.StatusServiceUnavailable || err != nil || seconds < 0 {
		return 0, false
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, maxPause), true
}

func read(answer *http.Response, text []byte, out any) (string, error) {
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return "", problem(answer, text)
	}
	if out == nil {
		return "", nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return "", errors.New("the server does not answer as the management API does")
	}
	return answer.Header.Get("ETag"), nil
}
