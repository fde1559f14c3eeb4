package store

import (
	"maps"
	"slices"
	"testing"
)

// staying are the tables that are taken as they were, with a reason where that could be
// doubted.
var staying = map[string]string{
	"refresh_tokens":  "work only with their grant",
	"session_clients": "belong to sessions",
	"organisations":   "", "accounts": "", "users": "", "permissions": "", "roles": "", "memberships": "", "conditions": "",
	"clients": "", "api_keys": "", "secrets": "", "consents": "", "signing_keys": "", "audit": "", "settings": "",
	"cache_version": "", "usage_counts": "",
	"answers":    "tell again what is true still",
	"rate_usage": "of seconds ago",
	"passkeys":   "their counters only ever go up",
}

// Of every table it was decided whether something in it may live once only, or may
// have been ended since a backup. A new table has to be put on one of the lists.
func TestR26_EveryTableMovesOrStays(t *testing.T) {
	known := maps.Clone(staying)
	for _, m := range moving {
		if _, ok := known[m.table]; ok {
			t.Errorf("%s is on both lists, or twice", m.table)
		}
		known[m.table] = m.what
	}
	tables, err := schemaTables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if _, ok := known[table.name]; !ok {
			t.Errorf("nobody has said what a restore does with %s: add it to moving or staying", table.name)
		}
		delete(known, table.name)
	}
	if len(known) > 0 {
		t.Errorf("there are no tables %v", slices.Collect(maps.Keys(known)))
	}
}
