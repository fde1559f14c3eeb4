package message

import (
	"context"
	"slices"
	"sync"
	"time"
)

const inboxSize = 100 // messages

// Inbox keeps the last messages in memory, for development. It is a Sender.
type Inbox struct {
	Now func() time.Time

	mu       sync.Mutex
	received []Received // the oldest first
}

// Received is a message that an Inbox has taken.
type Received struct {
	Message
	At time.Time
}

// Send keeps m. It never fails.
func (i *Inbox) Send(_ context.Context, m Message) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.received = append(i.received, Received{Message: m, At: i.Now()})
	i.received = i.received[max(0, len(i.received)-inboxSize):]
	return nil
}

// List returns what was received, the newest first.
func (i *Inbox) List() []Received {
	i.mu.Lock()
	defer i.mu.Unlock()
	list := slices.Clone(i.received)
	slices.Reverse(list)
	return list
}
