package message

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// SignatureHeader carries "t=<Unix seconds>,v1=<hex>", where v1 is the
// HMAC-SHA256, under the secret of the webhook, of the digits of t, a dot and
// the body. Whoever receives it refuses what is older than a few minutes.
const SignatureHeader = "X-Claviger-Signature"

// Webhook hands messages to the operator's SMS gateway: a POST of the JSON
// object {"id", "to", "text"}, to be answered by a 2xx.
type Webhook struct {
	url    string
	secret []byte
	client *http.Client
	now    func() time.Time
}

// WebhookOptions are those of NewWebhook. All are required.
type WebhookOptions struct {
	URL    string       // https, or http to this machine
	Secret string       // that signatures are made with
	Client *http.Client // one that follows no redirects
	Now    func() time.Time
}

// NewWebhook checks the options. Its errors do not hold the URL, which may hold
// a token of the gateway.
func NewWebhook(o WebhookOptions) (*Webhook, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return nil, errors.New("the URL of the SMS webhook cannot be read")
	case u.Hostname() == "" || u.Fragment != "":
		return nil, errors.New("the URL of the SMS webhook must be https://host/path")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return nil, errors.New("the SMS webhook must be an https URL, or http to this machine: messages hold codes")
	case o.Secret == "":
		return nil, errors.New("the SMS webhook needs a secret to sign with")
	}
	return &Webhook{url: o.URL, secret: []byte(o.Secret), client: o.Client, now: o.Now}, nil
}

// Send posts m. A 400 or 422 is ErrRefused.
func (w *Webhook) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(map[string]string{"id": m.ID, "to": m.To, "text": m.Text})
	if err != nil {
		return errors.New("SMS webhook: the message cannot be encoded")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return errors.New("SMS webhook: the request cannot be made")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(SignatureHeader, w.sign(body))
	answer, err := w.client.Do(request)
	if err != nil {
		return fmt.Errorf("SMS webhook: %w", TransportError(err))
	}
	defer answer.Body.Close()
	switch code := answer.StatusCode; {
	case code >= 200 && code <= 299:
		return nil
	case code == http.StatusBadRequest || code == http.StatusUnprocessableEntity:
		return fmt.Errorf("SMS webhook: status %d: %w", code, ErrRefused)
	default:
		return fmt.Errorf("SMS webhook: status %d", code)
	}
}

func (w *Webhook) sign(body []byte) string {
	t := strconv.FormatInt(w.now().Unix(), 10)
	mac := hmac.New(sha256.New, w.secret)
	_, _ = io.WriteString(mac, t+".")
	_, _ = mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
