package keys

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"

	"github.com/go-jose/go-jose/v4"
)

type signingRecord = core.SigningKey

var rotation = Rotation{Lead: time.Hour, Keep: 8*time.Hour + time.Minute}

// apply writes records as the store does.
func apply(existing, written []core.SigningKey) []core.SigningKey {
	byID := map[string]core.SigningKey{}
	for _, record := range append(existing, written...) {
		byID[record.ID] = record
	}
	var all []core.SigningKey
	for _, record := range byID {
		all = append(all, record)
	}
	return all
}

func rotate(t *testing.T, existing []core.SigningKey, algorithm string, now time.Time) []core.SigningKey {
	t.Helper()
	written, err := rotation.Rotate(existing, algorithm, now, mustParse(t, masterHex), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return apply(existing, written)
}

func mustOpen(t *testing.T, records []core.SigningKey) *Set {
	t.Helper()
	set, err := OpenSet(mustParse(t, masterHex), records)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func published(t *testing.T, set *Set, now time.Time) []string {
	t.Helper()
	var jwks jose.JSONWebKeySet
	if err := json.Unmarshal(set.JWKS(now), &jwks); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range jwks.Keys {
		if !k.IsPublic() || !k.Valid() || k.Use != "sig" || k.Algorithm == "" {
			t.Errorf("published %+v", k)
		}
		ids = append(ids, k.KeyID)
	}
	return ids
}

func TestC11_AKeyIsPublishedBeforeItSignsAndUntilItsLastTokenExpired(t *testing.T) {
	records := rotate(t, nil, ES256, start)
	set := mustOpen(t, records)
	first, err := set.Signer(start, "")
	if err != nil || first.Algorithm != ES256 {
		t.Fatalf("the first key does not sign at once: %v, %v", first, err)
	}

	rotated := start.Add(24 * time.Hour)
	records = rotate(t, records, ES256, rotated)
	set = mustOpen(t, records)
	takeover := rotated.Add(rotation.Lead)
	last := takeover.Add(-time.Millisecond)
	for _, now := range []time.Time{rotated, last} {
		if k, err := set.Signer(now, ""); err != nil || k.ID != first.ID {
			t.Errorf("at %v: %v signs, %v", now.Sub(rotated), k, err)
		}
		if ids := published(t, set, now); len(ids) != 2 {
			t.Errorf("at %v: %v published: the new one must be known before its first use", now.Sub(rotated), ids)
		}
	}
	second, err := set.Signer(takeover, "")
	if err != nil || second.ID == first.ID {
		t.Fatalf("at the takeover %v signs, %v", second, err)
	}
	token, err := first.Sign(TypeAccessToken, []byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	removed := takeover.Add(rotation.Keep)
	for _, test := range []struct {
		now  time.Time
		want error
		keys int
	}{
		{last, nil, 2}, {takeover, nil, 2}, {removed.Add(-time.Millisecond), nil, 2}, {removed, ErrUnknownKey, 1},
	} {
		if _, _, err := set.Verify(token, TypeAccessToken, test.now); !errors.Is(err, test.want) {
			t.Errorf("at %v: %v, want %v", test.now.Sub(rotated), err, test.want)
		}
		if ids := published(t, set, test.now); len(ids) != test.keys {
			t.Errorf("at %v: %v published", test.now.Sub(rotated), ids)
		}
	}
}

func TestR17_SomethingSignsAndVerifiesAtEveryMoment(t *testing.T) {
	var records []core.SigningKey
	type issued struct {
		token string
		at    time.Time
	}
	var tokens []issued
	records = rotate(t, records, ES256, start)
	// Rotations far apart, close together, and before the last has taken over.
	at := map[int]bool{10: true, 11: true, 20: true, 22: true, 24: true, 60: true}
	set := mustOpen(t, records)
	for step := range 100 {
		now := start.Add(time.Duration(step) * 30 * time.Minute)
		if at[step] {
			records = rotate(t, records, ES256, now)
			set = mustOpen(t, records)
		}
		k, err := set.Signer(now, "")
		if err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		token, err := k.Sign(TypeAccessToken, []byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, issued{token, now})
		for _, old := range tokens {
			if now.Sub(old.at) > 8*time.Hour {
				continue // expired
			}
			if _, _, err := set.Verify(old.token, TypeAccessToken, now); err != nil {
				t.Fatalf("step %d: a token of %v ago: %v", step, now.Sub(old.at), err)
			}
		}
	}
}

func TestRotateKeepsAlgorithmsApart(t *testing.T) {
	master := mustParse(t, masterHex)
	records := rotate(t, nil, ES256, start)
	written, err := rotation.Introduce(records, mustGenerate(t, RS256), start, master, rand.Reader)
	if err != nil || len(written) != 1 || !written[0].ActiveAt.Equal(start) {
		t.Fatalf("%+v, %v", written, err)
	}
	set := mustOpen(t, apply(records, written))
	for algorithm, want := range map[string]string{"": ES256, ES256: ES256, RS256: RS256} {
		if k, err := set.Signer(start, algorithm); err != nil || k.Algorithm != want {
			t.Errorf("%q: %v, %v", algorithm, k, err)
		}
	}
	for _, algorithm := range []string{EdDSA, "none", "HS256"} {
		if k, err := set.Signer(start, algorithm); !errors.Is(err, ErrNoSigningKey) {
			t.Errorf("%q: %v, %v", algorithm, k, err)
		}
	}
	if _, err := set.Signer(start.Add(-time.Millisecond), ""); !errors.Is(err, ErrNoSigningKey) {
		t.Errorf("before the first key: %v", err)
	}
	if _, err := rotation.Introduce(written, mustGenerate(t, RS256), start, master, rand.Reader); err == nil {
		t.Error("a key was introduced twice")
	}
	retired := rotation.Retire(records[0], start)
	set = mustOpen(t, apply([]core.SigningKey{retired}, written))
	if k, err := set.Signer(start, ""); err != nil || k.Algorithm != RS256 {
		t.Errorf("after ES256 was retired: %v, %v", k, err)
	}
}

func TestRotateAtOnceInAnEmergency(t *testing.T) {
	records := rotate(t, nil, ES256, start)
	records = rotate(t, records, ES256, start.Add(time.Minute)) // planned, not yet active
	now := start.Add(2 * time.Minute)
	urgent := Rotation{Keep: rotation.Keep}
	written, err := urgent.Rotate(records, ES256, now, mustParse(t, masterHex), rand.Reader)
	if err != nil || len(written) != 3 {
		t.Fatalf("%d records, %v", len(written), err)
	}
	set := mustOpen(t, apply(records, written))
	for _, at := range []time.Time{now, now.Add(2 * time.Hour)} {
		if k, err := set.Signer(at, ""); err != nil || k.ID != written[0].ID {
			t.Errorf("at %v: %v, %v", at.Sub(now), k, err)
		}
	}
}

func TestNewSetRefusesAKeyTwice(t *testing.T) {
	k := mustGenerate(t, ES256)
	if _, err := NewSet(k, k); err == nil {
		t.Error("taken")
	}
}

func TestJWKSOfNothingIsAnEmptyList(t *testing.T) {
	if got := mustSet(t).JWKS(start); string(got) != `{"keys":[]}` {
		t.Errorf("%s", got)
	}
}

func TestD07_JWKSHoldsNoPrivateMember(t *testing.T) {
	set := mustSet(t, mustGenerate(t, ES256), mustGenerate(t, EdDSA), mustGenerate(t, RS256))
	text := string(set.JWKS(start))
	for _, member := range []string{`"d"`, `"p"`, `"q"`, `"dp"`, `"dq"`, `"qi"`, `"k"`} {
		if strings.Contains(text, member) {
			t.Errorf("%s in %s", member, text)
		}
	}
	if again := set.JWKS(start); !bytes.Equal(again, []byte(text)) {
		t.Error("the order changes")
	}
}
