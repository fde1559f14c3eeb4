package server_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/server/servertest"

	"github.com/google/go-cmp/cmp"
)

func jpay() *wireSystem {
	right := fields{"app_key": "your_app_key_here", "app_secret": "your_app_secret_here"}
	return &wireSystem{
		path: "/api/v1/auth/app/token", media: "application/json", right: right,
		secrets: []string{"app_secret"}, required: "app_secret",
		access: "access", refresh: "refresh",
		refreshPath: "/api/v1/auth/refresh",
		refreshing:  func(token string) fields { return fields{"refresh": token} },
		malformed: func(t *testing.T, a wireAnswer) {
			t.Helper()
			a.is(http.StatusBadRequest).holds(`{"detail":"Invalid request"}`)
		},
		wrong: [][]fields{{
			right.with("app_secret", "not-it"), right.with("app_key", "nobody"), right.with("app_key", "epos-partner"),
			right.with("app_key", "inactive_app_key"), right.with("app_key", "inactive_merchant_key"),
		}},
		client: "your_app_key_here", organisation: "MERCHANT-123",
	}
}

// seconds returns how long a token lives by its claims.
func seconds(t *testing.T, token string) int64 {
	t.Helper()
	claims := wireClaims(t, token)
	issued, err1 := claims["iat"].(json.Number).Int64()
	expires, err2 := claims["exp"].(json.Number).Int64()
	if err1 != nil || err2 != nil || issued != servertest.Start.Unix() {
		t.Errorf("iat %v, exp %v", claims["iat"], claims["exp"])
	}
	return expires - issued
}

func TestJP_1_AppToken(t *testing.T) {
	s, h := jpay(), servertest.New(t)
	a := s.ask(t, h, s.right).is(http.StatusOK)
	access, refresh := a.token("access"), a.token("refresh")
	a.holds(`{"access":"` + access + `","refresh":"` + refresh + `","merchant_id":123,"app_code":12345,"products":["collections","payouts"]}`)
	claims := wireClaims(t, access)
	want := map[string]any{
		"user_id": json.Number("123"), "app_code": json.Number("12345"), "products": []any{"collections", "payouts"},
	}
	for name, value := range want {
		if diff := cmp.Diff(value, claims[name]); diff != "" {
			t.Errorf("the claim %s of the access token (-want +got):\n%s", name, diff)
		}
	}
	if got := wireClaims(t, refresh); got["user_id"] != json.Number("123") || got["refresh"] != true {
		t.Errorf("the claims of the refresh token are %v", got)
	}
	if seconds(t, access) != 15*60 || seconds(t, refresh) != 7*24*60*60 {
		t.Errorf("the tokens live %d and %d seconds", seconds(t, access), seconds(t, refresh))
	}
}

func TestJP_2_Refusals(t *testing.T) {
	s, h := jpay(), servertest.New(t)
	for name, c := range map[string]struct {
		key, secret string
		status      int
		detail      string
	}{
		"wrong secret":                       {"your_app_key_here", "not-it", 401, "Invalid app credentials"},
		"unknown app":                        {"nobody", "your_app_secret_here", 401, "Invalid app credentials"},
		"secret of another app":              {"your_app_key_here", "your_app_secret", 401, "Invalid app credentials"},
		"client of another system":           {"your-client-id", "your-client-secret", 401, "Invalid app credentials"},
		"inactive app":                       {"inactive_app_key", "inactive_app_secret", 403, "App is not active"},
		"inactive app, wrong secret":         {"inactive_app_key", "not-it", 401, "Invalid app credentials"},
		"inactive merchant":                  {"inactive_merchant_key", "inactive_merchant_secret", 403, "Merchant account is not active"},
		"inactive merchant, wrong secret":    {"inactive_merchant_key", "not-it", 401, "Invalid app credentials"},
		"without app_key":                    {"-", "your_app_secret_here", 400, "Invalid request"},
		"without app_secret":                 {"your_app_key_here", "-", 400, "Invalid request"},
		"inactive app, without app_secret":   {"inactive_app_key", "-", 400, "Invalid request"},
		"an app_key that is spelled in caps": {"YOUR_APP_KEY_HERE", "your_app_secret_here", 401, "Invalid app credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			s.ask(t, h, s.right.with("app_key", c.key, "app_secret", c.secret)).is(c.status).holds(`{"detail":"` + c.detail + `"}`)
		})
	}
}

func TestJP_3_Refresh(t *testing.T) {
	h := servertest.New(t)
	jpRefresh(t, h, h)
}

// jpRefresh takes two nodes, or one twice.
func jpRefresh(t *testing.T, one, two *servertest.Harness) {
	s := jpay()
	first := s.ask(t, one, s.right).token("refresh")
	a := s.renew(t, two, first).is(http.StatusOK)
	access, second := a.token("access"), a.token("refresh")
	a.holds(`{"access":"` + access + `","refresh":"` + second + `","merchant_code":123,"name":"Your Merchant Name",
		"email":"merchant@example.com","phone_number":"+254712345678","requires_verification":false,
		"message":"Token refreshed successfully"}`)
	if first == second {
		t.Error("the refresh token is the same one again")
	}
	third := s.renew(t, one, second).token("refresh")
	for _, dead := range []struct{ name, token string }{
		{"an access token", access}, {"nonsense", "eyJ0eXAiOiJKV1QifQ.e30.x"}, {"forged", first[:len(first)-20] + "AAAAAAAAAAAAAAAAAAAA"},
		{"used", second}, {"its successor", third},
	} {
		if detail, _ := s.renew(t, two, dead.token).is(http.StatusUnauthorized).member("detail").(string); detail == "" {
			t.Errorf("%s: there is no detail", dead.name)
		}
	}
}

func TestJP_3_RefreshTellsOfTheMerchant(t *testing.T) {
	s, h := jpay(), servertest.New(t)
	first := s.ask(t, h, s.right).token("refresh")
	changeOrganisation(t, h, "MERCHANT-123", func(o *core.Organisation) { o.Verified, o.Name = false, "New Name" })
	a := s.renew(t, h, first)
	if a.member("requires_verification") != true || a.member("name") != "New Name" {
		t.Errorf("answered %s", a.text)
	}
}

func TestJP_3_RefreshTokenLivesSevenDays(t *testing.T) {
	s, h := jpay(), servertest.New(t)
	early, late := s.ask(t, h, s.right).token("refresh"), s.ask(t, h, s.right).token("refresh")
	h.Clock.Advance(7*24*time.Hour - time.Second)
	s.renew(t, h, early).is(http.StatusOK)
	h.Clock.Advance(time.Second)
	s.renew(t, h, late).is(http.StatusUnauthorized)
}

func TestJP_4_TheTokenNamesTheProductsOfTheApp(t *testing.T) {
	s, h := jpay(), servertest.New(t)
	right := s.right.with("app_key", "collections_only_key", "app_secret", "collections_only_secret")
	a := s.ask(t, h, right).is(http.StatusOK)
	only := []any{"collections"}
	if diff := cmp.Diff(only, a.member("products")); diff != "" {
		t.Errorf("products of the answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(only, wireClaims(t, a.token("access"))["products"]); diff != "" {
		t.Errorf("products of the token (-want +got):\n%s", diff)
	}
	changeClient(t, h, "collections_only_key", func(c *core.Client) { c.Products = nil })
	refreshed := s.renew(t, h, a.token("refresh")).token("access")
	if diff := cmp.Diff([]any{}, wireClaims(t, refreshed)["products"]); diff != "" {
		t.Errorf("products after the app lost them (-want +got):\n%s", diff)
	}
}

func TestJPay_OnBothEngines(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		one, two := open(), open()
		t.Run("JP_3", func(t *testing.T) { jpRefresh(t, one, two) })
	})
}

func TestALL_1_JPay(t *testing.T) { testNoStore(t, jpay()) }

func TestALL_2_JPay(t *testing.T) { testRequestID(t, jpay()) }

func TestALL_3_JPay(t *testing.T) { testOffline(t, jpay()) }

func TestALL_4_JPay(t *testing.T) {
	s := jpay()
	testQuery(t, s)
	h := servertest.New(t)
	token := s.ask(t, h, s.right).token("refresh")
	a := wireSend(t, h, http.MethodPost, s.refreshPath+"?refresh="+token, fields{"refresh": token}.json(), "Content-Type", s.media)
	s.malformed(t, a)
	s.renew(t, h, token).is(http.StatusOK) // it was not used up
}

func TestALL_5_JPay(t *testing.T) { testBodies(t, jpay()) }

func TestALL_6_JPay(t *testing.T) { testDisabled(t, jpay()) }

func TestALL_7_JPay(t *testing.T) { testSameAnswer(t, jpay()) }
