package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"claviger/internal/admin"
	"claviger/oauth"
)

// Answers, as huma wants them.
type (
	listed[V any] struct{ Body List[V] }
	shown[V any]  struct {
		ETag string `header:"ETag"`
		Body V
	}
	done struct{}
)

// Parts of requests.
type (
	ByID struct {
		ID string `path:"id" maxLength:"128"`
	}
	Versioned struct {
		IfMatch string `header:"If-Match" maxLength:"128" doc:"The ETag of what is to be changed, or *."`
	}
	Repeatable struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"The same request with the same key within 24 hours has the same answer, and is done once."`
	}
	InOrganisation struct {
		OrganisationID string `path:"organisation_id" maxLength:"128"`
	}
)

// route registers a handler. name is the operation's id, in words with dashes.
func route[I, O any](a *API, method, path, name, summary, tag string, serve func(context.Context, *I) (*O, error)) {
	op := huma.Operation{
		OperationID: name, Method: method, Path: Prefix + path, Summary: summary, Tags: []string{tag}, MaxBodyBytes: maxBody,
		Errors: []int{400, 401, 403, 404},
	}
	if method != http.MethodGet {
		op.Errors = append(op.Errors, 409)
	}
	if _, ok := any(new(I)).(interface{ version() (string, error) }); ok { // Versioned is part of it
		op.Errors = append(op.Errors, 412, 428)
	}
	switch method {
	case http.MethodPost:
		op.DefaultStatus = http.StatusCreated
	case http.MethodDelete:
		op.DefaultStatus = http.StatusNoContent
	}
	log := a.Log
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := serve(ctx, in)
		if err != nil {
			return nil, failed(ctx, log, err)
		}
		return out, nil
	})
}

// failed is an error as it is answered; what is the server's own fault is logged.
func failed(ctx context.Context, log *slog.Logger, err error) error {
	e, source := oauth.AsError(err), oauth.SourceOf(ctx)
	if e.Status >= http.StatusInternalServerError {
		log.ErrorContext(ctx, "management request failed", "request_id", source.RequestID, "error", err)
	}
	return problemOf(e, source.RequestID)
}

// show is an answer with its version.
func show[T, V any](thing *T, view func(*T) V, err error) (*shown[V], error) {
	if err != nil {
		return nil, err
	}
	return &shown[V]{ETag: `"` + admin.Version(thing) + `"`, Body: view(thing)}, nil
}

// version returns the version that If-Match names (RFC 9110 §13.1.1). A change must
// say which it is about, so that no two get lost in each other.
func (v Versioned) version() (string, error) {
	switch text := v.IfMatch; {
	case text == "":
		return "", oauth.NewError(oauth.ReasonVersionMissing)
	case text == "*":
		return admin.AnyVersion, nil
	case len(text) > 2 && strings.HasPrefix(text, `"`) && strings.HasSuffix(text, `"`):
		return text[1 : len(text)-1], nil
	}
	return "", oauth.NewError(oauth.ReasonInvalidValue).At("If-Match").Describe("If-Match holds one ETag.").
		Because(errors.New("weak, several or not quoted"))
}
