package keys

import (
	"fmt"
	"io"

	"claviger/internal/core"
)

// Record returns the stored form of the key: its private half sealed under the
// master key and bound to its kid, so that no sealed half can be moved to
// another record.
func (k *Key) Record(master MasterKey, random io.Reader) (core.SigningKey, error) {
	private, err := k.MarshalPrivate()
	if err != nil {
		return core.SigningKey{}, fmt.Errorf("signing key %s: %w", k.ID, err)
	}
	defer clear(private)
	return core.SigningKey{
		ID: k.ID, Algorithm: k.Algorithm, PublicJWK: string(k.jwk),
		Sealed:    master.Seal(random, private, []byte(k.ID)),
		CreatedAt: k.CreatedAt, ActiveAt: k.ActiveAt, RetiredAt: k.RetiredAt, RemovedAt: k.RemovedAt,
	}, nil
}

// FromRecord is the reverse of Record. It fails with ErrSealed under another
// master key, and when the record names another kid or algorithm than its key's.
func FromRecord(master MasterKey, record core.SigningKey) (*Key, error) {
	private, err := master.Open(record.Sealed, []byte(record.ID))
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", record.ID, err)
	}
	defer clear(private)
	k, err := FromPKCS8(private)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", record.ID, err)
	}
	if k.ID != record.ID || k.Algorithm != record.Algorithm {
		return nil, fmt.Errorf("signing key %s: %w", record.ID, ErrKey)
	}
	k.CreatedAt, k.ActiveAt = record.CreatedAt, record.ActiveAt
	k.RetiredAt, k.RemovedAt = record.RetiredAt, record.RemovedAt
	return k, nil
}

// OpenSet returns the set of stored keys.
func OpenSet(master MasterKey, records []core.SigningKey) (*Set, error) {
	var keys []*Key
	for _, record := range records {
		k, err := FromRecord(master, record)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return NewSet(keys...)
}
