package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
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

// ask evaluates an expression in the page on show.
func ask[T any](t *testing.T, b *browser, expression string) T {
	t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(expression, err)
	}
	return value
}

// TestSecretIsCopiedAndTimesAreOfTheReader is what the script does.
func TestSecretIsCopiedAndTimesAreOfTheReader(t *testing.T) {
	b := newBrowser(t)
	server := serveGallery(t, newPages(t))
	if _, err := chromedp.Call(b.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Pacific/Auckland"}); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.Navigate(server.URL+PathComponents+"?show=details"))
	// The clipboard of a test machine is anybody's: the page gets one of its own.
	ask[bool](t, b, `Object.defineProperty(navigator.clipboard, "writeText", {value: async (text) => { document.body.dataset.clipboard = text; }}); true`)
	b.do(t, chromedp.Click(chromedp.CSS("#secret [data-copy]")))
	if got := ask[string](t, b, `new Promise((done) => { const look = () => document.body.dataset.clipboard && document.querySelector("[data-said]").textContent ? done(document.body.dataset.clipboard + " " + document.querySelector("[data-said]").textContent) : requestAnimationFrame(look); look(); })`); got != gallerySecret+" Copied" {
		t.Errorf("copied %q", got)
	}
	if got := ask[string](t, b, `document.querySelector("time").textContent + "; " + document.querySelector("time").title + "; " + document.querySelector("[data-zone]").textContent`); strings.Join(strings.Fields(got), " ") != "Nov 23, 2026, 5:02 AM; 2026-11-22 16:02 UTC; Pacific/Auckland" {
		t.Errorf("the time is %q", got)
	}
	for _, said := range b.Heard() {
		t.Error(said)
	}
}

// TestConsoleWithoutAScript holds that nothing is offered that does not work.
func TestConsoleWithoutAScript(t *testing.T) {
	b := newBrowser(t)
	server := serveGallery(t, newPages(t))
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.Navigate(server.URL+PathComponents+"?show=details"))
	if got := ask[int](t, b, `[...document.querySelectorAll("[data-copy]")].filter((button) => button.checkVisibility()).length`); got != 0 {
		t.Errorf("%d buttons that do nothing", got)
	}
	if got := ask[string](t, b, `document.querySelector("time").textContent`); got != "2026-11-22 16:02 UTC" {
		t.Errorf("the time is %q", got)
	}
	b.as(t, phone)
	b.do(t, chromedp.Click(chromedp.CSS(".menu summary")), chromedp.Click(chromedp.CSS(`.menu a[href$="show=plots"]`)), chromedp.WaitVisible(chromedp.CSS(".chart")))
}
