package dialect

import (
	"strconv"
	"strings"
	"time"
)

// kind is the static type of an expression.
type kind uint8

const (
	nullKind kind = iota
	textKind
	intKind
	boolKind
	timeKind
	textsKind
	mapKind
	anyKind // known only at run time: values that differ between error cases
)

func (k kind) String() string {
	return [...]string{"null", "string", "int", "bool", "time", "list of strings", "map", "value"}[k]
}

// value is the result of an expression. The zero value is null.
type value struct {
	kind  kind
	text  string
	n     int64 // int, and bool as 0 or 1
	time  time.Time
	texts []string
	table map[string]string
}

func textValue(s string) value { return value{kind: textKind, text: s} }
func intValue(n int64) value   { return value{kind: intKind, n: n} }

func boolValue(b bool) value {
	if b {
		return value{kind: boolKind, n: 1}
	}
	return value{kind: boolKind}
}

// timeValue returns null for the zero time, which means "never" everywhere.
func timeValue(t time.Time) value {
	if t.IsZero() {
		return value{}
	}
	return value{kind: timeKind, time: t}
}

// empty reports whether a key with a trailing ? is left out.
func (v *value) empty() bool {
	switch v.kind {
	case nullKind:
		return true
	case textKind:
		return v.text == ""
	case boolKind:
		return v.n == 0
	case textsKind:
		return len(v.texts) == 0
	case mapKind:
		return len(v.table) == 0
	}
	return false
}

// appendPlain appends the value as text: for interpolation, headers and string().
func (v *value) appendPlain(dst []byte) []byte {
	switch v.kind {
	case textKind:
		return append(dst, v.text...)
	case intKind:
		return strconv.AppendInt(dst, v.n, 10)
	case boolKind:
		return strconv.AppendBool(dst, v.n != 0)
	case timeKind:
		return appendTime(dst, v.time)
	case textsKind:
		return append(dst, strings.Join(v.texts, " ")...)
	}
	return dst
}
