package tokens

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"slices"

	"github.com/go-json-experiment/json"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/oauth"
)

// idClaims are the claims of an ID token about the sign-in (OpenID Connect Core
// §2), less those about the person.
type idClaims struct {
	Issuer          string   `json:"iss"`
	Subject         string   `json:"sub"`
	Audience        string   `json:"aud"`
	ExpiresAt       int64    `json:"exp"`
	IssuedAt        int64    `json:"iat"`
	AuthenticatedAt int64    `json:"auth_time"`
	Nonce           string   `json:"nonce,omitempty"`
	ACR             string   `json:"acr,omitempty"`
	AMR             []string `json:"amr,omitempty"`
	AccessTokenHash string   `json:"at_hash"`
	SessionID       string   `json:"sid,omitempty"`
}

// IDTokenClaimNames returns the names of the claims that ID tokens hold beside
// those about the person.
func IDTokenClaimNames() []string {
	return []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid"}
}

// givesIDToken: where a person signed in and the client asked who they are (OpenID
// Connect Core §3.1.2.1).
func givesIDToken(a *core.Authorization) bool {
	return a.Authentication != nil && a.Client != nil && a.User != nil && a.Scope.Has(oauth.ScopeOpenID)
}

// idToken signs the ID token that goes with an access token (OpenID Connect Core
// §3.1.3.6). At refresh all about the sign-in stays as it was (§12.2).
func (i *Issuer) idToken(a *core.Authorization, t *oauth.TokenResponse, nonce string) (string, error) {
	algorithm := i.idTokenAlgorithm(a.Client)
	sign := a.Authentication
	claims := idClaims{
		Issuer: i.URL, Subject: i.Subject(a), Audience: a.Client.ID, ExpiresAt: t.ExpiresAt.Unix(), IssuedAt: t.IssuedAt.Unix(),
		AuthenticatedAt: sign.At.Unix(), Nonce: nonce, ACR: sign.ACR, AMR: sign.AMR,
		AccessTokenHash: accessTokenHash(algorithm, t.AccessToken), SessionID: sign.SessionID,
	}
	payload, err := json.Marshal(&claims)
	if err != nil {
		return "", err
	}
	scope := slices.Concat(a.Scope, i.profile(a).IDTokenScopes)
	payload, err = appendUserClaims(payload, UserClaims(a.User, scope, Askable(a.Client, sign.Claims.IDToken)))
	if err != nil {
		return "", err
	}
	return i.Ring.Sign(algorithm, keys.TypeIDToken, payload, t.IssuedAt)
}

func (i *Issuer) idTokenAlgorithm(c *core.Client) string {
	if c.Browser.IDTokenAlgorithm != "" {
		return c.Browser.IDTokenAlgorithm
	}
	return i.IDTokenAlgorithm
}

// appendUserClaims joins the members of two JSON objects; no name is in both. The
// order is always the same, so that equal tokens are equal bytes.
func appendUserClaims(object []byte, claims map[string]any) ([]byte, error) {
	if len(claims) == 0 {
		return object, nil
	}
	members, err := json.Marshal(claims, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	object[len(object)-1] = ','
	return append(object, members[1:]...), nil
}

// accessTokenHash is at_hash: the left half of the token's hash, by the hash of
// the ID token's algorithm; SHA-512 for Ed25519 (OpenID Connect Core §3.1.3.6).
func accessTokenHash(algorithm, token string) string {
	if algorithm == keys.EdDSA {
		sum := sha512.Sum512([]byte(token))
		return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

// Hint is what an id_token_hint says: for whom an ID token was issued, to whom, in
// which session. Subject may be pairwise: see Issuer.SubjectOf.
type Hint struct{ Subject, ClientID, SessionID string }

// Hint proves an id_token_hint (OpenID Connect Core §3.1.2.1, RP-Initiated Logout
// §2): an ID token of ours, expired or not, by a key that is still published. Any
// other text is ReasonTokenInvalid.
func (v *Verifier) Hint(ctx context.Context, idToken string) (*Hint, error) {
	payload, _, err := v.Ring.Verify(ctx, idToken, keys.TypeIDToken, v.Now())
	if err != nil {
		return nil, hintInvalid(err)
	}
	var claims idClaims
	switch err := json.Unmarshal(payload, &claims); {
	case err != nil:
		return nil, hintInvalid(err)
	case claims.Issuer != v.URL:
		return nil, hintInvalid(errors.New("another issuer")) // C12
	case claims.Subject == "" || claims.Audience == "":
		return nil, hintInvalid(errors.New("a required claim is missing"))
	}
	return &Hint{Subject: claims.Subject, ClientID: claims.Audience, SessionID: claims.SessionID}, nil
}

func hintInvalid(cause error) error {
	return tokenInvalid(cause).Describe("The ID token is not valid.")
}
