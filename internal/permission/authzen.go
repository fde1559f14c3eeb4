package permission

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/go-json-experiment/json"

	"claviger/internal/authn"
	"claviger/oauth"
)

// Paths of the AuthZEN endpoints, below the issuer (Authorization API 1.0 §10.1).
const (
	PathEvaluation      = "/access/v1/evaluation"
	PathEvaluations     = "/access/v1/evaluations"
	PathSubjectSearch   = "/access/v1/search/subject"
	PathResourceSearch  = "/access/v1/search/resource"
	PathActionSearch    = "/access/v1/search/action"
	PathAuthZENMetadata = "/.well-known/authzen-configuration"
)

// AuthZEN serves the OpenID AuthZEN Authorization API 1.0: decisions for those
// who enforce them elsewhere. A client with the scope of the platform's resource
// servers asks about everybody; any other caller about itself alone (F06).
type AuthZEN struct {
	Decider       *Decider
	Authenticator *authn.Authenticator
	Issuer        string
	// AccountTypes are resource types by which callers name accounts, beside
	// TypeAccount: "wallet", "merchant". The id is that of the account.
	AccountTypes []string
	Log          *slog.Logger
}

// metadata is Authorization API 1.0 §9.1.1.
type metadata struct {
	PolicyDecisionPoint string `json:"policy_decision_point"`
	Evaluation          string `json:"access_evaluation_endpoint"`
	Evaluations         string `json:"access_evaluations_endpoint"`
	SubjectSearch       string `json:"search_subject_endpoint"`
	ResourceSearch      string `json:"search_resource_endpoint"`
	ActionSearch        string `json:"search_action_endpoint"`
}

// Metadata serves the metadata of the policy decision point, which is the
// issuer. Links come from the configuration, never from the request (H08).
func (z *AuthZEN) Metadata(w http.ResponseWriter, r *http.Request) {
	body, err := json.Marshal(metadata{
		PolicyDecisionPoint: z.Issuer, Evaluation: z.Issuer + PathEvaluation, Evaluations: z.Issuer + PathEvaluations,
		SubjectSearch: z.Issuer + PathSubjectSearch, ResourceSearch: z.Issuer + PathResourceSearch,
		ActionSearch: z.Issuer + PathActionSearch,
	})
	if err != nil {
		WriteFailure(w, oauth.Failed(z.Log, r, err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(body)
}

// Evaluation answers one question (§6).
func (z *AuthZEN) Evaluation(w http.ResponseWriter, r *http.Request) {
	z.serve(w, r, func(who *asker, body object) (any, error) { return z.evaluation(r.Context(), who, body) })
}

// Evaluations answers several at once (§7).
func (z *AuthZEN) Evaluations(w http.ResponseWriter, r *http.Request) {
	z.serve(w, r, func(who *asker, body object) (any, error) { return z.evaluations(r.Context(), who, body) })
}

// SubjectSearch lists who may do something to a resource (§8.4).
func (z *AuthZEN) SubjectSearch(w http.ResponseWriter, r *http.Request) {
	z.serve(w, r, func(who *asker, body object) (any, error) { return z.search(r.Context(), who, body, subjectSearch) })
}

// ResourceSearch lists what a subject may do something to (§8.5).
func (z *AuthZEN) ResourceSearch(w http.ResponseWriter, r *http.Request) {
	z.serve(w, r, func(who *asker, body object) (any, error) { return z.search(r.Context(), who, body, resourceSearch) })
}

// ActionSearch lists what a subject may do to a resource (§8.6).
func (z *AuthZEN) ActionSearch(w http.ResponseWriter, r *http.Request) {
	z.serve(w, r, func(who *asker, body object) (any, error) { return z.search(r.Context(), who, body, actionSearch) })
}

// serve takes the steps of every endpoint: who asks, then what.
func (z *AuthZEN) serve(w http.ResponseWriter, r *http.Request, answer func(*asker, object) (any, error)) {
	body, err := z.answer(w, r, answer)
	if err != nil {
		WriteFailure(w, oauth.Failed(z.Log, r, err))
		return
	}
	oauth.WriteJSON(w, http.StatusOK, body)
}

func (z *AuthZEN) answer(w http.ResponseWriter, r *http.Request, answer func(*asker, object) (any, error)) ([]byte, error) {
	if err := z.Authenticator.Limits.Source(oauth.SourceOf(r.Context()).IP); err != nil {
		return nil, err
	}
	who, err := z.authenticate(r)
	if err != nil {
		return nil, err
	}
	if err := z.Authenticator.Limits.Caller(who.authorization.Client, who.authorization.Key); err != nil {
		return nil, err
	}
	request, err := readRequest(w, r)
	if err != nil {
		return nil, err
	}
	reply, err := answer(who, request)
	if err != nil {
		return nil, err
	}
	return json.Marshal(reply)
}

// WriteFailure writes an error as §10.1.2 has it: a status and a message. A
// denial is none.
func WriteFailure(w http.ResponseWriter, e *oauth.Error) {
	h := w.Header()
	for name, values := range e.Header {
		h[name] = values
	}
	if e.Status == http.StatusUnauthorized { // RFC 9110 §11.6.1: both ways in
		h["Www-Authenticate"] = []string{`Basic realm="access"`, bearerChallenge(e)}
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(e.Status)
	_, _ = w.Write([]byte(e.Description + "\n"))
}

func bearerChallenge(e *oauth.Error) string {
	if e.Code != oauth.InvalidToken || e.Reason == oauth.ReasonAuthenticationMissing {
		return `Bearer realm="access"` // RFC 6750 §3: no error where no token was presented
	}
	return `Bearer realm="access", error="` + string(e.Code) + `"`
}

// refusedBelow500 reports whether err is a refusal, not a failure of ours.
func refusedBelow500(err error) bool {
	var e *oauth.Error
	return errors.As(err, &e) && e.Status < http.StatusInternalServerError
}
