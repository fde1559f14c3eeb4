package console

import (
	"context"
	"slices"
	"strings"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/store"
	"claviger/internal/web"
)

// Operator is what the operator's pages ask of the server beside management.
type Operator struct {
	// Decide says whether somebody may do something, and why.
	Decide func(ctx context.Context, q Question) (*Answer, error)
	// Try sends a request, as it is on the wire, to a route of a dialect of this
	// server, and returns both with their secrets left out.
	Try     func(ctx context.Context, d *dialect.Dialect, raw string) (*Tried, error)
	Samples []Sample
}

// Sample is a transcript of a dialect: what integrators send, and what they get.
type Sample struct {
	Dialect, Name, Text string // Name: that of the file, without its ending
	Exchanges           []Exchange
}

// Exchange is one request and its answer, as they are on the wire.
type Exchange struct{ Name, Request, Reply string }

// operatorNotices are what the operator's pages may say that was done.
var operatorNotices = []string{
	"operator_made", "organisation_made", "organisation_changed", "account_made", "account_changed", "client_changed",
	"key_rotated", "person_session_ended", "person_changed", "done_already", "factors_reset",
}

// OperatorRoutes are the pages of the platform.
func (c *Console) OperatorRoutes() []Route {
	at := func(path string, serve func(*page) error, lists ...string) Route {
		return Route{pathOperator + "/" + path, c.asOperator(serve, lists...)}
	}
	return []Route{
		{admin.PathOperator, c.becomeOperator()},
		{pathOperator, c.handle(pathOperator, c.start)},
		at("organisations", c.opOrganisations), at("organisations/new", c.opNewOrganisation), at("organisations/{id}", c.opOrganisation),
		at("organisations/{id}/edit", c.opEditOrganisation), at("organisations/{id}/stop", c.opStopOrganisation),
		at("organisations/{id}/accounts/new", c.opNewAccount),
		at("accounts", c.opAccounts), at("accounts/{id}", c.opAccount, "flags", "subscriptions"),
		at("partners", c.opPartners), at("partners/new", c.opNewClient, "grant_types"),
		at("clients", c.opClients), at("clients/new", c.opNewClient, "grant_types"), at("clients/{id}", c.opClient),
		at("clients/{id}/edit", c.opEditClient, "grant_types"), at("clients/{id}/rotate", c.opRotateClient), at("clients/{id}/stop", c.opStopClient),
		at("roles", c.opRoles), at("decisions", c.opDecisions),
		at("dialects", c.opDialects), at("dialects/{name}", c.opDialect), at("dialects/{name}/transcripts/{sample}", c.opTranscript),
		at("dialects/{name}/try", c.opTry),
		at("keys", c.opKeys), at("keys/rotate", c.opRotateKey),
		at("sessions", c.opPeople), at("sessions/{id}/end", c.opEndSession), at("people/{id}/stop", c.opStopPerson), at("people/{id}/factors", c.opResetFactors), at("people/invite", c.opInvite),
	}
}

// opPath is that of a page of the platform: opPath("clients", id).
func opPath(parts ...string) string {
	return strings.Join(append([]string{pathOperator}, parts...), "/")
}

// opCrumb leads back to a list.
func (c *Console) opCrumb(p *page, name string) []web.Link {
	return []web.Link{{Label: c.text(p, "nav."+name), Path: opPath(name)}}
}

// cursorPage asks for a page of a list that is searched and read in parts, by the ids
// before it, and one row more.
func cursorPage(p *page) store.Page {
	return store.Page{After: p.asked("after"), Limit: rowsPerPage + 1, Text: strings.TrimSpace(p.asked("q"))}
}

// cursorPager cuts the row too many and leads to the next part.
func cursorPager[T any](c *Console, p *page, all []T, id func(T) string, names ...string) ([]T, web.Pager) {
	var pager web.Pager
	names = append(names, "after")
	if p.asked("after") != "" {
		pager.Previous = p.with(names, map[string]string{"after": ""})
	}
	if len(all) > rowsPerPage {
		all = all[:rowsPerPage]
		pager.Next = p.with(names, map[string]string{"after": id(all[len(all)-1])})
	}
	if len(all) > 0 {
		pager.Text = c.text(p, "op.rows", len(all))
	}
	return all, pager
}

// findForm asks for a text in a list.
func (c *Console) findForm(p *page, path, label string) *web.Form {
	return &web.Form{
		ID: "find", Get: true, Path: path, Submit: c.text(p, "people.find"), Cancel: web.Link{Label: c.text(p, "people.clear"), Path: path},
		Fields: []web.Field{{Name: "q", Label: label, Value: p.asked("q"), MaxLength: longestAsked}},
	}
}

// cancel leads back from a form.
func (c *Console) cancel(p *page, path string) web.Link {
	return web.Link{Label: c.text(p, "people.cancel"), Path: path}
}

// values are what a form holds: what was posted, else what is stored.
func (p *page) values(stored map[string]string) map[string]string {
	if p.form != nil {
		return p.form
	}
	return stored
}

// statusField asks for a status.
func (c *Console) statusField(p *page, chosen string) web.Field {
	field := web.Field{Name: "status", Label: c.text(p, "clients.status"), Kind: web.KindSelect, Required: true}
	for _, status := range []core.Status{core.Active, core.Suspended, core.Disabled} {
		field.Options = append(field.Options, web.Option{Value: string(status), Label: c.text(p, "status."+string(status)), Selected: string(status) == chosen})
	}
	return field
}

// lines are the words of a field with one a line.
func lines(list []string) string { return strings.Join(list, "\n") }

// switched is the value of a switch.
func switched(on bool) string {
	if on {
		return "on"
	}
	return ""
}

// dialectOptions are the dialects, and the standard endpoints alone.
func (c *Console) dialectOptions(p *page, chosen string) []web.Option {
	options := []web.Option{{Label: c.text(p, "keys.standard"), Selected: chosen == ""}}
	for _, d := range c.Dialects {
		options = append(options, web.Option{Value: d.Name, Label: d.Title, Selected: d.Name == chosen})
	}
	return options
}

// dialectNamed returns a dialect; nil where none has the name.
func (c *Console) dialectNamed(name string) *dialect.Dialect {
	at := slices.IndexFunc(c.Dialects, func(d *dialect.Dialect) bool { return d.Name == name })
	if at < 0 {
		return nil
	}
	return c.Dialects[at]
}
