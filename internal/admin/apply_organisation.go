package admin

import (
	"fmt"
	"maps"
	"slices"

	"claviger/internal/core"
)

func (a *application) organisations(d *document) {
	for _, entry := range d.Organisations {
		if !a.named(entry.Value.Code, "code", entry.At, codeProblem) {
			continue
		}
		o := a.organisation(entry.Value.Code.Value)
		created := o == nil
		if created {
			o = a.createOrganisation(entry.Value.Code.Value)
		}
		e := a.edit("organisation", o.Code, created)
		v := &entry.Value
		assignNumber(e, v.Number, &o.Number)
		required(e, "name", v.Name, &o.Name, entry.At, nameProblem)
		required(e, "status", v.Status, &o.Status, entry.At, statusProblem)
		checked(e, "email", v.Email, &o.Email, emailProblem)
		checked(e, "phone", v.Phone, &o.Phone, phoneProblem)
		assign(e, "verified", v.Verified.scalar, &o.Verified)
		a.services(e, v.Services, o)
		a.newOrganisations = put(e, a.newOrganisations, o)
	}
}

func (a *application) createOrganisation(code string) *core.Organisation {
	o := &core.Organisation{
		ID: a.service.newID(core.PrefixOrganisation), Code: code, Status: core.Active, CreatedAt: a.service.now(),
	}
	a.organisationsBy[code] = o
	return o
}

// services replaces the services of an organisation and where they are (PE-5).
func (a *application) services(e *edit, entry texts, o *core.Organisation) {
	if !entry.set() {
		return
	}
	services := map[string]string{}
	for scope, uri := range entry.Value {
		if wrong := scopeProblem(scope); wrong != "" {
			a.problem(uri.At, "the scope %s %s", show(scope), wrong)
		}
		if wrong := webProblem(uri.Value); wrong != "" {
			a.problem(uri.At, "%s %s", show(uri.Value), wrong)
		}
		services[scope] = uri.Value
	}
	e.record("services", entry.At, maps.Equal(services, o.Services), showMap(o.Services), showMap(services))
	o.Services = services
}

func showMap(m map[string]string) string {
	var shown []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		shown = append(shown, name+"="+m[name])
	}
	return showList(shown)
}

func (a *application) accounts(d *document) {
	for _, entry := range d.Organisations {
		o := a.organisation(entry.Value.Code.Value)
		if o == nil {
			continue
		}
		for _, account := range entry.Value.Accounts {
			a.organisationAccount(o, account)
		}
	}
}

func (a *application) organisationAccount(o *core.Organisation, entry item[accountEntry]) {
	v := &entry.Value
	account, ok := a.findAccount(v, entry.At)
	if !ok {
		return
	}
	created := account == nil
	if created {
		account = a.createAccount(o, v, core.AccountOrg)
	}
	if account.OrganisationID != o.ID {
		a.problem(entry.At, "the account belongs to another organisation")
		return
	}
	a.fillAccount(v, account, created, entry.At)
}

// findAccount returns the account that an entry is about, nil if it is yet to be
// made. It returns false after a problem.
func (a *application) findAccount(v *accountEntry, at Place) (*core.Account, bool) {
	if v.ID.Value != "" {
		if !a.named(v.ID, "id", at, codeProblem) {
			return nil, false
		}
		return a.accountByID(v.ID.Value), true
	}
	if v.Number.Value == 0 {
		a.problem(at, "an account needs an id or a number to be known by")
		return nil, false
	}
	return a.accountByNumber(v.Number.Value), true
}

func (a *application) createAccount(o *core.Organisation, v *accountEntry, kind string) *core.Account {
	account := &core.Account{
		ID: v.ID.Value, Number: v.Number.Value, OrganisationID: o.ID, Type: kind, Status: core.Active,
		CreatedAt: a.service.now(),
	}
	if account.ID == "" {
		account.ID = a.service.newID(core.PrefixAccount)
	}
	a.addAccount(account)
	return account
}

func (a *application) fillAccount(v *accountEntry, account *core.Account, created bool, at Place) *edit {
	name := account.ID
	if v.ID.Value == "" && v.Number.Value != 0 {
		name = fmt.Sprint(v.Number.Value)
	}
	e := a.edit("account", name, created)
	assignNumber(e, v.Number, &account.Number)
	required(e, "name", v.Name, &account.Name, at, nameProblem)
	required(e, "type", v.Type, &account.Type, at, oneOf([]string{core.AccountOrg, core.AccountIndividual}))
	checked(e, "currency", v.Currency, &account.Currency, currencyProblem)
	a.balance(e, v.Balance, account)
	checked(e, "category", v.Category, &account.Category, codeProblem)
	assign(e, "rank", v.Rank.scalar, &account.Rank)
	required(e, "status", v.Status, &account.Status, at, statusProblem)
	assignList(e, "flags", v.Flags, &account.Flags, codeProblem)
	assignList(e, "subscriptions", v.Subscriptions, &account.Subscriptions, codeProblem)
	assign(e, "test", v.Test.scalar, &account.Test)
	a.newAccounts = put(e, a.newAccounts, account)
	return e
}

// balance reads a decimal amount in the currency of the account.
func (a *application) balance(e *edit, v text, account *core.Account) {
	if !v.set() {
		return
	}
	if account.Currency == "" {
		a.problem(v.At, "a balance needs a currency")
		return
	}
	minor, ok := parseAmount(v.Value, account.Currency)
	if !ok {
		a.problem(v.At, "%s is not an amount of %s, such as %s", show(v.Value), account.Currency, formatAmount(287886, account.Currency))
		return
	}
	e.record("balance", v.At, minor == account.Balance,
		formatAmount(account.Balance, account.Currency), formatAmount(minor, account.Currency))
	account.Balance = minor
}
