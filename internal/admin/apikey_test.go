package admin

import (
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store/storetest"
	"claviger/oauth"
)

// shop is a place with all kinds of makers: roles that grant more, less, and
// something else; keys with and without them; and a neighbour.
const shop = `
permissions: [{name: read}, {name: pay}, {name: refund}, {name: "api-keys:create"}, {name: "api-keys:update"}]
roles:
  - {code: account-owner, name: Owner, owner: true, assigns: [merchant-terminal], grants: {own: [read, "api-keys:create", "api-keys:update"], global: [pay]}}
  - {code: merchant-terminal, name: Terminal, grants: {own: [refund]}}
  - {code: clerk, name: Clerk, grants: {own: [read, "api-keys:create", "api-keys:update"]}}
  - {code: payer, name: Payer, grants: {own: [pay]}}
  - {code: global-payer, name: Global payer, grants: {global: [pay]}}
  - {code: empty-owner, name: Empty owner, owner: true}
  - {code: giver, name: Giver, assigns: [account-owner]}
organisations:
  - code: cafe
    name: Cafe
    accounts: [{id: till, name: Till}, {id: safe, name: Safe}]
    api_keys:
      - {id: owner-key, name: Owner, account: till, dialect: centrapay, role: account-owner, secret: owner-key-secret}
      - {id: terminal-key, name: Terminal, account: till, dialect: centrapay, role: merchant-terminal, secret: terminal-key-secret}
      - {id: scoped-key, name: Scoped, account: till, scopes: a b, secret: scoped-key-secret, with_id: true}
      - {id: scoped-clerk-key, name: ScopedClerk, account: till, role: clerk, scopes: a b, secret: scoped-clerk-key-secret, with_id: true}
      - {id: clerk-key, name: Clerk, account: till, role: clerk, secret: clerk-key-secret}
  - code: bar
    name: Bar
    accounts: [{id: counter, name: Counter}]
people:
  - {email: owner@cafe.example, memberships: [{account: till, role: account-owner}]}
  - {email: clerk@cafe.example, memberships: [{account: till, role: clerk}]}
  - {email: everywhere@cafe.example, memberships: [{organisation: cafe, role: account-owner}]}
  - {email: owner@bar.example, memberships: [{account: counter, role: account-owner}]}
  - {email: operator@platform.example, operator: true}
`

func TestCP_4_CreateAPIKey(t *testing.T) {
	onEach(t, shop, func(t *testing.T, s *Service) {
		key, plain, err := s.CreateAPIKey(t.Context(), s.person(t, "owner@cafe.example"),
			NewAPIKey{AccountID: "till", Name: "Till2", RoleCode: "merchant-terminal", Dialect: "centrapay"})
		if err != nil {
			t.Fatal(err)
		}
		if kind, ok := secret.WellFormed(plain); !ok || kind != secret.APIKey {
			t.Errorf("secret %q", plain)
		}
		stored, _, err := s.Store.APIKeyByDigest(t.Context(), s.Secrets.Digest(plain))
		if err != nil || stored.ID != key.ID || !stored.ExpiresAt.IsZero() || !stored.Enabled || stored.AccountID != "till" {
			t.Errorf("%+v %v", stored, err)
		}
		// The second of a name, in this account alone.
		_, _, err = s.CreateAPIKey(t.Context(), cli, NewAPIKey{AccountID: "till", Name: "Till2"})
		refused(t, err, oauth.ReasonNameTaken, "name")
		if _, _, err = s.CreateAPIKey(t.Context(), cli, NewAPIKey{AccountID: "safe", Name: "Till2"}); err != nil {
			t.Error(err)
		}
		s.expectEvents(t, core.CredentialCreated, core.CredentialCreated)
		for _, e := range s.audit(t) {
			if strings.Contains(e.Detail, plain) || strings.Contains(e.Detail, "hmac") {
				t.Errorf("F12: %s", e.Detail)
			}
		}
	})
}

func TestSD_2_CP_4_WhatAKeyMustBe(t *testing.T) {
	s := onSQLite(t, shop)
	year := core.APIKeyMaxAge
	cases := []struct {
		name   string
		key    NewAPIKey
		reason oauth.Reason
		param  string
	}{
		{"no name", NewAPIKey{AccountID: "till"}, oauth.ReasonMissingParameter, "name"},
		{"F05 no account", NewAPIKey{Name: "A"}, oauth.ReasonMissingParameter, "account_id"},
		{"F05 star", NewAPIKey{Name: "A", AccountID: "*"}, oauth.ReasonNotFound, ""},
		{"account of another organisation", NewAPIKey{Name: "A", AccountID: "till", OrganisationID: "bar"}, oauth.ReasonNotFound, "account_id"},
		{"H12 name", NewAPIKey{Name: "A\nB", AccountID: "till"}, oauth.ReasonInvalidValue, "name"},
		{"centrapay name", NewAPIKey{Name: "A B", AccountID: "till", Dialect: "centrapay"}, oauth.ReasonInvalidValue, "name"},
		{"unknown role", NewAPIKey{Name: "A", AccountID: "till", RoleCode: "cook"}, oauth.ReasonInvalidValue, "role"},
		{"a second over a year", NewAPIKey{Name: "A", AccountID: "till", ExpiresAt: noon.Add(year + time.Second)}, oauth.ReasonInvalidValue, "expires_at"},
		{"in the past", NewAPIKey{Name: "A", AccountID: "till", ExpiresAt: noon}, oauth.ReasonInvalidValue, "expires_at"},
		{"a year", NewAPIKey{Name: "A", AccountID: "till", ExpiresAt: noon.Add(year)}, "", ""},
		{"no expiry", NewAPIKey{Name: "B", AccountID: "till"}, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			key, _, err := s.CreateAPIKey(t.Context(), cli, c.key)
			if c.reason != "" {
				refused(t, err, c.reason, c.param)
			} else if err != nil || !key.ExpiresAt.Equal(noon.Add(year)) {
				t.Errorf("%+v %v", key, err)
			}
		})
	}
}

// terminal is somebody whose role lets them do nothing to API keys.
const terminal = "people: [{email: terminal@cafe.example, memberships: [{account: till, role: merchant-terminal}]}]"

func TestD06_NoKeyWithMoreRightsThanItsMaker(t *testing.T) {
	s := onSQLite(t, shop)
	s.mustApply(t, terminal)
	owner, clerk := s.person(t, "owner@cafe.example"), s.person(t, "clerk@cafe.example")
	throughClient := s.person(t, "owner@cafe.example")
	throughClient.Authorization.Client, throughClient.Authorization.Scope = &core.Client{ID: "web"}, oauth.Scope{"openid"}
	consented := func(organisation, account string) Actor {
		actor := s.person(t, "everywhere@cafe.example")
		cafe := must[*core.Organisation](t)(s.Store.OrganisationByCode(t.Context(), organisation))
		actor.Authorization.Consent = &core.Consent{OrganisationID: cafe.ID, AccountID: account}
		return actor
	}
	const denied, absent = oauth.ReasonPermissionDenied, oauth.ReasonNotFound
	cases := []struct {
		name   string
		actor  Actor
		key    NewAPIKey
		reason oauth.Reason
	}{
		{"same role", owner, NewAPIKey{RoleCode: "account-owner"}, ""},
		{"named in assigns, though it grants more", owner, NewAPIKey{RoleCode: "merchant-terminal"}, ""},
		{"less", owner, NewAPIKey{RoleCode: "clerk"}, ""},
		{"more", clerk, NewAPIKey{RoleCode: "account-owner"}, denied},
		{"something else", clerk, NewAPIKey{RoleCode: "merchant-terminal"}, denied},
		{"own, held global", owner, NewAPIKey{RoleCode: "payer"}, ""},
		{"global, not held", clerk, NewAPIKey{RoleCode: "global-payer"}, denied},
		{"owner by name only", clerk, NewAPIKey{RoleCode: "empty-owner"}, denied},
		{"nothing to grant, much to assign", clerk, NewAPIKey{RoleCode: "giver"}, denied},
		{"F01 foreign account", owner, NewAPIKey{RoleCode: "clerk", AccountID: "counter"}, absent},
		{"other account of the organisation", owner, NewAPIKey{RoleCode: "clerk", AccountID: "safe"}, absent},
		{"whole organisation", s.person(t, "everywhere@cafe.example"), NewAPIKey{RoleCode: "clerk", AccountID: "safe"}, ""},
		{"foreign account, no role", owner, NewAPIKey{AccountID: "counter"}, absent},
		{"operator", s.person(t, "operator@platform.example"), NewAPIKey{RoleCode: "merchant-terminal", AccountID: "counter"}, ""},
		{"key, same role", s.keyActor(t, "owner-key"), NewAPIKey{RoleCode: "account-owner"}, ""},
		{"key, more", s.keyActor(t, "clerk-key"), NewAPIKey{RoleCode: "account-owner"}, denied},
		{"key, foreign account", s.keyActor(t, "owner-key"), NewAPIKey{RoleCode: "clerk", AccountID: "counter"}, absent},
		{"key, other account", s.keyActor(t, "owner-key"), NewAPIKey{RoleCode: "clerk", AccountID: "safe"}, absent},
		{"key, scopes within", s.keyActor(t, "scoped-clerk-key"), NewAPIKey{Scopes: oauth.Scope{"b"}}, ""},
		{"key, scopes beyond", s.keyActor(t, "scoped-clerk-key"), NewAPIKey{Scopes: oauth.Scope{"b", "c"}}, denied},
		{"key without role, a role", s.keyActor(t, "scoped-key"), NewAPIKey{RoleCode: "clerk"}, denied},
		{"key without role, nothing", s.keyActor(t, "scoped-key"), NewAPIKey{}, denied},
		{"key that may not make any", s.keyActor(t, "terminal-key"), NewAPIKey{Scopes: oauth.Scope{}}, denied},
		{"member who may not make any", s.person(t, "terminal@cafe.example"), NewAPIKey{Scopes: oauth.Scope{"a"}}, denied},
		{"key without scopes, scopes", s.keyActor(t, "owner-key"), NewAPIKey{Scopes: oauth.Scope{"a"}}, denied},
		{"token, scopes beyond", throughClient, NewAPIKey{RoleCode: "clerk", Scopes: oauth.Scope{"a"}}, denied},
		{"signed in, any scopes", owner, NewAPIKey{Scopes: oauth.Scope{"a"}}, ""},
		{"signed in, the scope of the platform", owner, NewAPIKey{Scopes: oauth.Scope{"a", "introspect"}}, denied},
		{"operator, the scope of the platform", s.person(t, "operator@platform.example"), NewAPIKey{Scopes: oauth.Scope{"introspect"}}, ""},
		{"SD_8 consent for this account", consented("cafe", "safe"), NewAPIKey{RoleCode: "clerk", AccountID: "safe"}, ""},
		{"SD_8 consent for another account", consented("cafe", "till"), NewAPIKey{RoleCode: "clerk", AccountID: "safe"}, absent},
		{"SD_8 consent for another organisation", consented("bar", ""), NewAPIKey{RoleCode: "clerk", AccountID: "safe"}, absent},
		{"client for itself", Actor{Authorization: &core.Authorization{Client: &core.Client{ID: "c"}}}, NewAPIKey{}, absent},
		{"nobody", Actor{Authorization: &core.Authorization{}}, NewAPIKey{}, absent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.key.Name = strings.NewReplacer(",", "", "(", "").Replace(c.name)
			if c.key.AccountID == "" {
				c.key.AccountID = "till"
			}
			_, _, err := s.CreateAPIKey(t.Context(), c.actor, c.key)
			if c.reason != "" {
				refused(t, err, c.reason, "")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	if _, _, err := s.CreateAPIKey(t.Context(), Actor{}, NewAPIKey{Name: "X", AccountID: "till"}); err == nil {
		t.Error("an actor that nobody filled in made a key")
	}
}

// "Or had": the authorization of the request may be older than the rights.
func TestD06_RightsThatAreGoneDoNotCount(t *testing.T) {
	s := onSQLite(t, shop)
	person, key, operator := s.person(t, "owner@cafe.example"), s.keyActor(t, "owner-key"), s.person(t, "operator@platform.example")
	s.mustApply(t, `
people:
  - {email: everywhere@cafe.example}
  - {email: owner@cafe.example, memberships: [{account: till, role: clerk}]}
  - {email: operator@platform.example, operator: false}
organisations: [{code: cafe, api_keys: [{id: owner-key, role: clerk}]}]`)
	for name, actor := range map[string]Actor{"person": person, "key": key} {
		_, _, err := s.CreateAPIKey(t.Context(), actor, NewAPIKey{AccountID: "till", Name: name, RoleCode: "account-owner"})
		refused(t, err, oauth.ReasonPermissionDenied, "role")
	}
	s.mustApply(t, "people: [{email: everywhere@cafe.example, status: DISABLED}]\norganisations: [{code: cafe, api_keys: [{id: owner-key, status: DISABLED}]}]")
	for name, actor := range map[string]Actor{"disabled person": s.person(t, "everywhere@cafe.example"), "disabled key": key, "operator": operator} {
		_, _, err := s.CreateAPIKey(t.Context(), actor, NewAPIKey{AccountID: "till", Name: name})
		refused(t, err, oauth.ReasonNotFound, "account_id")
	}
}

// Whoever gets the new secret of a key, or sets it going, could as well make it.
func TestD06_RotatingAndEnablingNeedTheRights(t *testing.T) {
	s := onSQLite(t, shop)
	clerk := s.person(t, "clerk@cafe.example")
	_, _, err := s.RotateAPIKey(t.Context(), clerk, "owner-key", 0)
	refused(t, err, oauth.ReasonPermissionDenied, "role")
	if _, err := s.SetAPIKeyEnabled(t.Context(), clerk, "owner-key", false); err != nil {
		t.Error(err)
	}
	_, err = s.SetAPIKeyEnabled(t.Context(), clerk, "owner-key", true)
	refused(t, err, oauth.ReasonPermissionDenied, "role")
	s.mustApply(t, terminal)
	member := s.person(t, "terminal@cafe.example")
	_, err = s.SetAPIKeyEnabled(t.Context(), member, "scoped-key", false)
	refused(t, err, oauth.ReasonPermissionDenied, "id")
	refused(t, s.RevokeAPIKey(t.Context(), member, "scoped-key"), oauth.ReasonPermissionDenied, "id")
	_, _, err = s.RotateAPIKey(t.Context(), member, "scoped-key", 0)
	refused(t, err, oauth.ReasonPermissionDenied, "id")
	_, _, err = s.RotateAPIKey(t.Context(), s.person(t, "owner@bar.example"), "owner-key", 0)
	refused(t, err, oauth.ReasonNotFound, "")
}

func TestSD_2_RotateAndRevoke(t *testing.T) {
	onEach(t, shop, func(t *testing.T, s *Service) {
		owner := s.person(t, "everywhere@cafe.example")
		key, plain, err := s.CreateAPIKey(t.Context(), owner, NewAPIKey{AccountID: "safe", Name: "Integration", WithID: true})
		if err != nil {
			t.Fatal(err)
		}
		_, next, err := s.RotateAPIKey(t.Context(), owner, key.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			at       time.Time
			old, new bool
		}{{noon, true, true}, {noon.Add(time.Hour - 1), true, true}, {noon.Add(time.Hour), false, true}} {
			if o, n := s.opens(t, key.ID, plain, c.at), s.opens(t, key.ID, next, c.at); o != c.old || n != c.new {
				t.Errorf("at %s: old %v, new %v", c.at.Sub(noon), o, n)
			}
		}
		if _, _, err := s.Store.APIKeyByDigest(t.Context(), s.Secrets.Digest(next)); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("rotation made the secret work without the id: %v", err)
		}
		if err := s.RevokeAPIKey(t.Context(), owner, key.ID); err != nil {
			t.Fatal(err)
		}
		if k := must[*core.APIKey](t)(s.Store.APIKey(t.Context(), key.ID)); k.ActiveAt(noon) || s.opens(t, key.ID, next, noon) || s.opens(t, key.ID, plain, noon) {
			t.Error("the revoked key works")
		}
		_, err = s.SetAPIKeyEnabled(t.Context(), owner, key.ID, true)
		refused(t, err, oauth.ReasonNotFound, "id")
		_, _, err = s.RotateAPIKey(t.Context(), owner, key.ID, 0)
		refused(t, err, oauth.ReasonNotFound, "id")
		_, _, err = s.RotateAPIKey(t.Context(), owner, "owner-key", maxOverlap+1)
		refused(t, err, oauth.ReasonInvalidValue, "overlap")
		s.expectEvents(t, core.CredentialCreated, core.CredentialRotated, core.CredentialRevoked)
	})
}

func TestSetAPIKeyEnabled(t *testing.T) {
	s := onSQLite(t, shop)
	owner := s.person(t, "owner@cafe.example")
	for _, enabled := range []bool{false, false, true, true} {
		key, err := s.SetAPIKeyEnabled(t.Context(), owner, "terminal-key", enabled)
		if err != nil || key.Enabled != enabled {
			t.Fatal(key, err)
		}
		if stored := must[*core.APIKey](t)(s.Store.APIKey(t.Context(), "terminal-key")); stored.Enabled != enabled {
			t.Error("not stored")
		}
	}
	s.expectEvents(t, core.CredentialDisabled, core.CredentialEnabled)
	keys := must[[]*core.APIKey](t)(s.ListAPIKeys(t.Context(), owner, "till"))
	if len(keys) != 5 || keys[0].Name != "Clerk" || keys[4].Name != "Terminal" {
		t.Errorf("%d keys", len(keys))
	}
	_, err := s.ListAPIKeys(t.Context(), owner, "counter")
	refused(t, err, oauth.ReasonNotFound, "account_id")
}

// One name, forty at once: one key, and no 500.
func TestCP_4_NameUniqueInParallel(t *testing.T) {
	onEach(t, shop, func(t *testing.T, s *Service) {
		var group sync.WaitGroup
		var made atomic.Int64
		for range 40 {
			group.Go(func() {
				_, _, err := s.CreateAPIKey(t.Context(), cli, NewAPIKey{AccountID: "till", Name: "Once"})
				if err == nil {
					made.Add(1)
					return
				}
				refused(t, err, oauth.ReasonNameTaken, "")
			})
		}
		group.Wait()
		if made.Load() != 1 {
			t.Errorf("%d keys of one name", made.Load())
		}
		s.expectEvents(t, core.CredentialCreated)
	})
}

// A change whose audit record cannot be written does not happen, and what is
// refused leaves no record of a change.
func TestF12_NoChangeWithoutRecord(t *testing.T) {
	url := storetest.SQLite(t)
	s := newService(storetest.Open(t, url))
	s.mustApply(t, shop)
	for _, key := range []NewAPIKey{{AccountID: "till", Name: "Owner"}, {AccountID: "till", Name: ""}, {AccountID: "nowhere", Name: "A"}} {
		if _, _, err := s.CreateAPIKey(t.Context(), cli, key); err == nil {
			t.Errorf("%+v was made", key)
		}
	}
	s.expectEvents(t)

	db := must[*sql.DB](t)(sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:")))
	defer db.Close()
	if _, err := db.Exec("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"); err != nil {
		t.Fatal(err)
	}
	changes := map[string]func() error{
		"create": func() error {
			_, _, err := s.CreateAPIKey(t.Context(), cli, NewAPIKey{AccountID: "till", Name: "A"})
			return err
		},
		"disable": func() error { _, err := s.SetAPIKeyEnabled(t.Context(), cli, "owner-key", false); return err },
		"client":  func() error { _, _, err := s.CreateClient(t.Context(), cli, partner()); return err },
		"member":  func() error { return s.RemoveMember(t.Context(), cli, "till", s.userID(t, "clerk@cafe.example")) },
		"rename":  func() error { _, err := s.UpdateAccount(t.Context(), cli, "till", "Other"); return err },
		"apply":   func() error { _, err := s.apply(t, "organisations: [{code: new, name: New}]"); return err },
	}
	version := must[int64](t)(s.Store.Refresh(t.Context()))
	for name, change := range changes {
		if change() == nil {
			t.Errorf("%s succeeded without a record", name)
		}
	}
	if v := must[int64](t)(s.Store.Refresh(t.Context())); v != version {
		t.Error("something changed without a record")
	}
}
