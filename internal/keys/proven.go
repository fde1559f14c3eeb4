package keys

import (
	"crypto/sha256"
	"sync"
)

// maxProven bounds the memory of what was proved: about one megabyte.
const maxProven = 10_000

// proven remembers signatures that were verified, by the digest of the whole token:
// a client presents the same one again and again, and a verification costs fifty
// times as much as a digest. Only what was right is remembered, for as long as the
// Set lives.
type proven struct {
	lock    sync.RWMutex
	digests map[[sha256.Size]byte]struct{}
}

func (p *proven) has(digest [sha256.Size]byte) bool {
	p.lock.RLock()
	defer p.lock.RUnlock()
	_, ok := p.digests[digest]
	return ok
}

// add forgets everything when there is no room: it is soon proved again.
func (p *proven) add(digest [sha256.Size]byte) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.digests == nil || len(p.digests) >= maxProven {
		p.digests = make(map[[sha256.Size]byte]struct{})
	}
	p.digests[digest] = struct{}{}
}
