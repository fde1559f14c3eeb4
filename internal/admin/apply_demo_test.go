package admin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

func demoFilesOf(t *testing.T) []File {
	return []File{
		{"permissions.yaml", read(t, "dialects/centrapay/permissions.yaml")},
		{"demo.yaml", read(t, "examples/demo.yaml")},
	}
}

func TestApplyDemoTwice(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s, files := newService(open()), demoFilesOf(t)
		public := must[[]string](t)(DemoSecrets(files[1]))
		if len(public) != 21 {
			t.Errorf("%d public secrets", len(public))
		}
		options := Options{Dialects: names, DemoSecrets: public}
		plan := must[*Plan](t)(s.Apply(t.Context(), cli, files, options))
		if plan.count(Create) != len(plan.Changes)-3 { // a new database has the three conditions
			t.Errorf("first run:\n%s", plan)
		}
		for _, x := range public {
			if strings.Contains(plan.String(), ": "+x) || strings.Contains(s.audit(t)[0].Detail, ": "+x) {
				t.Errorf("the plan or the audit trail shows %q", x)
			}
		}
		version := must[int64](t)(s.Store.Refresh(t.Context()))
		again := must[*Plan](t)(s.Apply(t.Context(), cli, files, options))
		if again.Changed() || len(again.Changes) < 100 {
			t.Errorf("second run:\n%s", again)
		}
		if v := must[int64](t)(s.Store.Refresh(t.Context())); v != version || len(s.audit(t)) != 1 {
			t.Errorf("the second run wrote: version %d -> %d, %d audit records", version, v, len(s.audit(t)))
		}
	})
}

// What the demo promises, as the server will read it.
func TestDemoHoldsWhatItPromises(t *testing.T) {
	s := newService(storetest.Open(t, storetest.SQLite(t)))
	if _, err := s.Apply(t.Context(), cli, demoFilesOf(t), Options{Dialects: names}); err != nil {
		t.Fatal(err)
	}
	ctx, db := t.Context(), s.Store
	org := must[*core.Organisation](t)(db.OrganisationByCode(ctx, "YOUR_ORG"))
	user := must[*core.User](t)(db.ServiceAccount(ctx, org.ID, "integration-user"))
	role := must[*core.Role](t)(db.RoleByCode(ctx, org.ID, "ADM"))
	if org.Number != 1 || user.Number != 1 || role.Number != 1 || role.OrganisationID != org.ID {
		t.Errorf("numbers: organisation %d, user %d, role %d", org.Number, user.Number, role.Number)
	}
	if diff := cmp.Diff([]string{"ROLE_TOPUP", "ROLE_USER_CARE"}, role.Permissions); diff != "" {
		t.Error(diff)
	}
	accounts := must[[]*core.Account](t)(db.AccountsOf(ctx, org.ID))
	if len(accounts) != 3 || accounts[0].Number != 13209 || accounts[0].Balance != 287886 || accounts[2].Status != core.Suspended {
		t.Errorf("%+v", accounts)
	}
	merchant := must[*core.Organisation](t)(db.OrganisationByCode(ctx, "MERCHANT-123"))
	app := must[*core.Client](t)(db.Client(ctx, "your_app_key_here"))
	if merchant.Number != 123 || !merchant.Verified || app.Number != 12345 || app.OrganisationID != merchant.ID || !app.RefreshWithoutSecret {
		t.Errorf("%+v %+v", merchant, app)
	}
	epos := must[*core.Organisation](t)(db.OrganisationByCode(ctx, "EPOS-DEMO"))
	partner := must[*core.Client](t)(db.Client(ctx, "epos-partner"))
	if diff := cmp.Diff([]string{epos.ID}, partner.OrganisationIDs); diff != "" || epos.Services["partnerservices"] == "" {
		t.Error(diff, epos.Services)
	}
	trusted := must[*core.User](t)(db.PersonBy(ctx, "user@centrapay.example"))
	individual := must[*core.Account](t)(s.IndividualAccount(ctx, trusted.ID))
	if individual == nil || individual.Name != "User" || individual.Flags[0] != core.FlagTrustedUser || !trusted.PhoneVerified {
		t.Errorf("%+v", individual)
	}
	if !must[*core.User](t)(db.PersonBy(ctx, "admin@claviger.example")).Operator {
		t.Error("the operator is none")
	}
}

// CP-3: an imported key of any format works, and is stored only as a hash.
func TestCP_3_D07_ImportedKeysAreHashes(t *testing.T) {
	s := newService(storetest.Open(t, storetest.SQLite(t)))
	if _, err := s.Apply(t.Context(), cli, demoFilesOf(t), Options{Dialects: names}); err != nil {
		t.Fatal(err)
	}
	for plain, name := range map[string]string{
		"f32c5497297084e5354b47c40d5ccacb109ce483": "TestMerchant", "centrapay-owner-key": "Owner", "centrapay-provider-key": "Provider",
	} {
		key, stored, err := s.Store.APIKeyByDigest(t.Context(), s.Secrets.Digest(plain))
		if err != nil || key.Name != name || strings.Contains(stored.Hash+stored.Digest, plain) {
			t.Errorf("%s: %v %v %v", name, key, stored, err)
		}
	}
	if _, _, err := s.Store.APIKeyByDigest(t.Context(), s.Secrets.Digest("my_secret")); err == nil {
		t.Error("my_secret works without its id")
	}
	if !s.opens(t, "my_id", "my_secret", noon) || !s.opens(t, "your-client-id", "your-client-secret", noon) {
		t.Error("an imported secret does not open")
	}
}

func TestF10_DemoSecretsMarkTheDatabase(t *testing.T) {
	const own = "clients: [{id: shop, name: Shop, grant_types: [client_credentials], secret: %s}]"
	options := Options{DemoSecrets: []string{"my_secret"}, LookupEnv: func(string) (string, bool) { return "my_secret", true }}
	for value, want := range map[string]string{"my_secret": "true", `"${FROM_ELSEWHERE}"`: "true", "another-secret": ""} {
		s := newService(storetest.Open(t, storetest.SQLite(t)))
		file := []File{{"f.yaml", []byte(strings.Replace(own, "%s", value, 1))}}
		if _, err := s.Apply(t.Context(), cli, file, options); err != nil {
			t.Fatal(err)
		}
		if got, _ := s.Store.Setting(t.Context(), SettingDemo); got != want {
			t.Errorf("%s: demo = %q", value, got)
		}
	}
}

// A secret that got in before its file was known to be public is found out.
func TestDemoMarkIsMadeUpFor(t *testing.T) {
	s := newService(storetest.Open(t, storetest.SQLite(t)))
	s.mustApply(t, "clients: [{id: shop, name: Shop, secret: my_secret}]")
	file := []File{{"f.yaml", []byte("clients: [{id: shop, secret: my_secret}]")}}
	plan := must[*Plan](t)(s.Apply(t.Context(), cli, file, Options{DemoSecrets: []string{"my_secret"}}))
	if got, _ := s.Store.Setting(t.Context(), SettingDemo); got != "true" || !plan.Changed() {
		t.Errorf("demo = %q\n%s", got, plan)
	}
}
