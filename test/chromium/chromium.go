package chromium

import (
	"context"
	"fmt"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Screenshots is the variable that names the directory to keep pictures in.
const Screenshots = "CLAVIGER_TEST_SCREENSHOTS"

// longest is how long a test may use a tab.
const longest = 10 * time.Minute

// Start starts a browser that has never been anywhere. It takes certificates of
// anybody.
func Start(t testing.TB) context.Context {
	t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		program, err = exec.LookPath("chromium-browser")
	}
	if err != nil {
		t.Fatal("the pages are looked at in Chromium; install it (Debian: apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.IgnoreCertErrors)
	browser, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	return browser
}

// Open opens a tab of a browser, or with options one that is open already, and
// listens to its console.
func Open(t testing.TB, browser context.Context, options ...chromedp.ContextOption) (context.Context, *Console) {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser, options...)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, longest)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	console := &Console{}
	if err := chromedp.Listen(ctx, console.listen); err != nil {
		t.Fatal(err)
	}
	return ctx, console
}

// Console is what a tab complained about: violations of the CSP, scripts that
// failed, and what pages wrote there.
type Console struct {
	mu   sync.Mutex
	said []string
}

// listen leaves out information, which is about the test alone: it types before a
// page has set the focus.
func (c *Console) listen(event any) {
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
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = append(c.said, said)
}

// Heard returns what was shown since it was asked last.
func (c *Console) Heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	said := c.said
	c.said = nil
	return said
}
