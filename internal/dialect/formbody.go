package dialect

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"claviger/oauth"
)

// maxPairs bounds the parameters of a form, so that looking for duplicates stays
// cheap (H02).
const maxPairs = 128

// readForm reads application/x-www-form-urlencoded. No parameter may be sent
// twice, declared or not (RFC 6749 §3.1).
func (rt *Route) readForm(e *env) *oauth.Error {
	var seen [maxPairs]string
	count := 0
	for rest, more := string(e.body), true; more; {
		var pair string
		pair, rest, more = strings.Cut(rest, "&")
		if pair == "" {
			continue
		}
		if count == maxPairs {
			return refused(oauth.ReasonMalformedBody, "")
		}
		rawName, rawText, _ := strings.Cut(pair, "=")
		name, ok := formText(rawName)
		text, ok2 := formText(rawText)
		if !ok || !ok2 {
			return refused(oauth.ReasonMalformedBody, "")
		}
		slot := rt.body.slot(name)
		for _, other := range seen[:count] {
			if other != name {
				continue
			}
			if slot < 0 {
				name = ""
			}
			return refused(oauth.ReasonDuplicateParameter, name)
		}
		seen[count] = name
		count++
		if slot >= 0 {
			v, fits := rt.body.fields[slot].scan(text)
			e.slots[slot], e.wrong[slot] = v, !fits
		}
	}
	return nil
}

// formText decodes one side of a pair.
func formText(raw string) (string, bool) {
	if strings.Contains(raw, ";") {
		return "", false // some read it as a separator, so nobody may
	}
	text, err := url.QueryUnescape(raw)
	return text, err == nil && utf8.ValidString(text)
}
