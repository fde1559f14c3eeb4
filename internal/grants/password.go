package grants

import (
	"context"
	"errors"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// password is the resource owner password credentials grant (RFC 6749 §4.3),
// for service accounts alone: people sign in on a page (PE-2, RFC 9700 §2.4).
// It is off unless the client is registered for it.
func (x *Exchange) password(ctx context.Context, r *request) (*core.Authorization, error) {
	for _, field := range []struct{ name, value string }{
		{"username", r.Username}, {"password", r.Password}, {"organisation", r.Organisation},
	} {
		if field.value == "" {
			return nil, oauth.NewError(oauth.ReasonMissingParameter).At(field.name)
		}
	}
	user, organisation, err := x.serviceAccount(ctx, r)
	if err != nil {
		return nil, err
	}
	attempt := authn.Attempt{Identity: "user:" + r.Organisation + "/" + r.Username, Presented: r.Password, IP: r.Source.IP}
	if user != nil { // one budget, whichever of its names is used
		attempt.Identity, attempt.Owner = "user:"+user.ID, user.ID
	}
	wrong := oauth.NewError(oauth.ReasonUserCredentials)
	if err := x.Authenticator.Prove(ctx, attempt, wrong); err != nil {
		return nil, err
	}
	if user.Status != core.Active { // E05: as if the password were wrong
		return nil, wrong.Because(errors.New("the service account is not active"))
	}
	return x.Directory.Load(ctx, tokens.Parties{ClientID: r.caller.Client.ID, UserID: user.ID, OrganisationID: organisation.ID})
}

// serviceAccount finds whom the request names; nil when there is nobody, or when
// the client belongs to another organisation (B22).
func (x *Exchange) serviceAccount(ctx context.Context, r *request) (*core.User, *core.Organisation, error) {
	organisation, err := x.Store.OrganisationByCode(ctx, r.Organisation)
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if owner := r.caller.Client.OrganisationID; owner != "" && owner != organisation.ID {
		return nil, nil, nil
	}
	user, err := x.Store.ServiceAccount(ctx, organisation.ID, r.Username)
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil, nil
	}
	return user, organisation, err
}
