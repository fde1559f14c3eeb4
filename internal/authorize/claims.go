package authorize

import (
	"slices"

	"github.com/go-json-experiment/json"

	"claviger/internal/core"
	"claviger/oauth"
)

// maxClaims is the longest claims parameter, in bytes.
const maxClaims = 8 << 10

// checkClaims reads the claims parameter (OpenID Connect Core §5.5). Claims that
// nobody knows stay in it and are never answered.
func (q *inquiry) checkClaims() error {
	text := q.get("claims")
	if text == "" {
		return nil
	}
	wrong := oauth.NewError(oauth.ReasonInvalidValue).At("claims")
	if len(text) > maxClaims {
		return wrong
	}
	if err := json.Unmarshal([]byte(text), &q.request.Claims); err != nil {
		return wrong
	}
	if sub := q.request.Claims.IDToken["sub"]; sub != nil { // §5.5.1: this person and nobody else
		subject, ok := sub.Value.(string)
		if sub.Value != nil && !ok {
			return wrong
		}
		q.request.HintedSubject = subject
	}
	return nil
}

// wantsACR returns the authentication context classes that are essential to a
// request, in order of preference; none when nothing is essential (§5.5.1.1).
func wantsACR(r *oauth.AuthorizationRequest) []string {
	acr := r.Claims.IDToken["acr"]
	if acr == nil || !acr.Essential {
		return nil
	}
	var wanted []string
	for _, value := range append(slices.Clone(acr.Values), acr.Value) {
		if text, ok := value.(string); ok {
			wanted = append(wanted, text)
		}
	}
	if len(wanted) == 0 { // any will do, and there always is one
		return nil
	}
	return wanted
}

// acrReach says how a session stands to what is wanted: it has it already, or
// can get there by a step-up.
func acrReach(session *core.Session, wanted []string) (met, reachable bool) {
	met = len(wanted) == 0 || slices.Contains(wanted, session.ACR) ||
		session.ACR == core.ACRTwoFactors && slices.Contains(wanted, core.ACRPassword)
	return met, slices.Contains(wanted, core.ACRTwoFactors)
}
