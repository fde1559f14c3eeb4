package grants

import (
	"context"
	"slices"
	"strconv"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// event is the audit record of the request so far.
func (x *Exchange) event(kind core.EventType, r *request) core.Event {
	e := core.EventOf(kind, r.authorization, r.Source)
	e.GrantType, e.Dialect, e.Channel = r.GrantType, r.Dialect, r.Channel
	if e.GrantType != "" && !slices.Contains(oauth.GrantTypes, e.GrantType) {
		e.GrantType = shorten(e.GrantType)
	}
	if r.authorization != nil {
		return e
	}
	// A wrong secret is the business of whoever has the client, too.
	who := r.caller
	if who == (authn.Caller{}) {
		who = r.named
	}
	switch {
	case who.Client != nil:
		e.ClientID, e.OrganisationID = who.Client.ID, who.Client.OrganisationID
	case who.Key != nil:
		e.ClientID, e.APIKeyID, e.OrganisationID = who.Key.ID, who.Key.ID, who.Key.OrganisationID
	case r.ClientID != "":
		e.Detail = "client_id sent: " + shorten(r.ClientID)
	}
	switch {
	case r.rotation != nil:
		e.GrantID, e.OrganisationID = r.rotation.grant.ID, r.rotation.grant.OrganisationID
	case r.code != nil:
		e.GrantID, e.OrganisationID = r.code.GrantID, r.code.OrganisationID
		e.SubjectType, e.SubjectID = core.SubjectPerson, r.code.UserID
	}
	return e
}

// refused records a refusal and returns what the caller gets. A failure of our
// own is not a refusal; a refusal that cannot be recorded is not given. A request
// beyond a limit is only counted: a write for each would be what the limit is
// against.
func (x *Exchange) refused(ctx context.Context, r *request, cause error) error {
	e := oauth.AsError(cause)
	if e.Status >= 500 || e.Reason == oauth.ReasonRateLimited {
		return e
	}
	event := x.event(core.TokenRefused, r)
	event.Reason = e.Reason
	if e.Err != nil {
		event.Detail = shorten(e.Err.Error())
	}
	if r.Username != "" && event.SubjectID == "" {
		event.Detail += " username sent: " + shorten(r.Username)
	}
	err := x.Store.Write(ctx, func(tx *store.Tx) error {
		tx.Audit(event)
		return nil
	})
	if err != nil {
		return err
	}
	return e
}

// shorten bounds and quotes text that came from outside (H12).
func shorten(text string) string {
	const limit = 80
	if len(text) > limit {
		text = text[:limit]
	}
	return strconv.Quote(text)
}
