package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/store"
)

// Connection is a partner that a company of an organisation is connected to.
type Connection struct {
	ID             string     `json:"id"`
	OrganisationID string     `json:"organisation_id"`
	AccountID      string     `json:"account_id"`
	ClientID       string     `json:"client_id"`
	ClientName     string     `json:"client_name"`
	Scopes         []string   `json:"scopes" nullable:"false"`
	ApprovedBy     string     `json:"approved_by" doc:"User id."`
	Approver       string     `json:"approver,omitempty" doc:"Email address, phone number or user name of who approved."`
	CreatedAt      time.Time  `json:"created_at"`
	LastUsedAt     *time.Time `json:"last_used_at,omitempty"`
}

func connectionOf(c *admin.Connection) Connection {
	return Connection{
		ID: c.Consent.ID, OrganisationID: c.Consent.OrganisationID, AccountID: c.Consent.AccountID, ClientID: c.Client.ID,
		ClientName: c.Client.Name, Scopes: append([]string{}, c.Consent.Scopes...), ApprovedBy: c.ApprovedBy.ID,
		Approver:  c.ApprovedBy.Identifier(),
		CreatedAt: c.Consent.CreatedAt, LastUsedAt: optional(c.Consent.LastUsedAt),
	}
}

func (a *API) connections() {
	const tag = "Connections"
	route(a, http.MethodGet, "/organisations/{organisation_id}/connections", "list-connections", "Partners that an organisation is connected to", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Paging
		}) (*listed[Connection], error) {
			all, err := a.Admin.ListConnections(ctx, actor(ctx), in.OrganisationID)
			if err != nil {
				return nil, err
			}
			chosen := make([]*admin.Connection, len(all))
			for i := range all {
				chosen[i] = &all[i]
			}
			place := func(c *admin.Connection) entry { return entry{"", c.Consent.ID} }
			return pageOf(a, in.Paging, "connections "+in.OrganisationID, chosen, place, false, connectionOf)
		})
	route(a, http.MethodDelete, "/connections/{id}", "end-connection", "End a connection, and every token it gave out", tag,
		func(ctx context.Context, in *ByID) (*done, error) {
			return nil, a.Admin.EndConnection(ctx, actor(ctx), in.ID)
		})
}

// Event is a record of the audit trail.
type Event struct {
	ID             string    `json:"id"`
	At             time.Time `json:"at"`
	Type           string    `json:"type"`
	Reason         string    `json:"reason,omitempty"`
	OrganisationID string    `json:"organisation_id,omitempty"`
	ClientID       string    `json:"client_id,omitempty"`
	APIKeyID       string    `json:"api_key_id,omitempty"`
	SubjectType    string    `json:"subject_type,omitempty"`
	SubjectID      string    `json:"subject_id,omitempty"`
	GrantID        string    `json:"grant_id,omitempty"`
	GrantType      string    `json:"grant_type,omitempty"`
	Dialect        string    `json:"dialect,omitempty"`
	Channel        string    `json:"channel,omitempty"`
	IP             string    `json:"ip,omitempty"`
	RequestID      string    `json:"request_id,omitempty"`
	Target         string    `json:"target,omitempty"`
	Detail         string    `json:"detail,omitempty"`
}

func eventOf(e core.Event) Event {
	return Event{
		ID: e.ID, At: e.At, Type: string(e.Type), Reason: string(e.Reason), OrganisationID: e.OrganisationID, ClientID: e.ClientID,
		APIKeyID: e.APIKeyID, SubjectType: e.SubjectType, SubjectID: e.SubjectID, GrantID: e.GrantID, GrantType: e.GrantType,
		Dialect: e.Dialect, Channel: e.Channel, IP: e.IP, RequestID: e.RequestID, Target: e.Target, Detail: e.Detail,
	}
}

// AuditFilter is how the audit trail is asked for.
type AuditFilter struct {
	Paging
	Since     time.Time `query:"since" doc:"At or after."`
	Until     time.Time `query:"until" doc:"Before."`
	Type      string    `query:"type" maxLength:"64" example:"credential.created"`
	ClientID  string    `query:"client_id" maxLength:"128"`
	SubjectID string    `query:"subject_id" maxLength:"128"`
	RequestID string    `query:"request_id" maxLength:"128"`
}

func (a *API) audit(ctx context.Context, organisationID string, in AuditFilter) (*listed[Event], error) {
	filter := store.EventFilter{
		Since: in.Since, Until: in.Until, Type: core.EventType(in.Type), OrganisationID: organisationID, ClientID: in.ClientID,
		SubjectID: in.SubjectID, RequestID: in.RequestID,
	}
	list := a.digest("audit", organisationID, in.Since.String(), in.Until.String(), in.Type, in.ClientID, in.SubjectID, in.RequestID)
	load := func(page store.Page) ([]core.Event, error) {
		filter.Limit, filter.After = page.Limit, page.After
		return a.Admin.Events(ctx, actor(ctx), filter)
	}
	return rows(a, in.Paging, list, load, true, func(e core.Event) string { return e.ID }, eventOf)
}

// Usage is how often on a day token requests of one kind had one outcome.
type Usage struct {
	Day       string `json:"day" format:"date" doc:"UTC."`
	ClientID  string `json:"client_id,omitempty" doc:"Or the id of the API key; none: unknown."`
	Dialect   string `json:"dialect,omitempty"`
	GrantType string `json:"grant_type"`
	Outcome   string `json:"outcome" enum:"token.issued,token.refreshed,token.refused,token.reused"`
	Reason    string `json:"reason,omitempty" doc:"Of a refusal."`
	Requests  int64  `json:"requests"`
}

func usageOf(u *core.Usage) Usage {
	return Usage{
		Day: u.Day.Format(time.DateOnly), ClientID: u.ClientID, Dialect: u.Dialect, GrantType: u.GrantType, Outcome: string(u.Outcome),
		Reason: u.Reason, Requests: u.Requests,
	}
}

// UsageFilter is how usage is asked for.
type UsageFilter struct {
	Paging
	From string `query:"from" format:"date" maxLength:"10" doc:"First day; none: 29 days before the last."`
	To   string `query:"to" format:"date" maxLength:"10" doc:"Last day; none: today."`
}

func (a *API) usage(ctx context.Context, organisationID string, in UsageFilter) (*listed[Usage], error) {
	to, err := day("to", in.To, a.Now())
	if err != nil {
		return nil, err
	}
	from, err := day("from", in.From, to.AddDate(0, 0, -29))
	if err != nil {
		return nil, err
	}
	load := func(page store.Page) ([]*core.Usage, error) {
		var after *core.Usage
		if page.After != "" {
			after = &core.Usage{}
			if err := json.Unmarshal([]byte(page.After), after); err != nil {
				return nil, err // the cursor was ours: this is a fault
			}
		}
		return a.Admin.UsagePage(ctx, actor(ctx), organisationID, from, to, after, page.Limit)
	}
	list := a.digest("usage", organisationID, in.From, in.To)
	return rows(a, in.Paging, list, load, false, placeOfUsage, usageOf)
}

// placeOfUsage is a count as a cursor names it: by what is counted.
func placeOfUsage(u *core.Usage) string {
	place := *u
	place.Requests = 0
	text, err := json.Marshal(place)
	if err != nil {
		panic("api: " + err.Error()) // texts and a day always marshal
	}
	return string(text)
}

func (a *API) oversight() {
	route(a, http.MethodGet, "/organisations/{organisation_id}/audit", "list-organisation-audit", "Who did what in an organisation, newest first", "Audit",
		func(ctx context.Context, in *struct {
			InOrganisation
			AuditFilter
		}) (*listed[Event], error) {
			return a.audit(ctx, in.OrganisationID, in.AuditFilter)
		})
	route(a, http.MethodGet, "/audit", "list-audit", "The whole audit trail, for an operator, newest first", "Audit",
		func(ctx context.Context, in *AuditFilter) (*listed[Event], error) { return a.audit(ctx, "", *in) })
	route(a, http.MethodGet, "/organisations/{organisation_id}/usage", "list-organisation-usage", "Token requests of an organisation by client and day; may lag by seconds", "Usage",
		func(ctx context.Context, in *struct {
			InOrganisation
			UsageFilter
		}) (*listed[Usage], error) {
			return a.usage(ctx, in.OrganisationID, in.UsageFilter)
		})
	route(a, http.MethodGet, "/usage", "list-usage", "Token requests of all organisations, for an operator", "Usage",
		func(ctx context.Context, in *UsageFilter) (*listed[Usage], error) { return a.usage(ctx, "", *in) })
}
