package authorize

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"claviger/internal/core"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// inquiry is an authorization request while it is checked. Once client and
// RedirectURI are set, errors go to the client; until then they are a page.
type inquiry struct {
	*parameters
	client  *core.Client
	request oauth.AuthorizationRequest
}

// identify finds the client and where its answer goes. An error of identify is
// for the person alone (A10).
func (e *Endpoint) identify(ctx context.Context, p *parameters) (*inquiry, error) {
	if wrong := p.once("client_id", "redirect_uri", "state", "response_mode"); wrong != nil {
		return nil, wrong
	}
	client, err := e.client(ctx, p.get("client_id"))
	if err != nil {
		return nil, err
	}
	scope, _ := oauth.ParseScope(p.get("scope"))
	redirect, wrong := redirectOf(client, p.get("redirect_uri"), scope.Has(oauth.ScopeOpenID))
	if wrong != nil {
		return nil, wrong
	}
	q := &inquiry{parameters: p, client: client}
	q.request = oauth.AuthorizationRequest{
		ClientID: client.ID, RedirectURI: redirect, RedirectSent: p.get("redirect_uri") != "", State: p.get("state"),
		ResponseMode: oauth.ResponseModeQuery,
	}
	if mode := p.get("response_mode"); mode != "" {
		if !slices.Contains(responseModes(client), mode) || mode == oauth.ResponseModeFormPost && !takesForms(redirect) { // A11; the answer takes the default one
			return q, oauth.NewError(oauth.ReasonResponseModeUnknown).At("response_mode")
		}
		q.request.ResponseMode = mode
	} else if mode := modeOfObject(p.get("request")); slices.Contains(responseModes(client), mode) {
		q.request.ResponseMode = mode
	}
	return q, nil
}

// modeOfObject returns the response_mode in a request object (OpenID Connect Core
// §6.1). All objects are refused, and a client that puts its whole request into one
// reads the refusal in the mode that it named there.
func modeOfObject(object string) string {
	_, rest, _ := strings.Cut(object, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return ""
	}
	var claims struct {
		ResponseMode string `json:"response_mode"`
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		return ""
	}
	return claims.ResponseMode
}

// client returns an active client. One that does not exist and one that is stopped
// are told apart: neither is a secret.
func (e *Endpoint) client(ctx context.Context, id string) (*core.Client, error) {
	if id == "" {
		return nil, oauth.NewError(oauth.ReasonMissingParameter).At("client_id")
	}
	client, err := e.Store.Client(ctx, id)
	if errors.Is(err, core.ErrNotFound) {
		return nil, oauth.NewError(oauth.ReasonInvalidValue).At("client_id").Because(err)
	}
	if err != nil {
		return nil, err
	}
	if client.Status != core.Active {
		return nil, oauth.NewError(oauth.ReasonClientInactive).At("client_id")
	}
	return client, nil
}

func responseModes(c *core.Client) []string {
	if len(c.Browser.ResponseModes) > 0 {
		return c.Browser.ResponseModes
	}
	return []string{oauth.ResponseModeQuery, oauth.ResponseModeFormPost}
}

// check reads the rest of the request. Its error goes to the client.
func (e *Endpoint) check(ctx context.Context, q *inquiry) error {
	for _, check := range [...]func() error{
		func() error { return q.checkWhole() },
		func() error { return q.checkScope() },
		func() error { return q.checkChallenge() },
		func() error { return q.checkPrompt() },
		func() error { return q.checkClaims() },
		func() error { return e.checkHint(ctx, q) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	q.request.Nonce, q.request.LoginHint, q.request.Display = q.get("nonce"), q.get("login_hint"), q.get("display")
	q.request.UILocales, q.request.ACRValues = q.get("ui_locales"), strings.Fields(q.get("acr_values"))
	q.request.Approval = slices.Clone(q.request.Scope)
	if q.request.Scope.Has(oauth.ScopeOpenID) {
		revealed := tokens.Revealed(q.client, q.request.Claims)
		q.request.Approval = append(q.request.Approval, missing(revealed, q.request.Scope)...)
	}
	return nil
}

// unsupported are the parameters that change what a request means, and that this
// server does not take (OpenID Connect Core §3.1.2.6).
var unsupported = []struct {
	name   string
	reason oauth.Reason
}{
	{"request", oauth.ReasonRequestObject},
	{"request_uri", oauth.ReasonRequestURI}, // nothing is fetched (A16)
	{"registration", oauth.ReasonRegistration},
}

func (q *inquiry) checkWhole() error {
	if len(q.repeated) > 0 {
		return oauth.NewError(oauth.ReasonDuplicateParameter).At(q.repeated[0])
	}
	for name, value := range q.values {
		if strings.ContainsRune(value, utf8.RuneError) || strings.Contains(value, "\x00") { // RuneError: what is no UTF-8
			return oauth.NewError(oauth.ReasonInvalidValue).At(name)
		}
	}
	for _, u := range unsupported {
		if q.get(u.name) != "" {
			return oauth.NewError(u.reason)
		}
	}
	switch q.get("response_type") {
	case oauth.ResponseTypeCode:
	case "":
		return oauth.NewError(oauth.ReasonMissingParameter).At("response_type")
	default: // A12
		return oauth.NewError(oauth.ReasonResponseTypeUnknown)
	}
	if !q.client.MayUse(oauth.GrantAuthorizationCode) {
		return oauth.NewError(oauth.ReasonGrantTypeNotAllowed)
	}
	return nil
}

// checkScope wants scopes that the client has; none asked for is all of them less
// those that must be named.
func (q *inquiry) checkScope() error {
	limit := q.client.Scopes.Without(oauth.ScopeIntrospect)
	asked, ok := oauth.ParseScope(q.get("scope"))
	if !ok {
		return oauth.NewError(oauth.ReasonScopeNotAllowed).At("scope")
	}
	if len(asked) == 0 {
		asked = limit.Without(oauth.ScopeOfflineAccess).Without(oauth.ScopeOpenID)
	}
	if !q.client.MayUse(oauth.GrantRefreshToken) {
		asked = asked.Without(oauth.ScopeOfflineAccess) // OpenID Connect Core §11: ignored
	}
	if !asked.Within(limit) {
		return oauth.NewError(oauth.ReasonScopeNotAllowed).At("scope")
	}
	q.request.Scope = asked
	return nil
}

// checkChallenge is PKCE (RFC 7636 §4.3, RFC 9700 §2.1.1): S256 alone, and required
// unless a confidential client is registered without it.
func (q *inquiry) checkChallenge() error {
	challenge, method := q.get("code_challenge"), q.get("code_challenge_method")
	if challenge == "" {
		if method != "" || !q.client.Browser.WithoutPKCE || q.client.Kind != core.Confidential {
			return oauth.NewError(oauth.ReasonChallengeMissing).At("code_challenge")
		}
		return nil
	}
	if method != oauth.ChallengeS256 { // left out it would mean plain
		return oauth.NewError(oauth.ReasonChallengeMethod).At("code_challenge_method")
	}
	if !oauth.WellFormedChallenge(challenge) {
		return oauth.NewError(oauth.ReasonInvalidValue).At("code_challenge")
	}
	q.request.CodeChallenge = challenge
	return nil
}

var prompts = []string{oauth.PromptNone, oauth.PromptLogin, oauth.PromptConsent, oauth.PromptSelectAccount}

// checkPrompt reads prompt and max_age (OpenID Connect Core §3.1.2.1).
func (q *inquiry) checkPrompt() error {
	q.request.Prompt = strings.Fields(q.get("prompt"))
	for _, prompt := range q.request.Prompt {
		if !slices.Contains(prompts, prompt) || prompt == oauth.PromptNone && len(q.request.Prompt) > 1 {
			return oauth.NewError(oauth.ReasonInvalidValue).At("prompt")
		}
	}
	if text := q.get("max_age"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil || seconds < 0 {
			return oauth.NewError(oauth.ReasonInvalidValue).At("max_age")
		}
		q.request.MaxAge = &seconds
	}
	return nil
}

// checkHint proves an id_token_hint: one that is not ours for this client names
// nobody (A19).
func (e *Endpoint) checkHint(ctx context.Context, q *inquiry) error {
	text := q.get("id_token_hint")
	if text == "" {
		return nil
	}
	hint, err := e.Verifier.Hint(ctx, text)
	var refused *oauth.Error
	switch {
	case errors.As(err, &refused) && refused.Status >= 500, err != nil && refused == nil:
		return err
	case err == nil && hint.ClientID == q.client.ID:
		if named := q.request.HintedSubject; named != "" && named != hint.Subject { // nobody is both
			return oauth.NewError(oauth.ReasonLoginRequired)
		}
		q.request.HintedSubject = hint.Subject
		return nil
	case q.request.HasPrompt(oauth.PromptNone):
		return oauth.NewError(oauth.ReasonLoginRequired)
	}
	return oauth.NewError(oauth.ReasonInvalidValue).At("id_token_hint")
}
