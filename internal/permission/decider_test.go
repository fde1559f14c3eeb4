package permission_test

import (
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/permission"
	"claviger/internal/permission/permissiontest"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// world is a store with what files say, and a decider on it.
type world struct {
	*permission.Decider
	t     testing.TB
	admin *admin.Service
}

func newWorld(t testing.TB, s *store.Store, configurations ...string) *world {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }
	w := &world{t: t, Decider: permission.New(s, now)}
	w.admin = &admin.Service{
		Store: s, Now: now, Rand: rand.Reader,
		Secrets: &secret.Hasher{Key: []byte(strings.Repeat("k", 32)), Pool: secret.NewPool(2, 1000), Rand: rand.Reader},
	}
	w.apply(append([]string{centrapay(t)}, configurations...)...)
	return w
}

func centrapay(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../../dialects/centrapay/permissions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (w *world) apply(configurations ...string) {
	w.t.Helper()
	var files []admin.File
	for _, text := range configurations {
		files = append(files, admin.File{Name: "test.yaml", Data: []byte(text)})
	}
	if _, err := w.admin.Apply(w.t.Context(), admin.Actor{Name: "test"}, files, admin.Options{Dialects: []string{"centrapay"}}); err != nil {
		w.t.Fatal(err)
	}
}

// load returns the authorization of parties as a credential of theirs proves it.
func (w *world) load(p tokens.Parties) *core.Authorization {
	w.t.Helper()
	a, err := (&tokens.Directory{Store: w.Store}).Load(w.t.Context(), p)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) person(email string) *core.Authorization {
	w.t.Helper()
	user, err := w.Store.PersonBy(w.t.Context(), email)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.load(tokens.Parties{UserID: user.ID})
}

func (w *world) key(id string) *core.Authorization {
	w.t.Helper()
	key, err := w.Store.APIKey(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.load(tokens.Parties{APIKeyID: key.ID, OrganisationID: key.OrganisationID, AccountID: key.AccountID})
}

func (w *world) subjectOf(s permissiontest.Subject) *core.Authorization {
	w.t.Helper()
	if s.Type == core.SubjectPerson {
		return w.person(s.Email)
	}
	return w.key(s.KeyID)
}

func (w *world) decide(q permission.Query) *permission.Decision {
	w.t.Helper()
	decision, err := w.Decide(w.t.Context(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return decision
}

func onAccount(id string) permission.Resource {
	return permission.Resource{Type: permission.TypeAccount, ID: id}
}

// The whole published table: each role, held by people and keys, on own and
// foreign accounts, with each flag on and off.
func TestCP_8_CP_9_TheWholeTable(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		w := newWorld(t, open(), permissiontest.Configuration())
		subjects := map[string]*core.Authorization{}
		cases, allowed := permissiontest.Cases(), 0
		for _, c := range cases {
			key := c.Subject.Name()
			if subjects[key] == nil {
				subjects[key] = w.subjectOf(c.Subject)
			}
			owned := permission.Resource{Type: "payment-request", ID: "pr_1", AccountID: c.Account}
			for _, resource := range []permission.Resource{onAccount(c.Account), owned} {
				got := w.decide(permission.Query{Authorization: subjects[key], Action: c.Action, Resource: resource})
				if got.Allowed != c.Want {
					t.Errorf("%s: allowed %v, want %v: %s", c, got.Allowed, c.Want, got.Why())
				}
				if got.Allowed && got.Role.Code != c.Subject.Role {
					t.Errorf("%s: granted by %s", c, got.Role.Code)
				}
			}
			if c.Want {
				allowed++
			}
		}
		if len(cases) != 8448 || allowed != 912 {
			t.Errorf("%d cases, %d allowed: the list is not the table", len(cases), allowed)
		}
	})
}

// The shipped file is the published table, no more and no less.
func TestCP_8_ShippedFileEqualsTheTable(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	codes, rows := permissiontest.Table()
	stored, err := w.Store.Permissions(t.Context())
	if err != nil || len(stored) != len(rows) || len(rows) != 44 || len(codes) != 4 {
		t.Fatalf("%d permissions, the table has %d; %d roles; %v", len(stored), len(rows), len(codes), err)
	}
	for _, row := range rows {
		p, err := w.Catalogue.Permission(t.Context(), row.Permission)
		if err != nil || strings.Join(p.RequiresAny, ",") != strings.Join(row.RequiresAny, ",") {
			t.Errorf("%s: %+v, %v", row.Permission, p, err)
		}
	}
	for _, code := range codes {
		role, err := w.Store.RoleByCode(t.Context(), "", code)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, row := range rows {
			if string(role.Grants[row.Permission]) != row.Scope[code] {
				t.Errorf("%s %s: %q, the table has %q", code, row.Permission, role.Grants[row.Permission], row.Scope[code])
			}
			if row.Scope[code] != "" {
				count++
			}
		}
		if len(role.Grants) != count {
			t.Errorf("%s grants %d permissions, the table has %d", code, len(role.Grants), count)
		}
	}
}

// What was applied before conditions were data goes on: the migration declares
// those that the program knew, as the shipped file does.
func TestConditionsOfEarlierReleasesAreThere(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		w := newWorld(t, open()) // its file was applied to what the migration left
		events, err := w.Store.Events(t.Context(), store.EventFilter{Type: core.ConfigurationApplied})
		if err != nil || len(events) != 1 {
			t.Fatal(events, err)
		}
		if !strings.Contains(events[0].Detail, "0 changed, 3 unchanged") || strings.Contains(events[0].Detail, "create condition") {
			t.Error("the shipped conditions are not those of the migration: " + events[0].Detail)
		}
	})
}

const people = `
organisations:
  - {code: cafe, name: Cafe, accounts: [{id: cafe, name: Cafe, currency: NZD}, {id: kiosk, name: Kiosk, currency: NZD}],
     api_keys: [{id: till, name: Till, account: cafe, dialect: centrapay, role: merchant-terminal, secret: c4n4ry-till},
                {id: bare, name: Bare, account: cafe, dialect: centrapay, scopes: a:read, secret: c4n4ry-bare}],
     service_accounts: [{username: robot, memberships: [{role: merchant-terminal}]}]}
  - {code: tea, name: Tea, accounts: [{id: tea, name: Tea, currency: NZD}]}
people:
  - {email: amy@example.com, individual_account: {id: amy, name: Amy, currency: NZD, role: account-owner},
     memberships: [{account: cafe, role: account-owner}, {account: kiosk, role: merchant-terminal}]}
  - {email: bob@example.com, individual_account: {id: bob, name: Bob, currency: NZD, role: account-owner, flags: [trusted-user]}}
clients:
  - {id: app, name: App, grant_types: [client_credentials], scopes: read, products: [collections], secret: c4n4ry-app}
`

func TestF05_NobodyAndNothingIsNeverEverybody(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)), people)
	amy, till := w.person("amy@example.com"), w.key("till")
	const own, global = "accounts:read", "payment-requests:read"
	account := func(id string) permission.Resource { return onAccount(id) }
	for _, c := range []struct {
		name     string
		who      *core.Authorization
		action   string
		resource permission.Resource
		want     permission.Outcome
		unknown  string
	}{
		{"nobody", nil, global, account("cafe"), permission.Unknown, permission.UnknownSubject},
		{"an empty authorization", &core.Authorization{}, global, account("cafe"), permission.Unknown, permission.UnknownSubject},
		{"an organisation alone", &core.Authorization{Organisation: till.Organisation}, global, account("cafe"), permission.Unknown, permission.UnknownSubject},
		{"a user without id", &core.Authorization{User: &core.User{Kind: core.Person, Status: core.Active}}, global, account("cafe"), permission.Unknown, permission.UnknownSubject},
		{"a client", w.load(tokens.Parties{ClientID: "app"}), global, account("cafe"), permission.NoRole, ""},
		{"a key without role", w.key("bare"), global, account("cafe"), permission.NoRole, ""},
		{"no action", amy, "", account("cafe"), permission.Unknown, permission.UnknownPermission},
		{"star as action", amy, "*", account("cafe"), permission.Unknown, permission.UnknownPermission},
		{"another case", amy, "Accounts:read", account("cafe"), permission.Unknown, permission.UnknownPermission},
		{"no resource", amy, own, permission.Resource{}, permission.NoTarget, ""},
		{"account without id", amy, own, account(""), permission.Unknown, permission.UnknownAccount},
		{"account without id, global", amy, global, account(""), permission.Unknown, permission.UnknownAccount},
		{"star", amy, own, account("*"), permission.Unknown, permission.UnknownAccount},
		{"star, global", amy, global, account("*"), permission.Unknown, permission.UnknownAccount},
		{"null", amy, global, account("null"), permission.Unknown, permission.UnknownAccount},
		{"a thing without account", amy, global, permission.Resource{Type: "payment-request", ID: "pr_1"}, permission.Unknown, permission.UnknownAccount},
		{"a thing without type", amy, own, permission.Resource{ID: "pr_1", AccountID: "cafe"}, permission.Unknown, permission.UnknownAccount},
		{"an account of another", amy, own, permission.Resource{Type: "account", ID: "cafe", AccountID: "tea"}, permission.Unknown, permission.UnknownAccount},
		{"own", amy, own, account("cafe"), permission.Granted, ""},
		{"global", amy, global, account("tea"), permission.Granted, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.decide(permission.Query{Authorization: c.who, Action: c.action, Resource: c.resource})
			if got.Outcome != c.want || got.Unknown != c.unknown || got.Allowed != (c.want == permission.Granted) {
				t.Errorf("%s %q (%s)", got.Outcome, got.Unknown, got.Why())
			}
		})
	}
}

// F01: another tenant's account is as good as none, unless a role reaches all.
func TestF01_AnotherTenantsAccount(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)), people)
	amy := w.person("amy@example.com")
	for _, p := range mustList(t, w) {
		q := permission.Query{Authorization: amy, Action: p.Name, Resource: onAccount("tea")}
		got := w.decide(q)
		if got.Allowed && got.Scope != core.EveryAccount {
			t.Errorf("%s on a foreign account: %s", p.Name, got.Why())
		}
		q.Resource = onAccount("bob")
		if got := w.decide(q); got.Allowed && got.Scope != core.EveryAccount {
			t.Errorf("%s on somebody's individual account: %s", p.Name, got.Why())
		}
	}
}

func mustList(t *testing.T, w *world) []*core.Permission {
	t.Helper()
	list, err := w.Store.Permissions(t.Context())
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return list
}

// CP-11: who acts for one account has the roles in it alone, and keeps the flag
// of the individual account.
func TestCP_11_TheDecisionIsNarrowedToTheActingAccount(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)), people)
	w.apply("people: [{email: amy@example.com, individual_account: {flags: [trusted-user]}}]")
	amy := w.person("amy@example.com")
	allowed := func(action, account string) bool {
		return w.decide(permission.Query{Authorization: amy, Action: action, Resource: onAccount(account)}).Allowed
	}
	if !allowed("accounts:read", "cafe") || !allowed("assets:spend", "cafe") || !allowed("payment-requests:cancel", "kiosk") {
		t.Error("without an acting account, all memberships count")
	}
	var err error
	if amy.Account, err = w.Store.Account(t.Context(), "kiosk"); err != nil {
		t.Fatal(err)
	}
	if allowed("accounts:read", "cafe") || !allowed("payment-requests:cancel", "kiosk") || allowed("accounts:read", "kiosk") {
		t.Error("the acting account's role alone counts")
	}
	if amy.Account, err = w.Store.Account(t.Context(), "cafe"); err != nil {
		t.Fatal(err)
	}
	if !allowed("assets:spend", "cafe") || allowed("payment-requests:cancel", "kiosk") {
		t.Error("acting for the cafe")
	}
	if amy.Account, err = w.Store.Account(t.Context(), "tea"); err != nil {
		t.Fatal(err)
	}
	if allowed("payment-requests:read", "tea") {
		t.Error("acting for an account without membership has no role, not even a global one")
	}
}

// ALL-6: what is stopped is not there, as a target and as a part of who asks.
func TestALL_6_WhatIsStoppedIsNotThere(t *testing.T) {
	for name, c := range map[string]struct {
		stop, unknown string
	}{
		"account":             {"organisations: [{code: cafe, accounts: [{id: cafe, status: SUSPENDED}]}]", permission.UnknownAccount},
		"organisation":        {"organisations: [{code: cafe, status: DISABLED}]", permission.UnknownAccount},
		"person":              {"people: [{email: amy@example.com, status: SUSPENDED}]", permission.UnknownSubject},
		"key":                 {"organisations: [{code: cafe, api_keys: [{id: till, status: DISABLED}]}]", permission.UnknownSubject},
		"key's account":       {"organisations: [{code: cafe, accounts: [{id: cafe, status: SUSPENDED}]}]", permission.UnknownSubject},
		"individual's trust":  {"people: [{email: bob@example.com, individual_account: {status: SUSPENDED}}]", permission.UnknownAccount},
		"permission declared": {"permissions: [{name: new:permission}]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.Open(t, storetest.SQLite(t)), people)
			ask := func() *permission.Decision {
				q := permission.Query{Authorization: w.person("amy@example.com"), Action: "payment-requests:pay", Resource: onAccount("cafe")}
				switch name {
				case "key", "key's account":
					q.Authorization = w.key("till")
				case "individual's trust":
					q = permission.Query{Authorization: w.person("bob@example.com"), Action: "assets:spend", Resource: onAccount("bob")}
				}
				return w.decide(q)
			}
			if got := ask(); !got.Allowed {
				t.Fatal(got.Why())
			}
			w.apply(c.stop)
			if got := ask(); got.Allowed != (c.unknown == "") || got.Unknown != c.unknown {
				t.Errorf("%q: %s", got.Unknown, got.Why())
			}
		})
	}
}

// JP-4, PE-3: products, scopes and the service of a token.
func TestJP_4_PE_3_Use(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)), people)
	app := w.load(tokens.Parties{ClientID: "app"})
	app.Scope, app.Service = oauth.Scope{"read"}, core.Service{Name: "partnerservices"}
	for _, c := range []struct {
		kind, id, account string
		want              permission.Outcome
	}{
		{"product", "collections", "", permission.Granted}, {"product", "payouts", "", permission.NotHeld},
		{"scope", "read", "", permission.Granted}, {"scope", "write", "", permission.NotHeld},
		{"service", "partnerservices", "", permission.Granted}, {"service", "ledger", "", permission.NotHeld},
		{"product", "", "", permission.NotHeld}, {"scope", "", "", permission.NotHeld}, {"service", "", "", permission.NotHeld},
		{"product", "*", "", permission.NotHeld}, {"scope", "*", "", permission.NotHeld},
		{"account", "cafe", "", permission.Unknown}, {"", "", "", permission.Unknown}, {"Product", "collections", "", permission.Unknown},
		{"product", "collections", "cafe", permission.Unknown},
	} {
		q := permission.Query{Authorization: app, Action: permission.ActionUse, Resource: permission.Resource{Type: c.kind, ID: c.id, AccountID: c.account}}
		if got := w.decide(q); got.Outcome != c.want || got.Allowed != (c.want == permission.Granted) {
			t.Errorf("%s %q: %s", c.kind, c.id, got.Why())
		}
	}
	unbound := w.load(tokens.Parties{ClientID: "app"})
	q := permission.Query{Authorization: unbound, Action: permission.ActionUse, Resource: permission.Resource{Type: "service"}}
	if w.decide(q).Allowed {
		t.Error("a token without service is for the service without name")
	}
	if w.decide(permission.Query{Authorization: w.key("till"), Action: permission.ActionUse, Resource: permission.Resource{Type: "product", ID: "collections"}}).Allowed {
		t.Error("a key has a product")
	}
}

func TestWhySaysTheGrounds(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)), people)
	amy := w.person("amy@example.com")
	id := amy.User.ID
	long := strings.Repeat("x", 4000)
	for _, c := range []struct {
		who      *core.Authorization
		action   string
		resource permission.Resource
		want     string
	}{
		{amy, "accounts:read", onAccount("cafe"), "allowed: role account-owner of person " + id + " grants accounts:read on own accounts, asked for account cafe"},
		{amy, "payment-requests:pay", onAccount("tea"), "allowed: role account-owner of person " + id + " grants payment-requests:pay on every account, asked for account tea, with org-account"},
		{amy, "accounts:read", onAccount("tea"), "denied: role account-owner of person " + id + " grants accounts:read on own accounts, and account tea is not one of person " + id},
		{amy, "accounts:read", permission.Resource{}, "denied: role account-owner of person " + id + " grants accounts:read on own accounts, and no account was named"},
		{amy, "external-assets:create", onAccount("cafe"), "denied: role account-owner of person " + id + " grants external-assets:create on own accounts, asked for account cafe, but not without trusted-user or external-asset-issuer"},
		{w.key("till"), "accounts:read", onAccount("cafe"), "denied: no role of api key till grants accounts:read, asked for account cafe"},
		{amy, "no:such\nthing", onAccount("cafe"), `denied: there is no permission "no:such\nthing"`},
		{amy, long, onAccount("cafe"), `denied: there is no permission "` + long[:128] + `"…`},
		{amy, "accounts:read", onAccount("nowhere"), "denied: there is no active account nowhere"},
		{amy, "accounts:read", permission.Resource{Type: "wallet", ID: "w 1"}, `denied: the account of wallet "w 1" was not said`},
		{nil, "accounts:read", onAccount("cafe"), "denied: nobody asks"},
		{amy, "use", permission.Resource{Type: "product", ID: "collections"}, "denied: person " + id + " does not have product collections"},
		{amy, "use", permission.Resource{Type: "account", ID: "cafe"}, "denied: what can be used is a product, a scope or a service, without an account"},
	} {
		if got := w.decide(permission.Query{Authorization: c.who, Action: c.action, Resource: c.resource}).Why(); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

func TestDenialsAreRecorded(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)), people)
	ctx := oauth.WithSource(t.Context(), oauth.Source{IP: "192.0.2.7", RequestID: "req-7"})
	for _, account := range []string{"cafe", "tea"} {
		q := permission.Query{Authorization: w.key("till"), Action: "payment-requests:void", Resource: onAccount(account)}
		if err := w.Record(ctx, q, w.decide(q)); err != nil {
			t.Fatal(err)
		}
	}
	events, err := w.Store.Events(t.Context(), store.EventFilter{Type: core.PermissionDenied})
	if err != nil || len(events) != 1 {
		t.Fatalf("%d denials, %v", len(events), err)
	}
	e := events[0]
	if e.Target != "account/tea" || e.APIKeyID != "till" || e.IP != "192.0.2.7" || e.RequestID != "req-7" ||
		e.Reason != oauth.ReasonPermissionDenied || !strings.HasPrefix(e.Detail, "denied: role merchant-terminal") {
		t.Errorf("%+v", e)
	}
}

// A database that cannot be read makes no decision.
func TestG07_NoDecisionWithoutTheStore(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	w := newWorld(t, s, people)
	q := permission.Query{Authorization: w.key("till"), Action: "payment-requests:read", Resource: onAccount("cafe")}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Refresh(t.Context()); err == nil {
		t.Fatal("the store is open")
	}
	decision, err := w.Decide(t.Context(), q)
	if err == nil || decision != nil || errors.Is(err, core.ErrNotFound) {
		t.Errorf("%+v, %v", decision, err)
	}
}
