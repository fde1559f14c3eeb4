package grants

import (
	"context"
	"errors"
	"slices"

	"claviger/internal/core"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// clientCredentials lets the caller act for itself (RFC 6749 §4.4): a client
// for the organisation that owns it, or for one it is registered for and names;
// an API key for its account.
func (x *Exchange) clientCredentials(ctx context.Context, r *request) (*core.Authorization, error) {
	if r.caller.Key != nil {
		key := r.caller.Key
		return x.Directory.Load(ctx, tokens.Parties{APIKeyID: key.ID, OrganisationID: key.OrganisationID, AccountID: key.AccountID})
	}
	client := r.caller.Client
	if client.Kind != core.Confidential { // RFC 6749 §4.4: confidential clients only
		return nil, oauth.NewError(oauth.ReasonGrantTypeNotAllowed)
	}
	organisationID, err := x.organisationOfClient(ctx, r, client)
	if err != nil {
		return nil, err
	}
	return x.Directory.Load(ctx, tokens.Parties{ClientID: client.ID, OrganisationID: organisationID})
}

// organisationOfClient is the organisation a client acts for. One that it may
// not act for and one that does not exist are refused alike.
func (x *Exchange) organisationOfClient(ctx context.Context, r *request, c *core.Client) (string, error) {
	if r.Organisation == "" {
		return c.OrganisationID, nil
	}
	refused := oauth.NewError(oauth.ReasonUserCredentials).At("organisation").Describe("The client may not act for the organisation.")
	organisation, err := x.Store.OrganisationByCode(ctx, r.Organisation)
	if errors.Is(err, core.ErrNotFound) {
		return "", refused
	}
	if err != nil {
		return "", err
	}
	if organisation.ID != c.OrganisationID && !slices.Contains(c.OrganisationIDs, organisation.ID) {
		return "", refused
	}
	return organisation.ID, nil
}
