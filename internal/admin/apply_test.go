package admin

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claviger/internal/core"
	"claviger/oauth"
)

func (s *Service) apply(t *testing.T, yaml string, adjust ...func(*Options)) (*Plan, error) {
	t.Helper()
	options := Options{Dialects: names}
	for _, change := range adjust {
		change(&options)
	}
	return s.Apply(t.Context(), cli, []File{{"f.yaml", []byte(yaml)}}, options)
}

func changes(p *Plan) map[string][]string {
	out := map[string][]string{}
	for _, c := range p.Changes {
		if c.Action != Unchanged {
			out[string(c.Action)+" "+c.Kind+" "+c.Name] = c.Fields
		}
	}
	return out
}

func TestApplyChangesOnlyWhatIsSaid(t *testing.T) {
	onEach(t, base, func(t *testing.T, s *Service) {
		plan := s.mustApply(t, `
organisations:
  - code: cafe
    status: SUSPENDED
    accounts: [{id: till, balance: "12.5", flags: [x], rank: 2}]
    api_keys: [{id: reader, role: boss, scopes: b c, status: DISABLED, expires_at: 2027-01-01}]
roles: [{code: clerk, grants: {own: [read], global: [pay]}}]
people: [{phone: "+31600000001", full_name: Clerk, memberships: [{account: till, role: boss}]}]
clients: [{id: shop, organisation: "", organisations: [bar], access_token_lifetime: 15m}]
`)
		want := map[string][]string{
			"change organisation cafe":                       {"status: ACTIVE -> SUSPENDED"},
			"change account till":                            {"balance: 0.00 -> 12.50", "rank: 0 -> 2", "flags: [] -> [x]"},
			"change API key reader":                          {"role: clerk -> boss", "scopes: [a b] -> [b c]", "expires_at: 2027-11-22T12:00:00Z -> 2027-01-01T00:00:00Z", "status: ACTIVE -> DISABLED"},
			"change role clerk":                              {"grants: [read] -> [read pay*]"},
			"change person +31600000001":                     {`full_name: "" -> Clerk`},
			"change membership +31600000001 in account till": {"roles: [clerk] -> [boss]"},
			"change client shop":                             {`organisation: cafe -> ""`, "organisations: [] -> [bar]", "access_token_lifetime: 0s -> 15m0s"},
		}
		if diff := cmp.Diff(want, changes(plan)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		client := must[*core.Client](t)(s.Store.Client(t.Context(), "shop"))
		if client.Name != "Shop" || client.Scopes.String() != "a b" || client.Lifetimes.AccessToken != 15*time.Minute || client.OrganisationID != "" {
			t.Errorf("%+v", client)
		}
		key := must[*core.APIKey](t)(s.Store.APIKey(t.Context(), "reader"))
		if key.Name != "Reader" || key.Enabled || key.Dialect != "spendesk" || !s.opens(t, "reader", "reader-secret", noon) {
			t.Errorf("%+v", key)
		}
		clerk := must[*core.User](t)(s.Store.PersonBy(t.Context(), "clerk@cafe.example"))
		if memberships := must[[]*core.Membership](t)(s.Store.MembershipsOf(t.Context(), clerk.ID)); len(memberships) != 1 {
			t.Errorf("%d memberships", len(memberships))
		}
	})
}

func TestDryRunWritesNothing(t *testing.T) {
	onEach(t, base, func(t *testing.T, s *Service) {
		version := must[int64](t)(s.Store.Refresh(t.Context()))
		plan, err := s.apply(t, "clients: [{id: shop, name: Other, secret: other}]\norganisations: [{code: new, name: New}]",
			func(o *Options) { o.DryRun, o.DemoSecrets = true, []string{"other"} })
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{
			"create organisation new": {"name: New"},
			"change client shop":      {"name: Shop -> Other", "secret: (secret) -> (secret)"},
			"create setting demo":     {"value: true"},
		}
		if diff := cmp.Diff(want, changes(plan)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if v := must[int64](t)(s.Store.Refresh(t.Context())); v != version || len(s.audit(t)) != 1 {
			t.Errorf("version %d -> %d, %d audit records", version, v, len(s.audit(t)))
		}
		if !s.opens(t, "shop", "shop-secret", noon) {
			t.Error("the secret is gone")
		}
	})
}

// A conflict that only the database sees undoes everything, and is no 500.
func TestApplyIsAllOrNothing(t *testing.T) {
	onEach(t, base, func(t *testing.T, s *Service) {
		taken := must[*core.Client](t)(s.Store.Client(t.Context(), "shop")).Number
		_, err := s.apply(t, strings.Replace(`
organisations: [{code: new, name: New}]
clients: [{id: other, name: Other, number: NUMBER}]`, "NUMBER", fmt.Sprint(taken), 1))
		refused(t, err, oauth.ReasonNameTaken, "")
		if _, err := s.Store.OrganisationByCode(t.Context(), "new"); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("half of it was stored: %v", err)
		}
		if len(s.audit(t)) != 1 {
			t.Error("a change that did not happen is in the audit trail")
		}
	})
}

func TestF12_ApplyLeavesOneRecordWithoutSecrets(t *testing.T) {
	s := onSQLite(t, base)
	if _, err := s.apply(t, "clients: [{id: shop, company: Shop Ltd, secret: brand-new-secret}]\npeople: [{email: clerk@cafe.example, password: open sesame}]"); err != nil {
		t.Fatal(err)
	}
	audit := s.audit(t)
	last := audit[len(audit)-1]
	if len(audit) != 2 || last.Type != core.ConfigurationApplied || last.SubjectID != "cli" || last.RequestID != "req-1" {
		t.Fatalf("%+v", audit)
	}
	const want = "0 created, 2 changed, 0 unchanged; change person clerk@cafe.example (password: (secret) -> (secret)); " +
		`change client shop (company: "" -> Shop Ltd, secret: (secret) -> (secret))`
	if last.Detail != want {
		t.Errorf("%s", last.Detail)
	}
}

func TestChangedSecretsReplace(t *testing.T) {
	onEach(t, base, func(t *testing.T, s *Service) {
		boss := must[*core.User](t)(s.Store.PersonBy(t.Context(), "boss@cafe.example"))
		s.mustApply(t, "people: [{email: boss@cafe.example, password: first}]")
		if plan := s.mustApply(t, "people: [{email: BOSS@cafe.example, password: first}]"); plan.Changed() || !s.opens(t, boss.ID, "first", noon) {
			t.Errorf("first:\n%s", plan)
		}
		s.mustApply(t, "people: [{email: boss@cafe.example, password: second}]")
		if s.opens(t, boss.ID, "first", noon) || !s.opens(t, boss.ID, "second", noon) {
			t.Error("the password was not replaced")
		}
		env := func(o *Options) {
			o.LookupEnv = func(name string) (string, bool) { return "third", name == "BOSS" }
		}
		if _, err := s.apply(t, "people: [{email: boss@cafe.example, password: '${BOSS}'}]", env); err != nil || !s.opens(t, boss.ID, "third", noon) {
			t.Errorf("from the environment: %v", err)
		}
		stored := must[[]core.Secret](t)(s.Store.Secrets(t.Context(), boss.ID))
		if len(stored) != 1 || stored[0].Digest != "" || !strings.HasPrefix(stored[0].Hash, "$argon2id$") {
			t.Errorf("%+v", stored)
		}
	})
}

// Whether a key works without its id can be changed, by whoever has the secret.
func TestWithIDCanBeChanged(t *testing.T) {
	s := onSQLite(t, base)
	entry := func(fields string) string {
		return "organisations:\n  - code: cafe\n    api_keys: [{id: reader, " + fields + "}]"
	}
	alone := func() bool {
		_, _, err := s.Store.APIKeyByDigest(t.Context(), s.Secrets.Digest("reader-secret"))
		return err == nil
	}
	for _, step := range []struct {
		fields string
		alone  bool
	}{
		{"secret: reader-secret", false}, // as it is
		{"secret: reader-secret, with_id: false", true},
		{"secret: reader-secret", true},
		{"secret: reader-secret, with_id: true", false},
	} {
		s.mustApply(t, entry(step.fields))
		if alone() != step.alone || !s.opens(t, "reader", "reader-secret", noon) {
			t.Errorf("%s: works alone %v", step.fields, alone())
		}
	}
	_, err := s.apply(t, entry("with_id: false"))
	if err == nil || err.Error() != "f.yaml:3:38: changing with_id needs the secret" {
		t.Error(err)
	}
}

// Hashes of another system open with the secrets they were made from.
func TestImportedHashes(t *testing.T) {
	const yaml = `
people:
  - {email: a@import.example, password_hash: "pbkdf2_sha256$1000$salt$uV3lj3ZG2jst5kRms0KSRIha3awTTcq25hop/+ByQEo="}
clients:
  - {id: imported, name: Imported, secret_hash: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
`
	s := onSQLite(t, base)
	s.mustApply(t, yaml)
	if plan := s.mustApply(t, yaml); plan.Changed() {
		t.Errorf("again:\n%s", plan)
	}
	if !s.opens(t, "imported", "test", noon) {
		t.Error("the client's secret does not open")
	}
	user := must[*core.User](t)(s.Store.PersonBy(t.Context(), "a@import.example"))
	stored := must[[]core.Secret](t)(s.Store.Secrets(t.Context(), user.ID))
	if len(stored) != 1 || !strings.HasPrefix(stored[0].Hash, "pbkdf2_sha256$") || !s.opens(t, user.ID, "test", noon) {
		t.Errorf("%+v", stored)
	}
}

// A secret that was rotated out because it leaked does not come back with the
// next run of a file that still has it.
func TestRotatedSecretStaysOut(t *testing.T) {
	s := onSQLite(t, base)
	if _, _, err := s.RotateAPIKey(t.Context(), cli, "reader", 0); err != nil {
		t.Fatal(err)
	}
	_, err := s.apply(t, "organisations:\n  - code: cafe\n    api_keys: [{id: reader, secret: reader-secret}]")
	if err == nil || err.Error() != "f.yaml:3:37: this secret was rotated out or revoked; give the new one, or leave it out" {
		t.Error(err)
	}
}

func TestFilesMayShareAndOrderIsFree(t *testing.T) {
	s := onSQLite(t, "")
	plan, err := s.Apply(t.Context(), cli, []File{
		{"people.yaml", []byte("people: [{email: a@b.example, memberships: [{account: till, role: own}]}]")},
		{"keys.yaml", []byte("organisations: [{code: cafe, name: Cafe, api_keys: [{name: K, account: till, role: own}]}]\npermissions: [{name: read}]")},
		{"orgs.yaml", []byte("organisations: [{code: cafe, roles: [{code: own, name: Own, grants: {own: [read]}}], accounts: [{id: till, name: Till}]}]\npermissions: [{name: read}]")},
	}, Options{})
	if err != nil || plan.count(Create) != len(plan.Changes) || len(plan.Changes) != 7 {
		t.Errorf("%v\n%s", err, plan)
	}
}

func TestNumbersThatAreGivenGoFirst(t *testing.T) {
	s := onSQLite(t, `
organisations:
  - {code: first, name: First}
  - {code: second, name: Second, number: 1}
`)
	first := must[*core.Organisation](t)(s.Store.OrganisationByCode(t.Context(), "first"))
	second := must[*core.Organisation](t)(s.Store.OrganisationByCode(t.Context(), "second"))
	if first.Number != 2 || second.Number != 1 {
		t.Errorf("%d %d", first.Number, second.Number)
	}
}

func TestOnlyThePlatformApplies(t *testing.T) {
	s := onSQLite(t, base)
	files := []File{{"f.yaml", []byte("organisations: [{code: new, name: New}]")}}
	_, err := s.Apply(t.Context(), s.person(t, "boss@cafe.example"), files, Options{})
	refused(t, err, oauth.ReasonPermissionDenied, "")
	if _, err := s.Apply(t.Context(), Actor{}, files, Options{}); err == nil {
		t.Error("an actor without name or authorization applied")
	}
	if _, err := s.Apply(t.Context(), s.person(t, "operator@platform.example"), files, Options{}); err != nil {
		t.Error(err)
	}
}

// Two that apply at the same time both succeed, one on top of the other.
func TestParallelApplications(t *testing.T) {
	onEach(t, base, func(t *testing.T, s *Service) {
		var group sync.WaitGroup
		for _, field := range []string{"company: A", "contact: B", "website: https://c.example", "number: 77"} {
			group.Go(func() {
				if _, err := s.apply(t, "clients: [{id: shop, "+field+"}]"); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		c := must[*core.Client](t)(s.Store.Client(t.Context(), "shop"))
		if c.Company != "A" || c.Contact != "B" || c.Website != "https://c.example" || c.Number != 77 {
			t.Errorf("a change was lost: %+v", c)
		}
	})
}

func TestAmounts(t *testing.T) {
	cases := []struct {
		amount, currency string
		minor            int64
		ok               bool
	}{
		{"2878.86", "BWP", 287886, true}, {"0.00", "EUR", 0, true}, {"5", "EUR", 500, true}, {"0.05", "EUR", 5, true},
		{"-1.50", "EUR", -150, true}, {"100", "JPY", 100, true}, {"1.234", "BHD", 1234, true}, {"1.2345", "CLF", 12345, true},
		{"1.5", "JPY", 0, false}, {"1.234", "EUR", 0, false}, {"", "EUR", 0, false}, {"1.", "EUR", 0, false}, {".5", "EUR", 0, false},
		{"1,5", "EUR", 0, false}, {"1e3", "EUR", 0, false}, {"+1", "EUR", 0, false}, {"--1", "EUR", 0, false},
		{"99999999999999999999", "EUR", 0, false},
	}
	for _, c := range cases {
		minor, ok := parseAmount(c.amount, c.currency)
		if ok != c.ok || (ok && minor != c.minor) {
			t.Errorf("%q %s: %d %v", c.amount, c.currency, minor, ok)
		}
		if again, ok := parseAmount(formatAmount(c.minor, c.currency), c.currency); !ok || again != c.minor {
			t.Errorf("%d %s does not come back: %s", c.minor, c.currency, formatAmount(c.minor, c.currency))
		}
	}
}
