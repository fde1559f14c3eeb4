package authn_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
	"claviger/test/testlog"
)

// individual gives a person an account of their own.
func (n *node) individual(user *core.User) (accountID string) {
	account := &core.Account{OrganisationID: "org_" + user.ID, Type: core.AccountIndividual, Status: core.Active, Flags: []string{"other"}}
	n.write(func(tx *store.Tx) error {
		for _, put := range []func() error{
			func() error {
				return tx.PutOrganisation(&core.Organisation{ID: account.OrganisationID, Code: user.ID, Status: core.Active})
			},
			func() error { return tx.PutRole(&core.Role{ID: "rol_" + user.ID, Code: user.ID, Owner: true}) },
			func() error { return tx.PutAccount(account) },
			func() error {
				return tx.PutMembership(&core.Membership{UserID: user.ID, OrganisationID: account.OrganisationID, AccountID: account.ID, RoleID: "rol_" + user.ID})
			},
		} {
			if err := put(); err != nil {
				return err
			}
		}
		return nil
	})
	return account.ID
}

func TestCP_10_ANewZealandNumberMakesATrustedUser(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n, other := open(), open()
		user, b := n.person(anna), newBrowser(home)
		accountID := n.individual(user)
		n.signIn(b, user)
		for _, step := range []struct {
			typed, stored string
			trusted       bool
		}{
			{"+61 412 345 678", "+61412345678", false},
			{"+64 21 123-4567", number, true},
			{"0064 21 123 4567", number, true},
			{"+61412345678", "+61412345678", false},
			{number, number, true},
		} {
			n.clock.advance(time.Second)
			id, masked := n.send(b, authn.CodeRequest{User: user, Identifier: step.typed, Purpose: core.PurposeVerifyPhone})
			if sent := n.sent(); !strings.HasPrefix(sent[len(sent)-1], "sms: "+step.stored+"|message.verify.subject[Example]|") || masked != "•••• "+step.stored[len(step.stored)-3:] {
				t.Errorf("%s: %q, %v", step.typed, masked, sent[len(sent)-1])
			}
			who, code, err := other.RedeemCode(from(home), id, n.code(), core.PurposeVerifyPhone, b.binding(n), home)
			if err != nil || who.ID != user.ID {
				t.Fatalf("%s: %v", step.typed, err)
			}
			if err := n.PhoneVerified(from(home), who, code.Destination); err != nil {
				t.Fatal(err)
			}
			got, _ := n.store.User(t.Context(), user.ID)
			account, _ := n.store.Account(t.Context(), accountID)
			if got.Phone != step.stored || !got.PhoneVerified || !got.UpdatedAt.Equal(n.clock.Now()) ||
				slices.Contains(account.Flags, core.FlagTrustedUser) != step.trusted || !slices.Contains(account.Flags, "other") {
				t.Errorf("%s: %s, %v, %v", step.typed, got.Phone, got.PhoneVerified, account.Flags)
			}
		}
		events, _ := n.store.Events(t.Context(), store.EventFilter{Type: core.PhoneVerified})
		if len(events) != 5 || events[1].Detail != "•••• 678, took trusted-user" || events[0].Detail != "•••• 567, gave trusted-user" {
			t.Errorf("recorded: %+v", events)
		}
	})
}

func TestCP_10_ANumberIsOfOnePerson(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n := open()
		n.person("first@example.com", func(u *core.User) { u.Phone = number })
		second := n.person(anna)
		accountID := n.individual(second)
		err := n.PhoneVerified(from(home), second, number)
		refused(t, "a number that somebody has", err, oauth.ReasonNameTaken)
		if text := oauth.AsError(err).Description; strings.Contains(text, "first") {
			t.Error(text)
		}
		refused(t, "an address that somebody has", n.EmailVerified(from(home), second, "FIRST@example.com"), oauth.ReasonNameTaken)
		account, _ := n.store.Account(t.Context(), accountID)
		if got, _ := n.store.User(t.Context(), second.ID); got.Phone != "" || got.PhoneVerified || len(account.Flags) != 1 {
			t.Errorf("%+v, %v", got, account.Flags)
		}
		for _, text := range []string{"", "021 123 4567", "+64", "+6421234567x", "+64212345678901234"} {
			refused(t, text, n.PhoneVerified(from(home), second, text), oauth.ReasonInvalidValue)
		}
		if err := n.EmailVerified(from(home), second, " new@example.com"); err != nil {
			t.Fatal(err)
		}
		if got, _ := n.store.User(t.Context(), second.ID); got.Email != "new@example.com" || !got.EmailVerified {
			t.Errorf("%+v", got)
		}
	})
}

// CP-10: a verified number or address gets a person back in, an unverified does not.
func TestCP_10_Recovery(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n := open()
		user := n.person(anna, func(u *core.User) {
			u.Phone, u.PhoneVerified, u.EmailVerified, u.Username = number, true, false, "anna"
		})
		b := newBrowser(home)
		for typed, channel := range map[string]string{anna: "", "+64 21 123 4567": "sms", "anna": "sms"} {
			before := len(n.sent())
			id, _ := n.send(b, authn.CodeRequest{Identifier: typed, Purpose: core.PurposeRecovery})
			sent := n.sent()[before:]
			if channel == "" && len(sent) == 0 {
				continue
			}
			if len(sent) != 1 || !strings.HasPrefix(sent[0], channel+": "+number+"|message.recovery.subject[Example]|message.recovery.text[") {
				t.Fatalf("%s: %v", typed, sent)
			}
			who, err := n.redeem(b, id, n.code(), core.PurposeRecovery)
			if err != nil || who.ID != user.ID {
				t.Fatalf("%s: %v", typed, err)
			}
			signedIn := n.start(b, who, core.SignedIn, core.AMROneTimeCode, core.AMRSMS)
			if err := n.SetPassword(from(home), signedIn, typed+" new "+password, core.PasswordChanged); err != nil {
				t.Fatal(err)
			}
			refused(t, "the old password", n.try(b, anna, password), oauth.ReasonUserCredentials)
			if err := n.try(b, anna, typed+" new "+password); err != nil {
				t.Errorf("%s: %v", typed, err)
			}
			if last := n.sent(); last[len(last)-1] != "sms: "+number+"|message.password_changed.subject[Example]|message.password_changed.text[Example]" {
				t.Errorf("the notice: %v", last[len(last)-1])
			}
		}
	})
}

// A person who is signed in has messages sent to any number, so how many is theirs.
func TestMessagesToStrangersAreLimited(t *testing.T) {
	n := alone(t)
	user, b := n.person(anna), newBrowser(home)
	second := newBrowser(away)
	n.signIn(b, user)
	n.signIn(second, user)
	for i := range 9 {
		b, second = second, b // known devices are no way around it
		b.ip = "192.0.2." + string(rune('1'+i))
		n.send(b, authn.CodeRequest{User: user, Identifier: "+642123450" + string(rune('0'+i)), Purpose: core.PurposeVerifyPhone})
	}
	if sent := n.sent(); len(sent) != 5 {
		t.Errorf("%d messages", len(sent))
	}
}

func TestWhereACodeForSomebodySignedInGoes(t *testing.T) {
	n := alone(t)
	user := n.person(anna, func(u *core.User) { u.Phone, u.PhoneVerified = number, true })
	ask := func(request authn.CodeRequest) (string, error) {
		request.Binding = []byte("x")
		_, masked, err := n.SendCode(from(home), request)
		return masked, err
	}
	for _, test := range []struct {
		request authn.CodeRequest
		masked  string
		reason  oauth.Reason
	}{
		{authn.CodeRequest{User: user, Purpose: core.PurposeStepUp}, "a…@example.com", ""},
		{authn.CodeRequest{User: user, Purpose: core.PurposeStepUp, Channel: core.ChannelSMS}, "•••• 567", ""},
		{authn.CodeRequest{User: user, Purpose: core.PurposeVerifyEmail}, "a…@example.com", ""},
		{authn.CodeRequest{User: user, Purpose: core.PurposeVerifyPhone}, "•••• 567", ""},
		{authn.CodeRequest{User: user, Purpose: core.PurposeVerifyPhone, Identifier: "12"}, "", oauth.ReasonInvalidValue},
		{authn.CodeRequest{User: user, Purpose: core.PurposeVerifyEmail, Identifier: "a b"}, "", oauth.ReasonInvalidValue},
		{authn.CodeRequest{User: &core.User{ID: "usr_1", Email: "x@example.com"}, Purpose: core.PurposeStepUp}, "", oauth.ReasonAuthenticationUnmet},
	} {
		masked, err := ask(test.request)
		if masked != test.masked {
			t.Errorf("%+v: %q", test.request, masked)
		}
		if test.reason != "" {
			refused(t, test.request.Purpose, err, test.reason)
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestE14_NewPasswordsAreChecked(t *testing.T) {
	n := alone(t)
	user := n.person(anna, func(u *core.User) { u.Username, u.FullName, u.Phone = "annabelle", "Anna Example", number })
	session := n.signIn(newBrowser(home), user)
	release := n.occupy() // nothing is computed for one that is refused
	for password, want := range map[string]error{
		"short77":                 authn.ErrPasswordShort,
		"ééééééé":                 authn.ErrPasswordShort,
		strings.Repeat("x", 1025): authn.ErrPasswordLong,
		"Anna@Example.com":        authn.ErrPasswordPersonal,
		"ANNABELLE":               authn.ErrPasswordPersonal,
		"anna example":            authn.ErrPasswordPersonal,
		number[1:]:                authn.ErrPasswordPersonal,
		"Password123":             authn.ErrPasswordCommon,
		"qwertyuiop":              authn.ErrPasswordCommon,
	} {
		err := n.SetPassword(from(home), session, password, core.PasswordChanged)
		refused(t, password, err, oauth.ReasonInvalidValue)
		if !errors.Is(err, want) || oauth.AsError(err).Param != "new_password" {
			t.Errorf("%.20s: %v", password, err)
		}
	}
	if err := n.try(newBrowser(home), anna, strings.Repeat("x", 1<<20)); oauth.AsError(err).Reason != oauth.ReasonInvalidValue {
		t.Errorf("a megabyte: %v", err)
	}
	release()
	long := strings.Repeat(testlog.Canary, 1024/len(testlog.Canary)) // every byte counts
	if err := n.SetPassword(from(home), session, long, core.PasswordChanged); err != nil {
		t.Fatal(err)
	}
	refused(t, "72 bytes of it", n.try(newBrowser(home), anna, long[:72]), oauth.ReasonUserCredentials)
	if err := n.try(newBrowser(home), anna, long); err != nil {
		t.Error(err)
	}
	random := secret.Generate(secret.ClientSecret, rand.Reader) // as from a password store: no reason for a cheap hash
	if err := n.SetPassword(from(home), session, random, core.PasswordChanged); err != nil {
		t.Fatal(err)
	}
	if err := n.try(newBrowser(home), anna, random); err != nil {
		t.Error(err)
	}
	secrets, err := n.store.Secrets(t.Context(), user.ID)
	if err != nil || len(secrets) != 1 || !strings.HasPrefix(secrets[0].Hash, "$argon2id$") {
		t.Errorf("%d secrets are kept, %v", len(secrets), err)
	}
}
