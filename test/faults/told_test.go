package faults

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"claviger/test/faults/history"
)

// Audit records that requests leave.
const (
	issued    = "token.issued"
	refreshed = "token.refreshed"
	revoked   = "token.revoked"
)

// witness asks a server for its clients, and keeps a record of what they were told.
type witness struct {
	*installation
	t      *testing.T
	record *record
}

// record is what all witnesses of a test have seen.
type record struct {
	began    time.Time
	name     string // in the ids of its requests
	history  history.History
	requests atomic.Int64
	patience time.Duration // for how long a client comes back when it is asked to
}

func newWitness(i *installation) *witness {
	return &witness{installation: i, t: i.t, record: &record{began: time.Now(), name: rand.Text()[:8]}}
}

// newID names a request, for the audit trail.
func (w *witness) newID(kind string) string {
	return fmt.Sprintf("%s-%s-%d", kind, w.record.name, w.record.requests.Add(1))
}

// note records a request, and again each time that it comes back after a 503.
func (w *witness) note(o history.Operation, party *relyingParty, ask func(id string) (answer, error)) (answer, error) {
	for over := time.Now().Add(w.record.patience); ; {
		a, err := w.noteOnce(o, party, ask)
		if !unavailable(a, err) || time.Now().After(over) {
			return a, err
		}
		after, err := strconv.Atoi(a.Header.Get("Retry-After"))
		if err != nil {
			return a, err
		}
		time.Sleep(time.Duration(after) * time.Second)
	}
}

// noteOnce records a request. Only what was answered 200, or refused as used up or
// ended, has an outcome that is known.
func (w *witness) noteOnce(o history.Operation, party *relyingParty, ask func(id string) (answer, error)) (answer, error) {
	o.ID = w.newID(string(o.Kind))
	begun := w.record.history.Begin(o)
	a, err := ask(o.ID)
	if err == nil && (a.Status == http.StatusOK || a.refused()) {
		w.record.history.End(begun, history.Answer{
			Refused: a.refused(), Access: a.AccessToken, Next: a.RefreshToken, Forgiving: party.grace, Active: a.Active,
		})
	}
	return a, err
}

func (w *witness) signsIn(party *relyingParty) (answer, error) {
	return w.note(history.Operation{Kind: history.Issue, Record: issued}, party, func(id string) (answer, error) {
		return w.signIn(party, id)
	})
}

func (w *witness) getsOwnToken(party *relyingParty) (answer, error) {
	return w.note(history.Operation{Kind: history.Issue, Record: issued}, party, func(id string) (answer, error) {
		return w.clientCredentials(party, id)
	})
}

func (w *witness) refreshes(party *relyingParty, token string) (answer, error) {
	return w.note(history.Operation{Kind: history.Use, Record: refreshed, Token: token}, party, func(id string) (answer, error) {
		return w.refresh(party, token, id)
	})
}

func (w *witness) revokes(party *relyingParty, token string) (answer, error) {
	return w.note(history.Operation{Kind: history.Revoke, Record: revoked, Token: token}, party, func(id string) (answer, error) {
		return w.revoke(party, token, id)
	})
}

// looks asks whether a token is active, which has to be answered.
func (w *witness) looks(party *relyingParty, tokens ...string) {
	w.t.Helper()
	for _, token := range tokens {
		a, err := w.note(history.Operation{Kind: history.Look, Token: token}, party, func(id string) (answer, error) {
			return w.post(party, "/oauth2/introspect", id, "token", token)
		})
		if err != nil || a.Status != http.StatusOK {
			w.t.Errorf("introspection: %d %q, %v", a.Status, a.Error, err)
		}
	}
}

// judge has everything that clients were told so far checked, with the audit trail.
func (w *witness) judge() {
	w.t.Helper()
	trail := history.Trail{}
	for _, e := range w.auditSince(w.record.began) {
		trail[e.RequestID] = history.Entry{Type: e.Type, Grant: e.Grant}
	}
	took := 0
	unanswered := w.record.history.Unanswered()
	for _, o := range unanswered {
		if trail[o.ID].Type == o.Record && o.Record != "" {
			took++
		}
	}
	w.t.Logf("of %d requests without an answer %d took effect", len(unanswered), took)
	for _, complaint := range w.record.history.Check(trail) {
		w.t.Error(complaint)
	}
}
