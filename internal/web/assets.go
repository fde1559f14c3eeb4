package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base32"
	"fmt"
	"html"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed assets/*
var assetFiles embed.FS

// asset is a file that pages refer to, at a path that names its content.
type asset struct {
	path        string // /assets/HASH/style.css
	contentType string
	body        []byte
}

// Assets serves what pages refer to, below PathAssets.
func (p *Pages) Assets() http.Handler {
	byPath := map[string]asset{}
	for _, a := range p.assets {
		byPath[a.path] = a
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := byPath[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.contentType)
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		// A logo is somebody's file: opened by itself it is an image and nothing more.
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		w.Write(a.body) //nolint:errcheck // the reader is gone
	})
}

func newAsset(name, contentType string, body []byte) asset {
	sum := sha256.Sum256(body)
	hash := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
	return asset{PathAssets + hash + "/" + name, contentType, body}
}

// assetsOf makes the assets of a platform, by the names that templates use.
func assetsOf(o Options, brand rgb) (map[string]asset, error) {
	style, err := assetFiles.ReadFile("assets/style.css")
	if err != nil {
		return nil, err
	}
	scripts := map[string]asset{}
	for _, name := range []string{"submit.js", "console.js"} {
		script, err := assetFiles.ReadFile("assets/" + name)
		if err != nil {
			return nil, err
		}
		scripts[name] = newAsset(name, "text/javascript; charset=utf-8", script)
	}
	passkey, err := assetFiles.ReadFile("assets/passkey.js")
	if err != nil {
		return nil, err
	}
	all := map[string]asset{
		"style.css":  newAsset("style.css", "text/css; charset=utf-8", style),
		"brand.css":  newAsset("brand.css", "text/css; charset=utf-8", []byte(brandCSS(brand))),
		"passkey.js": newAsset("passkey.js", "text/javascript; charset=utf-8", passkey),
		"mark.svg":   newAsset("mark.svg", "image/svg+xml", []byte(mark(o.Name, brand))),
	}
	maps.Copy(all, scripts)
	switch {
	case len(o.Logo) == 0:
	case o.LogoType == "image/png":
		all["logo"] = newAsset("logo.png", o.LogoType, o.Logo)
	case o.LogoType == "image/svg+xml":
		all["logo"] = newAsset("logo.svg", o.LogoType, o.Logo)
	default:
		return nil, fmt.Errorf("logo of type %q: it is image/png or image/svg+xml", o.LogoType)
	}
	return all, nil
}

// mark is the sign of a platform without a logo, and the icon of every one: the
// first letter of its name on its colour.
func mark(name string, brand rgb) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(name))
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="%s"/>`+
		`<text x="16" y="22.5" font-family="system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif" font-size="18" font-weight="700" text-anchor="middle" fill="%s">%s</text></svg>`,
		brand, inkOn(brand), html.EscapeString(string(unicode.ToUpper(first))))
}
