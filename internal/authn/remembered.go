package authn

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
)

// ErrSecondFactor is what Sessions.Start returns where a person has to prove more.
var ErrSecondFactor = errors.New("the person has a second factor, which was not proved")

// needSecond is the one place that says whether a proof is enough for somebody with a
// second factor (E11): one of their own factors is in it, or it is their password in
// a browser that they had remembered. A step-up needs the factor itself, and a code
// that was sent never stands in for it.
func (s *Sessions) needSecond(tx *store.Tx, r *http.Request, userID string, proof Proof, event core.EventType) error {
	if proof.Second {
		return nil
	}
	factors, err := tx.Factors(userID)
	if err != nil || !factors.Any() {
		return err
	}
	value := cookieOf(r, CookieRemembered)
	if event == core.SignedIn && slices.Contains(proof.AMR, core.AMRPassword) && randomForm.MatchString(value) {
		if known, err := tx.IsRemembered(rememberedDigest(value), userID, s.Now()); known || err != nil {
			return err
		}
	}
	return ErrSecondFactor
}

// newRemembered returns the value of a new cookie where a browser is to be
// remembered: never one that it brought along.
func (s *Sessions) newRemembered(proof Proof) string {
	if !proof.Remember || !proof.Second {
		return ""
	}
	return secret.NewSecret(s.Rand)
}

func (s *Sessions) rememberIn(ctx context.Context, tx *store.Tx, value, userID string, now time.Time) error {
	if value == "" {
		return nil
	}
	event := personEvent(ctx, core.DeviceRemembered, userID)
	event.Target = "user/" + userID
	tx.Audit(event)
	return tx.InsertRememberedDevice(&core.RememberedDevice{
		Digest: rememberedDigest(value), UserID: userID, CreatedAt: now, ExpiresAt: now.Add(core.RememberedFor),
	})
}

// rememberedDigest is the stored form of the value of the cookie: 160 random bits
// need nothing slower.
func rememberedDigest(value string) string {
	return hex.EncodeToString(BrowserHash("remembered|" + value))
}
