package web

import (
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// frame is what the layout is given: a page and what is around it.
type frame struct {
	Locale    string
	Name      string // of the platform
	Chosen    string // the locale, when the address asks for it; forms and links keep it
	Flow      string // hidden field of every form of the page
	Return    string // where there is no flow: the hidden field return_to
	Failed    bool   // the form has errors
	Wide      bool
	Languages []languageLink
	Data      any
}

type languageLink struct{ Locale, URL string }

func (p *Pages) frame(r *http.Request, v View) frame {
	f := frame{Locale: v.Locale, Name: p.name, Data: v.Data, Languages: languageLinks(r, v)}
	if chosen(r) != "" {
		f.Chosen = v.Locale
	}
	var errors Errors
	switch data := v.Data.(type) {
	case SignIn:
		f.Flow, f.Return, errors = data.Flow, data.Return, data.Errors
	case AskCode:
		f.Flow, f.Return, errors = data.Flow, data.Return, data.Errors
	case EnterCode:
		f.Flow, f.Return, errors = data.Flow, data.Return, data.Errors
	case NewPassword:
		f.Flow, f.Return, errors = data.Flow, data.Return, data.Errors
	case SecondFactor:
		f.Flow, f.Return, errors = data.Flow, data.Return, data.Errors
	case UsePasskey:
		f.Flow, f.Return = data.Flow, data.Return
	case Passkeys:
		f.Wide, errors = true, data.Errors
	case AuthenticatorApp:
		f.Wide, errors = true, data.Errors
	case RecoveryCodes:
		f.Wide = true
	case Choose:
		f.Flow = data.Flow
	case Consent:
		f.Flow, errors = data.Flow, data.Errors
	case Account:
		f.Wide, errors = true, data.Errors
	case Inbox:
		f.Wide = true
	case Console:
		f.Failed = len(data.problems()) > 0
	}
	f.Failed = f.Failed || len(errors) > 0
	return f
}

// languageLinks leads to this page in the other languages. The answer to a form
// has none: it cannot be had again by a link.
func languageLinks(r *http.Request, v View) []languageLink {
	links := v.LanguageLinks
	if links == nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		links = map[string]string{}
		for _, locale := range locales {
			query := r.URL.Query()
			query.Set("ui_locales", locale)
			links[locale] = "?" + query.Encode()
		}
	}
	var list []languageLink
	for _, locale := range locales {
		if to := links[locale]; to != "" && locale != v.Locale {
			list = append(list, languageLink{locale, to})
		}
	}
	return list
}

// Link is the address of another page on the same way, in the same language.
func (f frame) Link(path string) string {
	query := url.Values{}
	for name, value := range f.Kept() {
		query.Set(name, value)
	}
	return f.address(path, query)
}

// To is the address of a page of this server by itself, in the same language.
func (f frame) To(path string) string { return f.address(path, url.Values{}) }

func (f frame) address(path string, query url.Values) string {
	if f.Chosen != "" {
		query.Set("ui_locales", f.Chosen)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// Kept is what forms, as hidden fields, and links carry to the next page.
func (f frame) Kept() map[string]string {
	switch {
	case f.Flow != "":
		return map[string]string{"flow": f.Flow}
	case f.Return != "":
		return map[string]string{"return_to": f.Return}
	}
	return nil
}

// functions of the templates, in one locale.
func (p *Pages) functions(locale string) template.FuncMap {
	functions := p.componentFunctions(locale)
	maps.Copy(functions, template.FuncMap{
		"t":      func(key string, args ...any) string { return p.Text(locale, key, args...) },
		"strong": func(key string, args ...string) template.HTML { return p.strong(locale, key, args...) },
		"wait":   func(seconds int) string { return p.wait(locale, seconds) },
		"scope": func(line ScopeLine) string {
			text, _ := p.ScopeText(locale, line.Name)
			if line.Text != "" || text == "scope."+line.Name {
				return line.Text
			}
			return text
		},
		"asset":   func(name string) string { return p.assets[name].path },
		"https":   https,
		"host":    host,
		"onwards": onwards,
		"joined":  func(parts ...string) string { return strings.Join(slices.DeleteFunc(parts, isEmpty), " · ") },
	})
	return functions
}

func isEmpty(text string) bool { return text == "" }

// https returns an address when it is one of the web that nobody can change on
// its way, else "".
func https(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// onwards lets a form leave for a client by HTTP alone.
func onwards(action string) (string, error) {
	u, err := url.Parse(action)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("a form cannot be posted to %q", schemeOf(action))
	}
	return action, nil
}
