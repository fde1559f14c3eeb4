package secret

import (
	"container/list"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"sync"
	"time"
)

// Proven remembers, for a few minutes and in memory only, that a password was
// proven right the slow way, so that an integration which signs in again and
// again pays once. It holds a keyed hash over the stored form and the presented
// one: a changed password misses by construction, and a wrong one always pays.
type Proven struct {
	now  func() time.Time
	key  [sha256.Size]byte // random, for this process alone
	age  time.Duration
	size int

	mu     sync.Mutex
	owners map[string]*list.Element
	recent *list.List // of proof, latest first
}

type proof struct {
	owner   string
	mac     [sha256.Size]byte
	expires time.Time
}

// NewProven returns a memory of at most size owners, each for at most age.
func NewProven(now func() time.Time, random io.Reader, size int, age time.Duration) *Proven {
	p := &Proven{now: now, age: age, size: size, owners: map[string]*list.Element{}, recent: list.New()}
	mustRead(random, p.key[:])
	return p
}

// Forget drops what is remembered of an owner who is disabled or locked out.
func (p *Proven) Forget(owner string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(p.owners[owner])
}

func (p *Proven) match(owner, presented string, stored []string) int {
	known, ok := p.lookUp(owner)
	if !ok {
		return -1
	}
	for i, form := range stored {
		mac := p.mac(owner, form, presented)
		if subtle.ConstantTimeCompare(mac[:], known[:]) == 1 {
			return i
		}
	}
	return -1
}

func (p *Proven) lookUp(owner string) (mac [sha256.Size]byte, ok bool) {
	if p == nil || owner == "" {
		return mac, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	element := p.owners[owner]
	if element == nil {
		return mac, false
	}
	found := element.Value.(proof)
	if !p.now().Before(found.expires) {
		p.drop(element)
		return mac, false
	}
	p.recent.MoveToFront(element)
	return found.mac, true
}

func (p *Proven) remember(owner, presented, stored string) {
	if p == nil || owner == "" {
		return
	}
	entry := proof{owner, p.mac(owner, stored, presented), p.now().Add(p.age)}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(p.owners[owner])
	p.owners[owner] = p.recent.PushFront(entry)
	for p.recent.Len() > p.size {
		p.drop(p.recent.Back())
	}
}

func (p *Proven) drop(element *list.Element) {
	if element != nil {
		delete(p.owners, p.recent.Remove(element).(proof).owner)
	}
}

func (p *Proven) mac(owner, stored, presented string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, p.key[:])
	_, _ = mac.Write(appendParts(nil, owner, stored, presented))
	mac.Sum(sum[:0])
	return sum
}
