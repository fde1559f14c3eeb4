package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
)

// galleryParts are what /dev/components shows.
var galleryParts = []string{"tables", "forms", "details", "plots", "problems"}

// serveGallery is a server of /dev/components.
func serveGallery(t *testing.T, p *Pages) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET "+PathAssets, p.Assets())
	mux.HandleFunc("GET "+PathComponents, func(w http.ResponseWriter, r *http.Request) {
		p.Render(w, r, View{Data: Gallery(r.URL.Query().Get("show"))})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// TestComponentsInChromium takes the pictures of every component in every state,
// and holds that they can be read and used.
func TestComponentsInChromium(t *testing.T) {
	dir, b := pictureDir(t), newBrowser(t)
	server := serveGallery(t, newPages(t))
	for _, part := range galleryParts {
		b.do(t, chromedp.Navigate(server.URL+PathComponents+"?show="+part))
		for _, l := range []look{narrow, phone, darkPhone, desktop, darkDesktop} {
			b.as(t, l)
			where := "components-" + part + "-" + l.name
			b.expectGood(t, where)
			if l != narrow {
				b.take(t, dir, where)
			}
		}
	}
}
