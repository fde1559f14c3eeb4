package admin

import (
	"strconv"
	"strings"

	"claviger/internal/core"
)

// state is what is stored, as far as the files speak of it, with what they
// change and create: copies, for what the store returns is shared.
type state struct {
	conditionsByName  map[string]*core.Condition
	removals          []removal // of conditions
	permissionsByName map[string]*core.Permission
	rolesByCode       map[[2]string]*core.Role // organisation id, code
	rolesByID         map[string]*core.Role
	organisationsBy   map[string]*core.Organisation // code
	accountsByID      map[string]*core.Account
	accountsByNumber  map[int64]*core.Account
	usersByName       map[string]*core.User // "person x@y", "org_… name"
	clientsByID       map[string]*core.Client
	keysByID          map[string]*core.APIKey
	digests           map[string]string        // digest -> key id
	individuals       map[string]*core.Account // user id
	wishes            []*wish                  // memberships
}

func newState() state {
	return state{
		permissionsByName: map[string]*core.Permission{},
		organisationsBy:   map[string]*core.Organisation{},
		accountsByID:      map[string]*core.Account{},
		accountsByNumber:  map[int64]*core.Account{},
		usersByName:       map[string]*core.User{},
		clientsByID:       map[string]*core.Client{},
		keysByID:          map[string]*core.APIKey{},
		digests:           map[string]string{},
		individuals:       map[string]*core.Account{},
	}
}

// known returns the row under key: one seen before, else a copy of what load
// finds, else nil.
func known[K comparable, V any](a *application, rows map[K]*V, key K, load func() (*V, error)) *V {
	if row, ok := rows[key]; ok {
		return row
	}
	stored, err := load()
	if a.fail(err) || err != nil || stored == nil {
		return nil
	}
	row := new(V)
	*row = *stored
	rows[key] = row
	return row
}

func (a *application) permission(name string) *core.Permission {
	return known(a, a.permissionsByName, name, func() (*core.Permission, error) {
		return a.service.Store.Permission(a.ctx, name)
	})
}

func (a *application) organisation(code string) *core.Organisation {
	return known(a, a.organisationsBy, code, func() (*core.Organisation, error) {
		return a.service.Store.OrganisationByCode(a.ctx, code)
	})
}

// loadRoles reads the roles at first use.
func (a *application) loadRoles() {
	if a.rolesByCode != nil {
		return
	}
	a.rolesByCode, a.rolesByID = map[[2]string]*core.Role{}, map[string]*core.Role{}
	roles, err := a.service.Store.Roles(a.ctx)
	a.fail(err)
	for _, stored := range roles {
		role := *stored
		a.addRole(&role)
	}
}

func (a *application) addRole(role *core.Role) {
	a.rolesByCode[[2]string{role.OrganisationID, role.Code}] = role
	a.rolesByID[role.ID] = role
}

// role finds a role as an organisation sees it: its own, else the platform's.
func (a *application) role(organisationID, code string) *core.Role {
	a.loadRoles()
	if role := a.rolesByCode[[2]string{organisationID, code}]; role != nil {
		return role
	}
	return a.rolesByCode[[2]string{"", code}]
}

func (a *application) accountByID(id string) *core.Account {
	account := known(a, a.accountsByID, id, func() (*core.Account, error) { return a.service.Store.Account(a.ctx, id) })
	if account != nil && account.Number != 0 {
		a.accountsByNumber[account.Number] = account
	}
	return account
}

func (a *application) accountByNumber(number int64) *core.Account {
	if account, ok := a.accountsByNumber[number]; ok {
		return account
	}
	stored, err := a.service.Store.AccountByNumber(a.ctx, number)
	if a.fail(err) || err != nil {
		return nil
	}
	return a.accountByID(stored.ID)
}

func (a *application) addAccount(account *core.Account) {
	a.accountsByID[account.ID] = account
	if account.Number != 0 {
		a.accountsByNumber[account.Number] = account
	}
}

// account resolves a reference: an id, or a number.
func (a *application) account(ref reference) *core.Account {
	account := a.accountByID(ref.Value)
	if number, err := strconv.ParseInt(ref.Value, 10, 64); account == nil && err == nil {
		account = a.accountByNumber(number)
	}
	if account == nil {
		a.problem(ref.At, "there is no account %s", show(ref.Value))
	}
	return account
}

func (a *application) client(id string) *core.Client {
	return known(a, a.clientsByID, id, func() (*core.Client, error) { return a.service.Store.Client(a.ctx, id) })
}

func (a *application) key(id string) *core.APIKey {
	return known(a, a.keysByID, id, func() (*core.APIKey, error) { return a.service.Store.APIKey(a.ctx, id) })
}

// serviceAccount finds a service account by its exact user name.
func (a *application) serviceAccount(organisationID, username string) *core.User {
	return known(a, a.usersByName, organisationID+" "+username, func() (*core.User, error) {
		user, err := a.service.Store.ServiceAccount(a.ctx, organisationID, username)
		if err == nil && user.Username != username {
			return nil, core.ErrNotFound // found by email or phone: somebody else
		}
		return user, err
	})
}

// person finds somebody by one name: email, phone or user name.
func (a *application) person(name string) *core.User {
	if user, ok := a.usersByName[personKey(name)]; ok || name == "" {
		return user
	}
	stored, err := a.service.Store.PersonBy(a.ctx, name)
	if a.fail(err) || err != nil {
		return nil
	}
	for _, seen := range a.usersByName {
		if seen.ID == stored.ID {
			return seen
		}
	}
	user := *stored
	a.addPerson(&user)
	return &user
}

func (a *application) addPerson(user *core.User) {
	for _, name := range []string{user.Email, user.Phone, user.Username} {
		if name != "" {
			a.usersByName[personKey(name)] = user
		}
	}
}

// personKey folds case in email addresses, where it has no meaning.
func personKey(name string) string {
	if strings.Contains(name, "@") {
		name = strings.ToLower(name)
	}
	return "person " + name
}
