package admin

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/oauth"
)

// Version tells one state of a thing from every other: an opaque text. What changes
// without anybody's doing, as the last use of a key, is not part of it.
func Version(thing any) string {
	if key, ok := thing.(*core.APIKey); ok {
		lasting := *key
		lasting.LastUsedAt, lasting.LastUsedFrom = time.Time{}, ""
		thing = &lasting
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%T %+v", thing, thing))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// AnyVersion is for a caller that changes a thing whatever its state.
const AnyVersion = ""

// checkVersion refuses a change of something that is not as the caller saw it.
func checkVersion(expected string, thing any) error {
	if expected == AnyVersion || expected == Version(thing) {
		return nil
	}
	return oauth.NewError(oauth.ReasonChanged)
}

// differences collects what an operation changes, before and after, in words for the
// audit record.
type differences []string

func (c differences) detail() string { return strings.Join(c, ", ") }

// set assigns a value that the caller gave, if it differs.
func set[T comparable](c *differences, field string, target, value *T) {
	if value == nil || *value == *target {
		return
	}
	*c = append(*c, fmt.Sprintf("%s %s -> %s", field, showValue(fmt.Sprint(*target)), showValue(fmt.Sprint(*value))))
	*target = *value
}

// showValue is show for a text that somebody chose: none can look like another change.
func showValue(text string) string {
	if strings.ContainsAny(text, ",[]") || strings.Contains(text, "->") {
		return strconv.QuoteToASCII(text)
	}
	return show(text)
}

// setList is set for a list.
func setList[L ~[]string](c *differences, field string, target *L, value *[]string) {
	if value == nil || slices.Equal(*target, *value) {
		return
	}
	*c = append(*c, fmt.Sprintf("%s %s -> %s", field, showList(*target), showList(*value)))
	*target = slices.Clone(*value)
}

// setTime is set for a time.
func setTime(c *differences, field string, target, value *time.Time) {
	if value == nil || value.Equal(*target) {
		return
	}
	*c = append(*c, fmt.Sprintf("%s %s -> %s", field, showTime(*target), showTime(*value)))
	*target = value.UTC().Truncate(time.Millisecond)
}

// field is a text of a thing, and what may be wrong with it.
type field struct {
	param, value string
	problem      func(string) string
}

// checkFields refuses the first text with something wrong; empty ones are not
// looked at.
func checkFields(fields ...field) error {
	for _, f := range fields {
		if f.value == "" {
			continue
		}
		if problem := f.problem(f.value); problem != "" {
			return invalid(f.param, "The value "+problem+".")
		}
	}
	return nil
}
