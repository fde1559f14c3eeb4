package admin

import (
	"strings"

	"claviger/internal/core"
)

func (a *application) serviceAccounts(d *document) {
	for _, entry := range d.Organisations {
		o := a.organisation(entry.Value.Code.Value)
		if o == nil {
			continue
		}
		for _, account := range entry.Value.ServiceAccounts {
			a.organisationServiceAccount(o, account)
		}
	}
}

func (a *application) organisationServiceAccount(o *core.Organisation, entry item[serviceAccountEntry]) {
	v := &entry.Value
	if !a.named(v.Username, "username", entry.At, nameProblem) {
		return
	}
	user := a.serviceAccount(o.ID, v.Username.Value)
	created := user == nil
	if created {
		user = a.newUser(core.ServiceAccount, o.ID)
		user.Username = v.Username.Value
		a.usersByName[o.ID+" "+user.Username] = user
	}
	e := a.edit("service account", o.Code+"/"+user.Username, created)
	assignNumber(e, v.Number, &user.Number)
	checked(e, "full_name", v.FullName, &user.FullName, nameProblem)
	checked(e, "email", v.Email, &user.Email, emailProblem)
	checked(e, "phone", v.Phone, &user.Phone, phoneProblem)
	required(e, "status", v.Status, &user.Status, entry.At, statusProblem)
	a.newUsers = put(e, a.newUsers, user)
	a.password(e, user, v.Password, v.PasswordHash)
	for _, m := range v.Memberships {
		a.place(user, o.Code+"/"+user.Username, o, m)
	}
}

func (a *application) newUser(kind core.UserKind, organisationID string) *core.User {
	return &core.User{
		ID: a.service.newID(core.PrefixUser), Kind: kind, OrganisationID: organisationID, Status: core.Active,
		CreatedAt: a.service.now(),
	}
}

func (a *application) people(d *document) {
	for _, entry := range d.People {
		v := &entry.Value
		user, ok := a.findPerson(v, entry.At)
		if !ok {
			continue
		}
		created := user == nil
		if created {
			user = a.newUser(core.Person, "")
		}
		name := v.Email.Value + v.Phone.Value
		if v.Email.Value != "" {
			name = v.Email.Value
		}
		e := a.edit("person", strings.ToLower(name), created)
		a.fillPerson(e, v, user, entry.At)
		if e.changed() {
			user.UpdatedAt = a.service.now()
		}
		a.addPerson(user)
		a.newUsers = put(e, a.newUsers, user)
		a.password(e, user, v.Password, v.PasswordHash)
		a.individual(user, name, v.IndividualAccount)
		for _, m := range v.Memberships {
			a.place(user, name, nil, m)
		}
	}
}

// findPerson returns whom an entry is about: by email, else by phone; nil if
// they are yet to be made. It returns false after a problem.
func (a *application) findPerson(v *personEntry, at Place) (*core.User, bool) {
	if v.Email.Value == "" && v.Phone.Value == "" {
		a.problem(at, "a person needs an email or a phone to be known by")
		return nil, false
	}
	byEmail, byPhone := a.person(v.Email.Value), a.person(v.Phone.Value)
	if byEmail != nil && !strings.EqualFold(byEmail.Email, v.Email.Value) {
		byEmail = nil // it is the user name of somebody
	}
	if byPhone != nil && byPhone.Phone != v.Phone.Value {
		byPhone = nil
	}
	if byEmail != nil && byPhone != nil && byEmail.ID != byPhone.ID {
		a.problem(v.Phone.At, "the phone number is somebody else's")
		return nil, false
	}
	if byEmail == nil {
		byEmail = byPhone
	}
	return byEmail, true
}

func (a *application) fillPerson(e *edit, v *personEntry, user *core.User, at Place) {
	email, phone := user.Email, user.Phone
	if !strings.EqualFold(user.Email, v.Email.Value) { // the store compares without case, too
		checked(e, "email", v.Email, &user.Email, emailProblem)
	}
	checked(e, "phone", v.Phone, &user.Phone, phoneProblem)
	checked(e, "username", v.Username, &user.Username, nameProblem)
	assignNumber(e, v.Number, &user.Number)
	checked(e, "full_name", v.FullName, &user.FullName, nameProblem)
	checked(e, "given_name", v.GivenName, &user.GivenName, nameProblem)
	checked(e, "family_name", v.FamilyName, &user.FamilyName, nameProblem)
	verified(e, "email_verified", v.EmailVerified, v.Email.At, &user.EmailVerified, email == user.Email)
	verified(e, "phone_verified", v.PhoneVerified, v.Phone.At, &user.PhoneVerified, phone == user.Phone)
	a.profile(e, v.Profile, user)
	assign(e, "operator", v.Operator.scalar, &user.Operator)
	required(e, "status", v.Status, &user.Status, at, statusProblem)
}

// verified sets what a file says about an address. One that takes the place of
// another was not verified by that.
func verified(e *edit, field string, v flag, at Place, target *bool, same bool) {
	if !v.set() && !same && *target {
		v.At = at
	}
	assign(e, field, v.scalar, target)
}

// individual makes or changes the account of a person alone, which belongs to an
// organisation of its own.
func (a *application) individual(user *core.User, name string, entry item[individualEntry]) {
	if entry.At.Line == 0 {
		return
	}
	v := &entry.Value
	account := a.individualOf(user)
	created := account == nil
	if created {
		if v.Account.ID.Value != "" && a.accountByID(v.Account.ID.Value) != nil {
			a.problem(v.Account.ID.At, "the account is somebody else's")
			return
		}
		if !v.Role.set() {
			a.problem(entry.At, "role is missing")
			return
		}
		id := a.service.newID(core.PrefixOrganisation)
		o := a.createOrganisation(strings.TrimPrefix(id, core.PrefixOrganisation))
		o.ID, o.Name = id, v.Account.Name.Value
		e := a.edit("organisation", o.Code, true)
		e.record("name", entry.At, false, "", show(o.Name))
		a.newOrganisations = put(e, a.newOrganisations, o)
		account = a.createAccount(o, &v.Account, core.AccountIndividual)
		a.individuals[user.ID] = account
	}
	if v.Account.ID.Value != "" && v.Account.ID.Value != account.ID {
		a.problem(v.Account.ID.At, "the individual account has another id")
		return
	}
	if v.Account.Type.set() && v.Account.Type.Value != core.AccountIndividual {
		a.problem(v.Account.Type.At, "the type of an individual account is individual")
		return
	}
	a.fillAccount(&v.Account, account, created, entry.At)
	if v.Role.set() {
		a.wish(user, name, account.OrganisationID, account, v.Role)
	}
}

func (a *application) individualOf(user *core.User) *core.Account {
	if account, ok := a.individuals[user.ID]; ok {
		return account
	}
	stored, err := a.service.IndividualAccount(a.ctx, user.ID)
	if a.fail(err) || stored == nil {
		return nil
	}
	account := a.accountByID(stored.ID)
	a.individuals[user.ID] = account
	return account
}
