package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/oauth"
)

// Whatever somebody sends ends up in an audit record that both engines take.
func TestEventsTakeAnyText(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for n, text := range []string{"a\x00b", "a\xffb", "\x00", strings.Repeat("é", 20_000), strings.Repeat("\xff", 20_000)} {
			e := core.Event{
				At: at.Add(time.Duration(n) * time.Second), Type: core.EventType(text), Reason: oauth.Reason(text), OrganisationID: text, ClientID: text, APIKeyID: text,
				SubjectType: text, SubjectID: text, GrantID: text, GrantType: text, Dialect: text, Channel: text, IP: text,
				RequestID: text, Target: text, Detail: text,
			}
			write(t, s, func(tx *store.Tx) error { tx.Audit(e); return nil })
			list, err := s.Events(t.Context(), store.EventFilter{Limit: 1})
			if err != nil || len(list) != 1 {
				t.Fatalf("%.10q: %v", text, err)
			}
			kept := list[0].Detail
			if kept == "" || kept[0] != text[0] && !strings.HasPrefix(kept, "\uFFFD") || !utf8.ValidString(kept) || len(kept) > 24_000 {
				t.Errorf("%.10q was kept as %.20q, %d bytes", text, kept, len(kept))
			}
		}
	})
}

// An audit record that the engine refuses costs its own job, and neither those that
// share a commit with it nor those that wait behind them.
func TestOneBadEventDoesNotFailItsGroup(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		refuse := "ALTER TABLE audit ADD CONSTRAINT bad CHECK (request_id <> 'bad')"
		if s.Engine() == store.SQLite {
			refuse = "CREATE TRIGGER bad BEFORE INSERT ON audit WHEN NEW.request_id = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END"
		}
		check(t, s.ExecForTest(t.Context(), refuse), "")
		audit := func(request string) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				tx.Audit(core.Event{Type: core.TokenRefused, RequestID: request})
				return nil
			}
		}
		put := func(request string) func(*store.Tx) error {
			return func(tx *store.Tx) error { _ = audit(request)(tx); return tx.PutSetting(request, "kept") }
		}
		for name, job := range map[string]func(string) func(*store.Tx) error{"nothing but events": audit, "rows too": put} {
			t.Run(name, func(t *testing.T) {
				const jobs = 600 // more than one commit takes
				release := hold(t, s)
				var list []func(*store.Tx) error
				for i := range jobs {
					request := fmt.Sprint(name, i)
					if i%50 == 7 {
						request = "bad"
					}
					list = append(list, job(request))
				}
				results := queue(t, s, list...)
				release()
				for i, result := range results {
					if err := <-result; (err != nil) != (i%50 == 7) {
						t.Errorf("job %d: %v", i, err)
					}
				}
			})
		}
	})
}
