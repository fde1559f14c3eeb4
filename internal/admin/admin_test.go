package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/oauth"
)

var (
	cli   = Actor{Name: "cli", Source: oauth.Source{IP: "127.0.0.1", RequestID: "req-1"}}
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	names = []string{"centrapay", "jpay", "powerepos", "scratchpower", "spendesk"}
)

func newService(s *store.Store) *Service {
	return &Service{
		Store: s, Now: func() time.Time { return noon }, Rand: rand.Reader,
		Secrets: &secret.Hasher{Key: []byte(strings.Repeat("k", 32)), Pool: secret.NewPool(2, 1000), Rand: rand.Reader},
	}
}

// onEach runs a test on each engine with the given file applied.
func onEach(t *testing.T, yaml string, run func(t *testing.T, s *Service)) {
	t.Helper()
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := newService(open())
		s.mustApply(t, yaml)
		run(t, s)
	})
}

// onSQLite is onEach for what does not depend on the engine.
func onSQLite(t *testing.T, yaml string) *Service {
	t.Helper()
	s := newService(storetest.Open(t, storetest.SQLite(t)))
	s.mustApply(t, yaml)
	return s
}

func (s *Service) mustApply(t *testing.T, yaml string) *Plan {
	t.Helper()
	plan, err := s.Apply(t.Context(), cli, []File{{"test.yaml", []byte(yaml)}}, Options{Dialects: names})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// refused checks that err has a reason and names a field.
func refused(t *testing.T, err error, reason oauth.Reason, param string) {
	t.Helper()
	var e *oauth.Error
	if !errors.As(err, &e) || e.Reason != reason || (param != "" && e.Param != param) {
		t.Errorf("%v, want %s at %q", err, reason, param)
	}
}

func must[V any](t *testing.T) func(V, error) V {
	return func(v V, err error) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// person is the actor that somebody signed in is.
func (s *Service) person(t *testing.T, email string) Actor {
	t.Helper()
	user := must[*core.User](t)(s.Store.PersonBy(t.Context(), email))
	return Actor{Authorization: &core.Authorization{User: user}, Source: cli.Source}
}

func (s *Service) keyActor(t *testing.T, id string) Actor {
	t.Helper()
	key := must[*core.APIKey](t)(s.Store.APIKey(t.Context(), id))
	return Actor{Authorization: &core.Authorization{Key: key}, Source: cli.Source}
}

// events returns the types of the audit records, oldest first, without those of
// configuration files.
func (s *Service) events(t *testing.T) []core.EventType {
	t.Helper()
	var types []core.EventType
	for _, e := range s.audit(t) {
		if e.Type != core.ConfigurationApplied {
			types = append(types, e.Type)
		}
	}
	return types
}

func (s *Service) audit(t *testing.T) []core.Event {
	t.Helper()
	events := must[[]core.Event](t)(s.Store.Events(t.Context(), store.EventFilter{Limit: 1000}))
	slices.Reverse(events)
	return events
}

func (s *Service) expectEvents(t *testing.T, want ...core.EventType) {
	t.Helper()
	got := s.events(t) // those of one millisecond come in any order
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

// opens reports whether a secret is one that the owner can use now.
func (s *Service) opens(t *testing.T, owner, plain string, at time.Time) bool {
	t.Helper()
	stored := must[[]core.Secret](t)(s.Store.Secrets(context.Background(), owner))
	var forms []string
	for _, x := range stored {
		if x.ValidAt(at) {
			forms = append(forms, x.Hash)
		}
	}
	matched, _, err := s.Secrets.Verify(t.Context(), "", plain, forms...)
	if err != nil {
		t.Fatal(err)
	}
	return matched >= 0
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	return must[[]byte](t)(os.ReadFile("../../" + path))
}
