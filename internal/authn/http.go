package authn

import (
	"encoding/base64"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"claviger/oauth"
)

// maxBody is the most that a request body may hold, in bytes (ALL-5).
const maxBody = 64 << 10

// credentialNames are parameters that never belong in a URL (ALL-4).
var credentialNames = []string{
	"client_secret", "password", "refresh_token", "access_token", "token", "code", "code_verifier", "client_assertion", "assertion",
}

// ReadForm reads the form of a standard endpoint (RFC 6749 §3.2): POST body
// only, UTF-8, each parameter at most once. The returned map has one value each;
// parameters sent without a value are left out (§3.1). A form of the pages may send
// those named in lists several times: their values are parted by spaces.
func ReadForm(w http.ResponseWriter, r *http.Request, lists ...string) (map[string]string, error) {
	if err := refuseCredentialsInQuery(r.URL.RawQuery); err != nil {
		return nil, err
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" || r.Header.Get("Content-Encoding") != "" {
		return nil, oauth.NewError(oauth.ReasonContentType)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, oauth.NewError(oauth.ReasonBodyTooLarge).Because(err)
	}
	return parseForm(string(body), lists...)
}

func parseForm(body string, lists ...string) (map[string]string, error) {
	values, err := url.ParseQuery(body)
	if err != nil {
		return nil, oauth.NewError(oauth.ReasonMalformedBody)
	}
	form := make(map[string]string, len(values))
	for name, list := range values {
		if len(list) > 1 && slices.Contains(lists, name) {
			list = []string{strings.Join(list, " ")}
		}
		if len(list) > 1 { // RFC 6749 §3.2: not more than once
			return nil, oauth.NewError(oauth.ReasonDuplicateParameter).At(name)
		}
		if list[0] != "" {
			form[name] = strings.ToValidUTF8(list[0], "\uFFFD")
		}
	}
	return form, nil
}

func refuseCredentialsInQuery(query string) error {
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil || slices.Contains(credentialNames, strings.ToLower(name)) {
			return oauth.NewError(oauth.ReasonCredentialInQuery)
		}
	}
	return nil
}

// ClientCredentials returns the client_id and client_secret of a request, by
// HTTP Basic or in the body, never both (RFC 6749 §2.3).
func ClientCredentials(r *http.Request, form map[string]string) (id, secret string, err error) {
	header := r.Header.Values("Authorization")
	if len(header) == 0 {
		return form["client_id"], form["client_secret"], nil
	}
	failed := oauth.NewError(oauth.ReasonClientCredentials).With("WWW-Authenticate", `Basic realm="token"`)
	if len(header) > 1 {
		return "", "", oauth.NewError(oauth.ReasonSeveralCredentials)
	}
	id, secret, ok := basic(header[0])
	if !ok {
		return "", "", failed
	}
	if form["client_secret"] != "" || (form["client_id"] != "" && form["client_id"] != id) {
		return "", "", oauth.NewError(oauth.ReasonSeveralCredentials)
	}
	return id, secret, nil
}

// basic reads HTTP Basic credentials, each half form-encoded (RFC 6749 §2.3.1).
func basic(header string) (id, secret string, ok bool) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return "", "", false
	}
	id, secret, ok = strings.Cut(string(raw), ":")
	if !ok {
		return "", "", false
	}
	id, err = url.QueryUnescape(id)
	if err != nil {
		return "", "", false
	}
	secret, err = url.QueryUnescape(secret)
	return id, secret, err == nil && id != ""
}
