package store_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// BenchmarkAuditWrite is the write that every token without a refresh token
// costs, by 32 callers; BenchmarkRotation that of a refresh.
func BenchmarkAuditWrite(b *testing.B) {
	engines(b, func(b *testing.B, s *store.Store) {
		parallel(b, s, func(caller, i int) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				tx.Audit(core.Event{Type: core.TokenIssued, OrganisationID: "org_1", ClientID: "cli_1", RequestID: "r"})
				return nil
			}
		})
	})
}

func BenchmarkRotation(b *testing.B) {
	engines(b, func(b *testing.B, s *store.Store) {
		write(b, s, func(tx *store.Tx) error { return tx.InsertGrant(&core.Grant{ID: "g"}) })
		parallel(b, s, func(caller, i int) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				tx.Audit(core.Event{Type: core.TokenRefreshed, OrganisationID: "org_1", ClientID: "cli_1", RequestID: "r"})
				next := fmt.Sprintf("%d-%d-%09d", b.N, caller, i+1)
				if _, err := tx.ConsumeRefreshToken(fmt.Sprintf("%d-%d-%09d", b.N, caller, i), at, next); err != nil {
					return err
				}
				return tx.InsertRefreshToken(&core.RefreshToken{Selector: next, Hash: make([]byte, 32), GrantID: "g", ExpiresAt: at.Add(time.Hour)})
			}
		})
	})
}

func engines(b *testing.B, run func(b *testing.B, s *store.Store)) {
	b.Run("sqlite", func(b *testing.B) { run(b, storetest.Open(b, storetest.SQLite(b))) })
	b.Run("postgres", func(b *testing.B) { run(b, storetest.Open(b, storetest.Postgres(b))) })
}

// parallel spreads b.N writes over 32 callers and reports the processor time
// that one took, of this process alone.
func parallel(b *testing.B, s *store.Store, job func(caller, i int) func(*store.Tx) error) {
	const callers = 32
	before, start := s.Stats(), processorTime(b)
	b.ResetTimer()
	done := make(chan error)
	for caller := range callers {
		go func() {
			var failed error
			for i := caller; i < b.N && failed == nil; i += callers {
				failed = s.Write(b.Context(), job(caller, i/callers))
			}
			done <- failed
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
	b.StopTimer()
	after := s.Stats()
	b.ReportMetric(float64((processorTime(b)-start).Nanoseconds())/1e3/float64(b.N), "cpu-us/op")
	b.ReportMetric(float64(after.Jobs-before.Jobs)/float64(after.Groups-before.Groups), "jobs/commit")
}

func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
