package authn_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/oauth"
	"claviger/test/testlog"
)

const (
	anna     = "anna@example.com"
	number   = "+64211234567"
	password = "open-" + testlog.Canary + "-sesame"
	home     = "192.0.2.7"
	away     = "203.0.113.5"
)

// node is a server on a database that others may share, without its endpoints.
type node struct {
	*authn.People
	t     testing.TB
	store *store.Store
	clock *clock
	pool  *secret.Pool
}

type clock struct {
	mu     sync.Mutex
	now    time.Time
	queued atomic.Int64
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// engines runs a test on each engine. open returns another node each time.
func engines(t *testing.T, run func(t *testing.T, open func() *node)) {
	for name, fresh := range map[string]func(testing.TB) string{store.SQLite: storetest.SQLite, store.Postgres: storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			url := fresh(t)
			c := &clock{now: time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC)}
			run(t, func() *node { return newNode(t, url, c) })
		})
	}
}

// alone is a node on SQLite, for what does not depend on the engine.
func alone(t *testing.T) *node {
	return newNode(t, storetest.SQLite(t), &clock{now: time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC)})
}

func newNode(t *testing.T, url string, c *clock) *node {
	t.Helper()
	s := storetest.Open(t, url, func(o *store.Options) { o.Now, o.PollInterval = c.Now, 10*time.Millisecond })
	n := &node{t: t, store: s, clock: c, pool: secret.NewPool(1, 1)}
	key := bytes.Repeat([]byte{7}, 32)
	n.People = &authn.People{
		Authenticator: &authn.Authenticator{
			Store: s, Secrets: &secret.Hasher{Key: key, Pool: n.pool, Rand: rand.Reader}, Gate: secret.NewGate(c.Now), Log: testlog.Logger(t), Now: c.Now,
		},
		Sessions: &authn.Sessions{
			Store: s, Lifetime: 12 * time.Hour, DeviceKey: key, Now: c.Now, Rand: rand.Reader, Wake: func() {},
			Logout: func(tx *store.Tx, clientID, userID, sessionID string) error {
				return c.queue(tx, core.DeliverLogout, clientID, userID, sessionID)
			},
		},
		Sending: authn.NewSendingGate(c.Now), Platform: "Example", Now: c.Now, Rand: rand.Reader, Wake: func() {},
		Send: func(tx *store.Tx, channel, to, subject, text string, _ time.Time) error {
			return c.queue(tx, channel, to, subject, text)
		},
		Texts: func(_, key string, args ...any) string { return key + fmt.Sprint(args) },
	}
	return n
}

// queue stands in for the outbox: what it holds was committed. Ids are in order,
// though the clock stands still.
func (c *clock) queue(tx *store.Tx, kind string, parts ...string) error {
	return tx.InsertDelivery(&core.Delivery{
		ID: fmt.Sprintf("dlv_%06d", c.queued.Add(1)), Kind: kind, Sealed: []byte(strings.Join(parts, "|")),
		ExpiresAt: c.Now().Add(24 * time.Hour),
	})
}

// sent returns what has been queued, in order: "email: to|subject|text".
func (n *node) sent() []string {
	n.t.Helper()
	messages, err := n.store.DueMessages(n.t.Context(), n.clock.Now(), 1000)
	if err != nil {
		n.t.Fatal(err)
	}
	logouts, err := n.store.DueLogouts(n.t.Context(), n.clock.Now(), 1000)
	if err != nil {
		n.t.Fatal(err)
	}
	var list []string
	for _, row := range slices.Concat(messages, logouts) {
		list = append(list, row.Kind+": "+string(row.Sealed))
	}
	return list
}

var digits = regexp.MustCompile(`text\[([0-9]{6}) `)

// code returns the digits of the code that was queued last.
func (n *node) code() string {
	n.t.Helper()
	sent := n.sent()
	if len(sent) == 0 {
		n.t.Fatal("nothing was sent")
	}
	found := digits.FindStringSubmatch(sent[len(sent)-1])
	if found == nil {
		n.t.Fatalf("no code in %q", sent[len(sent)-1])
	}
	return found[1]
}

func (n *node) write(job func(tx *store.Tx) error) {
	n.t.Helper()
	if err := n.store.Write(n.t.Context(), job); err != nil {
		n.t.Fatal(err)
	}
}

// person makes an active person with the password and a verified email address.
func (n *node) person(email string, adjust ...func(*core.User)) *core.User {
	n.t.Helper()
	user := &core.User{Kind: core.Person, Email: email, EmailVerified: true, Status: core.Active}
	for _, change := range adjust {
		change(user)
	}
	hash, err := n.Authenticator.Secrets.HashPassword(n.t.Context(), password)
	if err != nil {
		n.t.Fatal(err)
	}
	n.write(func(tx *store.Tx) error {
		if err := tx.PutUser(user); err != nil {
			return err
		}
		_, err := tx.AddSecret(core.Secret{OwnerID: user.ID, Hash: hash})
		return err
	})
	return user
}

func from(ip string) context.Context {
	return oauth.WithSource(context.Background(), oauth.Source{IP: ip, RequestID: "req_1", UserAgent: "Browser/1"})
}

// browser keeps cookies as a browser does.
type browser struct {
	ip      string
	cookies map[string]*http.Cookie
}

func newBrowser(ip string) *browser { return &browser{ip: ip, cookies: map[string]*http.Cookie{}} }

// request is a request with the cookies of the browser.
func (b *browser) request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", nil).WithContext(from(b.ip))
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	return r
}

func (b *browser) take(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
}

// binding is what one-time codes of the browser are bound to.
func (b *browser) binding(n *node) []byte {
	w, r := httptest.NewRecorder(), b.request()
	value := n.Sessions.Browser(w, r)
	b.take(w)
	return authn.BrowserHash(value)
}

// start signs a person in to the browser.
func (n *node) start(b *browser, user *core.User, event core.EventType, amr ...string) *authn.SignedIn {
	n.t.Helper()
	w := httptest.NewRecorder()
	signedIn, err := n.Sessions.Start(w, b.request(), user, authn.Proof{AMR: amr}, event)
	if err != nil {
		n.t.Fatal(err)
	}
	b.take(w)
	return signedIn
}

func (n *node) signIn(b *browser, user *core.User) *authn.SignedIn {
	n.t.Helper()
	return n.start(b, user, core.SignedIn, core.AMRPassword)
}

// of returns the id of the session that a browser is signed in with; "" for none.
func (n *node) of(b *browser) string {
	n.t.Helper()
	signedIn, err := n.Sessions.Of(b.request())
	if err != nil {
		n.t.Fatal(err)
	}
	if signedIn == nil {
		return ""
	}
	return signedIn.Session.ID
}

// try signs in by password.
func (n *node) try(b *browser, identifier, password string) error {
	n.t.Helper()
	r := b.request()
	_, err := n.Password(r.Context(), r, identifier, password)
	return err
}

// send asks for a code, and returns its id.
func (n *node) send(b *browser, request authn.CodeRequest) (id, masked string) {
	n.t.Helper()
	if request.Purpose == "" {
		request.Purpose = core.PurposeSignIn
	}
	request.Binding, request.Request = b.binding(n), b.request()
	id, masked, err := n.SendCode(from(b.ip), request)
	if err != nil {
		n.t.Fatal(err)
	}
	return id, masked
}

func (n *node) redeem(b *browser, id, code, purpose string) (*core.User, error) {
	n.t.Helper()
	user, _, err := n.RedeemCode(from(b.ip), id, code, purpose, b.binding(n), b.ip)
	return user, err
}

// refused fails the test unless err is the refusal of a wrong credential.
func refused(t testing.TB, what string, err error, reason oauth.Reason) {
	t.Helper()
	var known *oauth.Error
	if !errors.As(err, &known) || known.Reason != reason {
		t.Errorf("%s: %v, want %s", what, err, reason)
	}
}

// occupy takes the only worker of the slow hashes, and the only place in the line.
func (n *node) occupy() (release func()) {
	held, ended := make(chan struct{}), make(chan error, 2)
	for range 2 {
		go func() { ended <- n.pool.Do(context.Background(), func() { <-held }) }()
	}
	for running, waiting := n.pool.Load(); running < 1 || waiting < 1; running, waiting = n.pool.Load() {
		runtime.Gosched()
	}
	return func() {
		close(held)
		for range 2 {
			if err := <-ended; err != nil {
				n.t.Error(err)
			}
		}
	}
}

// eventually waits until it holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatal("never: " + what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
