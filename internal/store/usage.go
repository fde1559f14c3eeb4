package store

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
	"claviger/oauth"
)

// usage counts in memory what is written by FlushUsage: token requests, from the
// events of each commit, and the last use of API keys. It is bounded: what does not
// fit is counted with the next flush's room, and lost.
type usage struct {
	mu     sync.Mutex
	counts map[usageKey]int64
	keys   map[string]keyUse
}

// usageKey is what is counted apart. day is days since 1970 (UTC).
type usageKey struct {
	day                                                       int64
	organisation, client, dialect, grantType, outcome, reason string
}

// keyUse is the last use of an API key.
type keyUse struct {
	at time.Time
	ip string
}

// usageRoom bounds each of the two maps, in entries.
const usageRoom = 50_000

const millisOfDay = 24 * 60 * 60 * 1000

// counted are the events that are token requests.
var counted = []core.EventType{core.TokenIssued, core.TokenRefreshed, core.TokenRefused, core.TokenReused}

// knownGrantTypes are counted by name: others are whatever somebody sent.
var knownGrantTypes = []string{
	oauth.GrantAuthorizationCode, oauth.GrantClientCredentials, oauth.GrantPassword, oauth.GrantRefreshToken,
}

// count adds the events of a commit.
func (u *usage) count(events []core.Event) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range events {
		e := &events[i]
		if !slices.Contains(counted, e.Type) {
			continue
		}
		key := usageKey{
			day: e.At.UnixMilli() / millisOfDay, organisation: e.OrganisationID, client: e.ClientID, dialect: e.Dialect,
			grantType: e.GrantType, outcome: string(e.Type), reason: string(e.Reason),
		}
		if !slices.Contains(knownGrantTypes, key.grantType) {
			key.grantType = "other"
		}
		add(&u.counts, key, u.counts[key]+1)
	}
}

// add sets a value while there is room.
func add[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	if _, known := (*m)[key]; known || len(*m) < usageRoom {
		(*m)[key] = value
	}
}

// take returns what was counted, and begins anew.
func (u *usage) take() (map[usageKey]int64, map[string]keyUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	counts, keys := u.counts, u.keys
	u.counts, u.keys = nil, nil
	return counts, keys
}

// giveBack adds what could not be written to what has been counted since.
func (u *usage) giveBack(counts map[usageKey]int64, keys map[string]keyUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for key, n := range counts {
		add(&u.counts, key, u.counts[key]+n)
	}
	for id, use := range keys {
		if use.at.After(u.keys[id].at) {
			add(&u.keys, id, use)
		}
	}
}

// APIKeyUsed notes that an API key was used from an address. It costs no write: the
// next FlushUsage keeps the last one of each key.
func (s *Store) APIKeyUsed(id string, at time.Time, ip string) {
	s.used.mu.Lock()
	defer s.used.mu.Unlock()
	if at.After(s.used.keys[id].at) {
		add(&s.used.keys, id, keyUse{at, ip})
	}
}

// FlushUsage writes what was counted since the last time, and tells how many rows
// that took. What could not be written is kept for the next.
func (s *Store) FlushUsage(ctx context.Context) (int, error) {
	counts, keys := s.used.take()
	if len(counts)+len(keys) == 0 {
		return 0, nil
	}
	err := s.Write(ctx, func(tx *Tx) error {
		return tx.do("usage", func(ctx context.Context, q *queries.Queries) error {
			for _, key := range sorted(counts) { // in one order, so that two nodes never wait for each other
				if err := q.AddUsage(ctx, key.row(counts[key])); err != nil {
					return err
				}
			}
			for _, id := range sortedKeys(keys) {
				use := keys[id]
				if err := q.TouchAPIKey(ctx, queries.TouchAPIKeyParams{ID: id, At: millis(use.at), Ip: use.ip}); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		s.used.giveBack(counts, keys)
		return 0, err
	}
	return len(counts) + len(keys), nil
}

func (k usageKey) row(requests int64) queries.AddUsageParams {
	return queries.AddUsageParams{
		Day: k.day, OrganisationID: k.organisation, ClientID: k.client, Dialect: k.dialect, GrantType: k.grantType,
		Outcome: k.outcome, Reason: k.reason, Requests: requests,
	}
}

func sorted(counts map[usageKey]int64) []usageKey {
	keys := make([]usageKey, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, usageKey.compare)
	return keys
}

func sortedKeys(keys map[string]keyUse) []string {
	ids := make([]string, 0, len(keys))
	for id := range keys {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (k usageKey) compare(other usageKey) int {
	if k.day != other.day {
		return int(k.day - other.day)
	}
	for _, pair := range [][2]string{
		{k.organisation, other.organisation}, {k.client, other.client}, {k.dialect, other.dialect},
		{k.grantType, other.grantType}, {k.outcome, other.outcome},
	} {
		if order := strings.Compare(pair[0], pair[1]); order != 0 {
			return order
		}
	}
	return strings.Compare(k.reason, other.reason)
}

// Usage returns the counts of an organisation (empty: sums over all) from a day to
// a day, both included. It is never cached, and lags by what is not flushed yet.
func (s *Store) Usage(ctx context.Context, organisationID string, from, to time.Time) ([]*core.Usage, error) {
	first, last := from.UnixMilli()/millisOfDay, to.UnixMilli()/millisOfDay
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Usage, error) {
		if organisationID == "" {
			rows, err := s.read.Usage(ctx, queries.UsageParams{FromDay: first, ToDay: last})
			return each(rows, err, "usage", func(row queries.UsageRow) (*core.Usage, error) {
				return usageOf(queries.UsageCount{
					Day: row.Day, ClientID: row.ClientID, Dialect: row.Dialect, GrantType: row.GrantType,
					Outcome: row.Outcome, Reason: row.Reason, Requests: row.Requests,
				})
			})
		}
		rows, err := s.read.UsageOfOrganisation(ctx, queries.UsageOfOrganisationParams{
			OrganisationID: organisationID, FromDay: first, ToDay: last})
		return each(rows, err, "usage", usageOf)
	})
}

func usageOf(row queries.UsageCount) (*core.Usage, error) {
	return &core.Usage{
		Day: time.UnixMilli(row.Day * millisOfDay).UTC(), OrganisationID: row.OrganisationID, ClientID: row.ClientID,
		Dialect: row.Dialect, GrantType: row.GrantType, Outcome: core.EventType(row.Outcome), Reason: row.Reason,
		Requests: row.Requests,
	}, nil
}

// CleanupManagement deletes at most limit rows each of expired answers and of
// invitations that expired before old, and usage of days before old counts no more.
func (s *Store) CleanupManagement(ctx context.Context, now, old, usageBefore time.Time, limit int) (deleted int64, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		return tx.do("clean-up", func(ctx context.Context, q *queries.Queries) error {
			answers, err := q.DeleteAnswers(ctx, queries.DeleteAnswersParams{Before: millis(now), Most: int32(limit)})
			if err != nil {
				return err
			}
			invitations, err := q.DeleteInvitations(ctx, queries.DeleteInvitationsParams{Before: millis(old), Most: int32(limit)})
			if err != nil {
				return err
			}
			counts, err := q.DeleteUsage(ctx, usageBefore.UnixMilli()/millisOfDay)
			deleted = answers + invitations + counts
			return err
		})
	})
	return deleted, err
}
