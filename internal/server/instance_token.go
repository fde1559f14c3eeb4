package server

import (
	"claviger/internal/keys"
	"claviger/internal/secret"
	"claviger/internal/tokens"
)

// Verifier proves access tokens as the server of this configuration does.
func (i *Instance) Verifier() *tokens.Verifier {
	return &tokens.Verifier{
		URL: i.Config.Issuer, Ring: i.Ring, Directory: &tokens.Directory{Store: i.Store}, Now: i.environment.Now,
	}
}

// OpenRefresh returns the refresh token inside its wire form, opaque or JWT. An
// error says only that it is not one of ours.
func (i *Instance) OpenRefresh(text string) (secret.Token, error) {
	issuer := &tokens.Issuer{RefreshJWT: keys.NewSymmetric(i.master.Derive(labelRefreshJWT))}
	return issuer.OpenRefresh(text)
}
