package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/secret"
	"claviger/oauth"
)

// unproven are the parts of a JWT as it says them itself.
type unproven struct {
	header, claims jsontext.Value
	typ, kid       string
	issuer         string
	expires        time.Time // zero: not said
}

// jwt prints a JWT and what the server would say to it.
func (i *inspection) jwt(ctx context.Context, text string) error {
	token, err := decodeJWT(text)
	if err != nil {
		return failed("this looks like a JWT, but %v", err)
	}
	switch strings.TrimPrefix(strings.ToLower(token.typ), "application/") {
	case keys.TypeRefreshToken:
		return i.refreshJWT(ctx, text, token)
	case keys.TypeAccessToken:
		i.show("access token, a JWT", token)
	default:
		i.show("JWT, no access token", token)
	}
	signer, err := i.signer(ctx, token.kid)
	if err != nil {
		return err
	}
	verdict, err := i.accessState(ctx, text, token)
	if err != nil {
		return err
	}
	i.fields("signing key", signer)
	i.print("%s\n", plain(verdict))
	return nil
}

// generated finds credentials inside of claims: a refresh token in JWT form
// carries one.
var generated = regexp.MustCompile(secret.Pattern)

// show prints header and claims, with every credential in them taken out.
func (i *inspection) show(kind string, token *unproven) {
	i.fields("kind", kind)
	for _, part := range []struct {
		name string
		text jsontext.Value
	}{{"header", token.header}, {"claims", token.claims}} {
		text := generated.ReplaceAllString(string(part.text), "(credential)")
		i.print("%s %s\n", part.name, plainJSON([]byte(text)))
	}
}

func decodeJWT(text string) (*unproven, error) {
	parts := strings.Split(text, ".")
	token := &unproven{}
	var header struct {
		Type  string `json:"typ"`
		KeyID string `json:"kid"`
	}
	var claims struct {
		Issuer    string  `json:"iss"`
		ExpiresAt float64 `json:"exp"`
	}
	var err error
	if token.header, err = decodePart("header", parts[0], &header); err != nil {
		return nil, err
	}
	if token.claims, err = decodePart("payload", parts[1], &claims); err != nil {
		return nil, err
	}
	token.typ, token.kid, token.issuer = header.Type, header.KeyID, claims.Issuer
	if claims.ExpiresAt > 0 && claims.ExpiresAt < 1<<40 {
		token.expires = time.Unix(int64(claims.ExpiresAt), 0)
	}
	return token, nil
}

// decodePart returns a part as indented JSON, and what it says of the members
// of into; a member of another type counts as not said.
func decodePart(name, encoded string, into any) (jsontext.Value, error) {
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("its %s is not base64url", name)
	}
	value := jsontext.Value(raw)
	if err := value.Indent(); err != nil || value.Kind() != '{' {
		return nil, fmt.Errorf("its %s is not a JSON object", name)
	}
	_ = json.Unmarshal(value, into)
	return value, nil
}

// signer says which of our keys the token names.
func (i *inspection) signer(ctx context.Context, kid string) (string, error) {
	records, err := i.instance.Store.SigningKeys(ctx)
	if err != nil {
		return "", err
	}
	for _, k := range records {
		if k.ID == kid {
			return fmt.Sprintf("%s (%s, %s)", k.ID, k.Algorithm, signingState(k.ActiveAt, k.RetiredAt, k.RemovedAt, i.now())), nil
		}
	}
	return "none of this database", nil
}

// accessState says in words what the server thinks of an access token.
func (i *inspection) accessState(ctx context.Context, text string, token *unproven) (string, error) {
	verifier := i.instance.Verifier()
	if i.anyIssuer {
		verifier.URL = token.issuer
	}
	claims, err := verifier.Verify(ctx, text)
	if err == nil {
		_, err = verifier.Alive(ctx, claims)
	}
	var refused *oauth.Error
	switch {
	case err == nil:
		return i.aliveUntil(time.Unix(claims.ExpiresAt, 0)), nil
	case !errors.As(err, &refused) || refused.Status >= 500:
		return "", err
	case refused.Reason == oauth.ReasonTokenExpired:
		return fmt.Sprintf("Dead: it expired at %s.", stamp(token.expires)), nil
	case refused.Reason == oauth.ReasonTokenRevoked:
		return i.revokedText(ctx, claims.GrantID)
	case refused.Reason == oauth.ReasonCredentialInactive && refused.Err != nil:
		return "Dead: " + sentence(oauth.Reason(refused.Err.Error())), nil
	}
	return "Dead: " + i.invalidText(refused, token), nil
}

func (i *inspection) aliveUntil(end time.Time) string {
	return fmt.Sprintf("Alive: it works until %s, for %s more.", stamp(end), end.Sub(i.now()).Round(time.Second))
}

// invalidText says why a token is none of this server's.
func (i *inspection) invalidText(refused *oauth.Error, token *unproven) string {
	switch {
	case errors.Is(refused, keys.ErrUnknownKey):
		return "none of the signing keys of this database that are still published made it."
	case errors.Is(refused, keys.ErrSignature), errors.Is(refused, keys.ErrAlgorithm):
		return "its signature is not right; it was altered or forged."
	case errors.Is(refused, keys.ErrType):
		return fmt.Sprintf("it is signed by this server, but is no access token (its typ is \"%s\").", token.typ)
	case errors.Is(refused, keys.ErrMalformed):
		return "it does not have the form of the tokens that this server signs."
	case token.issuer != i.instance.Config.Issuer && !i.anyIssuer:
		return fmt.Sprintf("it was issued as %s, and this configuration is %s.", token.issuer, i.instance.Config.Issuer)
	}
	return "a claim that every access token of this server has is missing or wrong."
}

// sentence is the public description of a reason: "The client is not active."
func sentence(reason oauth.Reason) string {
	text := oauth.NewError(reason).Description
	return strings.ToLower(text[:1]) + text[1:]
}

// revokedText says when and why the grant behind a token ended.
func (i *inspection) revokedText(ctx context.Context, grantID string) (string, error) {
	grant, err := i.instance.Store.Grant(ctx, grantID)
	switch {
	case err == nil && !grant.EndedAt.IsZero():
		return endedText(grant), nil
	case err != nil && !errors.Is(err, core.ErrNotFound):
		return "", err
	}
	return "Dead: the client, user, organisation or membership behind it no longer exists.", nil
}

func endedText(grant *core.Grant) string {
	text := "Dead: the authorization behind it ended at " + stamp(grant.EndedAt)
	if grant.EndReason != "" {
		text += " (" + strings.ReplaceAll(grant.EndReason, "_", " ") + ")"
	}
	return text + "."
}
