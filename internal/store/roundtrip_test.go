package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/oauth"
)

var at = time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)

// write runs a job that must succeed.
func write(t testing.TB, s *store.Store, job func(*store.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), job); err != nil {
		t.Fatal(err)
	}
}

// tenant writes the rows that others refer to.
func tenant(t testing.TB, s *store.Store) (*core.Organisation, *core.Account, *core.Role) {
	t.Helper()
	o := &core.Organisation{ID: "org_1", Number: 7, Code: "ACME", Name: "Acme", Status: core.Active}
	a := &core.Account{ID: "acc_1", OrganisationID: o.ID, Name: "Main", Type: core.AccountOrg, Status: core.Active}
	r := &core.Role{ID: "rol_owner", Code: "account-owner", Owner: true}
	write(t, s, func(tx *store.Tx) error {
		return first(tx.PutOrganisation(o), tx.PutAccount(a), tx.PutRole(r),
			tx.PutUser(&core.User{ID: "usr_1", Kind: core.Person, Username: "ann", Status: core.Active}),
			tx.PutUser(&core.User{ID: "usr_2", Kind: core.Person, Username: "bob", Status: core.Active}))
	})
	return o, a, r
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// same writes what put puts and compares it with what get reads, twice: the
// second put is an update.
func same[E any](t *testing.T, s *store.Store, name string, entity *E, put func(*store.Tx, *E) error, get func(context.Context) (*E, error)) {
	t.Helper()
	for range 2 {
		want := *entity
		write(t, s, func(tx *store.Tx) error { return put(tx, entity) })
		got, err := get(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRoundTripOfEntities(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		tenant(t, s)
		same(t, s, "organisation", &core.Organisation{
			ID: "org_2", Number: 1 << 40, Code: "C", Name: "Näme \"'", Status: core.Suspended, Email: "e@x", Phone: "+64",
			Verified: true, Services: map[string]string{"partnerservices": "https://x/?a=1"}, CreatedAt: at,
		}, (*store.Tx).PutOrganisation, func(ctx context.Context) (*core.Organisation, error) { return s.Organisation(ctx, "org_2") })
		same(t, s, "account", &core.Account{
			ID: "acc_2", Number: 1 << 41, OrganisationID: "org_2", Name: "N", Type: core.AccountIndividual, Currency: "BWP",
			Balance: -287886, Category: "TOPUP", Rank: 3, Status: core.Disabled, Flags: []string{core.FlagTrustedUser, "x"},
			Subscriptions: []string{core.SubscriptionExternalAssetIssuer}, Test: true, CreatedAt: at,
		}, (*store.Tx).PutAccount, func(ctx context.Context) (*core.Account, error) { return s.AccountByNumber(ctx, 1<<41) })
		same(t, s, "user", &core.User{
			ID: "usr_9", Number: 1 << 42, Kind: core.ServiceAccount, OrganisationID: "org_2", Username: "u", Email: "E@x", Phone: "1",
			FullName: "F", GivenName: "G", FamilyName: "H", EmailVerified: true, PhoneVerified: true, Operator: true,
			Status: core.Active, CreatedAt: at,
		}, (*store.Tx).PutUser, func(ctx context.Context) (*core.User, error) { return s.User(ctx, "usr_9") })
		same(t, s, "permission", &core.Permission{Name: "p", RequiresAny: []string{"org-account"}},
			(*store.Tx).PutPermission, func(ctx context.Context) (*core.Permission, error) { return s.Permission(ctx, "p") })
		same(t, s, "condition", &core.Condition{Name: "a", When: "'x' in target.flags"},
			(*store.Tx).PutCondition, func(ctx context.Context) (*core.Condition, error) {
				list, err := s.Conditions(ctx)
				if err != nil || len(list) != 4 { // with the three of the migration
					return nil, fmt.Errorf("%d conditions: %w", len(list), err)
				}
				return list[0], nil
			})
		same(t, s, "role", &core.Role{
			ID: "rol_2", Number: 1 << 43, OrganisationID: "org_2", Code: "r", Name: "R", Owner: true, Assigns: []string{"merchant-terminal"},
			Grants:      map[string]core.PermissionScope{"p": core.OwnAccount, "q": core.EveryAccount},
			Permissions: []string{"q", "p"},
		}, (*store.Tx).PutRole, func(ctx context.Context) (*core.Role, error) { return s.Role(ctx, "rol_2") })
		same(t, s, "membership", &core.Membership{
			ID: "mem_1", UserID: "usr_1", OrganisationID: "org_1", AccountID: "acc_1", RoleID: "rol_owner", CreatedAt: at,
		}, (*store.Tx).PutMembership, func(ctx context.Context) (*core.Membership, error) {
			list, err := s.MembershipsOf(ctx, "usr_1")
			if err != nil || len(list) != 1 {
				t.Fatal(len(list), err)
			}
			return list[0], nil
		})
	})
}

func TestRoundTripOfCredentials(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		same(t, s, "client", &core.Client{
			ID: "cli_1", Number: 1 << 40, OrganisationID: "org_1", Name: "N", Kind: core.Confidential, Status: core.Active, Dialect: "jpay",
			GrantTypes: []string{"password"}, Scopes: oauth.Scope{"a", "b"}, Products: []string{"p"},
			RedirectURIs: []string{"https://x/cb"}, RedirectHosts: []string{"x"}, PostLogoutURIs: []string{"https://x/bye"},
			Origins: []string{"https://x"}, OrganisationIDs: []string{"org_2"}, Company: "C", Website: "W", Contact: "T",
			Lifetimes: core.Lifetimes{AccessToken: time.Minute, RefreshToken: time.Hour, RefreshAbsolute: 60 * 24 * time.Hour,
				RefreshGrace: 250 * time.Millisecond},
			RefreshWithoutSecret: true, CreatedAt: at,
		}, (*store.Tx).PutClient, func(ctx context.Context) (*core.Client, error) { return s.Client(ctx, "cli_1") })
		same(t, s, "API key", &core.APIKey{
			ID: "key_1", OrganisationID: "org_1", AccountID: "acc_1", Name: "n", Dialect: "spendesk", RoleID: "rol_1",
			Scopes: oauth.Scope{"s"}, Enabled: true, ExpiresAt: at.Add(time.Hour), LastUsedAt: at, CreatedBy: "cli", CreatedAt: at,
		}, (*store.Tx).PutAPIKey, func(ctx context.Context) (*core.APIKey, error) { return s.APIKey(ctx, "key_1") })
		same(t, s, "consent", &core.Consent{
			ID: "con_1", ClientID: "cli_1", OrganisationID: "org_1", AccountID: "acc_1", UserID: "usr_1",
			Scopes: oauth.Scope{"s"}, CreatedAt: at, RevokedAt: at.Add(time.Hour),
		}, (*store.Tx).PutConsent, func(ctx context.Context) (*core.Consent, error) { return s.Consent(ctx, "con_1") })
		same(t, s, "signing key", &core.SigningKey{
			ID: "kid", Algorithm: "ES256", PublicJWK: "{}", Sealed: []byte{0, 1, 255}, CreatedAt: at, ActiveAt: at.Add(1e9),
			RetiredAt: at.Add(2e9), RemovedAt: at.Add(3e9),
		}, (*store.Tx).PutSigningKey, func(ctx context.Context) (*core.SigningKey, error) {
			list, err := s.SigningKeys(ctx)
			if err != nil || len(list) != 1 {
				t.Fatal(len(list), err)
			}
			return &list[0], nil
		})
	})
}

func TestRoundTripOfInserts(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		grant := &core.Grant{
			ID: "gnt_1", ClientID: "cli_1", APIKeyID: "key_1", UserID: "usr_1", OrganisationID: "org_1", AccountID: "acc_1",
			ConsentID: "con_1", Scope: oauth.Scope{"a", "b"}, Service: "partnerservices", Channel: "WEB", CreatedAt: at,
			ExpiresAt: at.Add(time.Hour), EndedAt: at.Add(time.Minute), EndReason: "logout",
		}
		token := &core.RefreshToken{
			Selector: "sel", Hash: []byte{0, 200, 13}, GrantID: "gnt_1", IssuedAt: at, ExpiresAt: at.Add(1e9), ConsumedAt: at.Add(1e8), Successor: "next",
		}
		secret := core.Secret{ID: "sec_1", OwnerID: "key_1", Hash: "h", Digest: "d", StartsAt: at, EndsAt: at.Add(1e9), CreatedAt: at}
		write(t, s, func(tx *store.Tx) error {
			_, err := tx.AddSecret(secret)
			return first(err, tx.InsertGrant(grant), tx.InsertRefreshToken(token), tx.PutSetting("k", "v1"), tx.PutSetting("k", "v2"),
				tx.PutAPIKey(&core.APIKey{ID: "key_1", CreatedAt: at}))
		})
		gotGrant, err := s.Grant(t.Context(), "gnt_1")
		check(t, err, cmp.Diff(grant, gotGrant))
		gotToken, gotGrant, err := s.Family(t.Context(), "sel")
		check(t, err, cmp.Diff(token, gotToken)+cmp.Diff(grant, gotGrant))
		write(t, s, func(tx *store.Tx) (err error) {
			gotToken, err = tx.RefreshToken("sel")
			return err
		})
		check(t, nil, cmp.Diff(token, gotToken))
		secrets, err := s.Secrets(t.Context(), "key_1")
		check(t, err, cmp.Diff([]core.Secret{secret}, secrets))
		key, found, err := s.APIKeyByDigest(t.Context(), "d")
		check(t, err, cmp.Diff(&secret, found)+cmp.Diff(&core.APIKey{ID: "key_1", CreatedAt: at}, key))
		value, err := s.Setting(t.Context(), "k")
		check(t, err, cmp.Diff("v2", value))
	})
}

func check(t testing.TB, err error, diff string) {
	t.Helper()
	if err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestClientOrKey(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		names := func(id string) (what string) {
			t.Helper()
			client, key, err := s.ClientOrKey(t.Context(), id)
			switch {
			case client != nil && key == nil && err == nil:
				return "client " + client.ID
			case client == nil && key != nil && err == nil:
				return "key " + key.ID
			case client == nil && key == nil && errors.Is(err, core.ErrNotFound):
				return "nothing"
			}
			t.Fatal(client, key, err)
			return ""
		}
		for _, id := range []string{"c", "k"} {
			if got := names(id); got != "nothing" {
				t.Errorf("%s is %s before it is there", id, got)
			}
		}
		write(t, s, func(tx *store.Tx) error {
			return first(tx.PutClient(&core.Client{ID: "c"}), tx.PutAPIKey(&core.APIKey{ID: "k"}))
		})
		for range 2 {
			if client, key := names("c"), names("k"); client != "client c" || key != "key k" {
				t.Error(client, key)
			}
		}
		write(t, s, func(tx *store.Tx) error { return tx.PutClient(&core.Client{ID: "k"}) })
		if got := names("k"); got != "client k" {
			t.Errorf("with a client of that id, k is %s", got)
		}
	})
}
