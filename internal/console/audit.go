package console

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/web"
	"claviger/oauth"
)

// auditNames are the parameters of the audit trail; auditFilters those that say which
// records.
var (
	auditFilters = []string{"type", "who", "client", "from", "to"}
	auditNames   = append(slices.Clone(auditFilters), "after", "before")
)

// eventKinds are the records that can be asked for by kind, in groups by what they are
// about.
var eventKinds = []core.EventType{
	core.TokenIssued, core.TokenRefreshed, core.TokenRefused, core.TokenReused, core.TokenRevoked, core.CodeReplayed,
	core.CredentialCreated, core.CredentialUpdated, core.CredentialRotated, core.CredentialEnabled, core.CredentialDisabled,
	core.CredentialRevoked, core.AddressRefused, core.AddressReported,
	core.InvitationSent, core.InvitationAccepted, core.InvitationWithdrawn, core.MemberAdded, core.MemberUpdated, core.MemberRemoved,
	core.PersonCreated, core.PersonUpdated, core.OperatorInvited, core.RoleCreated, core.RoleUpdated, core.RoleDeleted,
	core.ConsentGiven, core.ConsentRefused, core.ConsentRevoked, core.PermissionDenied,
	core.OrganisationCreated, core.OrganisationUpdated, core.AccountCreated, core.AccountUpdated,
	core.SignedIn, core.SignInRefused, core.SteppedUp, core.SessionEnded, core.Logout, core.OneTimeCodeSent,
	core.PasswordChanged, core.EmailVerified, core.PhoneVerified, core.PhoneChanged,
	core.SigningKeyCreated, core.ConfigurationApplied, core.DatabaseCopied, core.DatabaseRestored,
}

// eventCursor is the id of a record.
var eventCursor = regexp.MustCompile(`^` + core.PrefixEvent + `[0-9A-Za-z_-]{1,64}$`)

// auditPath is where the audit trail of this page is: an organisation's, or everything.
func (p *page) auditPath(parts ...string) string {
	return p.side(append([]string{"audit"}, parts...)...)
}

// side is a path of the side of the console that the page is on.
func (p *page) side(parts ...string) string {
	if p.organisation != nil {
		return p.path(parts...)
	}
	return strings.Join(append([]string{pathOperator}, parts...), "/")
}

// organisationID is whose page it is; empty: the platform's.
func (p *page) organisationID() string {
	if p.organisation == nil {
		return ""
	}
	return p.organisation.ID
}

// eventFilter reads what was asked for. none: there can be no such record.
func (c *Console) eventFilter(p *page) (filter store.EventFilter, none bool, wrong wrongs, err error) {
	filter, wrong = store.EventFilter{OrganisationID: p.organisationID(), ClientID: strings.TrimSpace(p.asked("client"))}, wrongs{}
	if kind := core.EventType(p.asked("type")); slices.Contains(eventKinds, kind) {
		filter.Type = kind
	} else if kind != "" {
		wrong["type"] = c.text(p, "audit.type.wrong")
	}
	day := func(name string) time.Time {
		text := p.asked(name)
		at, err := time.Parse(time.DateOnly, text)
		if text != "" && err != nil {
			wrong[name] = c.text(p, "people.day")
		}
		return at
	}
	filter.Since = day("from")
	if filter.Until = day("to"); !filter.Until.IsZero() {
		filter.Until = filter.Until.AddDate(0, 0, 1)
	}
	if !filter.Until.IsZero() && !filter.Until.After(filter.Since) {
		wrong["to"] = c.text(p, "people.days")
	}
	for name, target := range map[string]*string{"after": &filter.After, "before": &filter.Before} {
		if text := p.asked(name); eventCursor.MatchString(text) {
			*target = text
		} else if text != "" {
			wrong[""] = c.text(p, "audit.page.wrong")
		}
	}
	if filter.After != "" {
		filter.Before = ""
	}
	filter.SubjectID = strings.TrimSpace(p.asked("who"))
	if strings.Contains(filter.SubjectID, "@") {
		person, err := c.Store.PersonBy(p.r.Context(), filter.SubjectID)
		if errors.Is(err, core.ErrNotFound) {
			return filter, true, wrong, nil
		}
		if err != nil {
			return filter, true, wrong, err
		}
		filter.SubjectID = person.ID
	}
	return filter, false, wrong, nil
}

// audit lists who did what, newest first.
func (c *Console) audit(p *page) error {
	filter, none, wrong, err := c.eventFilter(p)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(wrong) > 0 { // the rights are asked for all the same
		filter, none, status = store.EventFilter{OrganisationID: filter.OrganisationID}, true, http.StatusBadRequest
	}
	filter.Limit = rowsPerPage + 1
	events, err := c.Admin.Events(p.r.Context(), p.actor(), filter)
	if err != nil {
		return err
	}
	if none {
		events = nil
	}
	var pager web.Pager
	events, pager = eventPager(p, filter, events)
	table := web.Table{
		ID: "audit", Filter: c.auditForm(p), Pager: pager,
		Columns: []web.Column{{Label: c.text(p, "audit.when")}, {Label: c.text(p, "audit.what")}, {Label: c.text(p, "audit.who")}, {Label: c.text(p, "audit.how")}, {Label: c.text(p, "audit.from")}},
		Empty:   web.Empty{Text: c.text(p, "audit.none"), Link: web.Link{Label: c.text(p, "audit.all"), Path: p.auditPath()}},
	}
	rest := wrong.of(table.Filter.Fields)
	for i := range events {
		table.Rows = append(table.Rows, c.eventRow(p, &events[i]))
	}
	data := web.Console{Title: c.text(p, "nav.audit"), Lead: c.text(p, "audit.lead"), Problems: rest, Blocks: []web.Block{table}}
	if len(events) > 0 {
		data.Actions = []web.Link{{Label: c.text(p, "audit.export"), Path: p.side("audit.csv") + p.with(auditFilters, nil)}}
	}
	return c.render(p, status, data)
}

// eventPager cuts the events of a page, of which one more was asked for, and leads to
// those before and after.
func eventPager(p *page, filter store.EventFilter, events []core.Event) ([]core.Event, web.Pager) {
	more := len(events) > rowsPerPage
	var pager web.Pager
	back := filter.Before != ""
	if more && back {
		events = events[1:]
	} else if more {
		events = events[:rowsPerPage]
	}
	if len(events) == 0 {
		return events, pager
	}
	if more && back || filter.After != "" {
		pager.Previous = p.with(auditNames, map[string]string{"after": "", "before": events[0].ID})
	}
	if more && !back || back {
		pager.Next = p.with(auditNames, map[string]string{"before": "", "after": events[len(events)-1].ID})
	}
	return events, pager
}

func (c *Console) auditForm(p *page) *web.Form {
	kinds := []web.Option{{Label: c.text(p, "audit.any")}}
	for _, kind := range eventKinds {
		kinds = append(kinds, web.Option{Value: string(kind), Label: c.eventText(p, kind), Selected: p.asked("type") == string(kind)})
	}
	return &web.Form{
		ID: "find", Get: true, Path: p.auditPath(), Submit: c.text(p, "people.find"), Cancel: web.Link{Label: c.text(p, "people.clear"), Path: p.auditPath()},
		Fields: []web.Field{
			{Name: "type", Label: c.text(p, "audit.what"), Kind: web.KindSelect, Options: kinds},
			{Name: "who", Label: c.text(p, "audit.who.field"), Value: p.asked("who")},
			{Name: "client", Label: c.text(p, "audit.client"), Value: p.asked("client")},
			{Name: "from", Label: c.text(p, "audit.since"), Kind: web.KindDate, Value: p.asked("from")},
			{Name: "to", Label: c.text(p, "audit.until"), Kind: web.KindDate, Value: p.asked("to")},
		},
	}
}

// eventRow is a record in a line. Its name is when it was, which leads to all of it.
func (c *Console) eventRow(p *page, e *core.Event) web.Row {
	what := web.Cell{Text: c.eventText(p, e.Type), Path: p.auditPath(e.ID), Detail: c.reasonText(p, e.Reason)}
	if e.Reason != "" {
		what.Badge = web.Badge{Kind: web.Bad, Text: c.text(p, "audit.refused")}
	}
	who := web.Cell{Text: c.nameOfID(p, e.SubjectID)}
	how := web.Cell{Text: c.nameOfID(p, e.ClientID)}
	if how.Text == "" && e.APIKeyID != e.SubjectID {
		how.Text = c.nameOfID(p, e.APIKeyID)
	}
	return web.Row{Cells: []web.Cell{{Time: e.At}, what, who, how, {Text: e.IP}}}
}

// auditRecord shows all of one record. One of another organisation is not there (F01).
func (c *Console) auditRecord(p *page) error {
	filter := store.EventFilter{OrganisationID: p.organisationID(), ID: p.r.PathValue("id"), Limit: 1}
	events, err := c.Admin.Events(p.r.Context(), p.actor(), filter)
	if err == nil && len(events) == 0 {
		err = oauth.NewError(oauth.ReasonNotFound).At("id")
	}
	if err != nil {
		return err
	}
	e := &events[0]
	blocks := []web.Block{c.recordFacts(p, e)}
	if changes := changesIn(e.Detail); len(changes) > 0 && slices.Contains(changed, e.Type) {
		table := web.Table{ID: "changes", Title: c.text(p, "audit.changes"), Columns: []web.Column{
			{Label: c.text(p, "audit.field")}, {Label: c.text(p, "audit.before")}, {Label: c.text(p, "audit.after")},
		}}
		for _, change := range changes {
			table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: change.field, Code: true}, {Text: change.before}, {Text: change.after}}})
		}
		blocks = append(blocks, table)
	}
	return c.render(p, http.StatusOK, web.Console{
		Title: c.eventText(p, e.Type), Crumbs: []web.Link{{Label: c.text(p, "nav.audit"), Path: p.auditPath()}}, Blocks: blocks,
	})
}

func (c *Console) recordFacts(p *page, e *core.Event) web.Facts {
	named := func(id string) web.Cell {
		if name := c.nameOfID(p, id); name != id {
			return web.Cell{Text: name, Detail: id}
		}
		return web.Cell{Text: id}
	}
	facts := web.Facts{ID: "record"}
	add := func(key string, value web.Cell) {
		if value.Text != "" || !value.Time.IsZero() {
			facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "audit."+key), Value: value})
		}
	}
	add("when", web.Cell{Time: e.At})
	add("reason", web.Cell{Text: c.reasonText(p, e.Reason), Detail: string(e.Reason)})
	add("who", named(e.SubjectID))
	add("how", named(e.ClientID))
	add("key", named(e.APIKeyID))
	if p.organisation == nil {
		organisation := web.Cell{Text: e.OrganisationID}
		if o, err := c.Store.Organisation(p.r.Context(), e.OrganisationID); err == nil && e.OrganisationID != "" {
			organisation = web.Cell{Text: o.Name, Detail: o.Code}
		}
		add("organisation", organisation)
	}
	add("target", web.Cell{Text: e.Target, Code: true})
	add("detail", web.Cell{Text: e.Detail})
	add("grant", web.Cell{Text: e.GrantType, Code: true})
	add("dialect", web.Cell{Text: e.Dialect})
	add("channel", web.Cell{Text: e.Channel})
	add("from", web.Cell{Text: e.IP})
	add("request", web.Cell{Text: e.RequestID, Code: true, Copy: true})
	add("id", web.Cell{Text: e.ID, Code: true, Copy: true})
	return facts
}
