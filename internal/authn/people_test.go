package authn_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
	"claviger/test/testlog"
)

// strangers makes everybody who cannot sign in, and returns how they would try to.
func (n *node) strangers() map[string][2]string {
	n.person("disabled@example.com", func(u *core.User) { u.Status = core.Disabled })
	n.person("suspended@example.com", func(u *core.User) { u.Status = core.Suspended })
	codeOnly := n.person("code-only@example.com")
	n.write(func(tx *store.Tx) error {
		if err := tx.PutOrganisation(&core.Organisation{ID: "org_1", Code: "one", Status: core.Active}); err != nil {
			return err
		}
		return tx.DeleteSecretsOf(codeOnly.ID)
	})
	n.person("service@example.com", func(u *core.User) {
		u.Kind, u.OrganisationID, u.Username = core.ServiceAccount, "org_1", "service"
	})
	return map[string][2]string{
		"unknown":           {"nobody@example.com", password},
		"unknown number":    {"+64 21 000 000", password},
		"no text":           {"a\x00\xff", password},
		"very long":         {strings.Repeat("x", 5000), password},
		"disabled":          {"disabled@example.com", password},
		"disabled, wrong":   {"disabled@example.com", "wrong-" + testlog.Canary},
		"suspended":         {"suspended@example.com", password},
		"without password":  {"code-only@example.com", password},
		"a service account": {"service", password},
		"wrong":             {anna, "wrong-" + testlog.Canary},
		"empty":             {anna, ""},
	}
}

// E05, ALL-7: nothing about a refusal says why. Time is not measured: while no slow
// hash can be computed every one is turned away, so each of them needs one.
func TestE05_NobodyCanBeToldApart(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n := open()
		n.person(anna)
		strangers, b := n.strangers(), newBrowser(home)
		for name, s := range strangers {
			err := n.try(b, s[0], s[1])
			var e *oauth.Error
			if !errors.As(err, &e) || e.Error() != oauth.NewError(oauth.ReasonUserCredentials).Error() || len(e.Header) > 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
		release := n.occupy()
		for name, s := range strangers {
			if err := n.try(b, s[0], s[1]); oauth.AsError(err).Status != http.StatusServiceUnavailable {
				t.Errorf("%s was answered without a slow hash: %v", name, err)
			}
		}
		release()
	})
}

// They are limited alike, too: also the right password of somebody stopped counts
// as a wrong one.
func TestE05_NobodyCanBeToldApartByTheLimit(t *testing.T) {
	n := alone(t)
	n.person(anna)
	strangers := n.strangers()
	for _, name := range []string{"unknown", "disabled", "without password", "wrong"} {
		identifier, password := strangers[name][0], strangers[name][1]
		for range 10 {
			refused(t, name, n.try(newBrowser("198.51.100.1"), identifier, password), oauth.ReasonUserCredentials)
		}
		refused(t, name+", again and again", n.try(newBrowser("198.51.100.2"), identifier, password), oauth.ReasonTooManyAttempts)
		n.clock.advance(time.Minute)
	}
}

// E05 for codes: what is answered depends on what was typed alone.
func TestE05_CodesAreAskedForInVain(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n := open()
		n.strangers()
		n.person("unverified@example.com", func(u *core.User) { u.EmailVerified = false })
		n.person(anna)
		for i, purpose := range []string{core.PurposeSignIn, core.PurposeRecovery} {
			for typed, want := range map[string]string{
				"nobody@example.com": "n…@example.com", "disabled@example.com": "d…@example.com", "unverified@example.com": "u…@example.com",
				"+64 21 000-890": "•••• 890", "service": "", "a\x00b": "", "anna": "",
			} {
				b := newBrowser([]string{home, away}[i])
				id, masked := n.send(b, authn.CodeRequest{Identifier: typed, Purpose: purpose})
				if masked != want || len(id) != len(core.PrefixOneTimeCode)+26 {
					t.Errorf("%q: %q, %q", typed, id, masked)
				}
				_, err := n.redeem(b, id, "000000", purpose)
				refused(t, typed, err, oauth.ReasonUserCredentials)
			}
		}
		if sent := n.sent(); len(sent) != 0 {
			t.Errorf("sent: %v", sent)
		}
	})
}

func TestE07_NobodyElseKeepsAPersonOut(t *testing.T) {
	n := alone(t)
	user, b := n.person(anna), newBrowser(home)
	other := n.person("other@example.com")
	n.signIn(b, user)
	attack := func() {
		for range 11 {
			_ = n.try(newBrowser(away), anna, "guess-"+testlog.Canary)
		}
	}
	attack()
	b.ip = "198.51.100.77" // the device, wherever it is
	if err := n.try(b, anna, password); err != nil {
		t.Errorf("from a known device: %v", err)
	}
	forged := newBrowser("198.51.100.78")
	mine := b.cookies[authn.CookieDevice].Value
	for name, value := range map[string]string{
		"no device": "", "forged": mine[:33] + strings.Repeat("A", 22), "too many": mine + strings.Repeat(mine[32:], 5), "cut": mine[:54],
	} {
		forged.cookies[authn.CookieDevice] = &http.Cookie{Name: authn.CookieDevice, Value: value}
		refused(t, name, n.try(forged, anna, password), oauth.ReasonTooManyAttempts)
	}
	stranger := newBrowser("198.51.100.79") // on which somebody else has signed in
	n.signIn(stranger, other)
	refused(t, "a device of another person", n.try(stranger, anna, password), oauth.ReasonTooManyAttempts)

	// The device is limited as well, and several people share it.
	n.signIn(b, other)
	for range 10 {
		refused(t, "a guess", n.try(b, anna, "guess-"+testlog.Canary), oauth.ReasonUserCredentials)
	}
	refused(t, "the eleventh guess", n.try(b, anna, password), oauth.ReasonTooManyAttempts)
	if err := n.try(b, "other@example.com", password); err != nil {
		t.Errorf("the other person: %v", err)
	}
	for i := range 6 { // five people are remembered
		n.signIn(b, n.person(string(rune('a'+i))+"@example.org"))
	}
	if n.Sessions.Device(b.request(), user.ID) != "" {
		t.Error("a sixth person is remembered")
	}
}

// E07 for codes: others can neither use up those of a person, nor spoil one that
// was sent.
func TestE07_CodesOfAKnownDevice(t *testing.T) {
	n := alone(t)
	user, b := n.person(anna), newBrowser(home)
	n.signIn(b, user)
	id, _ := n.send(b, authn.CodeRequest{Identifier: anna})
	code := n.code()
	for i := range 5 {
		elsewhere := newBrowser("203.0.113." + string(rune('1'+i)))
		n.send(elsewhere, authn.CodeRequest{Identifier: anna})
		for range 6 {
			_, err := n.redeem(elsewhere, id, code, core.PurposeSignIn)
			refused(t, "from another browser", err, oauth.ReasonUserCredentials)
		}
	}
	if sent := n.sent(); len(sent) != 5 {
		t.Errorf("%d messages", len(sent))
	}
	if _, err := n.redeem(b, id, code, core.PurposeSignIn); err != nil {
		t.Errorf("the first code: %v", err)
	}
	id, _ = n.send(b, authn.CodeRequest{Identifier: anna})
	if _, err := n.redeem(b, id, n.code(), core.PurposeSignIn); err != nil || len(n.sent()) != 6 {
		t.Errorf("another code for the device: %v, %d messages", err, len(n.sent()))
	}
}

func TestE09_OneGateForEveryWayIn(t *testing.T) {
	n := alone(t)
	n.person(anna)
	attacker := newBrowser(away)
	for range 100 {
		_, err := n.redeem(attacker, "otc_00000000000000000000000000", "000000", core.PurposeRecovery)
		if err == nil {
			t.Fatal("a code of nobody's")
		}
		id, _ := n.send(attacker, authn.CodeRequest{Identifier: "nobody@example.com"})
		_, _ = n.redeem(attacker, id, "000000", core.PurposeSignIn)
	}
	refused(t, "the password after guesses at codes", n.try(attacker, anna, password), oauth.ReasonTooManyAttempts)
	id, _ := n.send(attacker, authn.CodeRequest{Identifier: anna, Purpose: core.PurposeRecovery})
	_, err := n.redeem(attacker, id, "000000", core.PurposeRecovery)
	refused(t, "recovery after guesses at codes", err, oauth.ReasonTooManyAttempts)
	if err := n.try(newBrowser(home), anna, password); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}

func TestE10_ACodeWorksOnceForOneOfMany(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n, other := open(), open()
		user, b := n.person(anna), newBrowser(home)
		id, masked := n.send(b, authn.CodeRequest{Identifier: "Anna@Example.com "})
		if masked != "A…@Example.com" {
			t.Errorf("masked: %q", masked)
		}
		code := n.code()
		b.binding(n)
		var won atomic.Int32
		var group sync.WaitGroup
		for i := range 5 {
			group.Go(func() {
				got, err := []*node{n, other}[i%2].redeem(b, id, code[:3]+" "+code[3:], core.PurposeSignIn)
				if err == nil && got.ID == user.ID {
					won.Add(1)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Errorf("%d of the redemptions succeeded", won.Load())
		}
		_, err := other.redeem(b, id, code, core.PurposeSignIn)
		refused(t, "a used code", err, oauth.ReasonUserCredentials)
	})
}

func TestE10_FiveGuessesAreCountedExactly(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n, other := open(), open()
		n.person(anna)
		b := newBrowser(home)
		id, _ := n.send(b, authn.CodeRequest{Identifier: anna})
		code := n.code()
		wrong := "000000"
		if code == wrong {
			wrong = "000001"
		}
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() { _, _ = []*node{n, other}[i%2].redeem(b, id, wrong, core.PurposeSignIn) })
		}
		group.Wait()
		row, err := n.store.OneTimeCode(t.Context(), id)
		if err != nil || row.Tries != 4 {
			t.Fatalf("%d tries, %v", row.Tries, err)
		}
		_, err = n.redeem(b, id, wrong, core.PurposeSignIn)
		refused(t, "the fifth", err, oauth.ReasonUserCredentials)
		_, err = other.redeem(b, id, code, core.PurposeSignIn)
		refused(t, "the right one after five wrong ones", err, oauth.ReasonUserCredentials)
	})
}

func TestE10_CodesExpire(t *testing.T) {
	n := alone(t)
	n.person(anna)
	b := newBrowser(home)
	for _, test := range []struct {
		after time.Duration
		right bool
	}{{10*time.Minute - time.Second, true}, {10 * time.Minute, false}} {
		id, _ := n.send(b, authn.CodeRequest{Identifier: anna})
		n.clock.advance(test.after)
		if _, err := n.redeem(b, id, n.code(), core.PurposeSignIn); (err == nil) != test.right {
			t.Errorf("after %v: %v", test.after, err)
		}
	}
}

func TestE10_HowManyCodesLeave(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		nodes := []*node{open(), open()}
		n := nodes[0]
		n.person(anna)
		for i := range 12 { // to one address, over all nodes
			nodes[i%2].send(newBrowser("192.0.2."+string(rune('a'+i))), authn.CodeRequest{Identifier: anna})
		}
		if sent := n.sent(); len(sent) != 5 {
			t.Errorf("%d in an hour", len(sent))
		}
		for range 6 {
			n.clock.advance(time.Hour)
			for range 6 {
				n.send(newBrowser(home), authn.CodeRequest{Identifier: anna})
			}
		}
		if sent := n.sent(); len(sent) != 20 {
			t.Errorf("%d in a day", len(sent))
		}
		before := len(n.sent())
		for i := range 25 { // by one source
			email := string(rune('a'+i)) + "@example.net"
			n.person(email)
			n.send(newBrowser(away), authn.CodeRequest{Identifier: email})
		}
		if sent := len(n.sent()) - before; sent != 20 {
			t.Errorf("%d for one source", sent)
		}
	})
}

func TestE18_ACodeIsOfOnePersonPurposeAndBrowser(t *testing.T) {
	n := alone(t)
	user, b := n.person(anna), newBrowser(home)
	id, _ := n.send(b, authn.CodeRequest{Identifier: anna, Purpose: core.PurposeRecovery})
	code := n.code()
	unknown := id[:29] + map[bool]string{true: "1", false: "0"}[id[29] == '0']
	for name, try := range map[string]func() error{
		"another purpose": func() error { _, err := n.redeem(b, id, code, core.PurposeVerifyEmail); return err },
		"another browser": func() error { _, err := n.redeem(newBrowser(home), id, code, core.PurposeRecovery); return err },
		"no browser": func() error {
			_, _, err := n.RedeemCode(from(home), id, code, core.PurposeRecovery, nil, home)
			return err
		},
		"another code":     func() error { _, err := n.redeem(b, unknown, code, core.PurposeRecovery); return err },
		"no id":            func() error { _, err := n.redeem(b, "otc_\x00", code, core.PurposeRecovery); return err },
		"no code":          func() error { _, err := n.redeem(b, id, "", core.PurposeRecovery); return err },
		"the code's start": func() error { _, err := n.redeem(b, id, code[:5], core.PurposeRecovery); return err },
	} {
		refused(t, name, try(), oauth.ReasonUserCredentials)
	}
	change := func(change func(*core.User)) {
		changed := *user
		change(&changed)
		n.write(func(tx *store.Tx) error { return tx.PutUser(&changed) })
	}
	change(func(u *core.User) { u.Email = "new@example.com" }) // the old address is somebody else's now
	_, err := n.redeem(b, id, code, core.PurposeRecovery)
	refused(t, "an address given up", err, oauth.ReasonUserCredentials)
	change(func(u *core.User) { u.Status = core.Disabled })
	_, err = n.redeem(b, id, code, core.PurposeRecovery)
	refused(t, "a person stopped", err, oauth.ReasonUserCredentials)
	change(func(*core.User) {})
	if got, err := n.redeem(b, id, code, core.PurposeRecovery); err != nil || got.ID != user.ID {
		t.Errorf("%v", err)
	}
	first, _ := n.send(b, authn.CodeRequest{Identifier: anna})
	code = n.code()
	n.send(b, authn.CodeRequest{Identifier: anna})
	_, err = n.redeem(b, first, code, core.PurposeSignIn)
	refused(t, "the code before the last", err, oauth.ReasonUserCredentials)
}

// Nothing that is recorded holds a password or a code; what was typed is quoted.
func TestWhatIsRecorded(t *testing.T) {
	n := alone(t)
	user, b := n.person(anna), newBrowser(home)
	_ = n.try(b, "no\nbody", "wrong-"+testlog.Canary)
	_ = n.try(b, anna, "wrong-"+testlog.Canary)
	id, _ := n.send(b, authn.CodeRequest{Identifier: anna})
	code := n.code()
	_, _ = n.redeem(b, id, "x"+testlog.Canary, core.PurposeSignIn)
	if _, err := n.redeem(b, id, code, core.PurposeSignIn); err != nil {
		t.Fatal(err)
	}
	session := n.start(b, user, core.SignedIn, core.AMROneTimeCode)
	if err := n.SetPassword(from(home), session, "fresh "+password, core.PasswordChanged); err != nil {
		t.Fatal(err)
	}
	events, err := n.store.Events(t.Context(), store.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range events {
		e := &events[len(events)-1-i]
		got = append(got, string(e.Type)+" "+string(e.Reason)+" "+map[bool]string{true: "anna"}[e.SubjectID == user.ID]+" "+e.Detail)
		if strings.Contains(e.Detail+e.Target, testlog.Canary) || strings.Contains(e.Detail+e.Target, code) || e.IP != home || e.RequestID != "req_1" {
			t.Errorf("%+v", e)
		}
	}
	want := []string{
		`session.refused wrong_user_credentials  password of "no\nbody"`,
		`session.refused wrong_user_credentials anna password of "anna@example.com"`,
		`one_time_code.sent  anna sign_in by email`,
		`session.refused wrong_user_credentials anna one-time code for sign_in`,
		`session.signed_in  anna otp`,
		`password.changed  anna `,
	}
	for _, line := range want {
		if !strings.Contains(strings.Join(got, "\n")+"\n", line+"\n") {
			t.Errorf("not recorded: %s", line)
		}
	}
	if len(got) != len(want) {
		t.Errorf("recorded:\n%s", strings.Join(got, "\n"))
	}
}
