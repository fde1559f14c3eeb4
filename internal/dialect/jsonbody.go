package dialect

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"

	"claviger/oauth"

	"github.com/go-json-experiment/json/jsontext"
)

const maxBodyDepth = 32

// jsonReader is a decoder that is used again and again.
type jsonReader struct {
	source  bytes.Reader
	decoder jsontext.Decoder
	text    []byte
}

var jsonReaders = sync.Pool{New: func() any { return new(jsonReader) }}

// readJSON reads a JSON object. The decoder refuses duplicate names at any depth
// and invalid UTF-8; what is behind the object is refused here.
func (rt *Route) readJSON(e *env) *oauth.Error {
	if deeper(e.body, maxBodyDepth) {
		return refused(oauth.ReasonMalformedBody, "") // H04
	}
	j := jsonReaders.Get().(*jsonReader)
	defer func() {
		clear(j.text[:cap(j.text)])
		j.source.Reset(nil)
		j.decoder.Reset(&j.source)
		jsonReaders.Put(j)
	}()
	j.source.Reset(e.body)
	j.decoder.Reset(&j.source)
	if j.decoder.PeekKind() != '{' {
		return refused(oauth.ReasonMalformedBody, "")
	}
	err := rt.readObject(j, e, rt.body.tree)
	if err == nil {
		if _, err = j.decoder.ReadToken(); errors.Is(err, io.EOF) {
			return nil
		}
	}
	return rt.malformed(err)
}

// malformed names the declared field that was there twice; other errors of the
// syntax have no field.
func (rt *Route) malformed(err error) *oauth.Error {
	if !errors.Is(err, jsontext.ErrDuplicateName) {
		return refused(oauth.ReasonMalformedBody, "")
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		name := strings.ReplaceAll(strings.TrimPrefix(string(syntactic.JSONPointer), "/"), "/", ".")
		if rt.body.slot(name) >= 0 {
			return refused(oauth.ReasonDuplicateParameter, name)
		}
	}
	return refused(oauth.ReasonDuplicateParameter, "")
}

// readObject reads the members of an object into the slots of a level.
func (rt *Route) readObject(j *jsonReader, e *env, level bodyLevel) error {
	if _, err := j.decoder.ReadToken(); err != nil {
		return err
	}
	for j.decoder.PeekKind() != '}' {
		name, err := j.readText()
		if err != nil {
			return err
		}
		place, declared := level[string(name)]
		switch {
		case !declared:
			err = j.decoder.SkipValue()
		case place.below == nil:
			err = rt.readField(j, e, place.slot)
		case j.decoder.PeekKind() == '{':
			err = rt.readObject(j, e, place.below)
		default:
			if j.decoder.PeekKind() != 'n' {
				e.allWrong(place.below)
			}
			err = j.decoder.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := j.decoder.ReadToken()
	return err
}

// allWrong marks every field of an object that was sent as something else.
func (e *env) allWrong(level bodyLevel) {
	for _, place := range level {
		if place.below != nil {
			e.allWrong(place.below)
			continue
		}
		e.wrong[place.slot] = true
	}
}

// readText reads a string without making one; it is valid until the next call.
func (j *jsonReader) readText() ([]byte, error) {
	raw, err := j.decoder.ReadValue()
	if err != nil {
		return nil, err
	}
	if len(raw) >= 2 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], nil
	}
	j.text, err = jsontext.AppendUnquote(j.text[:0], raw)
	return j.text, err
}

// readField reads a value into a slot. null is the same as not sent.
func (rt *Route) readField(j *jsonReader, e *env, slot int) error {
	field := &rt.body.fields[slot]
	have := j.decoder.PeekKind()
	switch {
	case have == 'n':
	case have == '"' && field.kind == textKind:
		text, err := j.readText()
		if err == nil {
			e.slots[slot] = textValue(string(text))
		}
		return err
	case have == '0' && field.kind == intKind:
		raw, err := j.decoder.ReadValue()
		if err != nil {
			return err
		}
		n, bad := strconv.ParseInt(string(raw), 10, 64)
		e.slots[slot], e.wrong[slot] = intValue(n), bad != nil // a fraction, an exponent, too large
		return nil
	case (have == 't' || have == 'f') && field.kind == boolKind:
		e.slots[slot] = boolValue(have == 't')
	case have == '[' && field.kind == textsKind:
		return j.readTexts(e, slot)
	default:
		e.wrong[slot] = true
	}
	return j.decoder.SkipValue()
}

func (j *jsonReader) readTexts(e *env, slot int) error {
	v := value{kind: textsKind}
	if _, err := j.decoder.ReadToken(); err != nil {
		return err
	}
	for j.decoder.PeekKind() != ']' {
		if j.decoder.PeekKind() != '"' {
			e.wrong[slot] = true
			if err := j.decoder.SkipValue(); err != nil {
				return err
			}
			continue
		}
		text, err := j.readText()
		if err != nil {
			return err
		}
		v.texts = append(v.texts, string(text))
	}
	e.slots[slot] = v
	_, err := j.decoder.ReadToken()
	return err
}

// deeper reports whether JSON text nests more than limit levels. It is exact for
// valid JSON, which is all that matters.
func deeper(text []byte, limit int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
