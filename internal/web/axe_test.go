package web

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"claviger/test/chromium"
)

// expectAccessible fails for what axe-core finds wrong with the page on show.
func (b *browser) expectAccessible(t *testing.T, where string) {
	t.Helper()
	for _, v := range chromium.Axe(t, b.ctx) {
		t.Errorf("%s: %s", where, v)
	}
}

// TestPagesAreAccessible has axe-core look at every page.
func TestPagesAreAccessible(t *testing.T) {
	b := newBrowser(t)
	server := serve(t, newPages(t))
	b.as(t, darkPhone)
	for _, s := range samples() {
		b.do(t, chromedp.Navigate(server.URL+"/"+s.name))
		b.expectAccessible(t, s.name)
	}
}

// TestComponentsAreAccessible has axe-core look at every component in every state.
func TestComponentsAreAccessible(t *testing.T) {
	b := newBrowser(t)
	server := serveGallery(t, newPages(t))
	for _, part := range galleryParts {
		for _, l := range []look{desktop, darkPhone} {
			b.as(t, l)
			b.do(t, chromedp.Navigate(server.URL+PathComponents+"?show="+part))
			b.expectAccessible(t, part+"-"+l.name)
		}
	}
}

// TestAxeFinds holds that the check would notice.
func TestAxeFinds(t *testing.T) {
	b := newBrowser(t)
	b.do(t, chromedp.Navigate(serveGallery(t, newPages(t)).URL+PathComponents+"?show=forms"))
	spoil := `document.querySelector("label[for=key-name]").remove(); document.documentElement.removeAttribute("lang"); true`
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](spoil)); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, v := range chromium.Axe(t, b.ctx) {
		found[v.Rule] = true
	}
	if !found["label"] || !found["html-has-lang"] {
		t.Errorf("found only %v", found)
	}
}

// TestLabelsBeginWithWhatIsSeen lets people who speak to their computer say what
// they see, in every language (WCAG 2.2, 2.5.3).
func TestLabelsBeginWithWhatIsSeen(t *testing.T) {
	p, checked := newPages(t), 0
	for _, locale := range locales {
		for key := range p.texts[locale] {
			seen, ok := strings.CutSuffix(key, ".label")
			if !ok {
				continue
			}
			checked++
			if label, text := p.Text(locale, key), p.Text(locale, seen); !strings.HasPrefix(label, text) {
				t.Errorf("%s in %s is %q, of a button that says %q", key, locale, label, text)
			}
		}
	}
	if checked < 6 {
		t.Errorf("only %d labels checked", checked)
	}
}
