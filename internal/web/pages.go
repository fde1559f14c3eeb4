package web

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Options are how the platform looks.
type Options struct {
	Name     string       // of the platform; required
	Colour   string       // #rrggbb; empty: a blue
	Logo     []byte       // empty: the first letter of Name on Colour
	LogoType string       // image/png or image/svg+xml
	Log      *slog.Logger // of pages that cannot be rendered; nil: none
}

const defaultColour = "#1f4fd8"

// Pages renders pages. It is safe for several goroutines.
type Pages struct {
	name      string
	log       *slog.Logger
	matcher   language.Matcher
	texts     map[string]texts
	assets    map[string]asset
	templates map[string]map[string]parsed // by locale and name
}

// parsed is a template, parsed when a page is first asked for: to parse all of them
// takes longer than everything else of a start together.
type parsed func() (*template.Template, error)

// New reads the texts and assets. An error says what is wrong with o.
func New(o Options) (*Pages, error) {
	if strings.TrimSpace(o.Name) == "" {
		return nil, errors.New("pages need the name of the platform")
	}
	brand, err := parseColour(cmp.Or(o.Colour, defaultColour))
	if err != nil {
		return nil, err
	}
	p := &Pages{name: o.Name, log: o.Log, templates: map[string]map[string]parsed{}}
	if p.texts, err = loadTexts(); err != nil {
		return nil, err
	}
	if p.assets, err = assetsOf(o, brand); err != nil {
		return nil, err
	}
	var tags []language.Tag
	for _, locale := range locales {
		tags = append(tags, language.Make(locale))
		if p.templates[locale], err = p.parse(locale); err != nil {
			return nil, err
		}
	}
	p.matcher = language.NewMatcher(tags)
	return p, nil
}

// parse makes the templates of a locale: each page within the layout.
func (p *Pages) parse(locale string) (map[string]parsed, error) {
	layout := sync.OnceValues(func() (*template.Template, error) {
		return template.New("").Funcs(p.functions(locale)).
			ParseFS(templateFiles, "templates/layout.html", "templates/parts.html", "templates/components*.html")
	})
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	pages := map[string]parsed{}
	for _, file := range files {
		pages[strings.TrimSuffix(path.Base(file), ".html")] = sync.OnceValues(func() (*template.Template, error) {
			around, err := layout()
			if err != nil {
				return nil, err
			}
			within, err := around.Clone()
			if err != nil {
				return nil, err
			}
			return within.ParseFS(templateFiles, file)
		})
	}
	return pages, nil
}

// Render writes the page, with its headers. A page that fails is a 500 that
// says nothing of why.
func (p *Pages) Render(w http.ResponseWriter, r *http.Request, v View) {
	if p.texts[v.Locale] == nil {
		v.Locale = p.Locale(r, "")
	}
	if data := reflect.Indirect(reflect.ValueOf(v.Data)); data.IsValid() {
		v.Data = data.Interface()
	}
	var body bytes.Buffer
	if err := p.execute(&body, r, v); err != nil {
		if p.log != nil {
			p.log.ErrorContext(r.Context(), "page not rendered", "page", fmt.Sprintf("%T", v.Data), "error", err)
		}
		setHeaders(w.Header(), View{})
		http.Error(w, p.Text(v.Locale, "problem.server.text"), http.StatusInternalServerError)
		return
	}
	setHeaders(w.Header(), v)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.Locale)
	w.WriteHeader(cmp.Or(v.Status, http.StatusOK))
	w.Write(body.Bytes()) //nolint:errcheck // the reader is gone
}

func (p *Pages) execute(body *bytes.Buffer, r *http.Request, v View) error {
	data, ok := v.Data.(kind)
	if !ok {
		return fmt.Errorf("%T is no page", v.Data)
	}
	page, err := p.templates[v.Locale][data.template()]()
	if err != nil {
		return err
	}
	return page.ExecuteTemplate(body, "layout", p.frame(r, v))
}
