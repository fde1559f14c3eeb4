package outbox

import (
	"context"
	"crypto/rand"
	"errors"

	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/message"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/test/testlog"
)

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)} }

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

// recorder is a Sender that keeps what it was given, and fails when told to.
type recorder struct {
	fail func(m message.Message) error

	mu    sync.Mutex
	tried []message.Message
}

func (r *recorder) Send(_ context.Context, m message.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried = append(r.tried, m)
	if r.fail != nil {
		return r.fail(m)
	}
	return nil
}

func (r *recorder) texts() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.tried {
		list = append(list, m.Text)
	}
	return list
}

func (r *recorder) ids() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.tried {
		list = append(list, m.ID)
	}
	return list
}

// newOutbox makes a node on s that sends mails by sender.
func newOutbox(t *testing.T, s *store.Store, c *clock, sender message.Sender) *Outbox {
	t.Helper()
	return &Outbox{
		Store: s, Master: keys.NewMasterKey(rand.Reader), Senders: map[string]message.Sender{core.ChannelEmail: sender},
		LogoutToken: func(c *core.Client, userID, sessionID string) (string, error) {
			return c.ID + "." + userID + "." + sessionID, nil
		},
		HTTP: NewClient(true), Log: testlog.Logger(t), Now: c.Now, Rand: rand.Reader,
	}
}

func queueMail(t *testing.T, o *Outbox, text string, lifetime time.Duration) {
	t.Helper()
	m := message.Message{Channel: core.ChannelEmail, To: "ann@people.example", Subject: "Code", Text: text}
	err := o.Store.Write(t.Context(), func(tx *store.Tx) error { return o.Message(tx, m, o.Now().Add(lifetime)) })
	if err != nil {
		t.Fatal(err)
	}
}

func deliver(t *testing.T, o *Outbox) int {
	t.Helper()
	sent, err := o.Deliver(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sent
}

// waiting returns what is in the queues, due or not.
func waiting(t *testing.T, s *store.Store) []*core.Delivery {
	t.Helper()
	end := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	messages, err1 := s.DueMessages(t.Context(), end, 1000)
	logouts, err2 := s.DueLogouts(t.Context(), end, 1000)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return append(messages, logouts...)
}

func TestMessageLeavesOnce(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		var r recorder
		o := newOutbox(t, open(), newClock(), &r)
		queueMail(t, o, "one", time.Hour)
		queueMail(t, o, "two", time.Hour)
		first, second := deliver(t, o), deliver(t, o)
		if got := r.texts(); first != 2 || second != 0 || len(got) != 2 || len(waiting(t, o.Store)) != 0 {
			t.Errorf("sent %d, then %d: %q; %d wait", first, second, got, len(waiting(t, o.Store)))
		}
		if m := r.tried[0]; m.To != "ann@people.example" || m.Subject != "Code" || m.Channel != core.ChannelEmail || m.ID == "" {
			t.Errorf("%+v", m)
		}
	})
}

func TestMessageOfAFailedTransactionDoesNotLeave(t *testing.T) {
	var r recorder
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), &r)
	undone := errors.New("undone")
	err := o.Store.Write(t.Context(), func(tx *store.Tx) error {
		if err := o.Message(tx, message.Message{Channel: core.ChannelEmail}, o.Now().Add(time.Hour)); err != nil {
			return err
		}
		return undone
	})
	if sent := deliver(t, o); !errors.Is(err, undone) || sent != 0 || len(r.tried) != 0 {
		t.Errorf("%v; sent %d", err, sent)
	}
}

func TestUnknownChannelIsAMistake(t *testing.T) {
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), &recorder{})
	for _, channel := range []string{"", "fax", core.DeliverLogout} {
		err := o.Store.Write(t.Context(), func(tx *store.Tx) error {
			return o.Message(tx, message.Message{Channel: channel}, o.Now().Add(time.Hour))
		})
		if err == nil {
			t.Errorf("channel %q was queued", channel)
		}
	}
	if !o.Carries(core.ChannelEmail) || o.Carries(core.ChannelSMS) {
		t.Error("mails alone can leave")
	}
}

func TestFailedMessageIsTriedAgainWithBackOff(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		c := newClock()
		r := recorder{fail: func(message.Message) error { return errors.New("the server is away\n\x1b[31m") }}
		o := newOutbox(t, open(), c, &r)
		queueMail(t, o, "one", 24*time.Hour)
		for i, wait := range []time.Duration{5, 15, 60, 300, 900, 900, 900} {
			if sent := deliver(t, o); sent != 0 || len(r.tried) != i+1 {
				t.Fatalf("attempt %d: sent %d, tried %d times", i+1, sent, len(r.tried))
			}
			d := waiting(t, o.Store)[0]
			wait *= time.Second
			if got := d.NextAt.Sub(c.Now()); got < wait*4/5-time.Millisecond || got > wait*6/5 {
				t.Errorf("attempt %d: the next is after %s, want about %s", i+1, got, wait)
			}
			if d.Attempts != int64(i+1) || d.LastError != "the server is away  [31m" {
				t.Errorf("attempt %d: %d, %q", i+1, d.Attempts, d.LastError)
			}
			c.advance(d.NextAt.Sub(c.Now()) - time.Millisecond)
			deliver(t, o) // not yet
			c.advance(time.Millisecond)
		}
		r.fail = nil
		if sent := deliver(t, o); sent != 1 || len(waiting(t, o.Store)) != 0 {
			t.Errorf("when the server is back: sent %d, %d wait", sent, len(waiting(t, o.Store)))
		}
		if ids := slices.Compact(r.ids()); len(ids) != 1 {
			t.Errorf("attempts at one message have ids %q", ids)
		}
	})
}

func TestRefusedMessageIsGivenUp(t *testing.T) {
	r := recorder{fail: func(message.Message) error { return message.ErrRefused }}
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), &r)
	queueMail(t, o, "one", time.Hour)
	if sent := deliver(t, o); sent != 0 || len(waiting(t, o.Store)) != 0 {
		t.Errorf("sent %d, %d wait", sent, len(waiting(t, o.Store)))
	}
}

func TestExpiredMessageIsGivenUp(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		c := newClock()
		r := recorder{fail: func(message.Message) error { return errors.New("away") }}
		o := newOutbox(t, open(), c, &r)
		queueMail(t, o, "the server was down", 10*time.Minute)
		c.advance(10 * time.Minute)
		if deliver(t, o); len(r.tried) != 0 || len(waiting(t, o.Store)) != 0 {
			t.Errorf("tried %q; %d wait", r.texts(), len(waiting(t, o.Store)))
		}
		queueMail(t, o, "the mail server was down", 10*time.Minute)
		for range 100 {
			deliver(t, o)
			c.advance(5 * time.Second)
		}
		if len(r.tried) != 5 || len(waiting(t, o.Store)) != 0 {
			t.Errorf("tried %d times in 10 minutes; %d wait", len(r.tried), len(waiting(t, o.Store)))
		}
	})
}

func TestChannelWithoutASenderWaits(t *testing.T) {
	c := newClock()
	var r recorder
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), c, &r)
	sms := message.Message{Channel: core.ChannelSMS, To: "+64211234567", Text: "one"}
	err := o.Store.Write(t.Context(), func(tx *store.Tx) error { return o.Message(tx, sms, c.Now().Add(time.Hour)) })
	if err != nil {
		t.Fatal(err)
	}
	deliver(t, o)
	if d := waiting(t, o.Store)[0]; d.LastError != "nothing is configured to send by sms" {
		t.Errorf("%q", d.LastError)
	}
	o.Senders[core.ChannelSMS] = &r
	c.advance(6 * time.Second)
	if sent := deliver(t, o); sent != 1 {
		t.Errorf("sent %d", sent)
	}
}

func TestI04_HangingSenderIsCutOff(t *testing.T) {
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), hanging{})
	o.timeout = time.Millisecond
	queueMail(t, o, "one", time.Hour)
	if sent := deliver(t, o); sent != 0 {
		t.Errorf("sent %d", sent)
	}
	if d := waiting(t, o.Store)[0]; d.LastError != context.DeadlineExceeded.Error() {
		t.Errorf("%q", d.LastError)
	}
}

// hanging never answers.
type hanging struct{}

func (hanging) Send(ctx context.Context, _ message.Message) error { <-ctx.Done(); return ctx.Err() }

func TestAtMostFourAreTriedAtOnce(t *testing.T) {
	var mu sync.Mutex
	var reached sync.Once
	now, most := 0, 0
	four := make(chan struct{})
	var o *Outbox
	o = newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), sendFunc(func(context.Context, message.Message) error {
		mu.Lock()
		now++
		most = max(most, now)
		enough := now == 4
		mu.Unlock()
		if enough {
			reached.Do(func() {
				for range 200 { // looks at the database: many times what a fifth would need to come
					waiting(t, o.Store)
				}
				close(four)
			})
		}
		<-four // nobody leaves before four have come
		mu.Lock()
		now--
		mu.Unlock()
		return nil
	}))
	for range 20 {
		queueMail(t, o, "one", time.Hour)
	}
	if sent := deliver(t, o); sent != 20 || most != 4 {
		t.Errorf("sent %d, %d at once", sent, most)
	}
}

type sendFunc func(context.Context, message.Message) error

func (f sendFunc) Send(ctx context.Context, m message.Message) error { return f(ctx, m) }

func TestLastErrorIsShort(t *testing.T) {
	if got := describe(errors.New(strings.Repeat("é", 300))); len(got) > longestLastError || !strings.HasPrefix(got, "éé") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}
