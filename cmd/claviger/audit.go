package main

import (
	"context"
	"time"

	"claviger/client"
)

type auditCommand struct {
	List auditList `cmd:"" help:"List what happened, the latest first."`
}

type auditList struct {
	reach
	Since        moment `placeholder:"WHEN" help:"Only what happened since: 24h or 90d for that long ago, or 2027-01-31."`
	Type         string `placeholder:"TYPE" help:"Only one type of event, such as token.refused or credential.created."`
	Organisation string `placeholder:"CODE" help:"Only what happened for this organisation."`
	Client       string `placeholder:"ID" help:"Only what happened through this client."`
	Subject      string `placeholder:"ID" help:"Only what this user, API key or client did."`
	Limit        int    `default:"50" placeholder:"NUMBER" help:"How many to list, ${default} unless you say otherwise."`
	JSON         bool   `name:"json" help:"Print JSON, with every field."`
}

// listedEvent is an audit record as --json prints it.
type listedEvent struct {
	ID           string    `json:"id"`
	At           time.Time `json:"at"`
	Type         string    `json:"type"`
	Reason       string    `json:"reason,omitzero"`
	SubjectType  string    `json:"subject_type,omitzero"`
	Subject      string    `json:"subject,omitzero"`
	Organisation string    `json:"organisation,omitzero"` // code
	Client       string    `json:"client_id,omitzero"`
	APIKey       string    `json:"api_key_id,omitzero"`
	Grant        string    `json:"grant_id,omitzero"`
	GrantType    string    `json:"grant_type,omitzero"`
	Dialect      string    `json:"dialect,omitzero"`
	Channel      string    `json:"channel,omitzero"`
	IP           string    `json:"ip,omitzero"`
	RequestID    string    `json:"request_id,omitzero"`
	Target       string    `json:"target,omitzero"`
	Detail       string    `json:"detail,omitzero"`
}

// Run lists audit records.
func (a *auditList) Run(ctx context.Context, c *command) error {
	if a.Limit < 1 {
		return misused("--limit must be at least 1, not %d", a.Limit)
	}
	events, err := a.find(ctx, c)
	if err != nil {
		return err
	}
	if a.JSON {
		return c.json(events)
	}
	if len(events) == 0 {
		c.print("No events.\n")
		return nil
	}
	var rows [][]string
	for _, e := range events {
		rows = append(rows, []string{
			stamp(e.At), e.Type, e.Reason, who(e), e.Organisation, e.Client, e.IP, e.RequestID, e.Channel, e.Target, e.Detail,
		})
	}
	c.table([]string{"TIME", "TYPE", "REASON", "WHO", "ORGANISATION", "CLIENT", "IP", "REQUEST ID", "CHANNEL", "TARGET", "DETAIL"}, rows)
	return nil
}

// who is the subject, with its type where the id does not tell.
func who(e listedEvent) string {
	if e.SubjectType == "" || e.Subject == "" {
		return e.Subject
	}
	return e.SubjectType + "/" + e.Subject
}

// find returns the events that are asked for.
func (a *auditList) find(ctx context.Context, c *command) ([]listedEvent, error) {
	api, done, err := c.reach(ctx, a.reach)
	if err != nil {
		return nil, err
	}
	defer done()
	filter := client.EventFilter{Since: a.Since.before(c.now()), Type: a.Type, ClientID: a.Client, SubjectID: a.Subject}
	if filter.OrganisationID, err = optionalOrganisation(ctx, api, a.Organisation); err != nil {
		return nil, err
	}
	listed, codes := []listedEvent{}, map[string]string{}
	for e, err := range api.Events(ctx, filter) {
		if err != nil {
			return nil, err
		}
		code, err := organisationCode(ctx, api, codes, e.OrganisationID)
		if err != nil {
			return nil, err
		}
		listed = append(listed, listedEvent{
			ID: e.ID, At: e.At, Type: e.Type, Reason: e.Reason, SubjectType: e.SubjectType, Subject: e.SubjectID, Organisation: code,
			Client: e.ClientID, APIKey: e.APIKeyID, Grant: e.GrantID, GrantType: e.GrantType, Dialect: e.Dialect, Channel: e.Channel,
			IP: e.IP, RequestID: e.RequestID, Target: e.Target, Detail: e.Detail,
		})
		if len(listed) == a.Limit {
			break
		}
	}
	return listed, nil
}
