package tokens_test

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"testing"
	"time"

	"claviger/internal/keys"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/internal/tokens"
	"claviger/test/testlog"
)

// TestEveryAlgorithmHasAKey: also where an older version left one key alone, and
// once, however many nodes start.
func TestEveryAlgorithmHasAKey(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		open()
		h := open()
		counts := map[string]int{}
		records, err := h.Store.SigningKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			counts[record.Algorithm]++
		}
		for _, algorithm := range keys.Algorithms() {
			if counts[algorithm] != 1 {
				t.Errorf("%d keys for %s", counts[algorithm], algorithm)
			}
			if _, err := h.Ring.Sign(algorithm, keys.TypeIDToken, []byte("{}"), h.Clock.Now()); err != nil {
				t.Errorf("%s: %v", algorithm, err)
			}
		}
	})
}

// TestNodesThatStartAtOnceMakeOneKeyEach opens two rings on an empty database.
func TestNodesThatStartAtOnceMakeOneKeyEach(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw)
		master, err := keys.ParseMasterKey(hex.EncodeToString(raw))
		if err != nil {
			t.Fatal(err)
		}
		one, two := open(), open()
		var group sync.WaitGroup
		for _, node := range []*store.Store{one, two} {
			ring := &tokens.Ring{
				Store: node, Master: master, Algorithm: keys.ES256, Log: testlog.Logger(t), Now: time.Now, Rand: rand.Reader,
			}
			group.Go(func() {
				if err := ring.Open(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if records, err := one.SigningKeys(t.Context()); err != nil || len(records) != len(keys.Algorithms()) {
			t.Errorf("%d keys, %v", len(records), err)
		}
	})
}
