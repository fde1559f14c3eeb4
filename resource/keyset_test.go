package resource_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/oauth"
	"claviger/resource"
)

const pathKeys = "/.well-known/jwks.json"

// eventually waits for what happens in the background.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

func TestC11_AStormOfUnknownKids(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	s := i.signers[0]
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Fatal(err)
	}
	stranger := newSigner("ES256", "stranger")
	storm := func() {
		var group sync.WaitGroup
		for n := range 200 {
			group.Go(func() {
				token := stranger.sign(stranger.header(map[string]any{"kid": fmt.Sprint("kid-", n)}), i.claims(nil))
				if _, err := v.Verify(t.Context(), token); reason(err) != oauth.ReasonTokenInvalid {
					t.Errorf("%v", err)
				}
			})
		}
		group.Wait()
	}
	storm()
	if got := i.hit(pathKeys); got != 1 {
		t.Errorf("in the first seconds the keys are fetched %d times", got)
	}
	i.advance(5 * time.Second)
	storm()
	storm()
	if got := i.hit(pathKeys); got != 2 {
		t.Errorf("5 s later the keys were fetched %d times, want 2", got)
	}
	lone := stranger.sign(stranger.header(nil), i.claims(nil))
	for _, c := range []struct {
		wait time.Duration
		want int
	}{{5 * time.Second, 3}, {5 * time.Second, 3}, {50 * time.Second, 3}, {5 * time.Second, 4}} {
		i.advance(c.wait)
		if _, err := v.Verify(t.Context(), lone); reason(err) != oauth.ReasonTokenInvalid || i.hit(pathKeys) != c.want {
			t.Errorf("one kid again: %v, %d fetches, want %d", err, i.hit(pathKeys), c.want)
		}
	}
	if _, err := v.Verify(t.Context(), s.sign(s.header(nil), i.claims(nil))); err != nil {
		t.Errorf("a good token in the storm: %v", err)
	}
}

func TestC11_ManyUnknownKidsStayBounded(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	stranger := newSigner("EdDSA", "stranger")
	long := strings.Repeat("k", 200)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for n := range 6000 {
		_, _ = v.Verify(t.Context(), stranger.sign(stranger.header(map[string]any{"kid": fmt.Sprint(long, n)}), map[string]any{}))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("6,000 unknown kids keep %d bytes", grown)
	}
	runtime.KeepAlive(v)
}

func TestANewKeyIsFoundAtOnce(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Fatal(err)
	}
	next := newSigner("EdDSA", "key-2")
	i.set(func() { i.signers = append(i.signers, next) })
	i.advance(5 * time.Second)
	if _, err := v.Verify(t.Context(), next.sign(next.header(nil), i.claims(nil))); err != nil {
		t.Errorf("the first token of a new key: %v", err)
	}
}

// A key that the server took back is dropped within KeyCache, and nobody waits.
func TestKeysAreRefreshedInTheBackground(t *testing.T) {
	i := newIssuer(t, newSigner("ES256", "key-1"), newSigner("ES256", "key-2"))
	v := i.verifier()
	leaked := i.signers[1]
	token := func() string { return leaked.sign(leaked.header(nil), i.claims(nil)) }
	if _, err := v.Verify(t.Context(), token()); err != nil {
		t.Fatal(err)
	}
	hold := make(chan struct{})
	i.set(func() { i.signers, i.hold = i.signers[:1], hold })
	i.advance(resource.DefaultKeyCache)
	if _, err := v.Verify(t.Context(), token()); err != nil { // the server is slow, the request is not
		t.Errorf("while the keys are fetched: %v", err)
	}
	i.set(func() { i.hold = nil })
	close(hold)
	eventually(t, "the key that was taken back is still good", func() bool {
		_, err := v.Verify(t.Context(), token())
		return reason(err) == oauth.ReasonTokenInvalid
	})
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Error(err)
	}
}

func TestVerificationGoesOnWhileTheServerIsDown(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Fatal(err)
	}
	i.set(func() { i.status = http.StatusBadGateway })
	i.advance(resource.DefaultKeyStale - time.Second)
	for range 3 {
		if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
			t.Errorf("with keys that are nearly too old: %v", err)
		}
	}
	i.advance(10 * time.Second)
	if _, err := v.Verify(t.Context(), i.token(nil)); reason(err) != oauth.ReasonUnavailable {
		t.Errorf("with keys that are too old: %v", err)
	}
	i.set(func() { i.status = 0 })
	i.advance(5 * time.Second)
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Errorf("with the server back: %v", err)
	}
}

func TestTheServerIsDownAtTheStart(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	for _, status := range []int{http.StatusInternalServerError, http.StatusFound, http.StatusNotFound} {
		i.set(func() { i.status = status })
		for range 3 {
			if _, err := v.Verify(t.Context(), i.token(nil)); reason(err) != oauth.ReasonUnavailable {
				t.Errorf("the server answers %d: %v", status, err)
			}
		}
		i.advance(5 * time.Second)
	}
	if got := i.hit(pathKeys); got != 3 {
		t.Errorf("the keys were fetched %d times in 15 s", got)
	}
	i.set(func() { i.status = 0 })
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Error(err)
	}
}

// I04: an answer that never ends, and one that is no key set, leave the keys as
// they are.
func TestI04_KeySetsThatAreNone(t *testing.T) {
	answer := ""
	var mu sync.Mutex
	i := newIssuer(t)
	other := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if answer == "" {
			_, _ = w.Write(i.jwks())
			return
		}
		_, _ = w.Write([]byte(answer))
	})
	i.Config.Handler = other
	v := i.verifier()
	if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
		t.Fatal(err)
	}
	key := string(i.signers[0].jwk)
	for name, bad := range map[string]string{
		"huge": `{"keys":[` + strings.Repeat(key+",", 3000) + key + `]}`, "empty": `{"keys":[]}`, "no keys": `{}`, "HTML": "<html>",
		"a kid twice": `{"keys":[` + key + "," + key + `]}`, "keys twice": `{"keys":[],"keys":[` + key + `]}`, "keys is an object": `{"keys":{}}`,
	} {
		mu.Lock()
		answer = bad
		mu.Unlock()
		i.advance(resource.DefaultKeyCache)
		stranger := newSigner("ES256", "stranger "+name)
		if _, err := v.Verify(t.Context(), stranger.sign(stranger.header(nil), i.claims(nil))); reason(err) != oauth.ReasonUnavailable {
			t.Errorf("%s: an unknown kid: %v", name, err)
		}
		if _, err := v.Verify(t.Context(), i.token(nil)); err != nil {
			t.Errorf("%s: a known kid: %v", name, err)
		}
	}
}

func TestVerifyingInParallel(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	token := i.token(nil)
	var group sync.WaitGroup
	for n := range 64 {
		group.Go(func() {
			if n%8 == 0 {
				i.advance(time.Minute)
			}
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
