package servertest

import (
	"encoding/json"
	"testing"
)

// codeSection is what a section "code NAME" of a transcript says: an approval at
// the pages of the server, of which an authorization code comes.
type codeSection struct {
	Client      string `json:"client"`
	Email       string `json:"email"`
	Account     string `json:"account"` // the one that is connected; empty: none
	Scope       string `json:"scope"`   // empty: all that the client may have
	RedirectURI string `json:"redirect_uri"`
	Challenge   string `json:"challenge"` // S256
	Nonce       string `json:"nonce"`
}

// codeSection plays such a section, and returns what stands for its answer.
func (h *Harness) codeSection(t *testing.T, data []byte) string {
	t.Helper()
	var s codeSection
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatalf("code: %v", err)
	}
	code := h.Code(CodeOptions{
		Client: s.Client, Email: s.Email, Account: s.Account, Scope: s.Scope, RedirectURI: s.RedirectURI,
		Challenge: s.Challenge, Nonce: s.Nonce,
	})
	answer, err := json.Marshal(map[string]string{"code": code, "user_id": h.Person(s.Email).ID})
	if err != nil {
		t.Fatal(err)
	}
	return "\n\n" + string(answer)
}
