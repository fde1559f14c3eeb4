package server

import (
	"context"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/oauth"
)

// createAccount makes an account with its organisation; a person who makes one
// owns it (CP-4).
func (o *operations) createAccount(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	account, err := o.admin.CreateAccount(ctx, r.actor(ctx), admin.NewAccount{
		Name: r.input.Name, Type: r.input.Type, OwnerID: r.input.User, Test: r.input.Test != nil && *r.input.Test,
	})
	return r.about(account, err)
}

func (o *operations) readAccount(_ context.Context, r *operationRequest) (*dialect.Facts, error) {
	return r.facts(), nil
}

func (o *operations) updateAccount(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	account, err := o.admin.UpdateAccount(ctx, r.actor(ctx), r.target.ID, r.input.Name)
	return r.about(account, err)
}

// about returns the facts of the request with another account.
func (r *operationRequest) about(account *core.Account, err error) (*dialect.Facts, error) {
	if err != nil {
		return nil, err
	}
	facts := r.facts()
	facts.Account = account
	return facts, nil
}

func (o *operations) createAPIKey(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	key, secret, err := o.admin.CreateAPIKey(ctx, r.actor(ctx), admin.NewAPIKey{
		AccountID: r.target.ID, Name: r.input.Name, RoleCode: r.input.Role, Dialect: r.route.Dialect().Name,
	})
	if err != nil {
		return nil, err
	}
	facts, err := o.keyFacts(ctx, r, key)
	if err != nil {
		return nil, err
	}
	facts.Secret = secret // shown this once
	return facts, nil
}

func (o *operations) listAPIKeys(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	keys, err := o.admin.ListAPIKeys(ctx, r.actor(ctx), r.target.ID)
	if err != nil {
		return nil, err
	}
	var rows []dialect.Row
	for _, key := range keys {
		role, err := o.roleOf(ctx, key)
		if err != nil {
			return nil, err
		}
		rows = append(rows, dialect.Row{Key: key, Role: role})
	}
	facts := r.facts()
	facts.Lists = map[string][]dialect.Row{"keys": rows}
	return facts, nil
}

// updateAPIKey enables or disables the key of a name in the account.
func (o *operations) updateAPIKey(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	keys, err := o.admin.ListAPIKeys(ctx, r.actor(ctx), r.target.ID)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if key.Name != r.input.Name {
			continue
		}
		changed, err := o.admin.SetAPIKeyEnabled(ctx, r.actor(ctx), key.ID, *r.input.Enabled)
		if err != nil {
			return nil, err
		}
		return o.keyFacts(ctx, r, changed)
	}
	return nil, oauth.NewError(oauth.ReasonNotFound)
}

func (o *operations) keyFacts(ctx context.Context, r *operationRequest, key *core.APIKey) (*dialect.Facts, error) {
	role, err := o.roleOf(ctx, key)
	facts := r.facts()
	facts.Key, facts.Role = key, role
	return facts, err
}

// roleOf returns the role of a key; nil for a key that has scopes alone.
func (o *operations) roleOf(ctx context.Context, key *core.APIKey) (*core.Role, error) {
	if key.RoleID == "" {
		return nil, nil
	}
	return o.store.Role(ctx, key.RoleID)
}

func (o *operations) addMember(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	member, err := o.admin.AddMember(ctx, r.actor(ctx), admin.NewMember{
		AccountID: r.target.ID, UserID: r.input.User, RoleCode: r.input.Role,
	})
	if err != nil {
		return nil, err
	}
	facts := r.facts()
	facts.User, facts.Role, facts.Membership = member.User, member.Role, member.Membership
	return facts, nil
}

func (o *operations) listMembers(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	members, err := o.admin.ListMembers(ctx, r.actor(ctx), r.target.ID)
	if err != nil {
		return nil, err
	}
	var rows []dialect.Row
	for _, m := range members {
		rows = append(rows, dialect.Row{Membership: m.Membership, User: m.User, Role: m.Role})
	}
	facts := r.facts()
	facts.Lists = map[string][]dialect.Row{"members": rows}
	return facts, nil
}

func (o *operations) removeMember(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	if err := o.admin.RemoveMember(ctx, r.actor(ctx), r.target.ID, r.input.User); err != nil {
		return nil, err
	}
	return r.facts(), nil
}
