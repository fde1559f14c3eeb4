package keys

import (
	"fmt"
	"io"
	"slices"
	"time"

	"claviger/internal/core"
)

// Rotation says how keys succeed each other.
type Rotation struct {
	Lead time.Duration // a new key is published so long before it signs: what verifiers cache a key set for
	Keep time.Duration // a retired key is published so long: the longest life of a token, and the skew
}

// Rotate makes a key and returns the records to write, all of them or none: the
// new one, and those of its algorithm that it takes over from at the moment it
// becomes active. Where nothing signs under the algorithm it is active at once.
func (r Rotation) Rotate(existing []core.SigningKey, algorithm string, now time.Time, master MasterKey, random io.Reader) ([]core.SigningKey, error) {
	key, err := Generate(algorithm, random)
	if err != nil {
		return nil, err
	}
	return r.Introduce(existing, key, now, master, random)
}

// Introduce is Rotate with a key that was made elsewhere.
func (r Rotation) Introduce(existing []core.SigningKey, key *Key, now time.Time, master MasterKey, random io.Reader) ([]core.SigningKey, error) {
	record, err := key.Record(master, random)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(existing, func(old core.SigningKey) bool { return old.ID == key.ID }) {
		return nil, fmt.Errorf("signing key %s is there already", key.ID)
	}
	record.CreatedAt, record.ActiveAt, record.RetiredAt, record.RemovedAt = now, now, time.Time{}, time.Time{}
	signs := func(old core.SigningKey) bool {
		return old.Algorithm == record.Algorithm && (old.RetiredAt.IsZero() || old.RetiredAt.After(now))
	}
	if slices.ContainsFunc(existing, signs) {
		record.ActiveAt = now.Add(r.Lead)
	}
	records := []core.SigningKey{record}
	for _, old := range existing {
		retires := old.RetiredAt.IsZero() || old.RetiredAt.After(record.ActiveAt)
		if old.Algorithm == record.Algorithm && retires {
			records = append(records, r.Retire(old, record.ActiveAt))
		}
	}
	return records, nil
}

// Retire returns the record of a key that signs until at, and is published until
// the last token that it signed has expired.
func (r Rotation) Retire(record core.SigningKey, at time.Time) core.SigningKey {
	record.RetiredAt = at
	record.RemovedAt = at.Add(r.Keep)
	return record
}
