package web

import (
	"embed"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// texts of a locale, by key.
type texts map[string]string

func loadTexts() (map[string]texts, error) {
	all := map[string]texts{}
	for _, locale := range locales {
		all[locale] = texts{}
		more, err := fs.Glob(textFiles, "texts/"+locale+"_*.yaml")
		if err != nil {
			return nil, err
		}
		for _, name := range append(more, "texts/"+locale+".yaml") {
			if err := all[locale].add(name); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// add reads the texts of a file. No other may have the same keys.
func (t texts) add(name string) error {
	file, err := textFiles.ReadFile(name)
	if err != nil {
		return err
	}
	var list texts
	if err := yaml.Unmarshal(file, &list); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for key, text := range list {
		if _, twice := t[key]; twice {
			return fmt.Errorf("%s: %s has a text already", name, key)
		}
		t[key] = text
	}
	return nil
}

// Text is the plain text of a key, for messages and pages alike. args take the
// places of its verbs, as fmt has them. A key without a text is shown as it is.
func (p *Pages) Text(locale, key string, args ...any) string {
	list, ok := p.texts[locale]
	if !ok {
		list = p.texts[locales[0]]
	}
	text, ok := list[key]
	switch {
	case !ok:
		return key
	case len(args) == 0:
		return text
	}
	return fmt.Sprintf(text, args...)
}

// ScopeText says what a scope allows; false: there is no text for it.
func (p *Pages) ScopeText(locale, scope string) (string, bool) {
	key := "scope." + scope
	text := p.Text(locale, key)
	return text, text != key
}

// Time writes a date and time, in UTC, as the locale does.
func (p *Pages) Time(locale string, t time.Time) string {
	t = t.UTC()
	month := p.Text(locale, "month."+strings.ToLower(t.Month().String()))
	return p.Text(locale, "time", t.Day(), month, t.Year(), t.Hour(), t.Minute())
}

// strong is the text of a key with its args set off: they are names that others
// chose, kept apart from the sentence and from its direction of writing.
func (p *Pages) strong(locale, key string, args ...string) template.HTML {
	names := make([]any, len(args))
	for i, arg := range args {
		names[i] = "<strong><bdi>" + html.EscapeString(arg) + "</bdi></strong>"
	}
	return template.HTML(fmt.Sprintf(html.EscapeString(p.Text(locale, key)), names...))
}

// wait says when to try again.
func (p *Pages) wait(locale string, seconds int) string {
	unit, n := "second", seconds
	if seconds > 90 {
		unit, n = "minute", (seconds+59)/60
	}
	number := "other"
	if n == 1 {
		number = "one"
	}
	return p.Text(locale, "wait."+unit+"."+number, n)
}
