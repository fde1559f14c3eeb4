package core

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"claviger/oauth"
)

func TestIDsSortByTime(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000)
	last := ""
	for i := range 100 {
		id := NewID(PrefixUser, at.Add(time.Duration(i)*time.Millisecond), rand.Reader)
		if len(id) != len(PrefixUser)+26 || id <= last {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
	if !Generated(last) || Generated("my_id") {
		t.Error("Generated")
	}
}

// broken is a random source that fails.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("no randomness") }

func TestH15_NoIDWithoutRandomness(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an id was made without randomness")
		}
	}()
	NewID(PrefixUser, time.Now(), broken{})
}

func TestLifetimesFallBack(t *testing.T) {
	own := Lifetimes{AccessToken: time.Minute, RefreshGrace: NoGrace}
	got := own.Or(Lifetimes{AccessToken: time.Hour, RefreshToken: 2 * time.Hour, RefreshGrace: time.Second})
	want := Lifetimes{AccessToken: time.Minute, RefreshToken: 2 * time.Hour, RefreshGrace: NoGrace}
	if got != want {
		t.Errorf("%+v", got)
	}
}

func TestSecretWindows(t *testing.T) {
	now := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		secret Secret
		want   bool
	}{
		"always":    {Secret{}, true},
		"begins":    {Secret{StartsAt: now}, true},
		"not yet":   {Secret{StartsAt: now.Add(1)}, false},
		"ends now":  {Secret{EndsAt: now}, false},
		"ends soon": {Secret{EndsAt: now.Add(1)}, true},
	} {
		if c.secret.ValidAt(now) != c.want {
			t.Error(name)
		}
	}
}

func TestALL_6_EveryPartyCanStopAnAuthorization(t *testing.T) {
	now := time.Unix(1000, 0)
	active := func() *Authorization {
		return &Authorization{
			Client: &Client{Status: Active}, Key: &APIKey{Enabled: true}, User: &User{Status: Active},
			Organisation: &Organisation{Status: Active}, Account: &Account{Status: Active}, Consent: &Consent{},
		}
	}
	if reason, stopped := active().Stopped(now); stopped {
		t.Fatalf("an active one is stopped: %s", reason)
	}
	for want, stop := range map[oauth.Reason]func(*Authorization){
		oauth.ReasonClientInactive:       func(a *Authorization) { a.Client.Status = Suspended },
		oauth.ReasonCredentialInactive:   func(a *Authorization) { a.Key.ExpiresAt = now },
		oauth.ReasonUserInactive:         func(a *Authorization) { a.User.Status = Disabled },
		oauth.ReasonOrganisationInactive: func(a *Authorization) { a.Organisation.Status = "" },
		oauth.ReasonAccountInactive:      func(a *Authorization) { a.Account.Status = Suspended },
		oauth.ReasonConsentRevoked:       func(a *Authorization) { a.Consent.RevokedAt = now },
	} {
		a := active()
		stop(a)
		if reason, stopped := a.Stopped(now); !stopped || reason != want {
			t.Errorf("%s: %s %t", want, reason, stopped)
		}
	}
}

func TestD06_ARoleIsGivenByWhoHasAsMuch(t *testing.T) {
	own, global := OwnAccount, EveryAccount
	small := &Role{Code: "small", Grants: map[string]PermissionScope{"a": own}}
	big := &Role{Code: "big", Grants: map[string]PermissionScope{"a": global, "b": own}}
	naming := &Role{Code: "naming", Assigns: []string{"big"}}
	for name, c := range map[string]struct {
		holder, given *Role
		want          bool
	}{
		"less":                {big, small, true},
		"more":                {small, big, false},
		"same":                {small, small, true},
		"named":               {naming, big, true},
		"not named":           {naming, small, false},
		"wider scope":         {&Role{Grants: map[string]PermissionScope{"a": own, "b": own}}, big, false},
		"one that owns":       {big, &Role{Code: "x", Owner: true}, false},
		"by one that owns":    {&Role{Owner: true}, &Role{Code: "x", Owner: true}, true},
		"assigns as much":     {naming, &Role{Code: "x", Assigns: []string{"big"}}, true},
		"no known scope":      {&Role{Grants: map[string]PermissionScope{"a": own}}, &Role{Code: "x", Grants: map[string]PermissionScope{"a": "all"}}, false},
		"one that can assign": {big, &Role{Code: "x", Assigns: []string{"big"}}, false},
	} {
		if c.holder.MayAssign(c.given) != c.want {
			t.Error(name)
		}
	}
}

func TestSubjects(t *testing.T) {
	client, key := &Client{ID: "c", Dialect: "d"}, &APIKey{ID: "k", Dialect: "e"}
	for want, a := range map[string]*Authorization{
		"person/u/c/d":          {Client: client, User: &User{ID: "u", Kind: Person}},
		"service_account/u/c/d": {Client: client, User: &User{ID: "u", Kind: ServiceAccount}},
		"api_key/k/k/e":         {Key: key},
		"client/c/c/d":          {Client: client},
		"///":                   {},
	} {
		kind, id := a.Subject()
		if got := kind + "/" + id + "/" + a.ClientID() + "/" + a.Dialect(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
