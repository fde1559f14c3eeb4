package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// table is one that grows with the organisations or with use, and how its i-th
// row is made: with what a typical one has in it, no more.
type table struct {
	name string
	put  func(tx *store.Tx, i int) error
}

func id(prefix string, i int) string { return fmt.Sprintf("%s%026d", prefix, i) }

func clientID(i int) string { return fmt.Sprintf("org-%08d-app", i) }

// tables are in the order of what refers to what.
var tables = []table{
	{"organisations", func(tx *store.Tx, i int) error {
		return tx.PutOrganisation(&core.Organisation{ID: id(core.PrefixOrganisation, i), Code: fmt.Sprintf("org-%08d", i),
			Name: fmt.Sprintf("Organisation %d Ltd", i), Status: core.Active, Email: fmt.Sprintf("office@org-%08d.example", i)})
	}},
	{"accounts", func(tx *store.Tx, i int) error {
		return tx.PutAccount(&core.Account{ID: id(core.PrefixAccount, i), OrganisationID: id(core.PrefixOrganisation, i),
			Name: "Main", Type: core.AccountOrg, Currency: "EUR", Status: core.Active})
	}},
	{"users", func(tx *store.Tx, i int) error {
		return tx.PutUser(&core.User{ID: id(core.PrefixUser, i), Kind: core.Person, Email: fmt.Sprintf("person.%08d@org.example", i),
			FullName: fmt.Sprintf("Person %d Example", i), EmailVerified: true, Status: core.Active})
	}},
	{"memberships", func(tx *store.Tx, i int) error {
		return tx.PutMembership(&core.Membership{ID: id(core.PrefixMembership, i), UserID: id(core.PrefixUser, i),
			OrganisationID: id(core.PrefixOrganisation, i), RoleID: id(core.PrefixRole, 0)})
	}},
	{"clients", func(tx *store.Tx, i int) error {
		return tx.PutClient(&core.Client{ID: clientID(i), OrganisationID: id(core.PrefixOrganisation, i),
			Name: fmt.Sprintf("Application %d", i), Kind: core.Confidential, Status: core.Active,
			GrantTypes: []string{oauth.GrantClientCredentials, oauth.GrantRefreshToken}, Scopes: scope("invoices:read invoices:write"),
			Origins: []string{fmt.Sprintf("https://app-%08d.example", i)}})
	}},
	{"api_keys", func(tx *store.Tx, i int) error {
		return tx.PutAPIKey(&core.APIKey{ID: id(core.PrefixAPIKey, i), OrganisationID: id(core.PrefixOrganisation, i),
			AccountID: id(core.PrefixAccount, i), Name: "Reporting", RoleID: id(core.PrefixRole, 0),
			Scopes: scope("invoices:read"), Enabled: true, CreatedBy: "cli"})
	}},
	{"secrets", func(tx *store.Tx, i int) error {
		secret := digest()
		_, err := tx.AddSecret(core.Secret{OwnerID: id(core.PrefixAPIKey, i), Hash: secret, Digest: secret})
		return err
	}},
	{"consents", func(tx *store.Tx, i int) error {
		return tx.PutConsent(&core.Consent{ClientID: clientID(i % 1000), OrganisationID: id(core.PrefixOrganisation, i),
			AccountID: id(core.PrefixAccount, i), UserID: id(core.PrefixUser, i), Scopes: scope("invoices:read")})
	}},
	{"grants", func(tx *store.Tx, i int) error { return tx.InsertGrant(grant(i)) }},
	{"refresh_tokens", func(tx *store.Tx, i int) error { return tx.InsertRefreshToken(refreshToken(selector(), i)) }},
	{"sessions", func(tx *store.Tx, i int) error {
		now := time.Now()
		return tx.InsertSession(&core.Session{ID: core.NewID(core.PrefixSession, now, rand.Reader), Hash: make([]byte, 32), UserID: id(core.PrefixUser, i),
			ACR: core.ACRPassword, AMR: []string{core.AMRPassword}, AuthenticatedAt: now, CreatedAt: now, SeenAt: now,
			ExpiresAt: now.Add(12 * time.Hour), IP: "203.0.113.77", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"})
	}},
	{"audit", func(tx *store.Tx, i int) error { tx.Audit(event(i)); return nil }},
}

func scope(text string) oauth.Scope {
	parsed, _ := oauth.ParseScope(text)
	return parsed
}

// digest stands for that of a secret: as long, and as random.
func digest() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:])
	return "hmac-sha256:" + base64.RawURLEncoding.EncodeToString(raw[:])
}

func selector() string { return core.NewID("", time.Now(), rand.Reader) }

func grant(i int) *core.Grant {
	now := time.Now()
	return &core.Grant{ID: core.NewID(core.PrefixGrant, now, rand.Reader), ClientID: clientID(i), UserID: id(core.PrefixUser, i),
		OrganisationID: id(core.PrefixOrganisation, i), AccountID: id(core.PrefixAccount, i),
		Scope: scope("invoices:read invoices:write"), CreatedAt: now, ExpiresAt: now.Add(8760 * time.Hour)}
}

func refreshToken(selector string, i int) *core.RefreshToken {
	now := time.Now()
	return &core.RefreshToken{Selector: selector, Hash: make([]byte, 32), GrantID: id(core.PrefixGrant, i), IssuedAt: now, ExpiresAt: now.Add(720 * time.Hour)}
}

// event is the record of a token that an API key got.
func event(i int) core.Event {
	return core.Event{Type: core.TokenIssued, OrganisationID: id(core.PrefixOrganisation, i), ClientID: id(core.PrefixAPIKey, i),
		APIKeyID: id(core.PrefixAPIKey, i), SubjectType: core.SubjectAPIKey, SubjectID: id(core.PrefixAPIKey, i), GrantID: id(core.PrefixGrant, i),
		GrantType: oauth.GrantClientCredentials, IP: "203.0.113.77", RequestID: core.NewID("", time.Now(), rand.Reader)}
}
