package authn

import (
	"context"
	"net/http"
	"strings"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// recoveryLength is how many characters a recovery code has: 60 random bits.
const recoveryLength = 12

// recoveryReading undoes what happens to a code on paper: spaces, capitals, and
// letters that the alphabet leaves out because they look like digits.
var recoveryReading = strings.NewReplacer(" ", "", "\u00a0", "", "-", "", "o", "0", "i", "1", "l", "1")

// newRecoveryCodes returns codes as they are shown: "abcd-efgh-jkmn".
func (f *Factors) newRecoveryCodes() []string {
	codes := make([]string, core.RecoveryCodes)
	for i := range codes {
		text := secret.NewSecret(f.People.Rand)
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:recoveryLength]
	}
	return codes
}

// recoveryDigests are the stored forms of codes.
func (f *Factors) recoveryDigests(userID string, codes []string) []string {
	digests := make([]string, len(codes))
	for i, code := range codes {
		digests[i] = f.recoveryDigest(userID, code)
	}
	return digests
}

func (f *Factors) recoveryDigest(userID, typed string) string {
	plain := recoveryReading.Replace(strings.ToLower(strings.TrimSpace(typed)))
	return f.People.Authenticator.Secrets.Digest("recovery code|" + userID + "|" + plain)
}

// NewRecoveryCodes gives the person ten codes in place of those that they had, and
// returns them: they are shown once.
func (f *Factors) NewRecoveryCodes(ctx context.Context, signedIn *SignedIn) ([]string, error) {
	codes := f.newRecoveryCodes()
	s := setup{core.RecoveryCodesMade, "", "message.recovery_codes_made", signedIn}
	err := f.change(ctx, s, func(tx *store.Tx) error {
		factors, err := tx.Factors(signedIn.User.ID)
		if err != nil {
			return err
		}
		if !factors.Any() { // there would be nothing to get around
			return oauth.NewError(oauth.ReasonNotFound).At("recovery_codes")
		}
		return tx.PutRecoveryCodes(signedIn.User.ID, f.recoveryDigests(signedIn.User.ID, codes))
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// RecoveryCode proves a person by one of their recovery codes, which works once. They
// are told of it. A wrong one is ReasonUserCredentials at "code".
func (f *Factors) RecoveryCode(ctx context.Context, r *http.Request, user *core.User, typed string) (Proof, error) {
	const means = "recovery code"
	try, err := f.tried(ctx, r, user, means)
	if err != nil {
		return Proof{}, err
	}
	digest := f.recoveryDigest(user.ID, typed)
	refusal := f.People.refusal(ctx, user, means, oauth.ReasonUserCredentials)
	used := personEvent(ctx, core.RecoveryCodeUsed, user.ID)
	used.Target = "user/" + user.ID
	right := false
	err = f.store().Write(ctx, func(tx *store.Tx) error {
		ok, err := tx.UseRecoveryCode(user.ID, digest)
		if right = ok; err != nil {
			return err
		}
		if !ok {
			tx.Audit(refusal)
			return nil
		}
		if err := tx.ForgiveAuthenticatorApp(user.ID); err != nil {
			return err
		}
		tx.Audit(used)
		return f.People.notify(tx, user, "message.recovery_code_used", f.People.Now().Add(noticeLifetime))
	})
	if err := settle(try, right, err); err != nil {
		return Proof{}, err
	}
	f.People.Wake()
	return Proof{AMR: []string{core.AMROneTimeCode}, Second: true}, nil
}
