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
	return slices.Concat(c.startRoutes(), c.OrganisationRoutes(), c.PeopleRoutes())
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
	return nil
}
