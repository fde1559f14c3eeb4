package authn

import (
	"context"
	"fmt"
	"sync"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// usedFrom notes that a proved API key is used from an address, and refuses it where
// the key is for other addresses alone. A key that only reports works on; the audit
// trail says from where.
func (a *Authenticator) usedFrom(ctx context.Context, key *core.APIKey, ip string, refusal oauth.Reason) error {
	now := a.Now()
	if !key.ActiveAt(now) { // for the caller to refuse
		return nil
	}
	if key.UsableFrom(ip) {
		a.Store.APIKeyUsed(key.ID, now, ip)
		return nil
	}
	kind := core.AddressRefused
	if key.AddressMode == core.AddressReport {
		kind = core.AddressReported
	}
	sighting := string(kind) + " " + key.ID + " " + ip
	if a.elsewhere.first(sighting, now) {
		err := a.reportAddress(ctx, key, kind)
		switch {
		case err != nil && kind == core.AddressRefused: // a refusal that cannot be recorded is not given
			a.elsewhere.again(sighting, now)
			return err
		case err != nil:
			a.elsewhere.again(sighting, now.Add(reportAgain))
			a.Log.Warn("the use of an API key from another address was not recorded; it will be tried again",
				"api_key", key.ID, "error", err)
		}
	}
	if kind == core.AddressReported {
		a.Store.APIKeyUsed(key.ID, now, ip)
		return nil
	}
	return oauth.NewError(refusal).Because(fmt.Errorf("the API key may not be used from %s", ip))
}

func (a *Authenticator) reportAddress(ctx context.Context, key *core.APIKey, kind core.EventType) error {
	event := core.EventOf(kind, &core.Authorization{Key: key}, oauth.SourceOf(ctx))
	event.OrganisationID, event.Target = key.OrganisationID, "api_key/"+key.ID
	event.Detail = fmt.Sprintf("name %q", key.Name)
	return a.Store.Write(ctx, func(tx *store.Tx) error {
		tx.Audit(event)
		return nil
	})
}

// sightings keep what is used a thousand times a second from being reported as
// often: once in sightingTime, on this node.
type sightings struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

const (
	sightingTime = time.Hour
	sightingRoom = 10_000
	// reportAgain is when a report that failed is tried again: each use would wait for
	// a database that does not answer.
	reportAgain = time.Minute
)

// first reports whether nothing was seen under the key for a while.
func (s *sightings) first(key string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.seen[key]; ok && now.Sub(last) < sightingTime {
		return false
	}
	if s.seen == nil || len(s.seen) >= sightingRoom {
		s.seen = map[string]time.Time{}
	}
	s.seen[key] = now
	return true
}

// again takes back what first has noted: from then on, it is the first.
func (s *sightings) again(key string, then time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[key] = then.Add(-sightingTime)
}
