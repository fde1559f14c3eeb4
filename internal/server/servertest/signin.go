package servertest

import (
	"encoding/json"
	"testing"

	"claviger/internal/core"
	"claviger/internal/server"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// SignIn is a person's sign-in through a client, as the pages of the server
// would have it come out.
type SignIn struct {
	Client       string `json:"client"`
	Email        string `json:"email"`
	Organisation string `json:"organisation"` // code of the one that the person chose; empty: none, or the account's
	Account      string `json:"account"`      // the one that the person connects to the client; empty: none
	Scope        string `json:"scope"`        // empty: all that the client may have
}

// SignIn issues the tokens of a sign-in by the server's own issuer, and stores
// what belongs to them. With an account, the approval is stored as a consent.
func (h *Harness) SignIn(s SignIn) oauth.TokenResponse {
	h.t.Helper()
	a := h.signedIn(s)
	if a.Account != nil {
		a.Consent = h.approve(a)
	}
	issued, err := h.Issuer.First(a)
	if err != nil {
		h.t.Fatal(err)
	}
	if issued.Grant == nil {
		return issued.Response
	}
	h.write(func(tx *store.Tx) error {
		if err := tx.InsertGrant(issued.Grant); err != nil {
			return err
		}
		return tx.InsertRefreshToken(issued.Refresh)
	})
	return issued.Response
}

// UserToken is the access token of a person who signed in at the demo website.
func (h *Harness) UserToken(email, scope string) string {
	h.t.Helper()
	return h.SignIn(SignIn{Client: "centrapay-web", Email: email, Scope: scope}).AccessToken
}

// signedIn is the authorization that the sign-in comes to.
func (h *Harness) signedIn(s SignIn) *core.Authorization {
	h.t.Helper()
	parties := tokens.Parties{ClientID: s.Client, UserID: h.Person(s.Email).ID, AccountID: s.Account}
	if s.Organisation != "" {
		organisation, err := h.Store.OrganisationByCode(h.t.Context(), s.Organisation)
		if err != nil {
			h.t.Fatal(err)
		}
		parties.OrganisationID = organisation.ID
	}
	if s.Account != "" {
		account, err := h.Store.Account(h.t.Context(), s.Account)
		if err != nil {
			h.t.Fatal(err)
		}
		parties.OrganisationID = account.OrganisationID
	}
	a, err := (&tokens.Directory{Store: h.Store}).Load(h.t.Context(), parties)
	if err != nil {
		h.t.Fatal(err)
	}
	if a.Scope = a.Client.Scopes; s.Scope != "" {
		a.Scope, _ = oauth.ParseScope(s.Scope)
	}
	return a
}

func (h *Harness) approve(a *core.Authorization) *core.Consent {
	h.t.Helper()
	now := h.Clock.Now()
	consent := &core.Consent{
		ID: core.NewID(core.PrefixConsent, now, h.random), ClientID: a.Client.ID, OrganisationID: a.Organisation.ID,
		AccountID: a.Account.ID, UserID: a.User.ID, Scopes: a.Scope, CreatedAt: now,
	}
	h.write(func(tx *store.Tx) error { return tx.PutConsent(consent) })
	return consent
}

// Person returns the person with an email address.
func (h *Harness) Person(email string) *core.User {
	h.t.Helper()
	user, err := h.Store.PersonBy(h.t.Context(), email)
	if err != nil {
		h.t.Fatal(err)
	}
	return user
}

func (h *Harness) write(job func(*store.Tx) error) {
	h.t.Helper()
	if err := h.Store.Write(h.t.Context(), job); err != nil {
		h.t.Fatal(err)
	}
}

// signInSection plays a section "sign-in NAME" of a transcript, and returns what
// stands for its answer.
func (h *Harness) signInSection(t *testing.T, data []byte) string {
	t.Helper()
	var s SignIn
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatalf("sign-in: %v", err)
	}
	issued := h.SignIn(s)
	answer, err := json.Marshal(map[string]string{
		"access_token": issued.AccessToken, "refresh_token": issued.RefreshToken, "user_id": h.Person(s.Email).ID,
	})
	if err != nil {
		t.Fatal(err)
	}
	return "\n\n" + string(answer)
}

// With is the harness on the same instance with another server in front of it.
func (h *Harness) With(s *server.Server) *Harness {
	other := *h
	other.Server = s
	return &other
}
