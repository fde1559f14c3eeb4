package payments

import (
	"net/http"

	"claviger/oauth"
	"claviger/resource"
)

// settlement is what a company has paid, in the currency's smallest unit.
type settlement struct {
	ID          string `json:"id"`
	Amount      int64  `json:"amount"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	SettledAt   string `json:"settledAt"`
}

// settlements are by wallet, which is an account of examples/demo.yaml.
var settlements = map[string][]settlement{
	"acme-fr": {
		{"stl_0003", 12900, "EUR", "Train to Lyon", "2026-02-27T16:02:11Z"},
		{"stl_0002", 4550, "EUR", "Team lunch", "2026-02-24T12:41:00Z"},
		{"stl_0001", 99900, "EUR", "Office chairs", "2026-02-20T09:15:30Z"},
	},
	"acme-uk": {
		{"stl_0004", 1890, "GBP", "Postage", "2026-02-26T10:20:05Z"},
	},
}

const scopeSettlements = "settlement:read"

// addSpendesk adds the route of Spendesk. A token is for one wallet, and its
// scope says what of it may be read. That is decided offline, without the server:
// a token that was revoked reads until it expires.
func addSpendesk(a *API, c *Config) error {
	s, err := a.newSystem(c, refuseSpendesk, func(r *resource.Config) {
		r.CheckRevocation = false
		r.Scopes = oauth.Scope{scopeSettlements}
	})
	if err != nil {
		return err
	}
	s.owns("/settlements")
	s.handle("/settlements", methods{
		http.MethodGet: s.Require(resource.Scope(scopeSettlements))(s.serve(http.StatusOK, listSettlements)),
	})
	// One document describes the API (RFC 9728); only this system has scopes.
	s.owns(s.MetadataPath())
	s.handle(s.MetadataPath(), methods{http.MethodGet: s.Metadata()})
	return nil
}

func listSettlements(r *http.Request) (any, error) {
	wallet := resource.From(r.Context()).AccountID
	if wallet == "" { // the token is for no company: not for all of them
		return nil, oauth.NewError(oauth.ReasonPermissionDenied)
	}
	list := settlements[wallet]
	if list == nil {
		list = []settlement{}
	}
	return map[string]any{"data": list, "meta": map[string]any{"count": len(list)}}, nil
}

// refuseSpendesk writes {"errors": […]}.
func refuseSpendesk(w http.ResponseWriter, _ *http.Request, e *oauth.Error) {
	one := map[string]string{"code": string(e.Reason), "detail": e.Description}
	if e.Param != "" {
		one["source"] = e.Param
	}
	writeError(w, e, map[string]any{"errors": []any{one}})
}
