package admin

import (
	"slices"

	"claviger/internal/core"
)

func (a *application) apiKeys(d *document) {
	for _, entry := range d.Organisations {
		o := a.organisation(entry.Value.Code.Value)
		if o == nil {
			continue
		}
		for _, key := range entry.Value.APIKeys {
			a.organisationKey(o, key)
		}
	}
}

func (a *application) organisationKey(o *core.Organisation, entry item[apiKeyEntry]) {
	v := &entry.Value
	key, account, ok := a.findKey(o, v, entry.At)
	if !ok {
		return
	}
	created := key == nil
	if created {
		if key = a.createKey(o, v, account, entry.At); key == nil {
			return
		}
	}
	found := len(a.problems)
	name := v.ID.Value
	if name == "" {
		name = key.AccountID + "/" + v.Name.Value
	}
	e := a.edit("API key", name, created)
	required(e, "name", v.Name, &key.Name, entry.At, nameProblem)
	checked(e, "dialect", v.Dialect, &key.Dialect, oneOf(a.options.Dialects))
	a.keyRole(e, v, o, key)
	a.scopes(e, v.Scopes, &key.Scopes)
	assignTime(e, "expires_at", v.ExpiresAt, &key.ExpiresAt)
	a.keyStatus(e, v.Status, key)
	if created && !v.ExpiresAt.set() {
		key.ExpiresAt = lastExpiry(key)
	}
	if len(a.problems) == found {
		a.whole(e, checkKey(key), entry.At)
		a.keyName(e, key, entry.At)
	}
	a.newKeys = put(e, a.newKeys, key)
	a.keySecret(e, v, key)
}

// findKey returns the key that an entry is about, by its id, else by its name in
// the account; nil if it is yet to be made. It returns false after a problem.
func (a *application) findKey(o *core.Organisation, v *apiKeyEntry, at Place) (*core.APIKey, *core.Account, bool) {
	var account *core.Account
	if v.Account.set() {
		if account = a.account(v.Account); account == nil {
			return nil, nil, false
		}
		if account.OrganisationID != o.ID {
			a.problem(v.Account.At, "the account belongs to another organisation")
			return nil, nil, false
		}
	}
	if v.ID.Value != "" {
		key := a.key(v.ID.Value)
		if key != nil && (key.OrganisationID != o.ID || (account != nil && key.AccountID != account.ID)) {
			a.problem(v.ID.At, "the API key belongs to another account")
			return nil, nil, false
		}
		return key, account, true
	}
	if account == nil || v.Name.Value == "" {
		a.problem(at, "an API key needs an id, or an account and a name, to be known by")
		return nil, nil, false
	}
	return a.keyNamed(account.ID, v.Name.Value), account, true
}

func (a *application) keyNamed(accountID, name string) *core.APIKey {
	for _, key := range a.keysByID {
		if key.AccountID == accountID && key.Name == name {
			return key
		}
	}
	keys, err := a.service.Store.APIKeysOf(a.ctx, accountID)
	a.fail(err)
	for _, key := range keys {
		if _, seen := a.keysByID[key.ID]; !seen && key.Name == name {
			return a.key(key.ID)
		}
	}
	return nil
}

func (a *application) createKey(o *core.Organisation, v *apiKeyEntry, account *core.Account, at Place) *core.APIKey {
	if account == nil {
		a.problem(at, "account is missing")
		return nil
	}
	id := v.ID.Value
	if id == "" {
		id = a.service.newID(core.PrefixAPIKey)
	} else if !a.idFree(v.ID, chosenIDProblem(id)) {
		return nil
	}
	key := &core.APIKey{
		ID: id, OrganisationID: o.ID, AccountID: account.ID, Name: v.Name.Value, Enabled: true,
		CreatedBy: a.actor.id(), CreatedAt: a.service.now(),
	}
	a.keysByID[id] = key
	return key
}

func (a *application) keyRole(e *edit, v *apiKeyEntry, o *core.Organisation, key *core.APIKey) {
	if !v.Role.set() {
		return
	}
	var next *core.Role
	if v.Role.Value != "" {
		if next = a.role(o.ID, v.Role.Value); next == nil {
			a.problem(v.Role.At, "there is no role %s", show(v.Role.Value))
			return
		}
	}
	id, before := "", ""
	if next != nil {
		id = next.ID
	}
	if role := a.rolesByID[key.RoleID]; role != nil {
		before = role.Code
	}
	e.record("role", v.Role.At, id == key.RoleID, show(before), show(v.Role.Value))
	key.RoleID = id
}

func (a *application) keyStatus(e *edit, v text, key *core.APIKey) {
	if !v.set() {
		return
	}
	names := []core.Status{core.Disabled, core.Active}
	i := slices.Index(names, core.Status(v.Value))
	if i < 0 {
		a.problem(v.At, "status must be ACTIVE or DISABLED")
		return
	}
	enabled := i == 1
	e.record("status", v.At, enabled == key.Enabled, string(names[1-i]), v.Value)
	key.Enabled = enabled
}

// keyName sees to it that a name is unique in the account (CP-4).
func (a *application) keyName(e *edit, key *core.APIKey, at Place) {
	keys, err := a.service.Store.APIKeysOf(a.ctx, key.AccountID)
	a.fail(err)
	taken := slices.ContainsFunc(keys, func(k *core.APIKey) bool {
		_, seen := a.keysByID[k.ID]
		return !seen && k.Name == key.Name
	})
	for _, k := range a.keysByID {
		taken = taken || (k.ID != key.ID && k.AccountID == key.AccountID && k.Name == key.Name)
	}
	if taken {
		a.problem(e.at("name", at), "the name is in use in this account")
	}
}

func (a *application) keySecret(e *edit, v *apiKeyEntry, key *core.APIKey) {
	stored, err := a.service.Store.Secrets(a.ctx, key.ID)
	if a.fail(err) {
		return
	}
	alone := len(stored) == 0 || slices.ContainsFunc(stored, func(s core.Secret) bool { return s.Digest != "" })
	if v.WithID.set() {
		if len(stored) > 0 && alone == v.WithID.Value && !v.Secret.set() && !v.SecretHash.set() {
			a.problem(v.WithID.At, "changing with_id needs the secret")
			return
		}
		alone = !v.WithID.Value
	}
	a.secret(e, credential{field: "secret", owner: key.ID, plain: v.Secret, hash: v.SecretHash, alone: alone})
}
