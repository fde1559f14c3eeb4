package resource

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"claviger/oauth"
)

const (
	maxAPIKey    = 1 << 10     // bytes
	maxAccountID = 256         // bytes
	denialFor    = time.Second // how long a refusal of the server is kept
	typeForm     = "application/x-www-form-urlencoded"
	typeJSON     = "application/json"
)

// ProveAPIKey proves an API key by the server, whose word is kept for
// Config.StateCache. Errors are *oauth.Error: ReasonKeyInvalid, or
// ReasonUnavailable while the server cannot be asked.
func (v *Verifier) ProveAPIKey(ctx context.Context, key string) (*Caller, error) {
	invalid := oauth.NewError(oauth.ReasonKeyInvalid)
	if v.config.BearerOnly || v.config.ClientID == "" || len(key) > maxAPIKey || key == "" || strings.ContainsFunc(key, notVisible) {
		return nil, invalid
	}
	caller, err := v.apiKeys.get(ctx, stateKeyOf(key), func(ctx context.Context) (*Caller, time.Duration, error) {
		c, err := v.introspect(ctx, key, APIKey)
		if err != nil {
			return nil, 0, err
		}
		if !v.isAPIKey(c) {
			return nil, v.keep(denialFor, 0), nil
		}
		return c.caller(APIKey), v.keep(v.config.StateCache, c.expiresAt), nil
	})
	if err != nil {
		return nil, err
	}
	if caller == nil {
		return nil, invalid
	}
	one := *caller
	return &one, nil
}

func notVisible(r rune) bool { return r < 0x21 || r > 0x7e }

// isAPIKey reports whether an answer is of a live API key for this API. A token
// that was presented in a key's place is not one (D03).
func (v *Verifier) isAPIKey(c *claims) bool {
	return c.active && c.tokenType == APIKey && c.subjectType == SubjectAPIKey && c.subject != "" &&
		c.issuer == v.config.Issuer && c.audience == v.config.Audience
}

// stillActive returns what is left of the scope of a proven access token.
func (v *Verifier) stillActive(ctx context.Context, token string, proven *claims) (oauth.Scope, error) {
	answer, err := v.tokens.get(ctx, stateKeyOf(token), func(ctx context.Context) (*claims, time.Duration, error) {
		c, err := v.introspect(ctx, token, AccessToken)
		if err != nil {
			return nil, 0, err
		}
		if !c.active || c.subject != proven.subject || c.id != proven.id || c.audience != proven.audience {
			return nil, v.keep(denialFor, 0), nil
		}
		return c, v.keep(v.config.StateCache, c.expiresAt), nil
	})
	if err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, oauth.NewError(oauth.ReasonTokenRevoked)
	}
	return proven.scope.Intersect(answer.scope), nil
}

// introspect asks what a credential is good for (RFC 7662 §2).
func (v *Verifier) introspect(ctx context.Context, credential, hint string) (*claims, error) {
	form := url.Values{"token": {credential}, "token_type_hint": {hint}}
	raw, err := v.server.ask(ctx, pathIntrospection, typeForm, []byte(form.Encode()))
	if err == nil {
		var c *claims
		if c, err = parseAnswer(raw); err == nil {
			return c, nil
		}
	}
	return nil, v.unanswered(ctx, err)
}

// keep returns how long an answer may be kept: never beyond the end of what it is
// about, in seconds since the epoch; 0: it has none.
func (v *Verifier) keep(d time.Duration, expiresAt int64) time.Duration {
	if expiresAt > 0 {
		d = min(d, time.Unix(expiresAt, 0).Sub(v.now()))
	}
	return min(d, v.config.StateCache)
}

// evaluation is a request of the OpenID AuthZEN Authorization API 1.0 §6.
type evaluation struct {
	Subject  entity            `json:"subject"`
	Action   action            `json:"action"`
	Resource entity            `json:"resource"`
	Context  map[string]string `json:"context,omitempty"`
}

type entity struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type action struct {
	Name string `json:"name"`
}

func newEvaluation(who *Caller, permission, accountID, acting string) evaluation {
	e := evaluation{
		Subject:  entity{who.SubjectType, who.Subject},
		Action:   action{permission},
		Resource: entity{"account", accountID},
	}
	if acting != "" {
		e.Context = map[string]string{"acting_account": acting}
	}
	return e
}

// Permit asks the server whether a caller may use a permission on an account. The
// account that the credential is bound to, and the acting account, narrow the
// decision. It is nil for yes; the error is an *oauth.Error: ReasonPermissionDenied,
// ReasonNotMember, or ReasonUnavailable where there is no decision. No account is
// never every account (F05): it is denied unasked.
func (v *Verifier) Permit(ctx context.Context, who *Caller, permission, accountID string) error {
	denied := oauth.NewError(oauth.ReasonPermissionDenied)
	if who == nil || who.Subject == "" || who.SubjectType == "" || permission == "" || !isAccountID(accountID) {
		return denied
	}
	acting := who.AccountID
	if who.ActingAccount != "" {
		if !who.mayActFor(who.ActingAccount) {
			return oauth.NewError(oauth.ReasonNotMember)
		}
		acting = who.ActingAccount
	}
	if who.SubjectType == SubjectPerson && who.OrganisationID != "" && acting == "" {
		return denied // a question cannot be narrowed to an organisation, and the person's other ones are not meant
	}
	key := stateKeyOf(who.SubjectType, who.Subject, permission, accountID, acting)
	allowed, err := v.decisions.get(ctx, key, func(ctx context.Context) (bool, time.Duration, error) {
		yes, err := v.evaluate(ctx, newEvaluation(who, permission, accountID, acting))
		return yes, v.keep(v.config.StateCache, 0), err
	})
	if err != nil {
		return err
	}
	if !allowed {
		return denied
	}
	return nil
}

// isAccountID refuses what JSON would not carry as it is.
func isAccountID(id string) bool { return id != "" && len(id) <= maxAccountID && utf8.ValidString(id) }

func (v *Verifier) evaluate(ctx context.Context, about evaluation) (bool, error) {
	body, err := json.Marshal(about)
	if err != nil {
		return false, err
	}
	raw, err := v.server.ask(ctx, pathEvaluation, typeJSON, body)
	if err != nil {
		return false, v.unanswered(ctx, err)
	}
	var answer string
	err = readObject(raw, func(name string, value []byte) error {
		if name == "decision" {
			answer = string(value)
		}
		return nil
	})
	if err != nil || answer != "true" && answer != "false" {
		return false, v.unanswered(ctx, errors.New("the decision is not one"))
	}
	return answer == "true", nil
}

// unanswered is what a request gets that the server's word is missing for.
func (v *Verifier) unanswered(ctx context.Context, cause error) *oauth.Error {
	v.log.WarnContext(ctx, "the authorization server did not answer", "error", cause)
	return unavailable(cause)
}
