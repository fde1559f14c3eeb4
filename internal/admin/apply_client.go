package admin

import (
	"errors"
	"slices"

	"claviger/internal/core"
	"claviger/oauth"
)

func (a *application) clients(d *document) {
	for _, entry := range d.Clients {
		v := &entry.Value
		if v.ID.Value == "" {
			a.problem(entry.At, "id is missing")
			continue
		}
		client := a.client(v.ID.Value)
		created := client == nil
		if created {
			if !a.idFree(v.ID, chosenIDProblem(v.ID.Value)) {
				continue
			}
			client = &core.Client{ID: v.ID.Value, Kind: core.Confidential, Status: core.Active, CreatedAt: a.service.now()}
			a.clientsByID[client.ID] = client
		}
		found := len(a.problems)
		e := a.edit("client", client.ID, created)
		a.fillClient(e, v, client, entry.At)
		if client.Kind == core.Public && (v.Secret.set() || v.SecretHash.set()) {
			a.problem(entry.At, "a public client has no secret")
		}
		if len(a.problems) == found {
			a.clientWhole(e, client, entry.At)
		}
		a.newClients = put(e, a.newClients, client)
		a.secret(e, credential{field: "secret", owner: client.ID, plain: v.Secret, hash: v.SecretHash})
	}
}

// idFree refuses a chosen id that anything else has which can be the subject of
// a token, or looks as if it could (RFC 9700 §4.15).
func (a *application) idFree(id text, wrong string) bool {
	if wrong != "" {
		a.problem(id.At, "id %s", wrong)
		return false
	}
	_, err := a.service.Store.User(a.ctx, id.Value)
	if a.fail(err) {
		return false
	}
	if err == nil || a.client(id.Value) != nil || a.key(id.Value) != nil {
		a.problem(id.At, "the id is in use")
		return false
	}
	return true
}

func (a *application) fillClient(e *edit, v *clientEntry, client *core.Client, at Place) {
	assignNumber(e, v.Number, &client.Number)
	required(e, "name", v.Name, &client.Name, at, nameProblem)
	required(e, "kind", v.Kind, &client.Kind, at, oneOf([]string{core.Confidential, core.Public}))
	required(e, "status", v.Status, &client.Status, at, statusProblem)
	checked(e, "dialect", v.Dialect, &client.Dialect, oneOf(a.options.Dialects))
	a.clientOrganisations(e, v, client)
	assignList(e, "grant_types", v.GrantTypes, &client.GrantTypes, grantTypeProblem)
	a.scopes(e, v.Scopes, &client.Scopes)
	assignList(e, "products", v.Products, &client.Products, noProblem)
	assignList(e, "redirect_uris", v.RedirectURIs, &client.RedirectURIs, redirectProblem)
	assignList(e, "redirect_hosts", v.RedirectHosts, &client.RedirectHosts, hostProblem)
	assignList(e, "post_logout_uris", v.PostLogoutURIs, &client.PostLogoutURIs, redirectProblem)
	assignList(e, "origins", v.Origins, &client.Origins, originProblem)
	checked(e, "company", v.Company, &client.Company, nameProblem)
	checked(e, "website", v.Website, &client.Website, webProblem)
	checked(e, "contact", v.Contact, &client.Contact, nameProblem)
	a.fillBrowser(e, &v.Browser, client)
	assign(e, "refresh_without_secret", v.RefreshWithoutSecret.scalar, &client.RefreshWithoutSecret)
	assign(e, "access_token_lifetime", v.AccessToken.scalar, &client.Lifetimes.AccessToken)
	assign(e, "refresh_token_lifetime", v.RefreshToken.scalar, &client.Lifetimes.RefreshToken)
	assign(e, "refresh_absolute_lifetime", v.RefreshAbsolute.scalar, &client.Lifetimes.RefreshAbsolute)
	if v.RefreshGrace.set() && v.RefreshGrace.Value == 0 {
		v.RefreshGrace.Value = core.NoGrace
	}
	assign(e, "refresh_grace", v.RefreshGrace.scalar, &client.Lifetimes.RefreshGrace)
}

// clientOrganisations sets whose the client is, and for whom it may act by
// client_credentials.
func (a *application) clientOrganisations(e *edit, v *clientEntry, client *core.Client) {
	if v.Organisation.set() {
		id, ok := a.organisationID(v.Organisation)
		if ok {
			e.record("organisation", v.Organisation.At, id == client.OrganisationID,
				show(a.codeOf(client.OrganisationID)), show(v.Organisation.Value))
			client.OrganisationID = id
		}
	}
	if !v.Organisations.set() {
		return
	}
	ids, codes, before := []string{}, []string{}, []string{}
	for _, code := range v.Organisations.Value {
		if id, ok := a.organisationID(code); ok && id != "" {
			ids, codes = append(ids, id), append(codes, code.Value)
		}
	}
	for _, id := range client.OrganisationIDs {
		before = append(before, a.codeOf(id))
	}
	e.record("organisations", v.Organisations.At, slices.Equal(ids, client.OrganisationIDs), showList(before), showList(codes))
	client.OrganisationIDs = ids
}

// organisationID resolves a code; an empty one is nobody's.
func (a *application) organisationID(code text) (string, bool) {
	if code.Value == "" {
		return "", true
	}
	o := a.organisation(code.Value)
	if o == nil {
		a.problem(code.At, "there is no organisation %s", show(code.Value))
		return "", false
	}
	return o.ID, true
}

// scopes reads space-delimited scopes, as they are sent.
func (a *application) scopes(e *edit, v text, target *oauth.Scope) {
	if !v.set() {
		return
	}
	scope, ok := oauth.ParseScope(v.Value)
	if !ok {
		a.problem(v.At, "scopes %s", scopeProblem(v.Value))
		return
	}
	e.setList("scopes", v.At, (*[]string)(target), scope)
}

// clientWhole checks what depends on several fields, at the place of the one
// that is named.
func (a *application) clientWhole(e *edit, client *core.Client, at Place) {
	a.whole(e, checkClientWhole(client), at)
}

func (a *application) whole(e *edit, err error, at Place) {
	var wrong *oauth.Error
	if errors.As(err, &wrong) {
		a.problem(e.at(wrong.Param, at), "%s: %s", wrong.Param, wrong.Description)
		return
	}
	a.fail(err)
}
