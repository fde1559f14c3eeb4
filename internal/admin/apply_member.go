package admin

import (
	"slices"

	"claviger/internal/core"
)

// wish is the roles that the files want a user to have in one place: an account,
// or all accounts of an organisation.
type wish struct {
	user           *core.User
	organisationID string
	account        *core.Account // nil: all of the organisation's
	name           string        // "x@y in acme-fr"
	roles          []*core.Role
	at             Place
}

func (w *wish) accountID() string {
	if w.account == nil {
		return ""
	}
	return w.account.ID
}

// place reads a membership. A service account's is in its own organisation,
// which home is; a person's names an account, an organisation, or both.
func (a *application) place(user *core.User, name string, home *core.Organisation, entry item[membershipEntry]) {
	v := &entry.Value
	o, ok := a.memberOrganisation(home, v)
	if !ok {
		return
	}
	var account *core.Account
	if v.Account.set() {
		if account = a.account(v.Account); account == nil {
			return
		}
	}
	switch {
	case o == nil && account == nil:
		a.problem(entry.At, "a membership needs an account or an organisation")
	case !v.Role.set():
		a.problem(entry.At, "role is missing")
	case o != nil && account != nil && account.OrganisationID != o.ID:
		a.problem(v.Account.At, "the account belongs to another organisation")
	case o != nil:
		a.wish(user, name, o.ID, account, v.Role)
	default:
		a.wish(user, name, account.OrganisationID, account, v.Role)
	}
}

func (a *application) memberOrganisation(home *core.Organisation, v *membershipEntry) (*core.Organisation, bool) {
	if !v.Organisation.set() {
		return home, true
	}
	o := a.organisation(v.Organisation.Value)
	switch {
	case o == nil:
		a.problem(v.Organisation.At, "there is no organisation %s", show(v.Organisation.Value))
		return nil, false
	case home != nil && o.ID != home.ID:
		a.problem(v.Organisation.At, "a service account is a member of its own organisation only")
		return nil, false
	}
	return o, true
}

// wish adds a role to those that the files want a user to have in a place.
func (a *application) wish(user *core.User, name, organisationID string, account *core.Account, code text) {
	role := a.role(organisationID, code.Value)
	if role == nil {
		a.problem(code.At, "there is no role %s", show(code.Value))
		return
	}
	w := &wish{user: user, organisationID: organisationID, account: account, at: code.At}
	if w.at.File == "" {
		w.at.File = a.file
	}
	i := slices.IndexFunc(a.wishes, func(x *wish) bool {
		return x.user.ID == user.ID && x.organisationID == organisationID && x.accountID() == w.accountID()
	})
	if i < 0 {
		if w.name = name + " in all accounts of " + a.codeOf(organisationID); account != nil {
			w.name = name + " in account " + account.ID
		}
		a.wishes, i = append(a.wishes, w), len(a.wishes)
	}
	if w = a.wishes[i]; !slices.Contains(w.roles, role) {
		w.roles = append(w.roles, role)
	}
}

// codeOf names an organisation as files do.
func (a *application) codeOf(organisationID string) string {
	for code, o := range a.organisationsBy {
		if o.ID == organisationID {
			return code
		}
	}
	o, err := a.service.Store.Organisation(a.ctx, organisationID)
	if a.fail(err) || err != nil {
		return organisationID
	}
	return o.Code
}

// settleMemberships makes the roles held in each place those that were wished.
func (a *application) settleMemberships() {
	var lost []*wish // places where an owner's role was taken
	for _, w := range a.wishes {
		memberships, err := a.service.Store.MembershipsOf(a.ctx, w.user.ID)
		if a.fail(err) {
			return
		}
		present := slices.DeleteFunc(slices.Clone(memberships), func(m *core.Membership) bool {
			return m.OrganisationID != w.organisationID || m.AccountID != w.accountID()
		})
		if a.settle(w, present) {
			lost = append(lost, w)
		}
	}
	for _, w := range a.wishes {
		a.checkAlone(w)
	}
	for _, w := range lost {
		a.checkOwned(w)
	}
}

// settle changes what is held in one place, and reports whether the role of an
// owner was taken.
func (a *application) settle(w *wish, present []*core.Membership) (lost bool) {
	before, after := make([]string, 0, len(present)), make([]string, 0, len(w.roles))
	var spare []*core.Membership
	missing := slices.Clone(w.roles)
	for _, m := range present {
		held := a.rolesByID[m.RoleID]
		before = append(before, held.Code)
		if i := slices.Index(missing, held); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
			continue
		}
		lost = lost || held.Owner
		spare = append(spare, m)
	}
	for _, role := range w.roles {
		after = append(after, role.Code)
	}
	e := a.edit("membership", w.name, len(present) == 0)
	e.record("roles", w.at, len(missing)+len(spare) == 0, showList(before), showList(after))
	for i, role := range missing {
		m := &core.Membership{
			ID: a.service.newID(core.PrefixMembership), UserID: w.user.ID, OrganisationID: w.organisationID,
			AccountID: w.accountID(), CreatedAt: a.service.now(),
		}
		if i < len(spare) {
			*m = *spare[i]
		}
		m.RoleID = role.ID
		a.newMemberships = append(a.newMemberships, m)
	}
	if len(spare) > len(missing) {
		a.gone = append(a.gone, spare[len(missing):]...)
	}
	return lost
}

// membersAfter is who covers an account once everything is written.
func (a *application) membersAfter(account *core.Account) []*core.Membership {
	stored, err := a.service.Store.MembersOf(a.ctx, account)
	a.fail(err)
	replaced := slices.Concat(a.gone, a.newMemberships)
	members := slices.DeleteFunc(slices.Clone(stored), func(m *core.Membership) bool {
		return slices.ContainsFunc(replaced, func(x *core.Membership) bool { return x.ID == m.ID })
	})
	for _, m := range a.newMemberships {
		if m.Covers(account) {
			members = append(members, m)
		}
	}
	return members
}

// checkAlone keeps individual accounts at one member.
func (a *application) checkAlone(w *wish) {
	if w.account == nil || w.account.Type != core.AccountIndividual {
		return
	}
	for _, m := range a.membersAfter(w.account) {
		if m.UserID != w.user.ID {
			a.problem(w.at, "an individual account has one member")
			return
		}
	}
}

// checkOwned refuses to take the last owner away.
func (a *application) checkOwned(w *wish) {
	accounts := []*core.Account{w.account}
	if w.account == nil {
		var err error
		accounts, err = a.service.Store.AccountsOf(a.ctx, w.organisationID)
		a.fail(err)
	}
	for _, account := range accounts {
		owned := slices.ContainsFunc(a.membersAfter(account), func(m *core.Membership) bool {
			return a.rolesByID[m.RoleID].Owner
		})
		if !owned {
			a.problem(w.at, "account %s would be left without an owner", account.ID)
		}
	}
}
