package dialect

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"claviger/oauth"
)

// MaxBody is the largest request body that is read, in bytes (ALL-5).
const MaxBody = 64 << 10

// readBody reads the declared fields into the slots.
func (rt *Route) readBody(e *env, w http.ResponseWriter) *oauth.Error {
	if !rt.accept.any() {
		return nil
	}
	if coding := e.request.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return refused(oauth.ReasonContentType, "") // nothing is decompressed (H03)
	}
	if err := e.fill(w); err != nil {
		return err
	}
	if len(e.body) == 0 && rt.accept.empty {
		return nil
	}
	media, err := mediaType(e.request.Header["Content-Type"])
	switch {
	case err != nil:
		return err
	case media == "application/json" && rt.accept.json:
		return rt.readJSON(e)
	case media == "application/x-www-form-urlencoded" && rt.accept.form:
		return rt.readForm(e)
	}
	return refused(oauth.ReasonContentType, "")
}

// fill reads the whole body.
func (e *env) fill(w http.ResponseWriter) *oauth.Error {
	r := e.request
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if r.ContentLength > MaxBody {
		return refused(oauth.ReasonBodyTooLarge, "")
	}
	body := r.Body
	if r.ContentLength < 0 { // net/http keeps a body to its length, when there is one
		body = http.MaxBytesReader(w, r.Body, MaxBody)
	}
	if cap(e.body) == 0 {
		e.body = make([]byte, 0, 2048)
	}
	for {
		if len(e.body) == cap(e.body) {
			e.body = append(e.body, 0)[:len(e.body)]
		}
		n, err := body.Read(e.body[len(e.body):cap(e.body)])
		e.body = e.body[:len(e.body)+n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
	}
}

func unreadable(err error) *oauth.Error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return refused(oauth.ReasonBodyTooLarge, "")
	}
	return refused(oauth.ReasonMalformedBody, "")
}

// mediaType returns the media type of the body. The only parameter it may have
// is charset=utf-8.
func mediaType(headers []string) (string, *oauth.Error) {
	if len(headers) != 1 {
		return "", refused(oauth.ReasonContentType, "")
	}
	switch headers[0] { // as nearly everybody writes it
	case "application/json", "application/x-www-form-urlencoded":
		return headers[0], nil
	}
	media, parameters, err := mime.ParseMediaType(headers[0])
	if err != nil {
		return "", refused(oauth.ReasonContentType, "")
	}
	for name, value := range parameters {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return "", refused(oauth.ReasonContentType, "")
		}
	}
	return media, nil
}

// scan puts text that carries no type of its own, as in a form, into a slot.
func (f *bodyField) scan(text string) (v value, ok bool) {
	switch f.kind {
	case intKind:
		if text == "" {
			return value{}, true
		}
		n, err := strconv.ParseInt(text, 10, 64)
		return intValue(n), err == nil
	case boolKind:
		if text == "" {
			return value{}, true
		}
		return boolValue(text == "true"), text == "true" || text == "false"
	case textsKind:
		return value{kind: textsKind, texts: strings.Fields(text)}, true
	}
	return textValue(text), true
}
