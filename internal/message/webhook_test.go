package message_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/message"
	"claviger/test/testlog"
)

const webhookSecret = "hmac-" + testlog.Canary

func webhookTo(t *testing.T, url string) *message.Webhook {
	t.Helper()
	w, err := message.NewWebhook(message.WebhookOptions{
		URL: url, Secret: webhookSecret, Now: func() time.Time { return at },
		Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var code = message.Message{ID: "dlv_2", Channel: core.ChannelSMS, To: "+64211234567", Text: "Code 123456 – “Café”\n"}

func TestWebhookIsSignedJSON(t *testing.T) {
	var header http.Header
	var body []byte
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.RequestURI() != "/send?token=1" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		header = r.Header
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer gateway.Close()
	if err := webhookTo(t, gateway.URL+"/send?token=1").Send(t.Context(), code); err != nil {
		t.Fatal(err)
	}
	if want := `{"id":"dlv_2","text":"Code 123456 – “Café”\n","to":"+64211234567"}`; string(body) != want {
		t.Errorf("body %s", body)
	}
	mac := hmac.New(sha256.New, []byte(webhookSecret))
	mac.Write([]byte("1772553967." + string(body)))
	if got, want := header.Get("X-Claviger-Signature"), "t=1772553967,v1="+hex.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
	if got := header.Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %s", got)
	}
}

func TestWebhookFailuresSayNoSecret(t *testing.T) {
	answers := map[string]func(w http.ResponseWriter, r *http.Request){
		"400": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "c4n4ry", 400) },
		"422": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "c4n4ry", http.StatusUnprocessableEntity) },
		"401": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "c4n4ry", http.StatusUnauthorized) },
		"302": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other?c4n4ry", http.StatusFound) },
		"500": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "c4n4ry", 500) },
		"not HTTP": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			_, _ = io.WriteString(conn, "HTTP/1.1 c4n4ry\r\n\r\n")
			conn.Close()
		},
		"closed": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"silent": func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body); <-r.Context().Done() },
	}
	want := map[string]string{
		"400": "SMS webhook: status 400: refused", "422": "SMS webhook: status 422: refused", "401": "SMS webhook: status 401",
		"302": "SMS webhook: status 302", "500": "SMS webhook: status 500", "not HTTP": "SMS webhook: the answer was not HTTP",
		"closed": "SMS webhook: the connection was closed without an answer", "silent": "SMS webhook: timed out",
	}
	for name, answer := range answers {
		gateway := httptest.NewServer(http.HandlerFunc(answer))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if name == "silent" {
			ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
		}
		err := webhookTo(t, gateway.URL+"/c4n4ry").Send(ctx, code)
		cancel()
		gateway.Close()
		if err == nil || err.Error() != want[name] || errors.Is(err, message.ErrRefused) != (name == "400" || name == "422") {
			t.Errorf("%s: %v", name, err)
		}
	}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	err = webhookTo(t, "http://"+listener.Addr().String()+"/c4n4ry").Send(t.Context(), code)
	if err == nil || !strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "c4n4ry") {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestWebhookOptionsAreChecked(t *testing.T) {
	for _, tt := range []struct{ url, secret, want string }{
		{"https://sms.example/c4n4ry", webhookSecret, ""},
		{"http://127.0.0.1:8080/c4n4ry", webhookSecret, ""},
		{"http://localhost/c4n4ry", webhookSecret, ""},
		{"http://sms.example/c4n4ry", webhookSecret, "must be an https URL"},
		{"http://127.0.0.1.sms.example/c4n4ry", webhookSecret, "must be an https URL"},
		{"ftp://sms.example/c4n4ry", webhookSecret, "must be an https URL"},
		{"https:///c4n4ry", webhookSecret, "https://host/path"},
		{"https://sms.example/%zz-c4n4ry", webhookSecret, "cannot be read"},
		{"https://sms.example/c4n4ry", "", "needs a secret"},
	} {
		_, err := message.NewWebhook(message.WebhookOptions{URL: tt.url, Secret: tt.secret, Client: http.DefaultClient, Now: time.Now})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", tt.url, err)
		}
		if err != nil && strings.Contains(err.Error(), "c4n4ry") {
			t.Errorf("the error shows the URL: %v", err)
		}
	}
}
