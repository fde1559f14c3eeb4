package tokens

import (
	"time"

	"github.com/go-json-experiment/json"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/secret"
)

// logoutTokenLifetime is how long a client may take a logout token (OpenID Connect
// Back-Channel Logout §4: at most two minutes).
const logoutTokenLifetime = 2 * time.Minute

// eventLogout is the one event of a logout token (§2.4).
const eventLogout = "http://schemas.openid.net/event/backchannel-logout"

type logoutClaims struct {
	Issuer    string              `json:"iss"`
	Subject   string              `json:"sub"`
	Audience  string              `json:"aud"`
	IssuedAt  int64               `json:"iat"`
	ExpiresAt int64               `json:"exp"`
	ID        string              `json:"jti"`
	SessionID string              `json:"sid,omitempty"`
	Events    map[string]struct{} `json:"events"`
}

// LogoutToken signs a logout token for a client: the session of the person has
// ended, or, without a session id, all of theirs (OpenID Connect Back-Channel
// Logout §2.4). It lives two minutes, so it is made anew for every attempt to
// deliver it.
func (i *Issuer) LogoutToken(c *core.Client, userID, sessionID string) (string, error) {
	now := i.Now()
	payload, err := json.Marshal(&logoutClaims{
		Issuer: i.URL, Subject: i.SubjectOf(c, userID), Audience: c.ID, IssuedAt: now.Unix(),
		ExpiresAt: now.Add(logoutTokenLifetime).Unix(), ID: secret.NewSecret(i.Rand), SessionID: sessionID,
		Events: map[string]struct{}{eventLogout: {}},
	})
	if err != nil {
		return "", err
	}
	return i.Ring.Sign(i.idTokenAlgorithm(c), keys.TypeLogoutToken, payload, now)
}
