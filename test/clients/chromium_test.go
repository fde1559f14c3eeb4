package clients

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// screenshots names the directory to keep the pictures in.
const screenshots = "CLAVIGER_SCREENSHOTS"

// browserTime is how long a test may use a browser.
const browserTime = 3 * time.Minute

type step = chromedp.Action[chromedp.Void]

// tab is a window of Chromium that the person looks at.
type tab struct {
	t    *testing.T
	ctx  context.Context
	mu   sync.Mutex
	said []string // what the console showed
}

// newTab starts a Chromium that has never been anywhere.
func newTab(t *testing.T) *tab {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		program, err = exec.LookPath("chromium-browser")
	}
	if err != nil {
		t.Fatal("no Chromium; scripts/install-missing sees to it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.IgnoreCertErrors)
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	return openTab(t, ctx)
}

// openTab opens a tab of a browser; with the id of a target, the one that it is.
func openTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(parent, options...)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, browserTime)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	b.do()
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	return b
}

// listen keeps what the console shows, violations of the CSP among it. Information
// is about the test alone: it types before a page has set the focus.
func (b *tab) listen(event any) {
	said := ""
	switch event := event.(type) {
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelInfo {
			return
		}
		said = fmt.Sprintf("%s %s %s", event.Entry.Level, event.Entry.Text, event.Entry.URL)
	case *runtime.EventExceptionThrown:
		said = event.ExceptionDetails.Text
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said = append(b.said, said)
}

// heard returns what the console showed since it was asked last.
func (b *tab) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	said := b.said
	b.said = nil
	return said
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
		b.t.Fatalf("%v\nat %s\nthe console: %q", err, b.where(), b.heard())
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
	dir := os.Getenv(screenshots)
	if dir == "" {
		dir = t.ArtifactDir()
	}
	if dir = filepath.Join(dir, "flow"); os.MkdirAll(dir, 0o755) != nil {
		t.Fatal("no directory for pictures at", dir)
	}
	t.Log("pictures in", dir)
	return dir
}
