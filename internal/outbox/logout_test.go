package outbox

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/message"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// queueLogout registers client cli_1 with a logout URI and queues its logout.
func queueLogout(t *testing.T, o *Outbox, uri string) {
	t.Helper()
	client := &core.Client{ID: "cli_1", Name: "Shop", Kind: core.Confidential, Status: core.Active}
	client.Browser.LogoutURI = uri
	err := o.Store.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.PutClient(client); err != nil {
			return err
		}
		return o.Logout(tx, Logout{ClientID: "cli_1", UserID: "usr_1", SessionID: "ses_1"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestClientIsToldOfALogout(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		var got []string
		client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = append(got, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Content-Type")+" "+r.PostFormValue("logout_token"))
		}))
		defer client.Close()
		o := newOutbox(t, open(), newClock(), nil)
		queueLogout(t, o, client.URL+"/out?x=1")
		sent := deliver(t, o)
		if want := "POST /out?x=1 application/x-www-form-urlencoded cli_1.usr_1.ses_1"; sent != 1 || len(got) != 1 || got[0] != want {
			t.Errorf("sent %d: %q", sent, got)
		}
	})
}

func TestLogoutOfAClientThatDoesNotWantToKnow(t *testing.T) {
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), nil)
	queueLogout(t, o, "")
	err := o.Store.Write(t.Context(), func(tx *store.Tx) error { return o.Logout(tx, Logout{ClientID: "gone"}) })
	if err != nil || len(waiting(t, o.Store)) != 0 {
		t.Errorf("%v, %d wait", err, len(waiting(t, o.Store)))
	}
}

func TestLogoutURIThatWasRemovedMeanwhile(t *testing.T) {
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), nil)
	queueLogout(t, o, "https://shop.example/out")
	queueLogout(t, o, "")
	if sent := deliver(t, o); sent != 0 || len(waiting(t, o.Store)) != 0 {
		t.Errorf("sent %d, %d wait", sent, len(waiting(t, o.Store)))
	}
}

func TestLogoutAnswers(t *testing.T) {
	for _, tt := range []struct {
		status  int
		sent    int
		waiting int
	}{
		{200, 1, 0}, {204, 1, 0}, {400, 0, 0}, {401, 0, 0}, {404, 0, 0}, {405, 0, 0},
		{408, 0, 1}, {429, 0, 1}, {500, 0, 1}, {503, 0, 1}, {202, 0, 1},
	} {
		client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(tt.status) }))
		o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), nil)
		queueLogout(t, o, client.URL)
		if sent := deliver(t, o); sent != tt.sent || len(waiting(t, o.Store)) != tt.waiting {
			t.Errorf("%d: sent %d, %d wait", tt.status, sent, len(waiting(t, o.Store)))
		}
		client.Close()
	}
}

func TestLogoutIsTriedForAnHour(t *testing.T) {
	var tries atomic.Int64
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer client.Close()
	c := newClock()
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), c, nil)
	queueLogout(t, o, client.URL)
	last := c.Now()
	for start := c.Now(); len(waiting(t, o.Store)) > 0 && c.Now().Sub(start) < 3*time.Hour; c.advance(5 * time.Second) {
		before := tries.Load()
		deliver(t, o)
		if tries.Load() > before {
			last = c.Now()
		}
	}
	if after := last.Sub(newClock().Now()); after < 30*time.Minute || after > time.Hour || len(waiting(t, o.Store)) != 0 {
		t.Errorf("%d tries, the last after %s; %d wait", tries.Load(), after, len(waiting(t, o.Store)))
	}
}

// A client whose logout URI never answers must not hold up the codes of others.
func TestSlowClientsHoldUpNoMessage(t *testing.T) {
	asked, release := make(chan struct{}, 100), make(chan struct{})
	client := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer client.Close()
	arrived := make(chan struct{})
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), sendFunc(func(context.Context, message.Message) error {
		close(arrived)
		return nil
	}))
	for range batch + 1 {
		queueLogout(t, o, client.URL)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { o.Run(ctx) })
	defer running.Wait()
	defer close(release)
	defer cancel()
	for range parallel {
		<-asked
	}
	queueMail(t, o, "a code", time.Hour)
	o.Wake()
	select {
	case <-arrived:
	case <-time.After(4 * time.Second):
		t.Error("the mail waits for the logouts")
	}
}
