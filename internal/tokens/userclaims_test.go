package tokens_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/tokens"
	"claviger/oauth"
)

func person() *core.User {
	return &core.User{
		ID: "usr_1", Kind: core.Person, Username: "tui", Email: "tui@example.nz", EmailVerified: true, Phone: "+64211234567",
		GivenName: "Tui", FamilyName: "Ngata", UpdatedAt: time.Unix(1_700_000_000, 5e8),
		Profile: map[string]string{
			"middle_name": "Aroha", "nickname": "T", "profile": "https://a.example/tui", "picture": "https://a.example/tui.png",
			"website": "https://tui.example", "gender": "female", "birthdate": "1990-01-02", "zoneinfo": "Pacific/Auckland",
			"locale": "en-NZ", "address": "1 Quay St\nAuckland",
		},
	}
}

func names(claims map[string]any) string { return strings.Join(slices.Sorted(maps.Keys(claims)), " ") }

func TestUserClaimsByScope(t *testing.T) {
	for scope, want := range map[string]string{
		"":               "",
		"openid read":    "",
		"email":          "email email_verified",
		"phone":          "phone_number phone_number_verified",
		"address":        "address",
		"profile":        "birthdate family_name gender given_name locale middle_name name nickname picture preferred_username profile updated_at website zoneinfo",
		"email phone":    "email email_verified phone_number phone_number_verified",
		"offline_access": "",
	} {
		parsed, _ := oauth.ParseScope(scope)
		if got := names(tokens.UserClaims(person(), parsed, nil)); got != want {
			t.Errorf("%q tells %s, not %s", scope, got, want)
		}
	}
}

func TestUserClaimsByName(t *testing.T) {
	asked := map[string]*oauth.ClaimRequest{"nickname": nil, "email_verified": {Essential: true}, "sub": nil, "made_up": nil, "acr": nil}
	if got := names(tokens.UserClaims(person(), nil, asked)); got != "email_verified nickname" {
		t.Errorf("told %s", got)
	}
}

func TestUserClaimsHaveTheRightForm(t *testing.T) {
	everything := oauth.Scope{"profile", "email", "phone", "address"}
	claims := tokens.UserClaims(person(), everything, nil)
	for name, want := range map[string]any{
		"name": "Tui Ngata", "updated_at": int64(1_700_000_000), "email_verified": true, "phone_number_verified": false,
		"phone_number": "+64211234567", "preferred_username": "tui",
	} {
		if claims[name] != want {
			t.Errorf("%s is %v (%T)", name, claims[name], claims[name])
		}
	}
	if address, ok := claims["address"].(map[string]string); !ok || address["formatted"] != "1 Quay St\nAuckland" {
		t.Errorf("address %v", claims["address"])
	}
	if len(claims) != len(tokens.UserClaimNames()) {
		t.Errorf("%d claims, %d names", len(claims), len(tokens.UserClaimNames()))
	}
	if got := names(tokens.UserClaims(&core.User{Kind: core.Person}, everything, nil)); got != "" {
		t.Errorf("of somebody without anything: %s", got)
	}
	full := &core.User{FullName: "Dr Tui Ngata", GivenName: "Tui"}
	if got := tokens.UserClaims(full, everything, nil)["name"]; got != "Dr Tui Ngata" {
		t.Errorf("name %v", got)
	}
	if got := tokens.UserClaims(&core.User{GivenName: "Tui"}, everything, nil)["name"]; got != "Tui" {
		t.Errorf("name %v", got)
	}
}
