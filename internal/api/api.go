package api

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"claviger/internal/admin"
	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/store"
)

// Paths. Every route is below Prefix; the description needs no credential.
const (
	Prefix          = "/admin/v1"
	PathDescription = Prefix + "/openapi.json"
)

// Scopes of credentials: ScopeAdmin for every route, ScopeRead for those that change
// nothing.
const (
	ScopeAdmin = "admin"
	ScopeRead  = "admin:read"
)

// Options are what the API works with. All are required but Limit.
type Options struct {
	Admin         *admin.Service
	Store         *store.Store
	Authenticator *authn.Authenticator
	Master        keys.MasterKey
	Issuer        string
	Dialects      []Dialect
	Limit         func(ip string, a *core.Authorization) error // nil authorization: before it is known
	Log           *slog.Logger
	Now           func() time.Time
	Rand          io.Reader
}

// API serves the routes. Make one with New.
type API struct {
	Options
	mux         *http.ServeMux
	huma        huma.API
	description []byte
	cursors     []byte // key of the digests of cursors
	answers     []byte // key of the ids of answers
}

// Labels of the keys that are derived from the master key.
const (
	labelCursor = "management cursor"
	labelAnswer = "management answer"
)

// New makes the API with all its routes.
func New(options Options) (*API, error) {
	a := &API{
		Options: options, mux: http.NewServeMux(),
		cursors: options.Master.Derive(labelCursor), answers: options.Master.Derive(labelAnswer),
	}
	a.huma = humago.New(a.mux, a.config())
	a.huma.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) { next(badRequests{ctx}) })
	for _, routes := range []func(){
		a.organisations, a.accounts, a.apiKeys, a.clients, a.serviceAccounts, a.members, a.invitations, a.roles, a.permissions,
		a.connections, a.oversight, a.platform,
	} {
		routes()
	}
	a.describe()
	var err error
	if a.description, err = a.huma.OpenAPI().MarshalJSON(); err != nil {
		return nil, fmt.Errorf("the description of the management API: %w", err)
	}
	return a, nil
}

func (a *API) config() huma.Config {
	config := huma.DefaultConfig("Claviger management", "1")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", "" // no page that loads from elsewhere
	config.CreateHooks = nil                                             // no $schema in answers
	config.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	config.RejectUnknownQueryParameters = true
	config.Transformers = []huma.Transformer{transform}
	config.Info.Description = "Manage organisations, their access and the platform. Each operation needs a permission of a role in the " +
		"organisation, or an operator of the platform; what is of another organisation is not there (404)."
	config.Servers = []*huma.Server{{URL: a.Issuer}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer":  {Type: "http", Scheme: "bearer", Description: "An access token of a person, a service account or an API key, with the scope admin or admin:read."},
		"api_key": {Type: "apiKey", In: "header", Name: "X-Api-Key", Description: "An API key with the scope admin or admin:read."},
	}
	config.Security = []map[string][]string{{"bearer": {}}, {"api_key": {}}}
	return config
}

// describe completes the description with what all operations have in common.
func (a *API) describe() {
	for _, item := range a.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			delete(op.Responses, "422") // huma's own; here it is 400
		}
	}
}

// Route is one route of the API, as the router of the server needs it.
type Route struct{ Method, Path string }

// Routes returns all routes but the description, sorted.
func (a *API) Routes() []Route {
	var routes []Route
	for path, item := range a.huma.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
		} {
			if op != nil {
				routes = append(routes, Route{method, path})
			}
		}
	}
	slices.SortFunc(routes, func(x, y Route) int { return strings.Compare(x.Path+" "+x.Method, y.Path+" "+y.Method) })
	return routes
}

// Description serves the OpenAPI description.
func (a *API) Description(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
	w.Header().Set("Cache-Control", "max-age=300")
	_, _ = w.Write(a.description) // the client is gone: nobody is left to tell
}
