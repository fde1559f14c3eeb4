package main

import "claviger/internal/core"

// browserFlags are how a client is registered for the browser flow, beside its
// URIs.
type browserFlags struct {
	WithoutPKCE      bool     `name:"without-pkce" help:"Let a confidential client leave PKCE out, if it can't do it."`
	ResponseMode     []string `placeholder:"MODE" help:"Response mode that the client may ask for: query or form_post. Without it, both. Repeat it for several."`
	Connects         string   `placeholder:"WHAT" help:"What a person connects the client to: account (a company that they choose) or nothing. Without it, as the wire dialect says."`
	SkipConsent      bool     `help:"Do not ask people for consent: for the platform's own clients."`
	IssuesRefresh    string   `placeholder:"WHEN" help:"When a refresh token is given: always, offline_access (with that scope) or never. Without it, as the wire dialect says."`
	IDTokenAlgorithm string   `name:"id-token-algorithm" placeholder:"ALG" help:"Signature of ID tokens: RS256, ES256 or EdDSA. Without it, as the server is configured."`
	Pairwise         string   `placeholder:"HOST" help:"Give the client subjects of its own, which clients of this host (the sector identifier) share."`
	LogoutURI        string   `name:"backchannel-logout-uri" placeholder:"URI" help:"Where the client is told that somebody has signed out."`
	PolicyURI        string   `name:"policy-uri" placeholder:"URI" help:"Privacy policy, shown with the question for consent."`
	TermsURI         string   `name:"terms-uri" placeholder:"URI" help:"Terms of service, shown there too."`
}

func (f *browserFlags) registration() core.Browser {
	return core.Browser{
		WithoutPKCE: f.WithoutPKCE, ResponseModes: f.ResponseMode, Connects: f.Connects, SkipConsent: f.SkipConsent,
		IssuesRefresh: f.IssuesRefresh, IDTokenAlgorithm: f.IDTokenAlgorithm, PairwiseSector: f.Pairwise,
		LogoutURI: f.LogoutURI, PolicyURI: f.PolicyURI, TermsURI: f.TermsURI,
	}
}
