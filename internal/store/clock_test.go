package store_test

import (
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

func TestR16_ClockOffset(t *testing.T) {
	for name, url := range map[string]string{"sqlite": storetest.SQLite(t), "postgres": storetest.Postgres(t)} {
		for _, ahead := range []time.Duration{0, 10 * time.Minute, -30 * time.Second} {
			s := storetest.Open(t, url, func(o *store.Options) {
				o.Now = func() time.Time { return time.Now().Add(ahead) }
			})
			offset, within, err := s.ClockOffset(t.Context())
			want := ahead
			if name == "sqlite" {
				want = 0
			}
			if err != nil || (offset-want).Abs() > within+time.Millisecond {
				t.Errorf("%s, %s ahead: %s within %s, %v", name, ahead, offset, within, err)
			}
		}
	}
}

func TestLastEvent(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		if at, err := s.LastEvent(t.Context()); err != nil || !at.IsZero() {
			t.Error(at, err)
		}
		want := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		for _, at := range []time.Time{want, want.Add(-2 * time.Hour)} {
			write(t, s, func(tx *store.Tx) error {
				tx.Audit(core.Event{At: at})
				return nil
			})
		}
		if at, err := s.LastEvent(t.Context()); err != nil || !at.Equal(want) {
			t.Error(at, err)
		}
	})
}
