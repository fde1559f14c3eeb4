package admin

import (
	"slices"

	"claviger/internal/core"
	"claviger/internal/store"
)

// writes is what an application is going to store.
type writes struct {
	newConditions    []*core.Condition
	goneConditions   []string // names
	newPermissions   []*core.Permission
	newOrganisations []*core.Organisation
	newRoles         []*core.Role
	newAccounts      []*core.Account
	newUsers         []*core.User
	newClients       []*core.Client
	newKeys          []*core.APIKey
	newMemberships   []*core.Membership
	gone             []*core.Membership
	newSecrets       []core.Secret // each in place of all that its owner has
	demo             bool          // a public secret is among them
}

// write stores everything in one transaction, with one audit record.
func (a *application) write(tx *store.Tx) error {
	steps := []func() error{
		func() error { return each(a.newConditions, nil, tx.PutCondition) },
		func() error { return each(a.newPermissions, nil, tx.PutPermission) },
		func() error { return a.deleteConditions(tx) },
		func() error {
			return each(a.newOrganisations, func(o *core.Organisation) int64 { return o.Number }, tx.PutOrganisation)
		},
		func() error { return each(a.newRoles, func(r *core.Role) int64 { return r.Number }, tx.PutRole) },
		func() error {
			return each(a.newAccounts, func(x *core.Account) int64 { return x.Number }, tx.PutAccount)
		},
		func() error { return each(a.newUsers, func(u *core.User) int64 { return u.Number }, tx.PutUser) },
		func() error { return each(a.newClients, func(c *core.Client) int64 { return c.Number }, tx.PutClient) },
		func() error { return each(a.newKeys, nil, tx.PutAPIKey) },
		func() error {
			return each(a.gone, nil, func(m *core.Membership) error { return tx.DeleteMembership(m.ID) })
		},
		func() error { return each(a.newMemberships, nil, tx.PutMembership) },
		func() error { return a.writeSecrets(tx) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	tx.Audit(a.actor.event(core.ConfigurationApplied, "", "configuration", a.plan.detail()))
	return nil
}

func (a *application) deleteConditions(tx *store.Tx) error {
	for _, name := range a.goneConditions {
		if err := tx.DeleteCondition(name); err != nil {
			return err
		}
	}
	return nil
}

// each puts rows, those first whose number is given: the store chooses the
// others after the highest there is.
func each[V any](rows []*V, number func(*V) int64, put func(*V) error) error {
	if number != nil {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(x, y *V) int { return last(number(x)) - last(number(y)) })
	}
	for _, row := range rows {
		if err := put(row); err != nil {
			return err
		}
	}
	return nil
}

func last(number int64) int {
	if number == 0 {
		return 1
	}
	return 0
}

func (a *application) writeSecrets(tx *store.Tx) error {
	for _, s := range a.newSecrets {
		if err := tx.DeleteSecretsOf(s.OwnerID); err != nil {
			return err
		}
		if err := addSecret(tx, s); err != nil {
			return err
		}
		if err := a.endSessions(tx, s.OwnerID); err != nil {
			return err
		}
	}
	if a.demo {
		return tx.PutSetting(SettingDemo, "true")
	}
	return nil
}

// endSessions signs somebody out whose password was replaced: whoever knew the old
// one may be signed in with it (E19). Clients and keys have no sessions.
func (a *application) endSessions(tx *store.Tx, ownerID string) error {
	now := a.service.now()
	sessions, err := tx.SessionsOf(ownerID, now)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		if _, err := tx.EndSession(session.ID, now, passwordReplaced); err != nil {
			return err
		}
		tx.Audit(a.actor.event(core.SessionEnded, "", "session/"+session.ID, passwordReplaced))
	}
	return nil
}

const passwordReplaced = "password replaced"
