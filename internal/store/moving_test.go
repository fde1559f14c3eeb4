package store_test

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// Whatever may be used once is used up after a restore, on both engines, and what was
// there before it is dead: a row of each kind, alive at the moment of the backup.
func TestR26_WhatMovesHasEnded(t *testing.T) {
	for engine, url := range map[string]string{store.SQLite: storetest.SQLite(t), store.Postgres: storetest.Postgres(t)} {
		t.Run(engine, func(t *testing.T) {
			ctx, now := t.Context(), time.Unix(1_800_000_000, 0)
			filled(t, url, 3)
			check(t, store.ChangeForTest(ctx, url, "DELETE FROM settings"), "")
			ended, err := store.EndMoving(ctx, url, now, now.Add(time.Second), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range ended.Rows {
				if row.Count != 3 {
					t.Errorf("%d of 3 %s", row.Count, row.What)
				}
			}
			s := unmigrated(t, url)
			for _, query := range []string{
				"SELECT COUNT(*) FROM grants WHERE ended_at = 0", "SELECT COUNT(*) FROM sessions WHERE ended_at = 0",
				"SELECT COUNT(*) FROM codes WHERE consumed_at = 0", "SELECT COUNT(*) FROM flows WHERE done_at = 0",
				"SELECT COUNT(*) FROM one_time_codes WHERE consumed_at = 0", "SELECT COUNT(*) FROM invitations WHERE ended_at = 0",
				"SELECT COUNT(*) FROM recovery_codes", "SELECT COUNT(*) FROM challenges", "SELECT COUNT(*) FROM remembered_devices",
				"SELECT COUNT(*) FROM authenticator_apps WHERE last_step < 60000000", "SELECT COUNT(*) FROM deliveries",
			} {
				var left int
				if err := s.ScanForTest(ctx, query, &left); err != nil || left != 0 {
					t.Errorf("%s: %d, %v", query, left, err)
				}
			}
			if at, err := s.RestoredAt(ctx); err != nil || !at.Equal(now.Add(time.Second)) {
				t.Error(at, err)
			}
		})
	}
}

// A restore that was interrupted after it put the database aside leaves none. It is
// not taken for a server that starts for the first time, and can be run again.
func TestR26_InterruptedRestoreIsNotAFirstStart(t *testing.T) {
	ctx, now, url := t.Context(), time.Unix(1_800_000_000, 0), storetest.SQLite(t)
	place := strings.TrimPrefix(url, "sqlite:")
	filled(t, url, 3)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := store.Backup(ctx, url, backup, now); err != nil {
		t.Fatal(err)
	}
	if _, err := store.StageRestore(ctx, backup, url, true); err != nil {
		t.Fatal(err)
	}
	check(t, os.Rename(place, place+".replaced-20270115T080000Z"), "")
	for range 2 {
		_, err := store.Open(ctx, store.Options{URL: url, Now: time.Now, Rand: rand.Reader})
		if !errors.Is(err, store.ErrUnfinished) || !strings.Contains(err.Error(), "--replace") {
			t.Errorf("opened: %v", err)
		}
	}
	again, err := store.StageRestore(ctx, backup, url, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Place(now); err != nil {
		t.Fatal(err)
	}
	if _, err := unmigrated(t, url).Organisation(ctx, "org_odd"); err != nil {
		t.Error(err)
	}
}
