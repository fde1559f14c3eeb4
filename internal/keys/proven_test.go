package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"
	"time"
)

// What was proved once is proved by its key, to the last byte, and no longer than
// the key is published.
func TestAProvenTokenProvesNoOther(t *testing.T) {
	key, err := Generate(ES256, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	key.ActiveAt, key.RemovedAt = now, now.Add(time.Hour)
	set, err := NewSet(key)
	if err != nil {
		t.Fatal(err)
	}
	token, err := key.Sign(TypeAccessToken, []byte(`{"sub":"a"}`))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if payload, _, err := set.Verify(token, TypeAccessToken, now); err != nil || string(payload) != `{"sub":"a"}` {
			t.Fatalf("%s, %v", payload, err)
		}
	}
	if _, _, err := set.Verify(token, "JWT", now); !errors.Is(err, ErrType) {
		t.Errorf("of another type: %v", err)
	}
	if _, _, err := set.Verify(token, TypeAccessToken, now.Add(time.Hour)); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("after its key: %v", err)
	}
	for i := range len(token) {
		changed := []byte(token)
		if changed[i]++; changed[i] == '.' || token[i] == '.' {
			continue
		}
		if payload, _, err := set.Verify(string(changed), TypeAccessToken, now); err == nil {
			t.Fatalf("byte %d changed: %s", i, payload)
		}
	}
}

func TestProvenIsBounded(t *testing.T) {
	var p proven
	for i := range uint64(2*maxProven + 5) {
		var digest [sha256.Size]byte
		binary.BigEndian.PutUint64(digest[:], i)
		p.add(digest)
		if !p.has(digest) || len(p.digests) > maxProven {
			t.Fatalf("%d are remembered", len(p.digests))
		}
	}
}
