package payments

import "sync"

const maxRecords = 1000 // of a ledger; then the oldest goes

// ledger keeps records in memory.
type ledger[T any] struct {
	mu      sync.Mutex
	order   []string // ids, the oldest first
	records map[string]T
}

func (l *ledger[T]) add(id string, record T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.records == nil {
		l.records = map[string]T{}
	}
	if len(l.order) == maxRecords {
		delete(l.records, l.order[0])
		l.order = l.order[1:]
	}
	l.order = append(l.order, id)
	l.records[id] = record
}

func (l *ledger[T]) get(id string) (T, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	record, ok := l.records[id]
	return record, ok
}

// change replaces a record by what update makes of it, unless that is an error.
// Of changes at the same time each sees what the one before it left.
func (l *ledger[T]) change(id string, update func(T) (T, error)) (T, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	record, err := update(l.records[id])
	if err == nil {
		l.records[id] = record
	}
	return record, err
}

// list returns the records that match, the newest first.
func (l *ledger[T]) list(matches func(T) bool) []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []T{}
	for i := len(l.order) - 1; i >= 0; i-- {
		if record := l.records[l.order[i]]; matches(record) {
			list = append(list, record)
		}
	}
	return list
}
