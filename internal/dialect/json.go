package dialect

import (
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string (RFC 8259 §7). Invalid UTF-8 becomes
// U+FFFD; U+2028 and U+2029 are escaped for readers that take JSON for script.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, c)
			i++
			start = i
			continue
		}
		r, width := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && width == 1:
			dst = append(append(dst, s[start:i]...), `\ufffd`...)
			start = i + width
		case r == '\u2028' || r == '\u2029':
			dst = append(append(dst, s[start:i]...), `\u202`...)
			dst = append(dst, hexDigits[r&0xf])
			start = i + width
		}
		i += width
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}

// appendTime appends RFC 3339 in UTC with milliseconds.
func appendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
}

// appendValue appends v as JSON. A list is never null; the keys of a map are
// sorted.
func appendValue(dst []byte, v *value) []byte {
	switch v.kind {
	case textKind:
		return appendString(dst, v.text)
	case intKind:
		return strconv.AppendInt(dst, v.n, 10)
	case boolKind:
		return strconv.AppendBool(dst, v.n != 0)
	case timeKind:
		dst = append(dst, '"')
		dst = appendTime(dst, v.time)
		return append(dst, '"')
	case textsKind:
		return appendTexts(dst, v.texts)
	case mapKind:
		return appendTable(dst, v.table)
	}
	return append(dst, "null"...)
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, text)
	}
	return append(dst, ']')
}

func appendTable(dst []byte, table map[string]string) []byte {
	dst = append(dst, '{')
	for i, key := range slices.Sorted(maps.Keys(table)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, key), ':')
		dst = appendString(dst, table[key])
	}
	return append(dst, '}')
}
