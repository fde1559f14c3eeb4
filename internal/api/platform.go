package api

import (
	"context"
	"net/http"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/oauth"
)

// SigningKey is a key that signs tokens, without its private half.
type SigningKey struct {
	ID        string     `json:"id" doc:"The kid."`
	Algorithm string     `json:"algorithm"`
	CreatedAt time.Time  `json:"created_at"`
	ActiveAt  time.Time  `json:"active_at" doc:"From when it signs."`
	RetiredAt *time.Time `json:"retired_at,omitempty" doc:"Until when it signs."`
	RemovedAt *time.Time `json:"removed_at,omitempty" doc:"Until when it is published."`
}

func signingKeyOf(k *core.SigningKey) SigningKey {
	return SigningKey{
		ID: k.ID, Algorithm: k.Algorithm, CreatedAt: k.CreatedAt, ActiveAt: k.ActiveAt, RetiredAt: optional(k.RetiredAt), RemovedAt: optional(k.RemovedAt),
	}
}

// SigningKeyRotate says which kind of key is to be succeeded.
type SigningKeyRotate struct {
	Algorithm string `json:"algorithm" example:"ES256"`
}

// Session is a person signed in with a browser.
type Session struct {
	ID              string    `json:"id"`
	UserID          string    `json:"user_id"`
	ACR             string    `json:"acr"`
	AMR             []string  `json:"amr" nullable:"false"`
	AuthenticatedAt time.Time `json:"authenticated_at"`
	CreatedAt       time.Time `json:"created_at"`
	SeenAt          time.Time `json:"seen_at"`
	ExpiresAt       time.Time `json:"expires_at"`
	IP              string    `json:"ip,omitempty"`
	UserAgent       string    `json:"user_agent,omitempty"`
}

func sessionOf(s *core.Session) Session {
	return Session{
		ID: s.ID, UserID: s.UserID, ACR: s.ACR, AMR: append([]string{}, s.AMR...), AuthenticatedAt: s.AuthenticatedAt,
		CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, ExpiresAt: s.ExpiresAt, IP: s.IP, UserAgent: s.UserAgent,
	}
}

// Dialect is a wire format with its routes.
type Dialect struct {
	Name   string         `json:"name"`
	Routes []DialectRoute `json:"routes" nullable:"false"`
}

// DialectRoute is a route of a dialect.
type DialectRoute struct {
	Method     string `json:"method"`
	Path       string `json:"path"`
	Operation  string `json:"operation"`
	Permission string `json:"permission,omitempty"`
	Scope      string `json:"scope,omitempty"`
}

func same[T any](v *T) T { return *v }

func (a *API) platform() {
	const tag = "Platform"
	route(a, http.MethodGet, "/signing-keys", "list-signing-keys", "Signing keys, for an operator", tag,
		func(ctx context.Context, in *struct{ Paging }) (*listed[SigningKey], error) {
			all, err := a.Admin.SigningKeys(ctx, actor(ctx))
			if err != nil {
				return nil, err
			}
			return pageOf(a, in.Paging, "signing-keys", pointers(all), func(k *core.SigningKey) entry { return entry{instant(k.CreatedAt), k.ID} }, false, signingKeyOf)
		})
	route(a, http.MethodPost, "/signing-keys/rotate", "rotate-signing-key", "Make a successor for a signing key", tag,
		func(ctx context.Context, in *struct {
			Repeatable
			Body SigningKeyRotate
		}) (*shown[SigningKey], error) {
			return once(ctx, a, in.Repeatable, "rotate-signing-key", in.Body, func(who admin.Actor) error {
				_, err := a.Admin.RotateSigningKey(ctx, who, in.Body.Algorithm, false)
				return err
			}, signingKeyOf)
		})
	route(a, http.MethodGet, "/users/{id}/sessions", "list-sessions", "Where a person is signed in: yourself, or anybody for an operator", tag,
		func(ctx context.Context, in *struct {
			ByID
			Paging
		}) (*listed[Session], error) {
			all, err := a.Admin.ListSessions(ctx, actor(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			return pageOf(a, in.Paging, "sessions "+in.ID, all, func(s *core.Session) entry { return entry{"", s.ID} }, true, sessionOf)
		})
	route(a, http.MethodDelete, "/sessions/{id}", "end-session", "Sign a person out of one browser", tag,
		func(ctx context.Context, in *ByID) (*done, error) {
			return nil, a.Admin.EndSession(ctx, actor(ctx), in.ID)
		})
	route(a, http.MethodDelete, "/users/{id}/factors", "reset-factors",
		"Take all second factors of a person away, who has lost them, and end their sessions: for an operator. The person may be named by id, email address or phone number", tag,
		func(ctx context.Context, in *ByID) (*done, error) {
			return nil, a.Admin.ResetFactors(ctx, actor(ctx), in.ID)
		})
	route(a, http.MethodGet, "/dialects", "list-dialects", "The wire formats that this server speaks", tag,
		func(_ context.Context, in *struct{ Paging }) (*listed[Dialect], error) {
			return pageOf(a, in.Paging, "dialects", pointers(a.Dialects), func(d *Dialect) entry { return entry{d.Name, ""} }, false, same)
		})
}

func pointers[T any](values []T) []*T {
	list := make([]*T, len(values))
	for i := range values {
		list[i] = &values[i]
	}
	return list
}

// day reads a date as a filter holds it.
func day(param, text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, oauth.NewError(oauth.ReasonInvalidValue).At(param).Describe("A day is written as 2026-03-04.")
	}
	return t, nil
}
