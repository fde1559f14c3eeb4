package console

import (
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/oauth"
)

const (
	fileBatch = 500             // records that are read at once
	fileFor   = 2 * time.Minute // to send all of them: it takes the place of a page
)

// auditFile streams the records of the filter as CSV, newest first. One that breaks off
// is a transfer that failed, never a file that looks whole.
func (c *Console) auditFile(p *page) error {
	filter, none, wrong, err := c.eventFilter(p)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return oauth.NewError(oauth.ReasonInvalidValue).At("filter")
	}
	filter.After, filter.Before, filter.Limit = "", "", fileBatch
	events, err := c.Admin.Events(p.r.Context(), p.actor(), filter)
	if err != nil {
		return err
	}
	if none {
		events = nil
	}
	h := p.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="audit-`+c.Now().UTC().Format(time.DateOnly)+`.csv"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_ = http.NewResponseController(p.w).SetWriteDeadline(c.Now().Add(fileFor)) // where it cannot be set, that of the server holds
	file := csv.NewWriter(p.w)
	_ = file.Write(eventColumns) // the writer keeps its error
	for len(events) > 0 {
		for i := range events {
			_ = file.Write(c.eventLine(p, &events[i]))
		}
		if file.Flush(); file.Error() != nil || len(events) < fileBatch {
			break
		}
		filter.After = events[len(events)-1].ID
		if events, err = c.Admin.Events(p.r.Context(), p.actor(), filter); err != nil {
			c.Log.ErrorContext(p.r.Context(), "audit trail not exported", "error", err)
			panic(http.ErrAbortHandler)
		}
	}
	if file.Flush(); file.Error() != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

var eventColumns = []string{
	"id", "at", "type", "reason", "subject_type", "subject_id", "subject", "client_id", "client", "api_key_id", "organisation_id",
	"target", "detail", "grant_type", "dialect", "channel", "ip", "request_id",
}

func (c *Console) eventLine(p *page, e *core.Event) []string {
	line := []string{
		e.ID, e.At.UTC().Format(time.RFC3339Nano), string(e.Type), string(e.Reason), e.SubjectType, e.SubjectID, c.nameOfID(p, e.SubjectID),
		e.ClientID, c.nameOfID(p, e.ClientID), e.APIKeyID, e.OrganisationID, e.Target, e.Detail, e.GrantType, e.Dialect, e.Channel, e.IP,
		e.RequestID,
	}
	for i := range line {
		line[i] = harmless(line[i])
	}
	return line
}

// harmless keeps a spreadsheet from taking a value for a formula: what begins like one
// gets an apostrophe in front.
func harmless(value string) string {
	if value != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(value)[0]) {
		return "'" + value
	}
	return value
}
