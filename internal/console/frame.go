package console

import (
	"context"
	"net/http"
	"strings"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/web"
	"claviger/oauth"
)

// Where the two sides of the console begin.
const (
	pathConsole  = "/console"
	pathOperator = "/operator"
)

// inOrganisation is handle for the pages of one organisation, which the path names by
// its code. One in which the person has nothing is not there (F01).
func (c *Console) inOrganisation(serve func(*page) error, lists ...string) http.Handler {
	return c.handle("", func(p *page) error {
		organisation, err := c.Store.OrganisationByCode(p.r.Context(), p.r.PathValue("organisation"))
		if err != nil {
			return oauth.NewError(oauth.ReasonNotFound).Because(err)
		}
		p.organisation = organisation
		if p.may, err = c.Admin.Sections(p.r.Context(), p.actor(), organisation.ID); err != nil {
			return err
		}
		return serve(p)
	}, lists...)
}

// asOperator is handle for the pages of the platform, which are there for operators
// alone.
func (c *Console) asOperator(serve func(*page) error, lists ...string) http.Handler {
	return c.handle("", func(p *page) error {
		if !p.signedIn.User.Operator {
			return oauth.NewError(oauth.ReasonPermissionDenied)
		}
		return serve(p)
	}, lists...)
}

// text is a text of the console in the language of the page.
func (c *Console) text(p *page, key string, args ...any) string {
	return c.Pages.Text(p.locale, "console."+key, args...)
}

// path is that of a page of the organisation: path("api-keys", id).
func (p *page) path(parts ...string) string {
	return strings.Join(append([]string{pathConsole, p.organisation.Code}, parts...), "/")
}

// render shows a page of the console, within its frame.
func (c *Console) render(p *page, status int, data web.Console) error {
	data.Nav, data.Context, data.Person = c.navigation(p), c.context(p), c.person(p)
	if key := notice(p); data.Notice == "" && key != "" {
		data.Notice = c.Pages.Text(p.locale, key)
	}
	c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Status: status, Data: data})
	return nil
}

// navigation lists the pages that the person may open: of the organisation or of the
// platform, whichever this page is of.
func (c *Console) navigation(p *page) []web.NavGroup {
	switch {
	case p.organisation != nil:
		return c.organisationNavigation(p)
	case strings.HasPrefix(p.r.URL.Path, pathOperator):
		return c.operatorNavigation(p)
	}
	return nil
}

func (c *Console) organisationNavigation(p *page) []web.NavGroup {
	m := p.may
	return c.groups(p, p.path(), []navGroup{
		{"integrations", []navItem{
			{"api-keys", m.APIKeys.See}, {"connections", m.Connections.See}, {"clients", m.Clients.See},
			{"service-accounts", m.ServiceAccounts.See},
		}},
		{"people", []navItem{{"members", m.Members.See}, {"roles", m.Roles.See}}},
		{"oversight", []navItem{{"audit", m.Audit.See}, {"usage", m.Usage.See}}},
		{"organisation", []navItem{{"settings", m.Organisation.See}}},
	})
}

func (c *Console) operatorNavigation(p *page) []web.NavGroup {
	return c.groups(p, pathOperator, []navGroup{
		{"customers", []navItem{{"organisations", true}, {"accounts", true}, {"roles", true}, {"sessions", true}}},
		{"programs", []navItem{{"partners", true}, {"clients", true}, {"dialects", true}, {"keys", true}}},
		{"oversight", []navItem{{"decisions", true}, {"audit", true}, {"usage", true}}},
	})
}

// navGroup and navItem are navigation without words: the name of an item is the end of
// its path.
type navGroup struct {
	name  string
	items []navItem
}

type navItem struct {
	name string
	open bool
}

func (c *Console) groups(p *page, base string, groups []navGroup) []web.NavGroup {
	var list []web.NavGroup
	for _, group := range groups {
		shown := web.NavGroup{Label: c.text(p, "nav."+group.name)}
		for _, item := range group.items {
			path := base + "/" + item.name
			current := p.r.URL.Path == path || strings.HasPrefix(p.r.URL.Path, path+"/")
			if item.open {
				shown.Items = append(shown.Items, web.NavItem{Label: c.text(p, "nav."+item.name), Path: path, Current: current})
			}
		}
		if len(shown.Items) > 0 {
			list = append(list, shown)
		}
	}
	return list
}

// context says whose console it is, and what else the person may switch to.
func (c *Console) context(p *page) web.Context {
	platform := web.Link{Label: c.text(p, "platform"), Path: pathOperator}
	here := web.Context{Name: c.text(p, "yours"), Kind: c.text(p, "kind.person")}
	if p.organisation != nil {
		here = web.Context{Name: p.organisation.Name, Kind: c.text(p, "kind.organisation")}
	} else if strings.HasPrefix(p.r.URL.Path, pathOperator) {
		here = web.Context{Name: platform.Label, Kind: c.text(p, "kind.platform")}
	}
	if p.signedIn.User.Operator && p.organisation != nil {
		here.Others = append(here.Others, platform)
	}
	if !p.signedIn.User.Operator { // an operator finds them all on a page of their own
		organisations, err := c.organisations(p.r.Context(), p.actor())
		if err != nil {
			c.Log.Error("organisations of a person not read", "error", err)
		}
		for _, organisation := range organisations {
			if p.organisation == nil || organisation.ID != p.organisation.ID {
				here.Others = append(here.Others, web.Link{Label: organisation.Name, Path: pathConsole + "/" + organisation.Code})
			}
		}
	}
	return here
}

// person leads to the account of who is signed in.
func (c *Console) person(p *page) web.Link {
	return web.Link{Label: nameOf(p.signedIn.User), Path: web.PathAccount}
}

// mostOrganisations is how many organisations a person is shown to switch to.
const mostOrganisations = 100

// organisations are those of a person.
func (c *Console) organisations(ctx context.Context, actor admin.Actor) ([]*core.Organisation, error) {
	return c.Admin.ListOrganisations(ctx, actor, store.Page{Limit: mostOrganisations})
}
