package servertest

import (
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// Grant issues tokens for a user through a client, as an approved connection
// would: by the server's own issuer, and stored. consent may be nil; it is
// stored too.
func (h *Harness) Grant(clientID string, user *core.User, consent *core.Consent) oauth.TokenResponse {
	h.t.Helper()
	ctx := h.t.Context()
	a := &core.Authorization{User: user, Consent: consent, Scope: oauth.Scope{"read", oauth.ScopeOfflineAccess}}
	var err error
	if a.Client, err = h.Store.Client(ctx, clientID); err != nil {
		h.t.Fatal(err)
	}
	if user.OrganisationID != "" {
		if a.Organisation, err = h.Store.Organisation(ctx, user.OrganisationID); err != nil {
			h.t.Fatal(err)
		}
	}
	if consent != nil {
		if err := h.Store.Write(ctx, func(tx *store.Tx) error { return tx.PutConsent(consent) }); err != nil {
			h.t.Fatal(err)
		}
	}
	issued, err := h.Issuer.First(a)
	if err != nil {
		h.t.Fatal(err)
	}
	if issued.Grant == nil {
		return issued.Response
	}
	err = h.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.InsertGrant(issued.Grant); err != nil {
			return err
		}
		return tx.InsertRefreshToken(issued.Refresh)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return issued.Response
}
