package payments

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"unicode/utf8"

	"claviger/oauth"
)

const (
	maxBody = 64 << 10 // bytes
	maxText = 500      // bytes of one member
)

// fields are the members of a JSON object. The first thing that is wrong with one
// is kept, so that a handler reads them all and then asks what was wrong.
type fields struct {
	members map[string]json.RawMessage
	prefix  string // of their names, in errors
	problem *error
}

// readFields reads the body of a request.
func readFields(r *http.Request) *fields {
	var problem error
	f := &fields{problem: &problem}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		problem = oauth.NewError(oauth.ReasonContentType)
		return f
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		problem = oauth.NewError(oauth.ReasonMalformedBody).Because(err)
	case len(data) > maxBody:
		problem = oauth.NewError(oauth.ReasonBodyTooLarge)
	default:
		f.members, problem = readObject(data)
	}
	return f
}

// readObject reads one JSON object and nothing else. Unlike encoding/json alone it
// tells names apart by case, and refuses one that is there twice.
func readObject(data []byte) (map[string]json.RawMessage, error) {
	malformed := oauth.NewError(oauth.ReasonMalformedBody)
	d := json.NewDecoder(bytes.NewReader(data))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') || !utf8.Valid(data) {
		return nil, malformed
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return nil, malformed
		}
		if _, twice := members[name]; twice {
			return nil, oauth.NewError(oauth.ReasonDuplicateParameter)
		}
		members[name] = value
	}
	if _, err := d.Token(); err != nil { // the end of the object
		return nil, malformed
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, malformed
	}
	return members, nil
}

// wrong keeps a problem with a member.
func (f *fields) wrong(name string, reason oauth.Reason) {
	if *f.problem == nil {
		*f.problem = oauth.NewError(reason).At(f.prefix + name)
	}
}

// read reads a required member into a value of its type.
func (f *fields) read(name string, into any) bool {
	raw, ok := f.members[name]
	switch {
	case !ok || string(raw) == "null":
		f.wrong(name, oauth.ReasonMissingParameter)
	case json.Unmarshal(raw, into) != nil:
		f.wrong(name, oauth.ReasonWrongType)
	default:
		return true
	}
	return false
}

func (f *fields) integer(name string) (n int64) {
	f.read(name, &n)
	return n
}

// text reads a text that valid accepts.
func (f *fields) text(name string, valid func(string) bool) (s string) {
	if !f.read(name, &s) {
		return ""
	}
	switch {
	case s == "":
		f.wrong(name, oauth.ReasonMissingParameter)
	case len(s) > maxText || !valid(s):
		f.wrong(name, oauth.ReasonInvalidValue)
	}
	return s
}

func anyText(string) bool { return true }

// object reads an object, whose problems are kept with those of f.
func (f *fields) object(name string) *fields {
	inner := &fields{prefix: f.prefix + name + ".", problem: f.problem}
	var raw json.RawMessage
	if !f.read(name, &raw) {
		return inner
	}
	var err error
	if inner.members, err = readObject(raw); err != nil {
		f.wrong(name, oauth.ReasonWrongType)
	}
	return inner
}

// write answers in JSON, which must not be cached: it is for one caller.
func write(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil { // made of texts and numbers alone
		status, data = http.StatusInternalServerError, []byte("{}")
	}
	oauth.WriteJSON(w, status, data)
}

// writeError is write for an error in the shape of a system.
func writeError(w http.ResponseWriter, e *oauth.Error, body any) {
	for name, values := range e.Header {
		w.Header()[name] = values
	}
	write(w, e.Status, body)
}

// decimal writes an amount in hundredths, "2878.86".
func decimal(hundredths int64) string {
	text := strconv.FormatInt(hundredths, 10)
	for len(text) < 3 {
		text = "0" + text
	}
	return text[:len(text)-2] + "." + text[len(text)-2:]
}

// hundredths reads a positive amount with at most two decimals, "50" or "50.00".
func hundredths(text string) (int64, bool) {
	whole, fraction := text, "00"
	if i := len(text) - 3; i > 0 && text[i] == '.' {
		whole, fraction = text[:i], text[i+1:]
	}
	if len(whole) > 12 {
		return 0, false
	}
	for _, c := range []byte(whole + fraction) {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	amount, err := strconv.ParseInt(whole+fraction, 10, 64)
	return amount, err == nil && amount > 0
}

// amount reads a text that is an amount.
func (f *fields) amount(name string) int64 {
	text := f.text(name, func(s string) bool { _, ok := hundredths(s); return ok })
	amount, _ := hundredths(text) // which text has checked
	return amount
}
