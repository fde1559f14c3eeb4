package permission

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
)

// Decider answers queries from what is stored now.
type Decider struct {
	Store     *store.Store
	Catalogue *Catalogue
	Now       func() time.Time

	memory atomic.Pointer[memory]
}

// New returns a Decider with a catalogue of its own.
func New(s *store.Store, now func() time.Time) *Decider {
	return &Decider{Store: s, Catalogue: &Catalogue{Store: s}, Now: now}
}

// Decide answers a query. An error is one of the store's, and then there is no
// decision; whatever is unknown, stopped or left out is a denial.
func (d *Decider) Decide(ctx context.Context, q Query) (*Decision, error) {
	decision, err := d.decide(ctx, q)
	if err != nil {
		return nil, err
	}
	decision.asked = q
	return &decision, nil
}

func (d *Decider) decide(ctx context.Context, q Query) (Decision, error) {
	if !d.subjectIsThere(q.Authorization) {
		return unknown(UnknownSubject), nil
	}
	if q.Action == ActionUse {
		return use(q.Authorization, q.Resource), nil
	}
	r, err := d.Catalogue.rule(ctx, q.Action)
	if err != nil {
		return Decision{}, err
	}
	if r == nil {
		return unknown(UnknownPermission), nil
	}
	target, err := d.target(ctx, q.Resource)
	if errors.Is(err, core.ErrNotFound) {
		return unknown(UnknownAccount), nil
	}
	if err != nil {
		return Decision{}, err
	}
	subject, err := d.Subject(ctx, q.Authorization)
	if err != nil {
		return Decision{}, err
	}
	return decide(subject, r, target), nil
}

func unknown(what string) Decision { return Decision{Outcome: Unknown, Unknown: what} }

// subjectIsThere reports whether somebody asks, every part of whom is active
// (ALL-6).
func (d *Decider) subjectIsThere(a *core.Authorization) bool {
	if a == nil {
		return false
	}
	if _, id := a.Subject(); id == "" {
		return false
	}
	_, stopped := a.Stopped(d.Now())
	return !stopped
}

// use decides on what the caller's client and token have (JP-4, PE-3). An account
// has no part in it: a query that names one asks for something else.
func use(a *core.Authorization, r Resource) Decision {
	held := false
	switch r.Type {
	case TypeProduct:
		held = a.Client != nil && slices.Contains(a.Client.Products, r.ID)
	case TypeScope:
		held = a.Scope.Has(r.ID)
	case TypeService:
		held = a.Service.Name == r.ID
	default:
		return unknown(UnknownResource)
	}
	switch {
	case r.AccountID != "":
		return unknown(UnknownResource)
	case held && r.ID != "":
		return Decision{Allowed: true, Outcome: Granted}
	}
	return Decision{Outcome: NotHeld}
}

// target is the active account that a resource is or belongs to; nil where no
// resource was named.
func (d *Decider) target(ctx context.Context, r Resource) (*core.Account, error) {
	id, ok := r.account()
	if !ok {
		return nil, fmt.Errorf("account of the resource: %w", core.ErrNotFound)
	}
	if id == "" {
		return nil, nil
	}
	return d.Account(ctx, id)
}

func (d *Decider) activeAccount(ctx context.Context, id string) (*core.Account, error) {
	account, err := d.Store.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	organisation, err := d.Store.Organisation(ctx, account.OrganisationID)
	if err != nil {
		return nil, err
	}
	if account.Status != core.Active || organisation.Status != core.Active {
		return nil, fmt.Errorf("account %s is not active: %w", id, core.ErrNotFound)
	}
	return account, nil
}

// Accounts returns the accounts that a membership reaches now, in rank order. One
// that is stopped is not among them, nor any of an organisation that is (ALL-6).
func (d *Decider) Accounts(ctx context.Context, m *core.Membership) ([]*core.Account, error) {
	organisation, err := d.Store.Organisation(ctx, m.OrganisationID)
	if err != nil || organisation.Status != core.Active {
		return nil, err
	}
	accounts, err := d.Store.AccountsOf(ctx, m.OrganisationID)
	if err != nil {
		return nil, err
	}
	unreached := func(a *core.Account) bool { return a.Status != core.Active || !m.Covers(a) }
	if !slices.ContainsFunc(accounts, unreached) {
		return slices.Clip(accounts), nil
	}
	return slices.DeleteFunc(slices.Clone(accounts), unreached), nil
}

// Individual returns the individual account of a person; nil where there is none.
func (d *Decider) Individual(ctx context.Context, user *core.User) (*core.Account, error) {
	if user == nil || user.Kind != core.Person {
		return nil, nil
	}
	memberships, err := d.Store.MembershipsOf(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range memberships {
		accounts, err := d.Accounts(ctx, m)
		if err != nil {
			return nil, err
		}
		if account := individual(accounts); account != nil {
			return account, nil
		}
	}
	return nil, nil
}

func individual(accounts []*core.Account) *core.Account {
	for _, account := range accounts {
		if account.Type == core.AccountIndividual {
			return account
		}
	}
	return nil
}

// subjectOfUser collects the roles of all memberships that reach an active
// account.
func (d *Decider) subjectOfUser(ctx context.Context, user *core.User) (*Subject, error) {
	memberships, err := d.Store.MembershipsOf(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	subject := &Subject{Held: make([]Held, 0, len(memberships))}
	for _, m := range memberships {
		accounts, err := d.Accounts(ctx, m)
		if err != nil {
			return nil, err
		}
		if subject.Caller == nil && user.Kind == core.Person {
			subject.Caller = individual(accounts)
		}
		if len(accounts) == 0 {
			continue
		}
		role, err := d.Store.Role(ctx, m.RoleID)
		if err != nil {
			return nil, err
		}
		subject.Held = append(subject.Held, Held{OrganisationID: m.OrganisationID, AccountID: m.AccountID, Role: role})
	}
	return subject, nil
}

// ActsIn reports whether what a user does can rest on a membership: on any unless
// the user acts for one account or organisation.
func ActsIn(a *core.Authorization, m *core.Membership) bool {
	if a.Account != nil {
		return m.Covers(a.Account)
	}
	return a.Organisation == nil || m.OrganisationID == a.Organisation.ID
}
