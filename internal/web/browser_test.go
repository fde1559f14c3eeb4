package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"claviger/test/chromium"
)

// browser is a Chromium with one tab, and what that tab complained about.
type browser struct {
	*chromium.Console
	ctx context.Context
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	ctx, console := chromium.Open(t, chromium.Start(t))
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	return &browser{Console: console, ctx: ctx}
}

func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// look is how somebody looks at a page.
type look struct {
	name          string
	width, height int64
	dark          bool
}

func (b *browser) as(t *testing.T, l look) {
	t.Helper()
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"}, // no colour is measured on its way to another
	}})
	if err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.EmulateViewport(l.width, l.height))
}

// check runs in a page and returns what is wrong with it.
const check = `(() => {
	const wrong = [];
	const say = (what, element) => wrong.push(what + ": " + element.outerHTML.slice(0, 120));
	const shown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
	if (document.documentElement.scrollWidth > innerWidth) {
		wrong.push("scrolls sideways: " + document.documentElement.scrollWidth + " > " + innerWidth);
	}
	for (const [what, wanted] of [["h1", 1], ["main", 1], ["header", 1], ["footer", 1]]) {
		if (document.querySelectorAll(what).length !== wanted) wrong.push("not one " + what);
	}
	for (const input of document.querySelectorAll("select, textarea, input:not([type=hidden], [hidden])")) {
		if (![...input.labels].some((label) => label.textContent.trim() && shown(label))) say("no label", input);
	}
	for (const input of document.querySelectorAll("[aria-describedby]")) {
		for (const id of input.getAttribute("aria-describedby").split(" ")) {
			if (!document.getElementById(id)) say("describedby nothing", input);
		}
	}
	for (const element of document.querySelectorAll("[hidden]")) {
		if (shown(element)) say("hidden, but shown", element);
	}
	const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
	if (new Set(ids).size !== ids.length) wrong.push("an id twice");
	for (const target of [...document.querySelectorAll("button, .button, .ways a, .languages a, summary, select, textarea, .option label, input:not([type=hidden], [type=radio], [type=checkbox], [hidden]), .choice label")].filter(shown)) {
		if (target.getBoundingClientRect().height < 44) say("target below 44 px", target);
	}
	const summary = document.querySelector(".alert.bad[role=alert]");
	if (summary && document.activeElement !== summary) say("errors without focus", summary);

	const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
	const luminance = (colour) => {
		const [r, g, b] = parts(colour).slice(0, 3).map((part) => {
			part /= 255;
			return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const contrast = (a, b) => {
		const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
		return (high + 0.05) / (low + 0.05);
	};
	const behind = (element) => {
		for (; element; element = element.parentElement) {
			const colour = getComputedStyle(element).backgroundColor;
			const alpha = parts(colour)[3] ?? 1;
			if (alpha === 1) return colour;
			if (alpha > 0) return "translucent";
		}
		return "none";
	};
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	let measured = 0;
	for (let node; (node = walker.nextNode());) {
		const element = node.parentElement;
		if (!node.data.trim() || !shown(element)) continue;
		const surface = behind(element);
		if (!surface.startsWith("rgb")) { say("text on " + surface, element); continue; }
		measured++;
		const ratio = contrast(getComputedStyle(element).color, surface);
		if (ratio < 4.5) say("contrast " + ratio.toFixed(2), element);
	}
	if (measured < 4) wrong.push("only " + measured + " texts measured");
	for (const button of document.querySelectorAll("button:not(.link), .button:not(.plain), select, textarea, .switch, input:not([type=hidden], [type=radio], [type=checkbox], [hidden])")) {
		if (contrast(getComputedStyle(button).borderTopColor, behind(button.parentElement)) < 3) say("faint edge", button);
	}
	return wrong;
})()`

// drawn waits until the page was drawn: what has autofocus gets it just before (HTML,
// "update the rendering"), which may be after the page was loaded.
const drawn = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`

// expectGood fails for what is wrong with the page on show.
func (b *browser) expectGood(t *testing.T, where string) {
	t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](drawn, chromedp.EvalAwaitPromise)); err != nil {
		t.Fatal(err)
	}
	wrong, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](check))
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range append(wrong, b.Heard()...) {
		t.Errorf("%s: %s", where, what)
	}
}

// serve answers /NAME with the sample of that name. Forms go nowhere.
func serve(t *testing.T, p *Pages) *httptest.Server {
	t.Helper()
	byName := map[string]any{}
	for _, s := range samples() {
		byName["/"+s.name] = s.data
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+PathAssets, p.Assets())
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		p.Render(w, r, View{Data: byName[r.URL.Path]})
	})
	mux.HandleFunc("POST /", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for name, data := range byName {
		if answer, ok := data.(FormPost); ok {
			answer.Action = server.URL + "/callback"
			byName[name] = answer
		}
	}
	return server
}

func pictureDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(chromium.Screenshots)
	if dir == "" {
		dir = t.ArtifactDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Log("pictures in", dir)
	return dir
}

// take keeps a picture of the whole page on show.
func (b *browser) take(t *testing.T, dir, name string) {
	t.Helper()
	yes := true
	picture, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &yes, OptimizeForSpeed: &yes})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture.Data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

var (
	narrow      = look{"narrow", 320, 568, false} // also what 200 % zoom makes of 640 px
	phone       = look{"phone", 390, 844, false}
	darkPhone   = look{"phone-dark", 390, 844, true}
	desktop     = look{"desktop", 1280, 900, false}
	darkDesktop = look{"desktop-dark", 1280, 900, true}
)

// TestPagesInChromium takes the pictures, and holds that every page can be read
// and used: on a phone and a desktop, light and dark, in both languages.
func TestPagesInChromium(t *testing.T) { lookAt(t, flowSamples()) }

// TestFactorPagesInChromium is the same for the pages of second factors.
func TestFactorPagesInChromium(t *testing.T) { lookAt(t, factorSamples()) }

func lookAt(t *testing.T, pages []sample) {
	t.Helper()
	dir := pictureDir(t)
	b := newBrowser(t)
	server := serve(t, newPages(t))
	for locale, looks := range map[string][]look{
		"en": {narrow, phone, darkPhone, desktop, darkDesktop},
		"fr": {narrow, phone, darkDesktop},
	} {
		for _, s := range pages {
			b.do(t, chromedp.Navigate(server.URL+"/"+s.name+"?ui_locales="+locale))
			for _, l := range looks {
				b.as(t, l)
				where := strings.Join([]string{s.name, locale, l.name}, "-")
				b.expectGood(t, where)
				if l != narrow {
					b.take(t, dir, where)
				}
			}
		}
	}
}

// TestAnyBrandInChromium looks at colours that are hard to read, and at a logo.
func TestAnyBrandInChromium(t *testing.T) {
	dir, b := pictureDir(t), newBrowser(t)
	const logo = `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="40" viewBox="0 0 160 40"><circle cx="20" cy="20" r="16" fill="#0b1f4b"/><path d="M50 28V12h6v16zm14 0V12h40v6H70v10z" fill="#0b1f4b"/></svg>`
	for brand, change := range map[string]func(*Options){
		"yellow": func(o *Options) { o.Colour = "#ffd400" },
		"navy":   func(o *Options) { o.Colour, o.Logo, o.LogoType = "#0b1f4b", []byte(logo), "image/svg+xml" },
		"grey":   func(o *Options) { o.Colour = "#8a8a8a" },
	} {
		server := serve(t, newPages(t, change))
		for _, name := range []string{"sign-in", "consent"} {
			b.do(t, chromedp.Navigate(server.URL+"/"+name))
			for _, l := range []look{phone, darkDesktop} {
				b.as(t, l)
				where := strings.Join([]string{"brand", brand, name, l.name}, "-")
				b.expectGood(t, where)
				b.take(t, dir, where)
			}
		}
	}
}
