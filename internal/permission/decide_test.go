package permission

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"claviger/internal/core"
)

// rulesOf gives a permission the conditions of Centrapay; others are not declared.
func rulesOf(t *testing.T, p core.Permission) *rule {
	t.Helper()
	s := &snapshot{compiled: map[string]*condition{}}
	return s.ruleOf(&p, map[string]string{
		"trusted-user":          "'trusted-user' in caller.flags",
		"external-asset-issuer": "'external-asset-issuer' in target.subscriptions",
		"org-account":           "target.type == 'org'",
	}, nil)
}

// person is a caller whose individual account has flags.
func person(flags ...string) *core.Account {
	return &core.Account{ID: "acc_person", OrganisationID: "org_person", Type: core.AccountIndividual, Flags: flags}
}

func role(code string, scope core.PermissionScope, names ...string) *core.Role {
	r := &core.Role{Code: code, Grants: map[string]core.PermissionScope{}}
	for _, name := range names {
		r.Grants[name] = scope
	}
	return r
}

func account(organisation, id string) *core.Account {
	return &core.Account{ID: id, OrganisationID: organisation, Type: core.AccountOrg}
}

func TestF05_NoAccountNeverMeansAll(t *testing.T) {
	own := role("own", core.OwnAccount, "read")
	everywhere := role("everywhere", core.EveryAccount, "read")
	unowned := Held{Role: own} // neither organisation nor account
	starred := Held{OrganisationID: "org_a", AccountID: "*", Role: own}
	plain := core.Permission{Name: "read"}
	onOrg := core.Permission{Name: "read", RequiresAny: []string{"org-account"}}
	trusted := core.Permission{Name: "read", RequiresAny: []string{"trusted-user"}}
	cases := []struct {
		name       string
		held       Held
		permission core.Permission
		target     *core.Account
		flags      []string
		want       Outcome
	}{
		{"own, no target", Held{"org_a", "", own}, plain, nil, nil, NoTarget},
		{"own, empty target", Held{"org_a", "", own}, plain, &core.Account{}, nil, NoTarget},
		{"own, target without organisation", Held{"", "", own}, plain, &core.Account{ID: "acc_a"}, nil, NoTarget},
		{"own, target without id", Held{"org_a", "", own}, plain, &core.Account{OrganisationID: "org_a"}, nil, NoTarget},
		{"held nowhere", unowned, plain, account("org_a", "acc_a"), nil, ForeignAccount},
		{"star is a name", starred, plain, account("org_a", "acc_a"), nil, ForeignAccount},
		{"target called star", Held{"org_a", "acc_a", own}, plain, account("org_a", "*"), nil, ForeignAccount},
		{"global, no target", Held{"org_a", "", everywhere}, plain, nil, nil, Granted},
		{"global, no target, target condition", Held{"org_a", "", everywhere}, onOrg, nil, nil, ConditionMissing},
		{"global, no target, caller condition", Held{"org_a", "", everywhere}, trusted, nil, []string{"trusted-user"}, Granted},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := decide(&Subject{Held: []Held{c.held}, Caller: person(c.flags...)}, rulesOf(t, c.permission), c.target)
			if got.Outcome != c.want || got.Allowed != (c.want == Granted) {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}

func TestDecideNamesItsGrounds(t *testing.T) {
	own, everywhere := role("own", core.OwnAccount, "pay"), role("everywhere", core.EveryAccount, "pay")
	either := core.Permission{Name: "pay", RequiresAny: []string{"trusted-user", "external-asset-issuer", "moon-phase"}}
	issuer := account("org_a", "acc_a")
	issuer.Subscriptions = []string{"external-asset-issuer"}
	odd := core.Permission{Name: "pay", RequiresAny: []string{"moon-phase"}}
	cases := []struct {
		name       string
		held       []Held
		permission core.Permission
		target     *core.Account
		want       Decision
	}{
		{"nothing held", nil, core.Permission{Name: "pay"}, account("org_a", "acc_a"), Decision{Outcome: NoRole}},
		{"no role in the holding", []Held{{"org_a", "", nil}}, core.Permission{Name: "pay"}, account("org_a", "acc_a"), Decision{Outcome: NoRole}},
		{"no name", []Held{{"org_a", "", role("odd", core.EveryAccount, "")}}, core.Permission{}, account("org_a", "acc_a"), Decision{Outcome: NoRole}},
		{"unknown scope", []Held{{"org_a", "", role("odd", "all", "pay")}}, core.Permission{Name: "pay"}, account("org_a", "acc_a"), Decision{Outcome: NoRole}},
		{"whole organisation", []Held{{"org_a", "", own}}, core.Permission{Name: "pay"}, account("org_a", "acc_b"),
			Decision{Allowed: true, Outcome: Granted, Role: own, Scope: core.OwnAccount}},
		{"other account", []Held{{"org_a", "acc_a", own}}, core.Permission{Name: "pay"}, account("org_a", "acc_b"), Decision{Outcome: ForeignAccount, Role: own, Scope: core.OwnAccount}},
		{"same account id, other organisation", []Held{{"org_a", "acc_a", own}}, core.Permission{Name: "pay"}, account("org_b", "acc_a"), Decision{Outcome: ForeignAccount, Role: own, Scope: core.OwnAccount}},
		{"own goes before global", []Held{{"org_a", "", everywhere}, {"org_a", "", own}}, core.Permission{Name: "pay"}, account("org_a", "acc_a"),
			Decision{Allowed: true, Outcome: Granted, Role: own, Scope: core.OwnAccount}},
		{"global reaches further", []Held{{"org_a", "", own}, {"org_a", "", everywhere}}, core.Permission{Name: "pay"}, account("org_b", "acc_b"),
			Decision{Allowed: true, Outcome: Granted, Role: everywhere, Scope: core.EveryAccount}},
		{"one condition is enough", []Held{{"org_a", "", own}}, either, issuer,
			Decision{Allowed: true, Outcome: Granted, Role: own, Scope: core.OwnAccount,
				Met: []string{"external-asset-issuer"}, Missing: []string{"trusted-user", "moon-phase"}}},
		{"unknown condition is not met", []Held{{"org_a", "", own}}, odd, account("org_a", "acc_a"),
			Decision{Outcome: ConditionMissing, Role: own, Scope: core.OwnAccount, Missing: []string{"moon-phase"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, decide(&Subject{Held: c.held, Caller: person()}, rulesOf(t, c.permission), c.target), cmpopts.IgnoreUnexported(Decision{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The trusted flag counts on the caller's individual account alone, the
// subscription and the type on the target alone.
func TestCP_9_FlagsCountWhereTheyBelong(t *testing.T) {
	subject := &Subject{Held: []Held{{"org_a", "", role("own", core.OwnAccount, "spend")}}, Caller: person()}
	target := account("org_a", "acc_a")
	target.Flags = []string{core.FlagTrustedUser}
	if decide(subject, rulesOf(t, core.Permission{Name: "spend", RequiresAny: []string{"trusted-user"}}), target).Allowed {
		t.Error("a flag of the target made the caller trusted")
	}
	subject.Caller = person(core.SubscriptionExternalAssetIssuer, "org-account")
	subject.Caller.Type, subject.Caller.Subscriptions = core.AccountOrg, subject.Caller.Flags
	target.Type = core.AccountIndividual
	for _, condition := range []string{"external-asset-issuer", "org-account"} {
		if decide(subject, rulesOf(t, core.Permission{Name: "spend", RequiresAny: []string{condition}}), target).Allowed {
			t.Errorf("a flag of the caller met %s of the target", condition)
		}
	}
}
