package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"claviger/internal/core"
)

const (
	eventColumns = "id, at, type, reason, organisation_id, client_id, api_key_id, subject_type, subject_id, " +
		"grant_id, grant_type, dialect, channel, ip, request_id, target, detail"
	eventsPerPage = 100

	// What is longer is cut off, in bytes. An index of PostgreSQL holds 2,700.
	longestText   = 800
	longestDetail = 8000
)

// EventFilter says which events Events returns. Empty fields do not filter.
type EventFilter struct {
	Since          time.Time // at or after
	Until          time.Time // before
	Type           core.EventType
	OrganisationID string
	ClientID       string
	SubjectID      string
	RequestID      string
	Limit          int    // default 100, at most 1000
	After          string // id of the last event of the page before
	Before         string // id of the first event of the page after, instead of After
	ID             string
}

// Audit adds an event to what is committed with the job, and is dropped with
// it. ID and At are filled in when they are empty. It reaches the database only
// with the commit, so the transaction itself does not see it.
func (tx *Tx) Audit(e core.Event) {
	if e.At.IsZero() {
		e.At = tx.store.now()
	}
	if e.ID == "" {
		e.ID = core.NewID(core.PrefixEvent, e.At, tx.store.rand)
	}
	for _, text := range []*string{
		(*string)(&e.Type), (*string)(&e.Reason), &e.OrganisationID, &e.ClientID, &e.APIKeyID, &e.SubjectType, &e.SubjectID,
		&e.GrantID, &e.GrantType, &e.Dialect, &e.Channel, &e.IP, &e.RequestID, &e.Target,
	} {
		*text = storable(*text, longestText)
	}
	e.Detail = storable(e.Detail, longestDetail)
	tx.events = append(tx.events, e)
}

// storable is a text as both engines take it, whatever somebody sent: PostgreSQL has
// no NUL and nothing that is not UTF-8.
func storable(text string, most int) string {
	text = text[:min(len(text), most)]
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// Events returns audit records, newest first. It is never cached.
func (s *Store) Events(ctx context.Context, filter EventFilter) ([]core.Event, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]core.Event, error) {
		query, args := filter.query()
		rows, err := s.reads.QueryContext(ctx, query, args...)
		if err != nil {
			return nil, failure("events", err)
		}
		defer rows.Close()
		events := []core.Event{}
		for rows.Next() {
			var e core.Event
			var at int64
			if err := rows.Scan(&e.ID, &at, &e.Type, &e.Reason, &e.OrganisationID, &e.ClientID, &e.APIKeyID,
				&e.SubjectType, &e.SubjectID, &e.GrantID, &e.GrantType, &e.Dialect, &e.Channel, &e.IP, &e.RequestID,
				&e.Target, &e.Detail); err != nil {
				return nil, failure("events", err)
			}
			e.At = instant(at)
			events = append(events, e)
		}
		if filter.Before != "" {
			slices.Reverse(events)
		}
		return events, failure("events", rows.Err())
	})
}

// query is the statement of a filter. Its text is made of constants; what the
// caller says goes into parameters.
func (f EventFilter) query() (string, []any) {
	var conditions []string
	var args []any
	where := func(present bool, condition string, value any) {
		if present {
			args = append(args, value)
			conditions = append(conditions, fmt.Sprintf(condition, len(args)))
		}
	}
	where(!f.Since.IsZero(), "at >= $%d", millis(f.Since))
	where(!f.Until.IsZero(), "at < $%d", millis(f.Until))
	where(f.Type != "", "type = $%d", string(f.Type))
	where(f.OrganisationID != "", "organisation_id = $%d", f.OrganisationID)
	where(f.ClientID != "", "client_id = $%d", f.ClientID)
	where(f.SubjectID != "", "subject_id = $%d", f.SubjectID)
	where(f.RequestID != "", "request_id = $%d", f.RequestID)
	where(f.ID != "", "id = $%d", f.ID)
	order := "DESC"
	if where(f.After != "", "id < $%d", f.After); f.Before != "" {
		where(true, "id > $%d", f.Before)
		order = "ASC" // those right before, which the caller turns round
	}
	query := "SELECT " + eventColumns + " FROM audit"
	if len(conditions) > 0 {
		query += " WHERE " + strings.Join(conditions, " AND ")
	}
	limit := f.Limit
	if limit <= 0 {
		limit = eventsPerPage
	}
	args = append(args, min(limit, 1000))
	return query + fmt.Sprintf(" ORDER BY id %s LIMIT $%d", order, len(args)), args
}

// insertEvents writes events, many to a statement.
func insertEvents(ctx context.Context, c sqlSession, engine, how string, events []core.Event) error {
	args := make([]any, 0, len(events)*auditRows.width)
	for i := range events {
		e := &events[i]
		args = append(args, e.ID, millis(e.At), string(e.Type), string(e.Reason), e.OrganisationID, e.ClientID,
			e.APIKeyID, e.SubjectType, e.SubjectID, e.GrantID, e.GrantType, e.Dialect, e.Channel, e.IP, e.RequestID,
			e.Target, e.Detail)
	}
	return auditRows.insert(ctx, c, engine, how, args)
}

var auditRows = newBulk("audit", eventColumns)
