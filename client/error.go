package client

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"

	"claviger/oauth"
)

// Error is a refusal of the server, as RFC 9457 has it.
type Error struct {
	Status    int    `json:"status"`
	Code      string `json:"code"`   // "invalid_request"
	Reason    string `json:"reason"` // finer, stable: "invalid_value"
	Param     string `json:"param"`  // the field at fault, if one is
	Detail    string `json:"detail"` // a sentence
	RequestID string `json:"request_id"`
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%d %s: %s", e.Status, e.Reason, e.Detail)
	if e.Param != "" {
		text = e.Param + ": " + text
	}
	return text
}

// Unwrap is the refusal in the words of package oauth, for errors.As.
func (e *Error) Unwrap() error {
	return &oauth.Error{
		Code: oauth.Code(e.Code), Reason: oauth.Reason(e.Reason), Status: e.Status, Description: e.Detail, Param: e.Param,
	}
}

// problem reads a refusal. A proxy on the way refuses in its own words, which are
// not repeated.
func problem(answer *http.Response, text []byte) error {
	e := &Error{}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if kind != "application/problem+json" || json.Unmarshal(text, e) != nil || e.Detail == "" {
		*e = Error{Code: "unknown", Reason: "unknown", Detail: fmt.Sprintf("The server answers %d %s, not as the management API does.",
			answer.StatusCode, http.StatusText(answer.StatusCode))}
	}
	e.Status = answer.StatusCode
	return e
}
