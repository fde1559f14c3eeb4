package clients

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"claviger/internal/server/servertest"
)

// authenticator is a security key with a fingerprint reader, in place of one that
// somebody would plug in.
func (b *tab) authenticator() webauthn.AuthenticatorID {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	made, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return made.AuthenticatorID
}

// sentCode is the code that the development server has sent, as soon as it has.
func (i *installation) sentCode(t *testing.T) string {
	t.Helper()
	var code []string
	eventually(t, "no code came", func() bool {
		inbox := servertest.BrowserOf(t, i.issuer).Get("/dev/inbox").Body
		code = regexp.MustCompile(`\b([0-9]{6}) is your code`).FindStringSubmatch(inbox)
		return code != nil
	})
	return code[1]
}

// leave ends the session, at the account page.
func (b *tab) leave(issuer string) {
	b.t.Helper()
	b.open(issuer + "/account")
	b.click(`button[value=sign_out]`)
	b.waitFor(`.seal`)
	b.open(issuer + "/sign-in")
}

// TestE11_E12_Passkeys is what a person does with passkeys: adds one, signs in with it
// alone, is asked for it after the password, and removes it.
func TestE11_E12_Passkeys(t *testing.T) {
	i, b := newInstallation(t), newTab(t)
	key := b.authenticator()
	dir := pictureDir(t)
	b.open(i.issuer + "/account")
	b.signIn(person, i.secret)
	b.waitFor(`a[href="/account/passkeys"]`)
	b.picture(dir, "account-factors")
	b.click(`a[href="/account/passkeys"]`)
	b.waitFor(`#name`)
	b.picture(dir, "passkeys-none")
	b.fill(`#name`, "My laptop")
	b.click(`button[value=begin_passkey]`)
	b.waitFor(`#code`) // the address is proved first
	b.fill(`#code`, i.sentCode(t))
	b.click(`form button.primary`)
	b.fill(`#name`, "My laptop")
	b.click(`button[value=begin_passkey]`)
	b.waitFor(`.rows code`) // with the first one come recovery codes
	b.picture(dir, "recovery-codes")
	b.open(i.issuer + "/account/passkeys")
	if got := b.text(`.rows strong`); got != "My laptop" {
		t.Errorf("the list has %q", got)
	}
	b.picture(dir, "passkeys")

	b.leave(i.issuer) // with the passkey alone
	b.picture(dir, "sign-in-passkey")
	b.click(`button[form=passkey]`)
	b.waitFor(`a[href="/account/passkeys"]`)

	b.leave(i.issuer) // after the password
	b.signIn(person, i.secret)
	b.waitFor(`form[action="/sign-in/second"] button`)
	b.picture(dir, "second-factor-passkey")
	b.click(`form[action="/sign-in/second"] button`)
	b.waitFor(`a[href="/account/passkeys"]`)

	b.leave(i.issuer) // a copy, which has signed less often
	count := 1.0
	held, err := chromedp.Call(b.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: key})
	if err != nil || len(held.Credentials) != 1 {
		t.Fatalf("%+v, %v", held, err)
	}
	set := func(count float64) {
		_, err = chromedp.Call(b.ctx, webauthn.SetCredentialProperties, webauthn.SetCredentialPropertiesParams{
			AuthenticatorID: key, CredentialID: held.Credentials[0].CredentialID, SignCount: &count,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(count)
	b.click(`button[form=passkey]`)
	b.waitFor(`.alert.bad`)
	set(1000)
	b.click(`button[form=passkey]`)
	b.waitFor(`a[href="/account/passkeys"]`)

	b.open(i.issuer + "/account/passkeys")
	b.click(`button[value=remove_passkey]`)
	b.waitFor(`.alert.good`)
	b.leave(i.issuer)
	b.click(`button[form=passkey]`)
	b.waitFor(`.alert.bad, #failed:not([hidden]) .alert`)
	b.open(i.issuer + "/account")
	b.signIn(person, i.secret) // the password is enough again
	b.waitFor(`a[href="/account/passkeys"]`)
	for _, said := range b.Heard() {
		if !strings.Contains(said, "status of 401") { // what was refused
			t.Error(said)
		}
	}
}
