package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"claviger/test/testlog"
)

// arrival is a request that a page led to, and where the browser says it is from.
type arrival struct {
	origin, referrer, site string
	form                   url.Values // with the query
}

func arrivalOf(r *http.Request) arrival {
	r.ParseForm()
	return arrival{r.Header.Get("Origin"), r.Header.Get("Referer"), r.Header.Get("Sec-Fetch-Site"), r.Form}
}

// receive is a client: it takes what comes to /callback.
func receive(t *testing.T) (*httptest.Server, <-chan arrival) {
	t.Helper()
	arrived := make(chan arrival, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(`<title>done</title><link rel="icon" href="data:,">`))
		if r.URL.Path == "/callback" {
			arrived <- arrivalOf(r)
		}
	}))
	t.Cleanup(server.Close)
	return server, arrived
}

func wait(t *testing.T, arrived <-chan arrival) arrival {
	t.Helper()
	select {
	case got := <-arrived:
		return got
	case <-time.After(20 * time.Second):
		t.Fatal("nothing arrived")
		return arrival{}
	}
}

// TestFormPostInChromium holds that the answer to a client arrives: by itself, and
// by the button where no script runs.
func TestFormPostInChromium(t *testing.T) {
	b, p := newBrowser(t), newPages(t)
	client, arrived := receive(t)
	mux := http.NewServeMux()
	mux.Handle("GET "+PathAssets, p.Assets())
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		p.Render(w, r, View{Data: FormPost{Action: client.URL + "/callback", Fields: [][2]string{{"code", testlog.Canary}, {"state", `"<&>é`}}}})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for _, scriptless := range []bool{false, true} {
		_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: scriptless})
		if err != nil {
			t.Fatal(err)
		}
		b.do(t, chromedp.Navigate(server.URL+"/oauth2/authorize?client_id=x"))
		if scriptless {
			b.do(t, chromedp.Click(chromedp.CSS("#answer button")))
		}
		got := wait(t, arrived)
		if got.form.Get("code") != testlog.Canary || got.form.Get("state") != `"<&>é` || len(got.form) != 2 {
			t.Errorf("scriptless %t: the client got %v", scriptless, got.form)
		}
		if got.referrer != "" {
			t.Errorf("the client was told the address %q", got.referrer)
		}
	}
	for _, said := range b.Heard() {
		t.Error(said)
	}
}

// TestOwnFormsSayWhereTheyAreFrom holds that a browser says of our forms that they
// are ours, though no address leaves a page, so that those of others can be told
// apart (E02), and follows the redirect to a client that the page allows.
func TestOwnFormsSayWhereTheyAreFrom(t *testing.T) {
	b, p := newBrowser(t), newPages(t)
	client, returned := receive(t)
	arrived := make(chan arrival, 1)
	mux := http.NewServeMux()
	mux.Handle("GET "+PathAssets, p.Assets())
	mux.HandleFunc("GET "+PathConsent, func(w http.ResponseWriter, r *http.Request) {
		p.Render(w, r, View{FormTargets: []string{client.URL}, Data: Consent{Flow: "f1", ClientName: "Ledger", Scopes: scopes}})
	})
	mux.HandleFunc("POST "+PathConsent, func(w http.ResponseWriter, r *http.Request) {
		arrived <- arrivalOf(r)
		http.Redirect(w, r, client.URL+"/callback?code="+testlog.Canary, http.StatusSeeOther)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	b.do(t, chromedp.Navigate(server.URL+PathConsent+"?flow=f1"), chromedp.Click(chromedp.CSS("button[value=approve]")))
	got := wait(t, arrived)
	if got.site != "same-origin" || got.referrer != "" {
		t.Errorf("the form came from %q (%s), referrer %q", got.origin, got.site, got.referrer)
	}
	if got.form.Get("flow") != "f1" || got.form.Get("decision") != "approve" {
		t.Errorf("got %v", got.form)
	}
	if back := wait(t, returned); back.form.Get("code") != testlog.Canary {
		t.Errorf("the client got %v", back.form)
	}
	for _, said := range b.Heard() {
		t.Error(said)
	}
}
