package tokens

import (
	"context"
	"errors"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// Parties names the entities behind a grant or a token, by id; empty where one
// plays no part.
type Parties struct {
	ClientID, APIKeyID, UserID, OrganisationID, AccountID, ConsentID string
}

// PartiesOf returns the parties of a stored grant.
func PartiesOf(g *core.Grant) Parties {
	return Parties{
		ClientID: g.ClientID, APIKeyID: g.APIKeyID, UserID: g.UserID,
		OrganisationID: g.OrganisationID, AccountID: g.AccountID, ConsentID: g.ConsentID,
	}
}

// Directory looks up the entities behind a credential.
type Directory struct {
	Store *store.Store
}

// Load returns the authorization of the parties as they are now. A party that
// no longer exists is ReasonTokenRevoked; a person without a membership left in
// the organisation is ReasonMembershipEnded. It does not look at statuses: see
// core.Authorization.Stopped.
func (d *Directory) Load(ctx context.Context, p Parties) (*core.Authorization, error) {
	a := &core.Authorization{}
	var err error
	fetch := func(id string, get func() error) {
		if err == nil && id != "" {
			err = get()
		}
	}
	fetch(p.ClientID, func() (e error) { a.Client, e = d.Store.Client(ctx, p.ClientID); return })
	fetch(p.APIKeyID, func() (e error) { a.Key, e = d.Store.APIKey(ctx, p.APIKeyID); return })
	fetch(p.UserID, func() (e error) { a.User, e = d.Store.User(ctx, p.UserID); return })
	fetch(p.OrganisationID, func() (e error) { a.Organisation, e = d.Store.Organisation(ctx, p.OrganisationID); return })
	fetch(p.AccountID, func() (e error) { a.Account, e = d.Store.Account(ctx, p.AccountID); return })
	fetch(p.ConsentID, func() (e error) { a.Consent, e = d.Store.Consent(ctx, p.ConsentID); return })
	if err == nil {
		err = d.Role(ctx, a)
	}
	if errors.Is(err, core.ErrNotFound) {
		return nil, oauth.NewError(oauth.ReasonTokenRevoked).Because(err)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Role sets the role that the subject has in the organisation (and account) of
// a: an API key's own, or that of a user's membership. A person who is not a
// member is ReasonMembershipEnded; a service account needs no role.
func (d *Directory) Role(ctx context.Context, a *core.Authorization) error {
	if a.User == nil {
		if a.Key == nil || a.Key.RoleID == "" {
			return nil
		}
		role, err := d.Store.Role(ctx, a.Key.RoleID)
		a.Role = role
		return err
	}
	if a.Organisation == nil {
		return nil
	}
	memberships, err := d.Store.MembershipsOf(ctx, a.User.ID)
	if err != nil {
		return err
	}
	for _, m := range memberships {
		if m.OrganisationID != a.Organisation.ID || (a.Account != nil && !m.Covers(a.Account)) {
			continue
		}
		a.Role, err = d.Store.Role(ctx, m.RoleID)
		return err
	}
	if a.User.Kind == core.Person {
		return oauth.NewError(oauth.ReasonMembershipEnded)
	}
	return nil
}
