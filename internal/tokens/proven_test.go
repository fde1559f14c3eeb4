package tokens

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"

	"claviger/internal/keys"
)

// What was proved once is proved by its key, to the last byte, and no longer than
// the key is there and published.
func TestAProvenTokenProvesNoOther(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	ring, set := &Ring{Now: func() time.Time { return now }, reloaded: now.Add(2 * time.Hour)}, &keys.Set{}
	key, err := keys.Generate(keys.ES256, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key.ActiveAt, key.RemovedAt = now, now.Add(time.Hour)
	if set, err = keys.NewSet(key); err != nil {
		t.Fatal(err)
	}
	ring.set.Store(set)
	token, err := key.Sign(keys.TypeAccessToken, []byte(`{"sub":"a"}`))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if claims, err := ring.claimsOf(t.Context(), token, now); err != nil || claims.Subject != "a" {
			t.Fatalf("%v, %v", claims, err)
		}
	}
	if len(ring.proven.tokens) != 1 {
		t.Fatalf("%d are remembered", len(ring.proven.tokens))
	}
	if _, err := ring.claimsOf(t.Context(), token, now.Add(time.Hour)); err == nil {
		t.Error("taken after its key is removed")
	}
	for i := range len(token) {
		changed := []byte(token)
		if changed[i]++; changed[i] == '.' || token[i] == '.' {
			continue
		}
		if claims, err := ring.claimsOf(t.Context(), string(changed), now); err == nil {
			t.Fatalf("byte %d changed: %v", i, claims)
		}
	}
	another, err := key.Sign(keys.TypeIDToken, []byte(`{"sub":"a"}`))
	if _, refused := ring.claimsOf(t.Context(), another, now); err != nil || refused == nil {
		t.Errorf("a token of another type: %v, %v", err, refused)
	}
	if set, err = keys.NewSet(); err != nil {
		t.Fatal(err)
	}
	ring.set.Store(set)
	if _, err := ring.claimsOf(t.Context(), token, now); err == nil {
		t.Error("taken after its key is gone")
	}
}

func TestProvenIsBounded(t *testing.T) {
	var p proven
	set := &keys.Set{}
	for i := range uint64(2*maxProven + 5) {
		var digest [sha256.Size]byte
		binary.BigEndian.PutUint64(digest[:], i)
		p.add(set, digest, provenToken{})
		if _, ok := p.get(set, digest); !ok || len(p.tokens) > maxProven {
			t.Fatalf("%d are remembered", len(p.tokens))
		}
	}
}
