package tokens

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"claviger/internal/core"
)

// SubjectOf returns the subject by which a client knows a person: the user id, or
// a pairwise one, which tells clients of different sectors nothing about each
// other's people (OpenID Connect Core §8.1). It is stable.
func (i *Issuer) SubjectOf(c *core.Client, userID string) string {
	if !pairwise(c) {
		return userID
	}
	mac := hmac.New(sha256.New, i.PairwiseKey)
	_, _ = io.WriteString(mac, c.Browser.PairwiseSector+"\x00"+userID) // no host name holds a zero byte
	return hex.EncodeToString(mac.Sum(nil))
}

// Subject is the sub of all tokens of an authorization.
func (i *Issuer) Subject(a *core.Authorization) string {
	kind, id := a.Subject()
	if kind != core.SubjectPerson {
		return id
	}
	return i.SubjectOf(a.Client, id)
}

// Anonymous reports whether the client of an authorization knows its person by a
// pairwise subject, so that nothing else may name them unasked.
func Anonymous(a *core.Authorization) bool {
	kind, _ := a.Subject()
	return kind == core.SubjectPerson && pairwise(a.Client)
}

func pairwise(c *core.Client) bool { return c != nil && c.Browser.PairwiseSector != "" }
