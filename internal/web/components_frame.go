package web

import (
	"fmt"
	"html/template"
	"net/url"
	"reflect"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// With is the frame around a part of the page.
func (f frame) With(part any) frame {
	f.Data = part
	return f
}

// Href is an address to link to, in the language of the page. Empty: it is none of
// this server and none of https.
func (f frame) Href(address string) string {
	if !strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "?") && !strings.HasPrefix(address, "#") {
		return https(address)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || strings.HasPrefix(u.Path, "//") {
		return ""
	}
	if f.Chosen != "" && !strings.HasPrefix(address, "#") {
		query := u.Query()
		query.Set("ui_locales", f.Chosen)
		u.RawQuery = query.Encode()
	}
	return u.String()
}

// componentFunctions are those that the templates of components use.
func (p *Pages) componentFunctions(locale string) template.FuncMap {
	numbers := message.NewPrinter(language.Make(locale))
	return template.FuncMap{
		"kind": func(data any) (string, error) {
			if b, ok := data.(Block); ok {
				return b.block(), nil
			}
			return "", fmt.Errorf("%T is no component", data)
		},
		"problems":    Console.problems,
		"hasActions":  hasActions,
		"column":      columnOf,
		"place":       place,
		"confirmForm": Confirm.form,
		"draw":        draw,
		"valueOn":     Series.value,
		"isBlank":     func(c Cell) bool { return reflect.ValueOf(c).IsZero() },
		"number":      func(n float64) string { return numbers.Sprint(number.Decimal(n, number.MaxFractionDigits(2))) },
		"machineTime": func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"plainTime":   func(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") },
	}
}

func hasActions(t Table) bool {
	for _, row := range t.Rows {
		if len(row.Actions) > 0 {
			return true
		}
	}
	return false
}

// columnOf is the head of the nth column; a row may have more cells than there are.
func columnOf(t Table, n int) Column {
	if n < len(t.Columns) {
		return t.Columns[n]
	}
	return Column{}
}
