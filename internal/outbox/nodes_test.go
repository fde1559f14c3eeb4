package outbox

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/keys"
	"claviger/internal/message"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/test/testlog"
)

func TestNodesDoNotSendTheSameTwice(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		c := newClock()
		var r recorder
		nodes := []*Outbox{newOutbox(t, open(), c, &r), newOutbox(t, open(), c, &r)}
		nodes[1].Master = nodes[0].Master
		var want []string
		for n := range 40 {
			want = append(want, fmt.Sprintf("%02d", n))
			queueMail(t, nodes[0], want[n], time.Hour)
		}
		var working sync.WaitGroup
		for _, o := range nodes {
			working.Go(func() { deliver(t, o) })
		}
		working.Wait()
		if got := slices.Sorted(slices.Values(r.texts())); !slices.Equal(got, want) {
			t.Errorf("sent %q", got)
		}
	})
}

func TestDeliveryOfACrashedNodeIsTakenOver(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		c := newClock()
		var r recorder
		survivor := newOutbox(t, open(), c, &r)
		crashed := newOutbox(t, open(), c, nil)
		crashed.Master = survivor.Master
		// The node goes away while it sends: whether the mail has left, nobody can know.
		crashed.Senders["email"] = sendFunc(func(context.Context, message.Message) error { return crashed.Store.Close() })
		queueMail(t, survivor, "one", time.Hour)
		if sent, err := crashed.Deliver(t.Context()); sent != 1 || err == nil {
			t.Fatalf("sent %d, %v", sent, err)
		}
		c.advance(lease - time.Millisecond)
		if sent := deliver(t, survivor); sent != 0 {
			t.Errorf("sent %d while the other node had it", sent)
		}
		c.advance(time.Millisecond)
		if sent := deliver(t, survivor); sent != 1 || len(waiting(t, survivor.Store)) != 0 {
			t.Errorf("sent %d after the lease; %d wait", sent, len(waiting(t, survivor.Store)))
		}
	})
}

func TestD07_QueuedTextIsNotInTheDatabase(t *testing.T) {
	const text = "your code is 123456 " + testlog.Canary
	url := storetest.SQLite(t)
	o := newOutbox(t, storetest.Open(t, url), newClock(), &recorder{})
	queueMail(t, o, text, time.Hour)
	directory := filepath.Dir(strings.TrimPrefix(url, "sqlite:"))
	files, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range files {
		bytes, err := os.ReadFile(filepath.Join(directory, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found = found || strings.Contains(string(bytes), waiting(t, o.Store)[0].ID)
		for _, secret := range []string{"123456", testlog.Canary, "ann@people.example"} {
			if strings.Contains(string(bytes), secret) {
				t.Errorf("%s holds %q", f.Name(), secret)
			}
		}
	}
	if !found {
		t.Error("the delivery is in none of the files: this test looks in the wrong place")
	}
}

func TestD07_AnotherMasterKeyOpensNothing(t *testing.T) {
	c := newClock()
	var r recorder
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), c, &r)
	queueMail(t, o, "one", time.Hour)
	right := o.Master
	o.Master = keys.NewMasterKey(rand.Reader)
	if sent := deliver(t, o); sent != 0 || len(r.tried) != 0 {
		t.Errorf("sent %d", sent)
	}
	if d := waiting(t, o.Store)[0]; d.LastError != keys.ErrSealed.Error() {
		t.Errorf("%q", d.LastError)
	}
	o.Master = right
	c.advance(6 * time.Second)
	if sent := deliver(t, o); sent != 1 {
		t.Errorf("sent %d under the right key", sent)
	}
}

func TestD07_SealedPayloadOpensInItsOwnRowAlone(t *testing.T) {
	c := newClock()
	var r recorder
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), c, &r)
	queueMail(t, o, "one", time.Hour)
	stolen := waiting(t, o.Store)[0]
	deliver(t, o)
	stolen.ID = "dlv_again"
	if err := o.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertDelivery(stolen) }); err != nil {
		t.Fatal(err)
	}
	if sent := deliver(t, o); sent != 0 || len(r.tried) != 1 {
		t.Errorf("sent %d, tried %q", sent, r.texts())
	}
}

func TestRunDeliversWhatIsQueued(t *testing.T) {
	arrived := make(chan string)
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), sendFunc(func(_ context.Context, m message.Message) error {
		arrived <- m.Text
		return nil
	}))
	o.interval = time.Hour
	queueMail(t, o, "before the start", time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { o.Run(ctx) })
	receive := func(want string) {
		t.Helper()
		select {
		case got := <-arrived:
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%q did not arrive", want)
		}
	}
	receive("before the start")
	queueMail(t, o, "woken", time.Hour)
	o.Wake()
	receive("woken")

	queueMail(t, o, "begun before the end", time.Hour)
	o.Wake()
	for len(waiting(t, o.Store)) == 0 || waiting(t, o.Store)[0].Attempts == 0 {
	}
	cancel() // the attempt has begun, and is finished
	receive("begun before the end")
	running.Wait()
	if left := waiting(t, o.Store); len(left) != 0 {
		t.Errorf("%d wait after the end", len(left))
	}
}

func TestRunLooksNowAndThen(t *testing.T) {
	arrived := make(chan string, 1)
	s := storetest.Open(t, storetest.SQLite(t))
	c := newClock()
	o := newOutbox(t, s, c, sendFunc(func(_ context.Context, m message.Message) error {
		arrived <- m.Text
		return nil
	}))
	o.interval = time.Millisecond
	other := newOutbox(t, s, c, nil)
	other.Master = o.Master
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { o.Run(ctx) })
	defer running.Wait()
	defer cancel()
	queueMail(t, other, "by another node", time.Hour)
	select {
	case <-arrived:
	case <-time.After(10 * time.Second):
		t.Error("it did not arrive")
	}
}

func TestBacklogLeavesInOneGo(t *testing.T) {
	var left sync.WaitGroup
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), sendFunc(func(context.Context, message.Message) error {
		left.Done()
		return nil
	}))
	o.interval = time.Hour
	for range 2*batch + 1 {
		left.Add(1)
		queueMail(t, o, "one", time.Hour)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { o.Run(ctx) })
	left.Wait()
	cancel()
	running.Wait()
}
