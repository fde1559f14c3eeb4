package resource

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of JSON that comes from outside.
const (
	maxDepth   = 16
	maxMembers = 200 // of one object
)

var errJSON = errors.New("not JSON as it must be")

// readObject reads a JSON object, more strictly than encoding/json: a name that
// is there twice in any object refuses the whole, as do invalid UTF-8 and deep
// nesting (RFC 8725 §2.4). Names are compared by case. It calls member for each
// member of the object itself.
func readObject(raw []byte, member func(name string, value []byte) error) error {
	raw = bytes.TrimSpace(raw)
	if !utf8.Valid(raw) || !json.Valid(raw) || raw[0] != '{' {
		return errJSON
	}
	r := reader{data: raw}
	return r.object(member)
}

// readArray is readObject for the elements of an array that readObject gave.
func readArray(raw []byte, element func(value []byte) error) error {
	if len(raw) == 0 || raw[0] != '[' {
		return errJSON
	}
	r := reader{data: raw}
	return r.array(element)
}

// reader walks JSON that is known to be valid.
type reader struct {
	data  []byte
	at    int
	depth int
}

func (r *reader) object(member func(string, []byte) error) error {
	var seen []string
	return r.within('}', func() error {
		name, err := text(r.next())
		if err != nil || len(seen) == maxMembers || slices.Contains(seen, name) {
			return errJSON
		}
		seen = append(seen, name)
		r.space()
		r.at++ // the colon
		return r.value(func(value []byte) error {
			if member == nil {
				return nil
			}
			return member(name, value)
		})
	})
}

func (r *reader) array(element func([]byte) error) error {
	return r.within(']', func() error {
		return r.value(func(value []byte) error {
			if element == nil {
				return nil
			}
			return element(value)
		})
	})
}

// within reads what is between two brackets, item by item.
func (r *reader) within(end byte, item func() error) error {
	if r.depth++; r.depth > maxDepth {
		return errJSON
	}
	r.at++
	for {
		r.space()
		switch r.data[r.at] {
		case end:
			r.at++
			r.depth--
			return nil
		case ',':
			r.at++
			r.space()
		}
		if err := item(); err != nil {
			return err
		}
	}
}

// value reads one value and hands it on as it is written.
func (r *reader) value(use func([]byte) error) error {
	r.space()
	start := r.at
	var err error
	switch r.data[r.at] {
	case '{':
		err = r.object(nil)
	case '[':
		err = r.array(nil)
	default:
		r.next()
	}
	if err != nil {
		return err
	}
	return use(r.data[start:r.at])
}

// next reads a text, a number or a literal.
func (r *reader) next() []byte {
	start := r.at
	if r.data[r.at] == '"' {
		for r.at++; r.data[r.at] != '"'; r.at++ {
			if r.data[r.at] == '\\' {
				r.at++
			}
		}
		r.at++
		return r.data[start:r.at]
	}
	for r.at < len(r.data) && strings.IndexByte(",]} \t\r\n", r.data[r.at]) < 0 {
		r.at++
	}
	return r.data[start:r.at]
}

func (r *reader) space() {
	for r.at < len(r.data) && (r.data[r.at] == ' ' || r.data[r.at] == '\t' || r.data[r.at] == '\r' || r.data[r.at] == '\n') {
		r.at++
	}
}

// text returns the text of a JSON string; any other value is an error.
func text(value []byte) (string, error) {
	if len(value) < 2 || value[0] != '"' {
		return "", errJSON
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1]), nil
	}
	var s string
	err := json.Unmarshal(value, &s)
	return s, err
}

// texts returns the texts of an array of strings; for anything else none.
func texts(value []byte) ([]string, error) {
	var list []string
	err := readArray(value, func(element []byte) error {
		s, err := text(element)
		list = append(list, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// seconds returns a time in seconds since the epoch. It is written in digits
// alone: no sign, no fraction, no exponent (C07).
func seconds(value []byte) (int64, error) {
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, errJSON
		}
	}
	return strconv.ParseInt(string(value), 10, 64)
}
