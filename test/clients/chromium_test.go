package clients

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"claviger/test/chromium"
)

type step = chromedp.Action[chromedp.Void]

// tab is a window of Chromium that the person looks at.
type tab struct {
	*chromium.Console
	t   *testing.T
	ctx context.Context
}

// newTab starts a Chromium that has never been anywhere.
func newTab(t *testing.T) *tab {
	t.Helper()
	return openTab(t, chromium.Start(t))
}

// openTab opens a tab of a browser; with the id of a target, the one that it is.
func openTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, console := chromium.Open(t, parent, options...)
	return &tab{Console: console, t: t, ctx: ctx}
}

func (b *tab) do(steps ...step) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("%v\nat %s", err, b.where())
	}
}

// where is what is on show, for a test that failed.
func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), 2*time.Second)
	defer cancel()
	at, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	return at
}

func (b *tab) open(address string) { b.t.Helper(); b.do(chromedp.Navigate(address)) }

// click clicks on what is there, or will be soon.
func (b *tab) click(selector chromedp.CSS) {
	b.t.Helper()
	b.within(chromedp.Click(selector, chromedp.NodeVisible))
}

func (b *tab) fill(selector chromedp.CSS, text string) {
	b.t.Helper()
	b.within(chromedp.Clear(selector), chromedp.SendKeys(selector, text, chromedp.NodeVisible))
}

// waitFor waits until something is on the page that is on show then.
func (b *tab) waitFor(selector chromedp.CSS) {
	b.t.Helper()
	b.within(chromedp.WaitVisible(selector))
}

// within does steps that have to come about soon.
func (b *tab) within(steps ...step) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, soon)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v\nat %s\nthe console: %q", err, b.where(), b.Heard())
	}
}

func (b *tab) text(selector chromedp.CSS) string {
	b.t.Helper()
	b.waitFor(selector)
	text, err := chromedp.Run(b.ctx, chromedp.TextContent(selector))
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

func (b *tab) evaluate(expression string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

// signIn fills in the sign-in page.
func (b *tab) signIn(identifier, password string) {
	b.t.Helper()
	b.fill("#identifier", identifier)
	b.fill("#password", password)
	b.click("form button.primary")
}

// decode reads what an element has as JSON.
func decode[T any](b *tab, selector chromedp.CSS) (value T) {
	b.t.Helper()
	text := b.text(selector)
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		b.t.Fatalf("%s: %q: %v", selector, text, err)
	}
	return value
}

// look is how somebody looks at a page.
type look struct {
	name          string
	width, height int64
	scheme        string
}

var looks = []look{
	{"phone", 390, 844, "light"}, {"phone-dark", 390, 844, "dark"}, {"desktop", 1280, 900, "light"}, {"desktop-dark", 1280, 900, "dark"},
}

// picture keeps pictures of the page on show, as each look has it.
func (b *tab) picture(dir, name string) {
	b.t.Helper()
	for _, l := range looks {
		_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		if err != nil {
			b.t.Fatal(err)
		}
		b.do(chromedp.EmulateViewport(l.width, l.height))
		picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+"-"+l.name+".png"), picture, 0o644)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// pictureDir is where the pictures of a test go.
func pictureDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(chromium.Screenshots)
	if dir == "" {
		dir = t.ArtifactDir()
	}
	if dir = filepath.Join(dir, "flow"); os.MkdirAll(dir, 0o755) != nil {
		t.Fatal("no directory for pictures at", dir)
	}
	t.Log("pictures in", dir)
	return dir
}
