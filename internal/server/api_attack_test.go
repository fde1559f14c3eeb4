package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/test/testlog"
)

func TestF01_OtherOrganisationsAreNotThere(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open().withTenants()
		owner, theirs := bearer(c.adminToken("owner@cafe.test")), c.foreignIDs()
		description := c.description()
		walked := 0
		for path, item := range description.Paths.Map() {
			for method, op := range item.Operations() {
				target := path
				c.send(method, strings.NewReplacer("{id}", "x", "{organisation_id}", "x").Replace(target), "").is(http.StatusUnauthorized)
				if !strings.Contains(path, "{") {
					continue
				}
				ids := theirs[strings.Split(strings.TrimPrefix(path, "/admin/v1/"), "/")[0]]
				if len(ids) == 0 {
					t.Errorf("%s %s: no id of another organisation to try", method, path)
				}
				for _, id := range ids {
					walked++
					target := strings.NewReplacer("{id}", id, "{organisation_id}", id).Replace(path)
					answer := c.send(method, target, minimalBody(op), owner, jsonType, "If-Match: *")
					if answer.status != http.StatusNotFound {
						t.Errorf("%s %s: %d %s", method, target, answer.status, answer.text)
					}
					made := c.send(method, strings.NewReplacer("{id}", "none", "{organisation_id}", "none").Replace(path), minimalBody(op), owner, jsonType, "If-Match: *")
					if told, want := withoutRequestID(answer), withoutRequestID(made); told != want {
						t.Errorf("%s %s: %s\none that does not exist: %s", method, target, told, want)
					}
				}
			}
		}
		if walked < 30 {
			t.Errorf("only %d routes were tried", walked)
		}
	})
}

// withoutRequestID is an answer but for what differs in every one.
func withoutRequestID(a wireAnswer) string {
	return strings.ReplaceAll(a.text, a.header.Get("X-Request-Id"), "")
}

// foreignIDs are ids of the neighbour's things, by the first part of the path.
func (c *customer) foreignIDs() map[string][]string {
	c.t.Helper()
	ctx, bar := c.t.Context(), c.organisationID("bar")
	operator := admin.Actor{Name: "cli"}
	role, err := c.Admin.CreateRole(ctx, operator, admin.NewRole{OrganisationID: bar, Code: "own-role", Name: "Own"})
	if err != nil {
		c.t.Fatal(err)
	}
	members, err := c.Admin.ListOrganisationMembers(ctx, operator, bar)
	if err != nil {
		c.t.Fatal(err)
	}
	accounts, err := c.Admin.ListServiceAccounts(ctx, operator, bar)
	if err != nil {
		c.t.Fatal(err)
	}
	invited, err := c.Admin.Invite(ctx, operator, admin.NewInvitation{OrganisationID: bar, Email: "x@bar.test", RoleCode: "teller"})
	if err != nil {
		c.t.Fatal(err)
	}
	consent := &core.Consent{ClientID: "console-tool", OrganisationID: bar, AccountID: "bar-counter", UserID: c.Person("owner@bar.test").ID}
	session := &core.Session{ID: "ses_bar", Hash: []byte{1}, UserID: c.Person("owner@bar.test").ID, ExpiresAt: c.Clock.Now().AddDate(0, 0, 1)}
	if err := c.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.PutConsent(consent); err != nil {
			return err
		}
		return tx.InsertSession(session)
	}); err != nil {
		c.t.Fatal(err)
	}
	return map[string][]string{
		"organisations": {bar, "org_none"}, "accounts": {"bar-counter"}, "api-keys": {"bar-key"}, "clients": {"bar-client", "console-tool"},
		"service-accounts": {accounts[0].ID}, "members": {members[0].Membership.ID}, "roles": {role.ID}, "invitations": {invited.Invitation.ID},
		"connections": {consent.ID}, "sessions": {session.ID}, "users": {session.UserID},
	}
}

// minimalBody is a body that an operation takes.
func minimalBody(op *openapi3.Operation) string {
	if op.RequestBody == nil {
		return ""
	}
	body := map[string]any{}
	schema := op.RequestBody.Value.Content["application/json"].Schema.Value
	for _, name := range schema.Required {
		body[name] = "cafe-till"
	}
	text, _ := json.Marshal(body)
	return string(text)
}

func (c *customer) description() *openapi3.T {
	c.t.Helper()
	answer := c.get("/admin/v1/openapi.json").is(http.StatusOK)
	description, err := openapi3.NewLoader().LoadFromData([]byte(answer.text))
	if err != nil {
		c.t.Fatal(err)
	}
	return description
}

func TestTheDescriptionIsValidOpenAPI(t *testing.T) {
	c := newCustomer(t)
	description := c.description()
	if err := description.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if description.OpenAPI[:3] != "3.1" || description.Paths.Len() < 30 {
		t.Errorf("%s, %d paths", description.OpenAPI, description.Paths.Len())
	}
}

// Who is told that a version may be missing or old is told where to put it.
func TestTheDescriptionSaysWhatTakesAVersion(t *testing.T) {
	kinds := map[bool]int{}
	for path, item := range newCustomer(t).description().Paths.Map() {
		for method, op := range item.Operations() {
			takes := op.Parameters.GetByInAndName(openapi3.ParameterInHeader, "If-Match") != nil
			kinds[takes]++
			for _, status := range []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired} {
				if answers := op.Responses.Status(status) != nil; answers != takes {
					t.Errorf("%s %s: If-Match %v, %d %v", method, path, takes, status, answers)
				}
			}
		}
	}
	if kinds[true] < 5 || kinds[false] < 5 {
		t.Errorf("operations with and without a version: %v", kinds)
	}
}

// TestD05_ARevokedKeyIsDeadOnEveryNode revokes on one node and looks on another.
func TestD05_ARevokedKeyIsDeadOnEveryNode(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open().withTenants()
		other := open()
		owner := bearer(c.adminToken("owner@cafe.test"))
		made := c.post("/admin/v1/organisations/"+c.organisationID("cafe")+"/api-keys",
			`{"account_id":"cafe-till","name":"K","role":"teller","with_id":true}`, owner).is(http.StatusCreated)
		login := basic(made.string("id"), made.string("secret"))
		token := other.send(http.MethodPost, "/oauth2/token", "grant_type=client_credentials", login, formType).token("access_token")
		other.get("/admin/v1/dialects", bearer(token)).is(http.StatusForbidden) // alive, without the scope
		c.send(http.MethodDelete, "/admin/v1/api-keys/"+made.string("id"), "", owner).is(http.StatusNoContent)
		if _, err := other.Store.Refresh(t.Context()); err != nil { // what the notification or the poll does within a second
			t.Fatal(err)
		}
		for _, node := range []*customer{c, other} {
			node.send(http.MethodPost, "/oauth2/token", "grant_type=client_credentials", login, formType).is(http.StatusUnauthorized)
			node.get("/admin/v1/dialects", bearer(token)).is(http.StatusUnauthorized)
		}
	})
}

// TestD07_OnlyDigestsAreStored makes one of each credential, and reads what is kept.
func TestD07_OnlyDigestsAreStored(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open().withTenants()
		owner := bearer(c.adminToken("owner@cafe.test"))
		cafe := "/admin/v1/organisations/" + c.organisationID("cafe")
		for name, made := range map[string]wireAnswer{
			"secret":   c.post(cafe+"/api-keys", `{"account_id":"cafe-till","name":"K"}`, owner, "Idempotency-Key: a"),
			"password": c.post(cafe+"/service-accounts", `{"username":"k"}`, owner, "Idempotency-Key: b"),
		} {
			plain := made.is(http.StatusCreated).token(name)
			stored, err := c.Store.Secrets(t.Context(), made.string("id"))
			if err != nil || len(stored) != 1 || strings.Contains(stored[0].Hash+stored[0].Digest, plain) {
				t.Errorf("%s: %d %v", name, len(stored), err)
			}
		}
		if file, sqlite := strings.CutPrefix(c.URL, "sqlite:"); sqlite { // the answers that are repeated are in it, sealed
			for _, part := range []string{file, file + "-wal"} {
				if bytes, err := os.ReadFile(part); err == nil && strings.Contains(string(bytes), "clv_key_") {
					t.Errorf("%s holds an API key", part)
				}
			}
		}
	})
}

func TestF12_EveryChangeIsRecordedWithoutSecrets(t *testing.T) {
	c := newCustomer(t).withTenants()
	operator, owner := bearer(c.adminToken("operator@platform.test")), bearer(c.adminToken("owner@cafe.test"))
	cafe := "/admin/v1/organisations/" + c.organisationID("cafe")
	var secrets []string
	changed := func(kind core.EventType, a wireAnswer) {
		t.Helper()
		if a.status/100 != 2 {
			t.Fatalf("%d %s", a.status, a.text)
		}
		for _, name := range []string{"secret", "password"} {
			if a.text != "" && a.string(name) != "" {
				secrets = append(secrets, a.string(name))
			}
		}
		events, err := c.Store.Events(t.Context(), store.EventFilter{Type: kind, RequestID: a.header.Get("X-Request-Id")})
		if err != nil || len(events) != 1 || events[0].SubjectID == "" || events[0].Detail == "" {
			t.Errorf("%s: %+v %v", kind, events, err)
		}
	}
	patch := func(path, body, who string) wireAnswer {
		return c.send(http.MethodPatch, path, body, who, jsonType, "If-Match: *")
	}
	changed(core.OrganisationCreated, c.post("/admin/v1/organisations", `{"name":"New"}`, operator))
	changed(core.OrganisationUpdated, patch(cafe, `{"services":{"partnerservices":"https://s.example"}}`, operator))
	changed(core.AccountCreated, c.post(cafe+"/accounts", `{"name":"A"}`, owner))
	changed(core.AccountUpdated, patch("/admin/v1/accounts/cafe-till", `{"name":"B"}`, owner))
	changed(core.CredentialCreated, c.post("/admin/v1/clients", `{"name":"P","company":"P","website":"https://p.example","contact":"p@p.example"}`, operator))
	changed(core.CredentialUpdated, patch("/admin/v1/clients/cafe-client", `{"name":"C"}`, owner))
	changed(core.CredentialDisabled, patch("/admin/v1/clients/cafe-client", `{"status":"DISABLED"}`, owner))
	changed(core.CredentialEnabled, patch("/admin/v1/clients/cafe-client", `{"status":"ACTIVE"}`, owner))
	changed(core.CredentialRotated, c.post("/admin/v1/clients/cafe-client/rotate", `{}`, owner))
	account := c.post(cafe+"/service-accounts", `{"username":"robot","role":"teller"}`, owner)
	changed(core.CredentialCreated, account)
	changed(core.CredentialRotated, c.post("/admin/v1/service-accounts/"+account.string("id")+"/reset", `{"overlap_seconds":60}`, owner))
	changed(core.CredentialDisabled, patch("/admin/v1/service-accounts/"+account.string("id"), `{"status":"DISABLED"}`, owner))
	key := c.post(cafe+"/api-keys", `{"account_id":"cafe-till","name":"`+testlog.Canary+`"}`, owner)
	changed(core.CredentialCreated, key)
	changed(core.CredentialRotated, c.post("/admin/v1/api-keys/"+key.string("id")+"/rotate", `{}`, owner))
	changed(core.CredentialDisabled, patch("/admin/v1/api-keys/"+key.string("id"), `{"enabled":false}`, owner))
	changed(core.CredentialEnabled, patch("/admin/v1/api-keys/"+key.string("id"), `{"enabled":true,"name":"Again"}`, owner))
	role := c.post(cafe+"/roles", `{"code":"r","name":"R","own":["read"]}`, owner)
	changed(core.RoleCreated, role)
	changed(core.RoleUpdated, patch("/admin/v1/roles/"+role.string("id"), `{"name":"S"}`, owner))
	changed(core.RoleDeleted, c.send(http.MethodDelete, "/admin/v1/roles/"+role.string("id"), "", owner, "If-Match: *"))
	changed(core.FactorsReset, c.send(http.MethodDelete, "/admin/v1/users/"+c.Person("owner@cafe.test").ID+"/factors", "", operator))
	changed(core.SigningKeyCreated, c.post("/admin/v1/signing-keys/rotate", `{"algorithm":"ES256"}`, operator))
	events, err := c.Store.Events(t.Context(), store.EventFilter{Limit: 1000})
	if err != nil || len(secrets) < 6 {
		t.Fatal(len(secrets), err)
	}
	for _, e := range events {
		for _, secret := range secrets {
			if strings.Contains(fmt.Sprintf("%+v", e), secret) {
				t.Errorf("a secret is in the audit trail: %+v", e)
			}
		}
	}
}
