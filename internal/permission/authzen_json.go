package permission

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"claviger/oauth"
)

// Bounds of a request (H02, H04).
const (
	maxRequest = 64 << 10 // bytes
	maxDepth   = 32
)

// object is a JSON object whose members are looked at one by one: what is not
// known is ignored (§10.1.1).
type object map[string]jsontext.Value

// readRequest reads a request body. Names that come twice, at any depth, and text
// that is not UTF-8 are refused.
func readRequest(w http.ResponseWriter, r *http.Request) (object, error) {
	media, parameters, err := mime.ParseMediaType(strings.Join(r.Header.Values("Content-Type"), ","))
	if err != nil || media != "application/json" || r.Header.Get("Content-Encoding") != "" ||
		(parameters["charset"] != "" && !strings.EqualFold(parameters["charset"], "utf-8")) {
		return nil, oauth.NewError(oauth.ReasonContentType)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, oauth.NewError(oauth.ReasonBodyTooLarge).Because(err)
	}
	if err == nil {
		err = checkJSON(body)
	}
	if err != nil {
		return nil, oauth.NewError(oauth.ReasonMalformedBody).Because(err)
	}
	return objectOf(body, "the request")
}

// checkJSON walks over a text without building anything: it must not be deep, nor
// hold numbers that others would read as infinite (RFC 7493 §2.2).
func checkJSON(body []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if d.StackDepth() > maxDepth {
			return errors.New("the JSON is too deep")
		}
		if token.Kind() == '0' {
			if _, err := strconv.ParseFloat(token.String(), 64); err != nil {
				return err
			}
		}
	}
}

func objectOf(value jsontext.Value, name string) (object, error) {
	var o object
	if len(bytes.TrimSpace(value)) == 0 {
		return nil, oauth.NewError(oauth.ReasonMalformedBody).Because(io.ErrUnexpectedEOF)
	}
	if value.Kind() != '{' {
		return nil, wrongType(name, "an object")
	}
	if err := json.Unmarshal(value, &o); err != nil {
		return nil, oauth.NewError(oauth.ReasonMalformedBody).Because(err)
	}
	return o, nil
}

// object returns a member that is an object; nil where it is left out.
func (o object) object(name, path string) (object, error) {
	value, ok := o[name]
	if !ok {
		return nil, nil
	}
	return objectOf(value, path)
}

// text returns a member that is a string, and whether it is there.
func (o object) text(name, path string) (text string, ok bool, err error) {
	value, ok := o[name]
	if !ok {
		return "", false, nil
	}
	if value.Kind() != '"' {
		return "", false, wrongType(path, "a string")
	}
	if err := json.Unmarshal(value, &text); err != nil {
		return "", false, oauth.NewError(oauth.ReasonMalformedBody).Because(err)
	}
	return text, true, nil
}

// needed is text of a member that must be there.
func (o object) needed(name, path string) (string, error) {
	text, ok, err := o.text(name, path)
	if err == nil && !ok {
		err = missing(path)
	}
	return text, err
}

func missing(path string) error {
	return oauth.NewError(oauth.ReasonMissingParameter).At(path).Describe(path + " is missing.")
}

func wrongType(path, want string) error {
	return oauth.NewError(oauth.ReasonWrongType).At(path).Describe(path + " must be " + want + ".")
}

func notAllowed(path, why string) error {
	return oauth.NewError(oauth.ReasonInvalidValue).At(path).Describe(path + " " + why + ".")
}
