package faults

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"claviger/internal/server/servertest"
	"claviger/test/faults/history"
)

// toldWithin is how soon every node knows of what another has ended: a second (D05),
// and room for a machine that does much else.
const toldWithin = 3 * time.Second

const (
	person   = "kiri@faults.example"
	callback = "https://shop.example/callback"
)

// node returns another server of the installation, on its database and under its
// issuer, at an address of its own.
func (i *installation) node() *installation {
	i.t.Helper()
	address := freeAddress(i.t)
	n := *i
	n.environ = append(slices.Clone(i.environ), "CLAVIGER_LISTEN="+address) // the last one counts
	n.process, n.exited = nil, nil
	dialer := &net.Dialer{}
	n.web = &http.Client{Timeout: soon, Transport: &http.Transport{
		MaxIdleConnsPerHost: 200,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
	}}
	i.t.Cleanup(n.kill)
	return &n
}

// nodes returns so many servers of an installation, which is the first of them.
func (i *installation) nodes(count int) []*installation {
	list := []*installation{i}
	for len(list) < count {
		list = append(list, i.node())
	}
	return list
}

// through is the witness at another node.
func (w *witness) through(node *installation) *witness {
	return &witness{installation: node, t: w.t, record: w.record}
}

// visitor is a person who is signed in with a browser, and gets codes for the shop.
type visitor struct {
	*witness
	browser *servertest.Browser
}

func (w *witness) visitor(t *testing.T) *visitor {
	t.Helper()
	v := &visitor{witness: w, browser: servertest.BrowserOf(t, w.url)}
	page := v.browser.Get(v.authorization())
	if page.Left == nil {
		page = page.SignIn(person, w.password)
	}
	if page.Left == nil {
		t.Fatalf("the person could not sign in: %d %s", page.Status, page.Body)
	}
	return v
}

func (v *visitor) authorization() string {
	return v.url + "/oauth2/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {v.shop.id}, "redirect_uri": {callback}, "scope": {"openid offline_access"},
		"state": {"s"}, "nonce": {"n"},
	}.Encode()
}

// code gets a code, as from a visit to the shop.
func (v *visitor) code() string {
	v.t.Helper()
	for over := time.Now().Add(v.record.patience); ; time.Sleep(time.Second) {
		begun := v.record.history.Begin(history.Operation{ID: v.newID("code"), Kind: history.Issue})
		page := v.browser.Get(v.authorization())
		if page.Status == http.StatusServiceUnavailable && time.Now().Before(over) {
			continue
		}
		code := page.Answer().Get("code")
		if code == "" {
			v.t.Fatal("the person was sent back without a code")
		}
		v.record.history.End(begun, history.Answer{Next: code})
		return code
	}
}

func (w *witness) redeems(code string) (answer, error) {
	return w.note(history.Operation{Kind: history.Use, Record: issued, Token: code}, w.shop, func(id string) (answer, error) {
		return w.post(w.shop, "/oauth2/token", id, "grant_type", "authorization_code", "code", code, "redirect_uri", callback)
	})
}
