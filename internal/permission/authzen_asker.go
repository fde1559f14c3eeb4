package permission

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// asker is who calls the decision API.
type asker struct {
	authorization *core.Authorization
	subject       string // sub of its token, which may be pairwise; empty without one
	everyone      bool   // may ask about every subject, and is told why
}

// authenticate proves the caller: a client or an API key by Basic, or an access
// token by Bearer. There is no other way in, and never two at once (D03, D04).
func (z *AuthZEN) authenticate(r *http.Request) (*asker, error) {
	if r.URL.Query().Has("access_token") || r.URL.Query().Has("client_secret") {
		return nil, oauth.NewError(oauth.ReasonCredentialInQuery)
	}
	values := r.Header.Values("Authorization")
	switch {
	case len(values) > 1, len(values) == 1 && len(r.Header.Values("X-Api-Key")) > 0:
		return nil, oauth.NewError(oauth.ReasonSeveralCredentials)
	case len(values) == 0:
		return nil, oauth.NewError(oauth.ReasonAuthenticationMissing)
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	var who *asker
	var err error
	switch {
	case strings.EqualFold(scheme, "Basic"):
		who, err = z.byClient(r)
	case strings.EqualFold(scheme, "Bearer"):
		who, err = z.byToken(r.Context(), strings.TrimLeft(token, " "))
	default:
		return nil, oauth.NewError(oauth.ReasonAuthenticationMissing)
	}
	if err != nil {
		return nil, err
	}
	if reason, stopped := who.authorization.Stopped(z.Decider.Now()); stopped {
		return nil, oauth.NewError(oauth.ReasonCredentialInactive).Because(errors.New(string(reason)))
	}
	caller := authn.Caller{Client: who.authorization.Client, Key: who.authorization.Key}
	return who, caller.From(authn.OriginOf(r, z.Issuer))
}

func (z *AuthZEN) byClient(r *http.Request) (*asker, error) {
	ctx := r.Context()
	id, secret, err := authn.ClientCredentials(r, nil)
	if err != nil {
		return nil, err
	}
	caller, err := z.Authenticator.LookUp(ctx, id, "")
	if err != nil {
		return nil, err
	}
	if err := z.Authenticator.ProveClient(ctx, caller, id, secret, oauth.SourceOf(ctx).IP); err != nil {
		return nil, err
	}
	who := &asker{everyone: caller.Client != nil && caller.Scopes().Has(oauth.ScopeIntrospect)}
	if caller.Client != nil {
		who.authorization, err = z.client(ctx, caller.Client)
	} else {
		who.authorization, err = z.key(ctx, caller.Key)
	}
	return who, err
}

// byToken proves an access token of our own API; one for a service is for that
// service alone (PE-3).
func (z *AuthZEN) byToken(ctx context.Context, token string) (*asker, error) {
	claims, err := z.Authenticator.Verifier.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if claims.Audience != z.Authenticator.Audience {
		return nil, oauth.NewError(oauth.ReasonTokenInvalid).Because(errors.New("the token is for another audience"))
	}
	a, err := z.Authenticator.Verifier.Alive(ctx, claims)
	if err != nil {
		return nil, err
	}
	return &asker{authorization: a, subject: claims.Subject}, nil
}

// is reports whether the caller is the subject that is named. Nothing is looked
// up for it, so nobody learns by the time it takes whether another exists.
func (who *asker) is(named entity) bool {
	kind, id := who.authorization.Subject()
	switch user := who.authorization.User; {
	case named.id == "" || kind != subjectKind(named.kind):
		return false
	case named.id == id || named.id == who.subject:
		return true
	case user == nil || kind != core.SubjectPerson:
		return false
	default:
		return strings.EqualFold(named.id, user.Email) || named.id == user.Username
	}
}

// typeUser is what most callers of the API name a person by: a subject of this
// type goes by the name they sign in with.
const typeUser = "user"

func subjectKind(named string) string {
	if named == typeUser {
		return core.SubjectPerson
	}
	return named
}

// subjectNamed returns the authorization of the subject that a caller asks about,
// on its own; nil where there is none, or none that the caller may ask about.
// What a request says of a subject beside type and id grants nothing (F04, F09).
func (z *AuthZEN) subjectNamed(ctx context.Context, who *asker, named entity) (*core.Authorization, error) {
	if who.is(named) {
		own := *who.authorization
		return &own, nil
	}
	if !who.everyone || named.id == "" {
		return nil, nil
	}
	a, err := z.lookUp(ctx, subjectKind(named.kind), named.id)
	if errors.Is(err, core.ErrNotFound) || refusedBelow500(err) {
		return nil, nil
	}
	return a, err
}

func (z *AuthZEN) lookUp(ctx context.Context, kind, id string) (*core.Authorization, error) {
	switch kind {
	case core.SubjectPerson:
		return z.person(ctx, id)
	case core.SubjectServiceAccount:
		user, err := z.Decider.Store.User(ctx, id)
		if err != nil || user.Kind != core.ServiceAccount {
			return nil, err
		}
		return &core.Authorization{User: user}, nil
	case core.SubjectAPIKey:
		key, err := z.Decider.Store.APIKey(ctx, id)
		if err != nil {
			return nil, err
		}
		return z.key(ctx, key)
	case core.SubjectClient:
		client, err := z.Decider.Store.Client(ctx, id)
		if err != nil {
			return nil, err
		}
		return z.client(ctx, client)
	}
	return nil, nil
}

// person finds somebody by id, or by what they sign in with.
func (z *AuthZEN) person(ctx context.Context, id string) (*core.Authorization, error) {
	user, err := z.Decider.Store.User(ctx, id)
	if errors.Is(err, core.ErrNotFound) {
		user, err = z.Decider.Store.PersonBy(ctx, id)
	}
	if err != nil || user.Kind != core.Person {
		return nil, err
	}
	return &core.Authorization{User: user}, nil
}

// client is a client by itself: with the products and scopes it is registered
// for, and as alive as its owner.
func (z *AuthZEN) client(ctx context.Context, c *core.Client) (*core.Authorization, error) {
	a, err := z.Authenticator.Directory.Load(ctx, tokens.Parties{ClientID: c.ID, OrganisationID: c.OrganisationID})
	if err != nil {
		return nil, err
	}
	a.Scope = c.Scopes
	return a, nil
}

func (z *AuthZEN) key(ctx context.Context, k *core.APIKey) (*core.Authorization, error) {
	a, err := z.Authenticator.Directory.Load(ctx, tokens.Parties{
		APIKeyID: k.ID, OrganisationID: k.OrganisationID, AccountID: k.AccountID,
	})
	if err != nil {
		return nil, err
	}
	a.Scope = k.Scopes
	return a, nil
}
