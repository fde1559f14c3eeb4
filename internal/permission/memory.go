package permission

import (
	"context"
	"errors"
	"slices"
	"sync"

	"claviger/internal/core"
)

// remembered bounds what is kept of one generation of the store, each kind.
const remembered = 20_000

// memory is what decisions have worked out from one generation of the store: the
// next change makes it void, so that nothing in it can be out of date.
type memory struct {
	generation uint64

	mu       sync.RWMutex
	accounts map[string]*core.Account // those that are active
	users    map[string]*Subject      // by user id, before it is narrowed to an acting account
	keys     map[heldByKey]*Subject
}

// heldByKey is what the rights of an API key rest on.
type heldByKey struct{ organisationID, accountID, roleID string }

// recall returns the memory of the generation of now. The generation is taken
// before anything is read: what a change races with is void at once.
func (d *Decider) recall() *memory {
	now := d.Store.Generation()
	m := d.memory.Load()
	if m == nil || m.generation != now {
		m = &memory{
			generation: now, accounts: map[string]*core.Account{}, users: map[string]*Subject{}, keys: map[heldByKey]*Subject{},
		}
		d.memory.Store(m)
	}
	return m
}

// remember returns the value under a key, or makes and keeps it.
func remember[K comparable, V any](m *memory, kept map[K]*V, key K, load func() (*V, error)) (*V, error) {
	m.mu.RLock()
	value, ok := kept[key]
	m.mu.RUnlock()
	if ok {
		return value, nil
	}
	value, err := load()
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(kept) >= remembered {
		clear(kept)
	}
	kept[key] = value
	return value, nil
}

// Account returns an account. One that is stopped, itself or its organisation, is
// core.ErrNotFound as one that does not exist (ALL-6).
func (d *Decider) Account(ctx context.Context, id string) (*core.Account, error) {
	m := d.recall()
	return remember(m, m.accounts, id, func() (*core.Account, error) { return d.activeAccount(ctx, id) })
}

// Subject returns the roles of a caller: an API key's one, or those of a user's
// memberships, only the acting account's where one was named. A client by itself
// has none. The result is shared: callers must not modify it.
func (d *Decider) Subject(ctx context.Context, a *core.Authorization) (*Subject, error) {
	m := d.recall()
	if a.User != nil {
		subject, err := remember(m, m.users, a.User.ID, func() (*Subject, error) { return d.subjectOfUser(ctx, a.User) })
		if err != nil || (a.Account == nil && a.Organisation == nil) {
			return subject, err
		}
		return subject.actingFor(a), nil
	}
	if a.Key == nil || a.Key.RoleID == "" || a.Key.AccountID == "" {
		return &Subject{}, nil
	}
	key := heldByKey{a.Key.OrganisationID, a.Key.AccountID, a.Key.RoleID}
	return remember(m, m.keys, key, func() (*Subject, error) { return d.subjectOfKey(ctx, key) })
}

// actingFor is the subject with the roles alone that reach what it acts for.
func (s *Subject) actingFor(a *core.Authorization) *Subject {
	outside := func(h Held) bool {
		if a.Account != nil {
			return !h.covers(a.Account)
		}
		return h.OrganisationID != a.Organisation.ID
	}
	if !slices.ContainsFunc(s.Held, outside) {
		return s
	}
	return &Subject{Held: slices.DeleteFunc(slices.Clone(s.Held), outside), Caller: s.Caller}
}

// subjectOfKey is the role that a key has now in its one account.
func (d *Decider) subjectOfKey(ctx context.Context, key heldByKey) (*Subject, error) {
	if _, err := d.activeAccount(ctx, key.accountID); err != nil {
		if errors.Is(err, core.ErrNotFound) {
			return &Subject{}, nil
		}
		return nil, err
	}
	role, err := d.Store.Role(ctx, key.roleID)
	if err != nil {
		return nil, err
	}
	return &Subject{Held: []Held{{OrganisationID: key.organisationID, AccountID: key.accountID, Role: role}}}, nil
}
