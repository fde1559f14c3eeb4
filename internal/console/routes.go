package console

import (
	"net/http"
	"slices"
)

// Route is a page and what is posted to it. Pattern is one of http.ServeMux, without
// a method.
type Route struct {
	Pattern string
	Handler http.Handler
}

// Routes are the pages of organisations and of the platform. The server puts the same
// edges around all of them.
func (c *Console) Routes() []Route {
	return slices.Concat(c.startRoutes(), c.OrganisationRoutes(), c.PeopleRoutes(), c.OperatorRoutes())
}

// startRoutes are the pages from which people go on.
func (c *Console) startRoutes() []Route {
	return []Route{
		{"/{$}", c.handle("/", c.start)},
		{pathConsole, c.handle(pathConsole, c.chooseOrganisation)},
		{pathConsole + "/{organisation}", c.inOrganisation(c.overview)},
	}
}

// OrganisationRoutes are how the programs of an organisation get in: Settings >
// Integrations.
func (c *Console) OrganisationRoutes() []Route {
	at := func(path string, serve func(*page) error, lists ...string) Route {
		return Route{pathConsole + "/{organisation}/" + path, c.inOrganisation(serve, lists...)}
	}
	return []Route{
		at("api-keys", c.keys), at("api-keys/new", c.newKey, "scopes"), at("api-keys/{id}", c.showKey), at("api-keys/{id}/edit", c.editKey),
		at("api-keys/{id}/rotate", c.rotateKey), at("api-keys/{id}/revoke", c.revokeKey),
		at("api-keys/{id}/enable", c.setKey(true, "key_enabled")), at("api-keys/{id}/disable", c.setKey(false, "key_disabled")),
		at("connections", c.connections), at("connections/{id}/end", c.endConnection),
		at("clients", c.clients), at("clients/{id}", c.showClient), at("clients/{id}/rotate", c.rotateClient),
		at("service-accounts", c.serviceAccounts), at("service-accounts/new", c.newServiceAccount),
		at("service-accounts/{id}", c.showServiceAccount), at("service-accounts/{id}/edit", c.editServiceAccount),
		at("service-accounts/{id}/role", c.giveServiceRole), at("service-accounts/{id}/reset", c.resetServiceAccount),
		at("service-accounts/{id}/disable", c.disableServiceAccount), at("service-accounts/{id}/enable", c.enableServiceAccount),
	}
}
