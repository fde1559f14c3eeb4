package authn

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

const (
	mostPasskeys       = 20
	longestPasskeyName = 60 // characters
	challengeLength    = 32 // bytes
)

// NewPasskeys returns what passkeys of an issuer are made for: its host, and its
// origin exactly. nil where the host is an address: browsers have none there. Every
// use needs the person to unlock the passkey, which makes it two factors.
func NewPasskeys(issuer, platform string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	if protocol.ValidateRPID(u.Hostname()) != nil {
		return nil, nil
	}
	return webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: platform, RPOrigins: []string{SiteOf(issuer)},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(), ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
		// What password managers add unasked is neither needed nor looked at.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
}

// holder is a person as the library wants them.
type holder struct {
	*core.User
	passkeys []*core.Passkey
	records  []webauthn.Credential
}

func (h *holder) WebAuthnID() []byte                         { return []byte(h.ID) }
func (h *holder) WebAuthnName() string                       { return h.Identifier() }
func (h *holder) WebAuthnDisplayName() string                { return either(h.FullName, h.Identifier()) }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.records }

func (f *Factors) holder(ctx context.Context, user *core.User) (*holder, error) {
	passkeys, err := f.store().PasskeysOf(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	h := &holder{User: user, passkeys: passkeys}
	for _, p := range passkeys {
		var record webauthn.Credential
		if err := json.Unmarshal(p.Record, &record); err != nil {
			return nil, err
		}
		record.Authenticator.SignCount = uint32(p.SignCount)
		h.records = append(h.records, record)
	}
	return h, nil
}

// adding is what the making of a passkey has to remember.
type adding struct {
	Session webauthn.SessionData
	Name    string
}

// PasskeysOf returns the passkeys of a person, oldest first.
func (f *Factors) PasskeysOf(ctx context.Context, userID string) ([]*core.Passkey, error) {
	return f.store().PasskeysOf(ctx, userID)
}

// BeginPasskey begins the making of a passkey in a browser, and returns the options
// for navigator.credentials.create as JSON. A name that cannot be is
// ReasonInvalidValue at "name".
func (f *Factors) BeginPasskey(ctx context.Context, user *core.User, name string, binding []byte) (options string, err error) {
	name = strings.TrimSpace(name)
	if name == "" || len([]rune(name)) > longestPasskeyName || f.Passkeys == nil {
		return "", oauth.NewError(oauth.ReasonInvalidValue).At("name")
	}
	h, err := f.holder(ctx, user)
	if err != nil {
		return "", err
	}
	if len(h.passkeys) >= mostPasskeys {
		return "", oauth.NewError(oauth.ReasonInvalidValue).At("name").Describe("There are too many passkeys already.")
	}
	creation, session, err := f.Passkeys.BeginRegistration(h,
		webauthn.WithExclusions(webauthn.Credentials(h.records).CredentialDescriptors()),
		func(o *protocol.PublicKeyCredentialCreationOptions) error { o.Challenge = f.challenge(); return nil })
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(creation)
	if err != nil {
		return "", err
	}
	err = f.begin(ctx, core.ChallengePasskeyAdd, user.ID, binding, adding{*session, name}, core.ChallengeLifetime)
	return string(text), err
}

// FinishPasskey stores the passkey that a browser made, and returns the recovery
// codes that come with a first factor. What does not verify is
// ReasonUserCredentials.
func (f *Factors) FinishPasskey(ctx context.Context, signedIn *SignedIn, response string, binding []byte) (recovery []string, err error) {
	var state adding
	ok, err := f.take(ctx, core.ChallengePasskeyAdd, signedIn.User.ID, binding, &state)
	if err != nil {
		return nil, err
	}
	wrong := oauth.NewError(oauth.ReasonUserCredentials).At("passkey")
	if !ok || f.Passkeys == nil {
		return nil, wrong.Because(errors.New("no passkey is being made in this browser"))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(response))
	if err != nil {
		return nil, wrong.Because(err)
	}
	made, err := f.Passkeys.CreateCredential(&holder{User: signedIn.User}, state.Session, parsed)
	if err != nil {
		return nil, wrong.Because(err)
	}
	record, err := json.Marshal(made)
	if err != nil {
		return nil, err
	}
	passkey := &core.Passkey{
		ID: core.NewID(core.PrefixPasskey, f.People.Now(), f.People.Rand), UserID: signedIn.User.ID, CredentialID: made.ID,
		Name: state.Name, Record: record, SignCount: int64(made.Authenticator.SignCount), CreatedAt: f.People.Now(),
	}
	s := setup{core.PasskeyAdded, passkey.ID, "message.passkey_added", signedIn}
	recovery, err = f.add(ctx, s, func(tx *store.Tx) error { return tx.InsertPasskey(passkey) })
	if errors.Is(err, core.ErrConflict) { // somebody has it
		return nil, wrong.Because(err)
	}
	return recovery, err
}

// RemovePasskey removes a passkey of the person.
func (f *Factors) RemovePasskey(ctx context.Context, signedIn *SignedIn, id string) error {
	s := setup{core.PasskeyRemoved, id, "message.passkey_removed", signedIn}
	return f.remove(ctx, s, func(tx *store.Tx) error {
		ok, err := tx.DeletePasskey(id, signedIn.User.ID)
		if err == nil && !ok {
			return oauth.NewError(oauth.ReasonNotFound).At("passkey")
		}
		return err
	})
}

// BeginAssertion asks a browser for a passkey, and returns the options for
// navigator.credentials.get as JSON: for one of a person's or, with nil, for that of
// whoever is there.
func (f *Factors) BeginAssertion(ctx context.Context, user *core.User, binding []byte) (options string, err error) {
	if f.Passkeys == nil {
		return "", oauth.NewError(oauth.ReasonNotFound).At("passkey")
	}
	var assertion *protocol.CredentialAssertion
	var session *webauthn.SessionData
	purpose, userID := core.ChallengePasskeySignIn, ""
	if user == nil {
		assertion, session, err = f.Passkeys.BeginDiscoverableLogin(webauthn.WithChallenge(f.challenge()))
	} else {
		purpose, userID = core.ChallengePasskeyFactor, user.ID
		h, problem := f.holder(ctx, user)
		if problem != nil {
			return "", problem
		}
		if len(h.passkeys) == 0 {
			return "", oauth.NewError(oauth.ReasonNotFound).At("passkey")
		}
		assertion, session, err = f.Passkeys.BeginLogin(h, webauthn.WithChallenge(f.challenge()))
	}
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(assertion)
	if err != nil {
		return "", err
	}
	return string(text), f.begin(ctx, purpose, userID, binding, session, core.ChallengeLifetime)
}

// FinishAssertion returns whom a passkey proves, and how: user, or with nil whoever
// it belongs to. What does not verify, was answered before, or has a counter that did
// not grow and so may be a copy, is ReasonUserCredentials.
func (f *Factors) FinishAssertion(ctx context.Context, r *http.Request, user *core.User, response string, binding []byte) (*core.User, Proof, error) {
	purpose, userID := core.ChallengePasskeySignIn, ""
	if user != nil {
		purpose, userID = core.ChallengePasskeyFactor, user.ID
	}
	var session webauthn.SessionData
	ok, err := f.take(ctx, purpose, userID, binding, &session)
	if err != nil {
		return nil, Proof{}, err
	}
	if !ok || f.Passkeys == nil {
		return nil, Proof{}, f.refusedPasskey(ctx, r, user, errors.New("no passkey was asked for in this browser"))
	}
	found, record, err := f.verify(ctx, user, session, response)
	switch {
	case err == nil:
		return f.usePasskey(ctx, found, record)
	case isOurs(err):
		return nil, Proof{}, err
	}
	return nil, Proof{}, f.refusedPasskey(ctx, r, user, err)
}

// isOurs tells an error of this server from what the library says of a response.
func isOurs(err error) bool {
	var theirs *protocol.Error
	return !errors.As(err, &theirs)
}

// verify checks what a browser answered.
func (f *Factors) verify(ctx context.Context, user *core.User, session webauthn.SessionData, response string) (*holder, *webauthn.Credential, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(response))
	if err != nil {
		return nil, nil, protocol.ErrBadRequest.WithError(err)
	}
	if user != nil {
		h, err := f.holder(ctx, user)
		if err != nil {
			return nil, nil, err
		}
		record, err := f.Passkeys.ValidateLogin(h, session, parsed)
		return h, record, theirs(err)
	}
	var trouble error
	shown, record, err := f.Passkeys.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		user, err := f.store().User(ctx, string(handle))
		if err == nil && !maySignIn(user) {
			return nil, errors.New("the person is not active")
		}
		if err != nil {
			if !errors.Is(err, core.ErrNotFound) {
				trouble = err
			}
			return nil, err
		}
		h, err := f.holder(ctx, user)
		trouble = err
		return h, err
	}, session, parsed)
	if trouble != nil {
		return nil, nil, trouble
	}
	if err != nil {
		return nil, nil, theirs(err)
	}
	return shown.(*holder), record, nil
}

// theirs marks every error of the library as being about the response.
func theirs(err error) error {
	if err == nil || !isOurs(err) {
		return err
	}
	return protocol.ErrBadRequest.WithError(err)
}

// usePasskey stores the use of a passkey.
func (f *Factors) usePasskey(ctx context.Context, h *holder, record *webauthn.Credential) (*core.User, Proof, error) {
	wrong := oauth.NewError(oauth.ReasonUserCredentials).At("passkey")
	passkey := h.passkeyOf(record.ID)
	event := f.People.refusal(ctx, h.User, "passkey "+passkey.ID+" with a counter that did not grow: it may have been copied", oauth.ReasonUserCredentials)
	copied := record.Authenticator.CloneWarning
	used := *passkey
	used.SignCount = int64(record.Authenticator.SignCount)
	var err error
	if used.Record, err = json.Marshal(record); err != nil {
		return nil, Proof{}, err
	}
	err = f.store().Write(ctx, func(tx *store.Tx) error {
		copied = record.Authenticator.CloneWarning
		if !copied {
			ok, err := tx.UsePasskey(&used, f.People.Now())
			if err != nil {
				return err
			}
			copied = !ok
		}
		if copied {
			tx.Audit(event)
			return nil
		}
		return tx.ForgiveAuthenticatorApp(h.ID)
	})
	if err != nil {
		return nil, Proof{}, err
	}
	if copied {
		return nil, Proof{}, wrong.Because(errors.New("the counter of the passkey did not grow"))
	}
	kind := core.AMRHardwareKey
	if record.Flags.BackupEligible {
		kind = core.AMRSoftwareKey
	}
	return h.User, Proof{AMR: []string{kind, core.AMRPresence}, Second: true}, nil
}

func (h *holder) passkeyOf(credentialID []byte) *core.Passkey {
	for _, p := range h.passkeys {
		if string(p.CredentialID) == string(credentialID) {
			return p
		}
	}
	return nil
}

// refusedPasskey counts and records a passkey that proved nothing.
func (f *Factors) refusedPasskey(ctx context.Context, r *http.Request, user *core.User, cause error) error {
	wrong := oauth.NewError(oauth.ReasonUserCredentials).At("passkey").Because(cause)
	if user == nil {
		return f.People.refused(ctx, nil, "passkey", "", wrong)
	}
	try, err := f.tried(ctx, r, user, "passkey")
	if err != nil {
		return err
	}
	try.Fail()
	return f.People.refused(ctx, user, "passkey", "", wrong)
}

// challenge returns the bytes that an authenticator signs.
func (f *Factors) challenge() []byte {
	raw := make([]byte, challengeLength)
	if _, err := io.ReadFull(f.People.Rand, raw); err != nil {
		panic("claviger: the random source failed: " + err.Error()) // H15
	}
	return raw
}
