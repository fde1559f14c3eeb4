package authorize

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"claviger/oauth"
)

// maxParameters is the most that a request may hold, in bytes; state and nonce of
// 8 KB each still fit.
const maxParameters = 32 << 10

// parameters are those of an authorization request, the first of each name.
// repeated lists the names that came more than once.
type parameters struct {
	values   map[string]string
	repeated []string
}

func (p *parameters) get(name string) string { return p.values[name] }

// readParameters reads the query of a GET or the form of a POST, never both
// (RFC 6749 §3.1, A15).
func readParameters(w http.ResponseWriter, r *http.Request) (*parameters, error) {
	if r.Method != http.MethodPost {
		return parseParameters(r.URL.RawQuery)
	}
	if r.URL.RawQuery != "" {
		return nil, oauth.NewError(oauth.ReasonMalformedBody).Describe("Parameters belong into the query or into the body, not into both.")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" || r.Header.Get("Content-Encoding") != "" {
		return nil, oauth.NewError(oauth.ReasonContentType)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxParameters))
	if err != nil {
		return nil, oauth.NewError(oauth.ReasonBodyTooLarge).Because(err)
	}
	return parseParameters(string(body))
}

func parseParameters(text string) (*parameters, error) {
	if len(text) > maxParameters {
		return nil, oauth.NewError(oauth.ReasonBodyTooLarge).Because(errors.New("the query is too long"))
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, oauth.NewError(oauth.ReasonMalformedBody)
	}
	p := &parameters{values: make(map[string]string, len(values))}
	for name, list := range values {
		if len(list) > 1 {
			p.repeated = append(p.repeated, name)
		}
		p.values[name] = list[0]
	}
	slices.Sort(p.repeated)
	return p, nil
}

// once fails when one of the names came more than once.
func (p *parameters) once(names ...string) *oauth.Error {
	for _, name := range names {
		if slices.Contains(p.repeated, name) {
			return oauth.NewError(oauth.ReasonDuplicateParameter).At(name)
		}
	}
	return nil
}
