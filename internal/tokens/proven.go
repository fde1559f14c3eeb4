package tokens

import (
	"crypto/sha256"
	"sync"

	"claviger/internal/keys"
)

// maxProven bounds the memory of what was proved: about eight megabytes.
const maxProven = 10_000

// provenToken is an access token whose signature was verified. Nobody changes its
// claims.
type provenToken struct {
	kid    string
	claims *Claims
}

// proven remembers access tokens that were verified, by the digest of the whole token:
// a client presents the same one again and again, and a verification costs fifty
// times as much as a digest. Only what was right is remembered, for as long as the
// set of keys is the same.
type proven struct {
	lock   sync.RWMutex
	set    *keys.Set
	tokens map[[sha256.Size]byte]provenToken
}

func (p *proven) get(set *keys.Set, digest [sha256.Size]byte) (provenToken, bool) {
	p.lock.RLock()
	defer p.lock.RUnlock()
	t, ok := p.tokens[digest]
	return t, ok && p.set == set
}

// add forgets everything when there is no room: it is soon proved again.
func (p *proven) add(set *keys.Set, digest [sha256.Size]byte, t provenToken) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.set != set || len(p.tokens) >= maxProven {
		p.set, p.tokens = set, map[[sha256.Size]byte]provenToken{}
	}
	p.tokens[digest] = t
}
