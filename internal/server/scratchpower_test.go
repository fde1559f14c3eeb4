package server_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
	"claviger/oauth"

	"github.com/google/go-cmp/cmp"
)

func scratchPower() *wireSystem {
	right := fields{
		"client_id": "your-client-id", "client_secret": "your-client-secret", "grant_type": "password",
		"identifier": "integration-user", "secret_pass": "your-password", "org_code": "YOUR_ORG", "source_channel": "WEB",
	}
	return &wireSystem{
		path: "/v1/auth/login", media: "application/json", right: right,
		secrets: []string{"client_secret", "secret_pass", "refresh_token"}, required: "org_code",
		access: "access_token", refresh: "refresh_token",
		refreshPath: "/v1/auth/refresh",
		refreshing: func(token string) fields {
			return fields{
				"client_id": "your-client-id", "client_secret": "your-client-secret", "grant_type": "refresh_token",
				"refresh_token": token,
			}
		},
		malformed: func(t *testing.T, a wireAnswer) {
			t.Helper()
			if got := a.is(http.StatusBadRequest).member("error.type"); got != "invalid_request_error" {
				t.Errorf("the type is %v: %s", got, a.text)
			}
		},
		wrong: [][]fields{
			{
				right.with("secret_pass", "not-it"), right.with("identifier", "nobody"), right.with("org_code", "NOWHERE"),
				right.with("org_code", "OTHER_ORG", "identifier", "other-user", "secret_pass", "other-password"),
				right.with("identifier", "owner@acme.example", "secret_pass", "correct horse battery staple"),
			},
			{right.with("client_secret", "not-it"), right.with("client_id", "nobody"), right.with("client_id", "epos-partner")},
		},
		client: "your-client-id", organisation: "YOUR_ORG", username: "integration-user",
	}
}

func spBearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

func spGet(t *testing.T, h *servertest.Harness, path, token string, headers ...string) wireAnswer {
	t.Helper()
	return wireSend(t, h, http.MethodGet, path, "", append(spBearer(token), headers...)...)
}

func TestSP_1_LoginByUsernameEmailOrPhone(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	for _, identifier := range []string{"integration-user", "integration@scratch-power.example", "Integration@Scratch-Power.example", "26773554420"} {
		token := s.ask(t, h, s.right.with("identifier", identifier)).is(http.StatusOK).token("access_token")
		if got := spGet(t, h, "/v1/auth/me", token).member("actor.username"); got != "integration-user" {
			t.Errorf("%s signed in as %v", identifier, got)
		}
	}
	for name := range s.right {
		if name == "source_channel" {
			continue
		}
		if got := s.ask(t, h, s.right.with(name, "-")).is(http.StatusBadRequest).member("error.param"); got != name {
			t.Errorf("without %s the param is %v", name, got)
		}
	}
	if got := s.ask(t, h, s.right.with("grant_type", "client_credentials")).is(http.StatusBadRequest).member("error.param"); got != "grant_type" {
		t.Errorf("with another grant type the param is %v", got)
	}
}

func TestSP_1_SourceChannelIsKeptInTheAuditTrail(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	for _, channel := range []string{"WEB", "SMART_APP", "USSD", "BATCH", "POS", "-"} {
		first := s.ask(t, h, s.right.with("source_channel", channel), "X-Request-Id", "login-"+channel).is(http.StatusOK)
		want := channel
		if channel == "-" {
			want = ""
		}
		list := events(t, h, "login-"+channel)
		if len(list) != 1 || list[0].Type != core.TokenIssued || list[0].Channel != want {
			t.Errorf("%s: recorded %+v", channel, list)
		}
		wireSend(t, h, http.MethodDelete, "/v1/auth/logout", "",
			append(spBearer(first.token("access_token")), "X-Request-Id", "logout-"+channel)...).is(http.StatusNoContent)
		if list := events(t, h, "logout-"+channel); len(list) != 1 || list[0].Channel != want {
			t.Errorf("%s: the logout recorded %+v", channel, list)
		}
	}
	s.ask(t, h, s.right.with("secret_pass", "not-it", "source_channel", "POS"), "X-Request-Id", "refused").is(http.StatusUnauthorized)
	if list := events(t, h, "refused"); len(list) != 1 || list[0].Type != core.TokenRefused || list[0].Channel != "POS" {
		t.Errorf("the refusal recorded %+v", list)
	}
	for _, channel := range []string{"FAX", "web", "WEB "} {
		a := s.ask(t, h, s.right.with("source_channel", channel)).is(http.StatusBadRequest)
		if got := a.member("error.param"); got != "source_channel" {
			t.Errorf("%q: the param is %v", channel, got)
		}
	}
}

func TestSP_2_LoginAnswer(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	checkSPTokens(t, s.ask(t, h, s.right))
	token := s.ask(t, h, s.right).token("access_token")
	h.Clock.Advance(time.Hour - time.Second)
	spGet(t, h, "/v1/auth/me", token).is(http.StatusOK)
	h.Clock.Advance(time.Second)
	if got := spGet(t, h, "/v1/auth/me", token).is(http.StatusUnauthorized).member("error.code"); got != "token_expired" {
		t.Errorf("after access_in seconds the code is %v", got)
	}
}

// checkSPTokens checks the one shape that login and refresh have.
func checkSPTokens(t *testing.T, a wireAnswer) {
	t.Helper()
	access, refresh := a.is(http.StatusOK).token("access_token"), a.token("refresh_token")
	a.holds(`{"access_token":"` + access + `","access_in":3600,"token_type":"bearer","refresh_token":"` + refresh + `","scope":"read write"}`)
	wireClaims(t, access)
	wireClaims(t, refresh)
}

func TestSP_3_RefreshTokenWorksOnce(t *testing.T) {
	h := servertest.New(t)
	spRefresh(t, h, h)
}

// spRefresh takes two nodes, or one twice.
func spRefresh(t *testing.T, one, two *servertest.Harness) {
	s := scratchPower()
	first := s.ask(t, one, s.right)
	second := s.renew(t, two, first.token("refresh_token"))
	checkSPTokens(t, second)
	if first.token("refresh_token") == second.token("refresh_token") {
		t.Error("the refresh token is the same one again")
	}
	third := s.renew(t, one, second.token("refresh_token"))
	checkSPTokens(t, third)
	spGet(t, two, "/v1/auth/me", third.token("access_token")).is(http.StatusOK)

	again := s.renew(t, two, second.token("refresh_token")).is(http.StatusUnauthorized)
	if again.member("error.type") != "authentication_error" || again.member("error.code") != "refresh_token_reused" {
		t.Errorf("used again: %s", again.text)
	}
	s.renew(t, one, third.token("refresh_token")).is(http.StatusUnauthorized)
	spGet(t, one, "/v1/auth/me", third.token("access_token")).is(http.StatusUnauthorized)
}

func TestSP_3_RefreshNeedsTheClientThatItWasIssuedTo(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	organisation, err := h.Store.OrganisationByCode(t.Context(), "YOUR_ORG")
	if err != nil {
		t.Fatal(err)
	}
	secret := newClient(t, h, admin.NewClient{
		ID: "second-client", OrganisationID: organisation.ID, Dialect: "scratchpower",
		GrantTypes: []string{oauth.GrantPassword, oauth.GrantRefreshToken}, Scopes: oauth.Scope{"read", "write"},
	})
	token := s.ask(t, h, s.right).token("refresh_token")
	refresh := func(changes ...string) wireAnswer {
		body := s.encode(s.refreshing(token).with(changes...))
		return wireSend(t, h, http.MethodPost, "/v1/auth/refresh", body, "Content-Type", s.media)
	}
	refresh("client_id", "second-client", "client_secret", secret).is(http.StatusUnauthorized)
	refresh("client_secret", "not-it").is(http.StatusUnauthorized)
	refresh("client_secret", "-").is(http.StatusBadRequest)
	refresh("grant_type", "password").is(http.StatusBadRequest)
	refresh().is(http.StatusOK) // none of those used it up
}

func TestSP_4_LogoutEndsTheGrant(t *testing.T) {
	h := servertest.New(t)
	spLogout(t, h, h)
}

func spLogout(t *testing.T, one, two *servertest.Harness) {
	s := scratchPower()
	first, other := s.ask(t, one, s.right), s.ask(t, one, s.right)
	a := wireSend(t, two, http.MethodDelete, "/v1/auth/logout", "", append(spBearer(first.token("access_token")), "X-Request-Id", "bye-1")...)
	if a.is(http.StatusNoContent); a.text != "" {
		t.Errorf("204 with a body: %q", a.text)
	}
	list := events(t, two, "bye-1")
	if len(list) != 1 {
		t.Fatalf("recorded %+v", list)
	}
	e, user := list[0], serviceAccount(t, two, "YOUR_ORG", "integration-user")
	if e.Type != core.Logout || e.SubjectID != user.ID || e.ClientID != "your-client-id" || e.OrganisationID != user.OrganisationID || e.IP != wireSource {
		t.Errorf("recorded %+v", e)
	}
	s.renew(t, one, first.token("refresh_token")).is(http.StatusUnauthorized)
	spGet(t, one, "/v1/auth/me", first.token("access_token")).is(http.StatusUnauthorized)
	spGet(t, one, "/v1/auth/me", other.token("access_token")).is(http.StatusOK) // another login is another grant
	s.renew(t, one, other.token("refresh_token")).is(http.StatusOK)
}

func TestSP_5_Me(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	const role = `{"id":1,"code":"ADM","name":"Administrator","permissions":["ROLE_TOPUP","ROLE_USER_CARE"]}`
	spGet(t, h, "/v1/auth/me", s.ask(t, h, s.right).token("access_token")).is(http.StatusOK).holds(`{
		"actor": {"id": 1, "full_name": "Integration User", "phone_number": "26773554420", "username": "integration-user",
			"email": "integration@scratch-power.example", "status": "ACTIVE"},
		"role": ` + role + `,
		"organisation": {"id": 1, "code": "YOUR_ORG", "name": "Scratch Power"},
		"roles": [` + role + `]
	}`)
}

const spAccounts = `[
	{"id":13209,"name":"Test Admin Account","currency":"BWP","category":"CURRENT","type":"WALLET","status":"ACTIVE","rank":1,"balance":"BWP 2878.86"},
	{"id":13210,"name":"Commission","currency":"BWP","category":"COMMISSION","type":"WALLET","status":"ACTIVE","rank":2,"balance":"BWP 12.50"}
]`

func TestSP_6_AccountsInRankOrder(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	token := s.ask(t, h, s.right).token("access_token")
	spGet(t, h, "/v1/accounts", token).is(http.StatusOK).holds(spAccounts)
	organisation := serviceAccount(t, h, "YOUR_ORG", "integration-user").OrganisationID
	change(t, h, func(tx *store.Tx) error {
		return tx.PutAccount(&core.Account{
			Number: 20000, OrganisationID: organisation, Name: "First", Type: core.AccountOrg, Currency: "BWP", Balance: -5,
			Category: "TOPUP", Rank: 0, Status: core.Active,
		})
	})
	list, _ := spGet(t, h, "/v1/accounts", token).decode().([]any)
	var ids []any
	for _, account := range list {
		ids = append(ids, account.(map[string]any)["id"])
	}
	if diff := cmp.Diff([]any{json.Number("20000"), json.Number("13209"), json.Number("13210")}, ids); diff != "" {
		t.Errorf("not in rank order (-want +got):\n%s", diff)
	}
}

func TestSP_6_OneAccountOfOnesOwn(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	token := s.ask(t, h, s.right).token("access_token")
	spGet(t, h, "/v1/accounts/13210", token).is(http.StatusOK).holds(
		`{"id":13210,"name":"Commission","currency":"BWP","category":"COMMISSION","type":"WALLET","status":"ACTIVE","rank":2,"balance":"BWP 12.50"}`)
	for _, id := range []string{"13300", "13211", "99999", "0", "-1", "abc", "13210.0", "99999999999999999999", "13210%20"} {
		if got := spGet(t, h, "/v1/accounts/"+id, token).is(http.StatusNotFound).member("error.type"); got != "not_found_error" {
			t.Errorf("%s: the type is %v", id, got)
		}
	}
}

func TestSP_6_MeAndAccountsCacheIndependently(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	token := s.ask(t, h, s.right).token("access_token")
	paths := []string{"/v1/auth/me", "/v1/accounts", "/v1/accounts/13209", "/v1/accounts/13210"}
	tags := map[string]string{}
	for _, path := range paths {
		a := spGet(t, h, path, token).is(http.StatusOK)
		if tags[path] = a.header.Get("ETag"); tags[path] == "" || !slices.Contains(a.header.Values("Vary"), "Authorization") {
			t.Errorf("%s: ETag %q, Vary %q", path, tags[path], a.header.Values("Vary"))
		}
	}
	// status returns what each path answers to the tag it gave at first.
	status := func() (list []int) {
		for _, path := range paths {
			a := spGet(t, h, path, token, "If-None-Match", tags[path])
			if a.status == http.StatusNotModified && (a.text != "" || a.header.Get("ETag") != tags[path]) {
				t.Errorf("%s: 304 with ETag %q and body %q", path, a.header.Get("ETag"), a.text)
			}
			list = append(list, a.status)
		}
		return list
	}
	expect := func(want ...int) {
		t.Helper()
		if diff := cmp.Diff(want, status()); diff != "" {
			t.Errorf("me, accounts, 13209, 13210 (-want +got):\n%s", diff)
		}
	}
	expect(304, 304, 304, 304)
	account := spAccount(t, h, 13210)
	change(t, h, func(tx *store.Tx) error { account.Balance += 100; return tx.PutAccount(account) })
	expect(304, 200, 304, 200)
	changeUser(t, h, serviceAccount(t, h, "YOUR_ORG", "integration-user").ID, func(u *core.User) { u.FullName = "Renamed" })
	expect(200, 200, 304, 200)
}

// spAccount returns a copy of an account of the demo data.
func spAccount(t *testing.T, h *servertest.Harness, number int64) *core.Account {
	t.Helper()
	list, err := h.Store.AccountsOf(t.Context(), serviceAccount(t, h, "YOUR_ORG", "integration-user").OrganisationID)
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range list {
		if account.Number == number {
			found := *account
			return &found
		}
	}
	t.Fatalf("there is no account %d", number)
	return nil
}

func TestSP_7_ErrorShape(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	organisation := serviceAccount(t, h, "YOUR_ORG", "integration-user").OrganisationID
	secret := newClient(t, h, admin.NewClient{
		ID: "no-password-grant", OrganisationID: organisation, Dialect: "scratchpower",
		GrantTypes: []string{oauth.GrantRefreshToken}, Scopes: oauth.Scope{"read"},
	})
	for name, c := range map[string]struct {
		answer wireAnswer
		status int
		kind   string
		param  any
	}{
		"wrong password":  {s.ask(t, h, s.right.with("secret_pass", "not-it"), "X-Request-Id", "e-1"), 401, "authentication_error", nil},
		"wrong secret":    {s.ask(t, h, s.right.with("client_secret", "not-it"), "X-Request-Id", "e-1"), 401, "authentication_error", nil},
		"no token":        {wireSend(t, h, "GET", "/v1/auth/me", "", "X-Request-Id", "e-1"), 401, "authentication_error", nil},
		"a missing field": {s.ask(t, h, s.right.with("org_code", "-"), "X-Request-Id", "e-1"), 400, "invalid_request_error", "org_code"},
		"not permitted": {s.ask(t, h, s.right.with("client_id", "no-password-grant", "client_secret", secret), "X-Request-Id", "e-1"),
			403, "permission_error", nil},
		"no such account": {spGet(t, h, "/v1/accounts/1", s.ask(t, h, s.right).token("access_token"), "X-Request-Id", "e-1"),
			404, "not_found_error", nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.answer
			a.t = t
			a.is(c.status)
			if diff := cmp.Diff([]string{"error"}, a.members()); diff != "" {
				t.Errorf("members at the root (-want +got):\n%s", diff)
			}
			e, _ := a.member("error").(map[string]any)
			code, _ := e["code"].(string)
			want := map[string]any{
				"type": c.kind, "code": e["code"], "message": e["message"], "param": c.param, "retryable": false,
				"doc_url": "http://" + servertest.Host + "/docs/errors#" + code, "request_id": "e-1",
			}
			if diff := cmp.Diff(want, e); diff != "" || code == "" || e["message"] == "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSP_7_TooManyTries(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	const attacker = "203.0.113.7"
	s.ask(t, h, s.right).is(http.StatusOK) // from where it will be right again
	wrong := s.right.with("secret_pass", "not-it")
	for range 10 {
		s.ask(t, h, wrong, "From-IP", attacker).is(http.StatusUnauthorized)
	}
	for _, body := range []fields{wrong, s.right, s.right.with("identifier", "26773554420")} {
		a := s.ask(t, h, body, "From-IP", attacker).is(http.StatusTooManyRequests)
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		if err != nil || seconds < 1 || seconds > 60 {
			t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
		}
		if a.member("error.retryable") != true || a.member("error.type") != "rate_limit_error" {
			t.Errorf("answered %s", a.text)
		}
	}
	s.ask(t, h, s.right).is(http.StatusOK)
	h.Clock.Advance(time.Minute)
	s.ask(t, h, s.right, "From-IP", attacker).is(http.StatusOK)
}

func TestSP_8_TheTokenActsAsTheIntegrationUser(t *testing.T) {
	h := servertest.New(t)
	spActs(t, h)
}

func spActs(t *testing.T, h *servertest.Harness) {
	s, user := scratchPower(), spLimitedUser(t, h)
	token := s.ask(t, h, s.right.with("identifier", "limited", "secret_pass", "limited password")).is(http.StatusOK).token("access_token")
	claims := wireClaims(t, token)
	if claims["sub"] != user.ID || claims["subject_type"] != "service_account" {
		t.Errorf("sub %v, subject_type %v", claims["sub"], claims["subject_type"])
	}
	me := spGet(t, h, "/v1/auth/me", token).is(http.StatusOK)
	if diff := cmp.Diff([]any{"ROLE_TOPUP"}, me.member("role.permissions")); diff != "" || me.member("actor.username") != "limited" {
		t.Errorf("not its permissions: %s", me.text)
	}
	accounts, _ := spGet(t, h, "/v1/accounts", token).decode().([]any)
	if len(accounts) != 1 || accounts[0].(map[string]any)["id"] != json.Number("13210") {
		t.Errorf("not its accounts: %v", accounts)
	}
	spGet(t, h, "/v1/accounts/13209", token).is(http.StatusNotFound)
	wireSend(t, h, http.MethodDelete, "/v1/auth/logout", "", append(spBearer(token), "X-Request-Id", "limited-bye")...).is(http.StatusNoContent)
	if list := events(t, h, "limited-bye"); len(list) != 1 || list[0].SubjectID != user.ID {
		t.Errorf("not its audit trail: %+v", list)
	}
}

// spLimitedUser makes an integration user with one account and one permission.
func spLimitedUser(t *testing.T, h *servertest.Harness) *core.User {
	t.Helper()
	account := spAccount(t, h, 13210)
	hash, err := h.Secrets.HashPassword(t.Context(), "limited password")
	if err != nil {
		t.Fatal(err)
	}
	var user *core.User
	change(t, h, func(tx *store.Tx) error {
		user = &core.User{Kind: core.ServiceAccount, OrganisationID: account.OrganisationID, Username: "limited", Status: core.Active}
		role := &core.Role{
			OrganisationID: account.OrganisationID, Code: "LIM", Name: "Limited",
			Grants: map[string]core.PermissionScope{"ROLE_TOPUP": core.OwnAccount}, Permissions: []string{"ROLE_TOPUP"},
		}
		if err := tx.PutRole(role); err != nil {
			return err
		}
		if err := tx.PutUser(user); err != nil {
			return err
		}
		if _, err := tx.AddSecret(core.Secret{OwnerID: user.ID, Hash: hash}); err != nil {
			return err
		}
		return tx.PutMembership(&core.Membership{
			UserID: user.ID, OrganisationID: account.OrganisationID, AccountID: account.ID, RoleID: role.ID,
		})
	})
	return user
}

func TestSP_9_ARotatedSecretWorksBesideTheOldOne(t *testing.T) {
	h := servertest.New(t)
	spRotate(t, h)
}

func spRotate(t *testing.T, h *servertest.Harness) {
	s := scratchPower()
	administrator := admin.Actor{Authorization: &core.Authorization{User: serviceAccount(t, h, "YOUR_ORG", "integration-user")}}
	stranger := admin.Actor{Authorization: &core.Authorization{User: serviceAccount(t, h, "OTHER_ORG", "other-user")}}
	if _, _, err := h.Admin.RotateClientSecret(t.Context(), stranger, "your-client-id", time.Hour); oauth.AsError(err).Reason != oauth.ReasonNotFound {
		t.Errorf("for another organisation: %v", err)
	}
	_, secret, err := h.Admin.RotateClientSecret(t.Context(), administrator, "your-client-id", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	s.ask(t, h, s.right).is(http.StatusOK)
	s.ask(t, h, s.right.with("client_secret", secret)).is(http.StatusOK)
	h.Clock.Advance(time.Hour)
	s.ask(t, h, s.right).is(http.StatusUnauthorized)
	s.ask(t, h, s.right.with("client_secret", secret)).is(http.StatusOK)
}

func TestSP_9_AResetPasswordReplacesTheOldOne(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	user := serviceAccount(t, h, "YOUR_ORG", "integration-user")
	administrator := admin.Actor{Authorization: &core.Authorization{User: user}}
	stranger := admin.Actor{Authorization: &core.Authorization{User: serviceAccount(t, h, "OTHER_ORG", "other-user")}}
	if _, _, err := h.Admin.ResetPassword(t.Context(), stranger, user.ID, 0); oauth.AsError(err).Reason != oauth.ReasonNotFound {
		t.Errorf("by another organisation: %v", err)
	}
	s.ask(t, h, s.right).is(http.StatusOK)
	_, password, err := h.Admin.ResetPassword(t.Context(), administrator, user.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.ask(t, h, s.right).is(http.StatusUnauthorized)
	s.ask(t, h, s.right.with("secret_pass", password)).is(http.StatusOK)
}

func TestScratchPower_OnBothEngines(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		one, two := open(), open()
		t.Run("SP_3", func(t *testing.T) { spRefresh(t, one, two) })
		t.Run("SP_4", func(t *testing.T) { spLogout(t, one, two) })
		t.Run("SP_8", func(t *testing.T) { spActs(t, one) })
		t.Run("SP_9", func(t *testing.T) { spRotate(t, one) })
	})
}

func TestALL_1_ScratchPower(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	testNoStore(t, s)
	token := s.ask(t, h, s.right).token("access_token")
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER ", "BeArEr  "} {
		wireSend(t, h, http.MethodGet, "/v1/auth/me", "", "Authorization", scheme+token).is(http.StatusOK)
	}
	for _, value := range []string{token, "Token " + token, "Bearer", "Bearer " + token + " x", "Basic " + token} {
		a := wireSend(t, h, http.MethodGet, "/v1/auth/me", "", "Authorization", value).is(http.StatusUnauthorized)
		if a.header.Get("WWW-Authenticate") == "" {
			t.Error("a 401 without a challenge")
		}
	}
	wireSend(t, h, http.MethodGet, "/v1/auth/me", "", append(spBearer(token), spBearer(token)...)...).is(http.StatusBadRequest)
	wireSend(t, h, http.MethodGet, "/v1/auth/me?access_token="+token, "").is(http.StatusUnauthorized)
}

func TestALL_2_ScratchPower(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	testRequestID(t, s)
	a := s.ask(t, h, s.right.with("org_code", "-"), "X-Request-Id", "not a good one")
	if id := a.header.Get("X-Request-Id"); a.member("error.request_id") != id || id == "not a good one" {
		t.Errorf("request_id %v, X-Request-Id %s", a.member("error.request_id"), id)
	}
}

func TestALL_3_ScratchPower(t *testing.T) {
	claims := testOffline(t, scratchPower())
	if claims["scope"] != "read write" || claims["source_channel"] != "WEB" {
		t.Errorf("scope %v, source_channel %v", claims["scope"], claims["source_channel"])
	}
}

func TestALL_4_ScratchPower(t *testing.T) { testQuery(t, scratchPower()) }

func TestALL_5_ScratchPower(t *testing.T) { testBodies(t, scratchPower()) }

func TestALL_6_ScratchPower(t *testing.T) { testDisabled(t, scratchPower()) }

func TestALL_6_ScratchPowerResources(t *testing.T) {
	for name, stop := range map[string]func(t *testing.T, h *servertest.Harness){
		"client": func(t *testing.T, h *servertest.Harness) {
			changeClient(t, h, "your-client-id", func(c *core.Client) { c.Status = core.Suspended })
		},
		"organisation": func(t *testing.T, h *servertest.Harness) {
			changeOrganisation(t, h, "YOUR_ORG", func(o *core.Organisation) { o.Status = core.Disabled })
		},
		"service account": func(t *testing.T, h *servertest.Harness) {
			changeUser(t, h, serviceAccount(t, h, "YOUR_ORG", "integration-user").ID, func(u *core.User) { u.Status = core.Disabled })
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, h := scratchPower(), servertest.New(t)
			token := s.ask(t, h, s.right).token("access_token")
			stop(t, h)
			for _, path := range []string{"/v1/auth/me", "/v1/accounts", "/v1/accounts/13209"} {
				spGet(t, h, path, token).is(http.StatusUnauthorized)
			}
		})
	}
}

func TestALL_6_ScratchPowerAccountAndMembership(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	token := s.ask(t, h, s.right).token("access_token")
	account := spAccount(t, h, 13210)
	change(t, h, func(tx *store.Tx) error { account.Status = core.Disabled; return tx.PutAccount(account) })
	if list, _ := spGet(t, h, "/v1/accounts", token).decode().([]any); len(list) != 1 {
		t.Errorf("a disabled account is listed: %v", list)
	}
	spGet(t, h, "/v1/accounts/13210", token).is(http.StatusNotFound)

	memberships, err := h.Store.MembershipsOf(t.Context(), serviceAccount(t, h, "YOUR_ORG", "integration-user").ID)
	if err != nil || len(memberships) != 1 {
		t.Fatalf("%v %v", memberships, err)
	}
	change(t, h, func(tx *store.Tx) error { return tx.DeleteMembership(memberships[0].ID) })
	spGet(t, h, "/v1/accounts", token).is(http.StatusOK).holds(`[]`)
	spGet(t, h, "/v1/accounts/13209", token).is(http.StatusNotFound)
	if me := spGet(t, h, "/v1/auth/me", token); me.member("role.permissions") != nil {
		t.Errorf("a permission outlives the membership: %s", me.text)
	}
}

func TestALL_7_ScratchPower(t *testing.T) { testSameAnswer(t, scratchPower()) }
