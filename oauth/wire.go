package oauth

import (
	"encoding/json"
	"log/slog"
	"net/http"
)

// wireError is RFC 6749 §5.2.
type wireError struct {
	Error       Code   `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Failed returns err as what to render, and logs it once where it is a failure
// of the server: an error, or a warning where trying again will help.
func Failed(log *slog.Logger, r *http.Request, err error) *Error {
	e := AsError(err)
	switch {
	case e.Reason == ReasonOverloaded: // counted; a line for each would be more load
	case e.Retryable() && e.Status >= http.StatusInternalServerError:
		log.WarnContext(r.Context(), "not answered for now", "path", r.URL.Path, "request_id", SourceOf(r.Context()).RequestID, "error", err)
	case e.Status >= http.StatusInternalServerError:
		log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "request_id", SourceOf(r.Context()).RequestID, "error", err)
	}
	return e
}

// WriteJSON writes a JSON body that must not be cached (RFC 6749 §5.1).
func WriteJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nobody is left to tell
}

// WriteError writes an error as RFC 6749 §5.2 says, with a challenge where the
// status is 401 (RFC 9110 §11.6.1).
func WriteError(w http.ResponseWriter, e *Error) {
	for name, values := range e.Header {
		w.Header()[name] = values
	}
	if e.Status == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") == "" {
		w.Header().Set("WWW-Authenticate", challenge(e))
	}
	description := e.Description
	if e.Param != "" {
		description += " (" + e.Param + ")"
	}
	body, _ := json.Marshal(wireError{e.Code, description}) // two strings always marshal
	WriteJSON(w, e.Status, body)
}

func challenge(e *Error) string {
	if e.Code == InvalidClient {
		return `Basic realm="token"`
	}
	if e.Reason == ReasonAuthenticationMissing {
		return "Bearer"
	}
	return `Bearer error="` + string(e.Code) + `"` // RFC 6750 §3
}
