package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
	"claviger/oauth"
)

// usage counts in memory what is written by FlushUsage: token requests, from the
// events of each commit, and the last use of API keys and connections. It is
// bounded: what is new while it is full is lost, until the next flush makes room.
type usage struct {
	mu       sync.Mutex
	counts   map[usageKey]int64
	lastUses map[usedThing]lastUse
}

// usageKey is what is counted apart. day is days since 1970 (UTC).
type usageKey struct {
	day                                                       int64
	organisation, client, dialect, grantType, outcome, reason string
}

// usedThing is an API key, or a consent with which a client was used.
type usedThing struct{ keyID, consentID string }

type lastUse struct {
	at time.Time
	ip string // of keys
}

// usageRoom bounds each of the two maps, in entries; usageBatch is how many rows of
// them are written at once, while others wait to write.
const (
	usageRoom  = 50_000
	usageBatch = 100
)

const millisOfDay = 24 * 60 * 60 * 1000

// counted are the events that are token requests.
var counted = []core.EventType{core.TokenIssued, core.TokenRefreshed, core.TokenRefused, core.TokenReused}

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
		if !slices.Contains(oauth.GrantTypes, key.grantType) { // whatever somebody sent
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
func (u *usage) take() (map[usageKey]int64, map[usedThing]lastUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	counts, uses := u.counts, u.lastUses
	u.counts, u.lastUses = nil, nil
	return counts, uses
}

// giveBack adds what could not be written to what has been counted since.
func (u *usage) giveBack(counts map[usageKey]int64, uses map[usedThing]lastUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for key, n := range counts {
		add(&u.counts, key, u.counts[key]+n)
	}
	for thing, use := range uses {
		u.note(thing, use)
	}
}

// note keeps the later of two uses. The caller holds mu.
func (u *usage) note(thing usedThing, use lastUse) {
	if use.at.After(u.lastUses[thing].at) {
		add(&u.lastUses, thing, use)
	}
}

// APIKeyUsed notes that an API key was used from an address. It costs no write: the
// next FlushUsage keeps the last one of each key.
func (s *Store) APIKeyUsed(id string, at time.Time, ip string) {
	s.used.mu.Lock()
	defer s.used.mu.Unlock()
	s.used.note(usedThing{keyID: id}, lastUse{at, ip})
}

// ConsentUsed notes that a client acted by a consent, as APIKeyUsed does.
func (s *Store) ConsentUsed(id string, at time.Time) {
	s.used.mu.Lock()
	defer s.used.mu.Unlock()
	s.used.note(usedThing{consentID: id}, lastUse{at: at})
}

// FlushUsage writes what was counted since the last time, a batch at a time, and
// tells how many rows that took. What could not be written is kept for the next.
func (s *Store) FlushUsage(ctx context.Context) (rows int, err error) {
	counts, uses := s.used.take()
	// In one order, so that two nodes never wait for each other.
	for batch := range slices.Chunk(slices.SortedFunc(maps.Keys(counts), usageKey.compare), usageBatch) {
		err = s.Write(ctx, func(tx *Tx) error {
			return tx.do("usage", func(ctx context.Context, q *queries.Queries) error {
				for _, key := range batch {
					if err := q.AddUsage(ctx, key.row(counts[key])); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			break
		}
		for _, key := range batch {
			delete(counts, key)
		}
		rows += len(batch)
	}
	for batch := range slices.Chunk(slices.SortedFunc(maps.Keys(uses), usedThing.compare), usageBatch) {
		if err != nil {
			break
		}
		if err = s.Write(ctx, func(tx *Tx) error { return tx.touch(batch, uses) }); err == nil {
			for _, thing := range batch {
				delete(uses, thing)
			}
			rows += len(batch)
		}
	}
	s.used.giveBack(counts, uses)
	return rows, err
}

// touch notes last uses. It leaves the cache as it is.
func (tx *Tx) touch(things []usedThing, uses map[usedThing]lastUse) error {
	return tx.do("last use", func(ctx context.Context, q *queries.Queries) error {
		for _, thing := range things {
			var err error
			if at := millis(uses[thing].at); thing.keyID != "" {
				err = q.TouchAPIKey(ctx, queries.TouchAPIKeyParams{ID: thing.keyID, At: at, Ip: uses[thing].ip})
			} else {
				err = q.TouchConsent(ctx, queries.TouchConsentParams{ID: thing.consentID, At: at})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (t usedThing) compare(other usedThing) int {
	return cmp.Or(strings.Compare(t.keyID, other.keyID), strings.Compare(t.consentID, other.consentID))
}

func (k usageKey) row(requests int64) queries.AddUsageParams {
	return queries.AddUsageParams{
		Day: k.day, OrganisationID: k.organisation, ClientID: k.client, Dialect: k.dialect, GrantType: k.grantType,
		Outcome: k.outcome, Reason: k.reason, Requests: requests,
	}
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

// UsagePage returns counts of an organisation (empty: sums over all) from a day to a
// day, both included: at most limit after one of them (nil: from the beginning). It is
// never cached, and lags by what is not flushed yet.
func (s *Store) UsagePage(ctx context.Context, organisationID string, from, to time.Time, after *core.Usage, limit int) ([]*core.Usage, error) {
	first, last := from.UnixMilli()/millisOfDay, to.UnixMilli()/millisOfDay
	if after == nil {
		after = &core.Usage{Day: from.AddDate(0, 0, -1)}
	}
	place := queries.UsageParams{
		FromDay: first, ToDay: last, AfterDay: after.Day.UnixMilli() / millisOfDay, AfterClient: after.ClientID,
		AfterDialect: after.Dialect, AfterGrantType: after.GrantType, AfterOutcome: string(after.Outcome), AfterReason: after.Reason,
		Most: int32(limit),
	}
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Usage, error) {
		if organisationID == "" {
			rows, err := s.read.Usage(ctx, place)
			return each(rows, err, "usage", func(row queries.UsageRow) (*core.Usage, error) {
				return usageOf(queries.UsageCount{
					Day: row.Day, ClientID: row.ClientID, Dialect: row.Dialect, GrantType: row.GrantType,
					Outcome: row.Outcome, Reason: row.Reason, Requests: row.Requests,
				})
			})
		}
		rows, err := s.read.UsageOfOrganisation(ctx, queries.UsageOfOrganisationParams{
			OrganisationID: organisationID, FromDay: place.FromDay, ToDay: place.ToDay, AfterDay: place.AfterDay,
			AfterClient: place.AfterClient, AfterDialect: place.AfterDialect, AfterGrantType: place.AfterGrantType,
			AfterOutcome: place.AfterOutcome, AfterReason: place.AfterReason, Most: place.Most,
		})
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
