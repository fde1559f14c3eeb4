package web

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// locales that there are texts for; the first is for everybody else.
var locales = []string{"en", "fr"}

// Locales returns the languages that there are texts for.
func Locales() []string { return slices.Clone(locales) }

// longestPreference caps what is parsed of a list of languages, in bytes.
const longestPreference = 200

// Locale is the language to speak with whoever sent r: what they chose on a page,
// then uiLocales of the client (OpenID Connect Core §3.1.2.1, separated by
// spaces), then the browser's. "en" or "fr".
func (p *Pages) Locale(r *http.Request, uiLocales string) string {
	for _, list := range []string{chosen(r), uiLocales} {
		for tag := range strings.FieldsSeq(capped(list, " ")) {
			if locale := p.match(tag); locale != "" {
				return locale
			}
		}
	}
	tags, _, err := language.ParseAcceptLanguage(capped(r.Header.Get("Accept-Language"), ","))
	if err == nil && len(tags) > 0 {
		if _, i, confidence := p.matcher.Match(tags...); confidence > language.No {
			return locales[i]
		}
	}
	return locales[0]
}

func (p *Pages) match(tag string) string {
	parsed, err := language.Parse(tag)
	if err != nil || parsed == language.Und {
		return ""
	}
	_, i, confidence := p.matcher.Match(parsed)
	if confidence == language.No {
		return ""
	}
	return locales[i]
}

// chosen is the ui_locales of the address: of a link to another language, or of a
// form on the page that it led to.
func chosen(r *http.Request) string { return r.URL.Query().Get("ui_locales") }

// capped cuts a list to what is worth parsing, without its last, broken entry.
func capped(list, separator string) string {
	if len(list) <= longestPreference {
		return list
	}
	list = list[:longestPreference]
	return list[:max(0, strings.LastIndex(list, separator))]
}
