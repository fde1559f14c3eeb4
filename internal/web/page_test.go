package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEveryPageRendersWhateverItIsGiven(t *testing.T) {
	p := newPages(t)
	for _, data := range []any{
		SecondFactor{}, SecondFactor{App: true, Passkey: true, Recovery: true}, UsePasskey{}, Passkeys{}, Passkeys{Can: true, Lines: make([]PasskeyLine, 1)},
		AuthenticatorApp{}, AuthenticatorApp{Secret: "x"}, RecoveryCodes{}, RecoveryCodes{Codes: []string{""}}, SignIn{CanUsePasskey: true},
		SignIn{}, AskCode{}, EnterCode{}, NewPassword{}, Choose{}, Consent{}, Consent{Pick: true, Scopes: make([]ScopeLine, 1)}, Logout{}, LoggedOut{},
		Problem{}, Notice{}, Account{}, Account{Sessions: make([]SessionLine, 2), Apps: make([]ConnectionLine, 1)},
		Inbox{}, Inbox{Messages: make([]InboxLine, 1)}, &Problem{}, &SignIn{Errors: Errors{"identifier": ErrorIdentifier}},
	} {
		for _, locale := range locales {
			w := render(t, p, "/", View{Locale: locale, Data: data})
			if page := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(page, `<html lang="`+locale+`">`) || strings.Contains(page, "%!") {
				t.Errorf("%T in %s: %d %s", data, locale, w.Code, page)
			}
		}
	}
	if w := render(t, p, "/", View{Status: http.StatusForbidden, Data: Problem{Title: "problem.origin.title", Text: "problem.origin.text"}}); w.Code != http.StatusForbidden {
		t.Errorf("got %d, want the status of the view", w.Code)
	}
}

func TestE03_HeadersOfEveryPage(t *testing.T) {
	p := newPages(t)
	for _, s := range samples() {
		h := render(t, p, "/"+s.name, View{Data: s.data}).Header()
		script, opener, target := "'none'", "same-origin", "'self'"
		if _, ok := s.data.(UsePasskey); ok {
			script = "'self'"
		}
		if _, ok := s.data.(FormPost); ok {
			script, opener, target = "'self'", "", "'self' https:"
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src " + script +
				"; form-action " + target + "; frame-ancestors 'none'; base-uri 'none'",
			"X-Frame-Options":            "DENY",
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "no-referrer",
			"Cache-Control":              "no-store",
			"Content-Type":               "text/html; charset=utf-8",
			"Content-Language":           "en",
			"Cross-Origin-Opener-Policy": opener,
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", s.name, name, got, want)
			}
		}
	}
	if got := render(t, p, "/", View{Popup: true, Data: SignIn{}}).Header().Get("Cross-Origin-Opener-Policy"); got != "" {
		t.Errorf("a window that a client waits for has %q", got)
	}
}

func TestFormTargetsAreSourcesAndNothingElse(t *testing.T) {
	got := render(t, newPages(t), "/", View{Data: SignIn{}, FormTargets: []string{
		"https:", "com.example.app:", "http://127.0.0.1:4711", "http://localhost:*",
		"", "*", "'unsafe-inline'", "https:; script-src *", "https: http:", "https:\nX: y", "https://a.example/path", "javascript",
	}}).Header().Get("Content-Security-Policy")
	want := "form-action 'self' https: com.example.app: http://127.0.0.1:4711 http://localhost:*; frame-ancestors"
	if !strings.Contains(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// hostile is put wherever a text of somebody else is shown.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'` + "\u202e{{.}}"

// TestE04_MarkupIsShownNotRun puts markup into everything that others choose.
func TestE04_MarkupIsShownNotRun(t *testing.T) {
	p := newPages(t, func(o *Options) { o.Name = hostile })
	fields := map[string]string{hostile: hostile}
	wrong := Errors{FormError: hostile, "identifier": hostile, "code": hostile, "account": hostile, "new_password": hostile, hostile: hostile}
	line := []ConnectionLine{{hostile, hostile, hostile, hostile, hostile, hostile, hostile}}
	for _, data := range []any{
		SignIn{Flow: hostile, Return: hostile, Identifier: hostile, ClientName: hostile, Errors: wrong, CanUseCode: true},
		AskCode{Flow: hostile, Purpose: hostile, Identifier: hostile, Errors: wrong},
		EnterCode{Flow: hostile, Purpose: hostile, Code: hostile, Destination: hostile, Action: hostile, Errors: wrong, CanResend: true, Fields: fields},
		NewPassword{Flow: hostile, Code: hostile, Identifier: hostile, Errors: wrong},
		SecondFactor{Flow: hostile, Return: hostile, Action: hostile, Identifier: hostile, App: true, Passkey: true, CanRecover: true, Errors: wrong},
		UsePasskey{Flow: hostile, Return: hostile, Action: hostile, Options: hostile, Back: hostile, Fields: fields},
		Passkeys{Lines: []PasskeyLine{{hostile, hostile, hostile, hostile}}, Name: hostile, Can: true, Errors: wrong, Notice: hostile},
		AuthenticatorApp{SetUp: true, LastUsedAt: hostile, Notice: hostile}, AuthenticatorApp{Secret: hostile, URL: hostile, Errors: wrong},
		RecoveryCodes{Codes: []string{hostile}, Why: hostile},
		Choose{Flow: hostile, Name: hostile, Identifier: hostile, ClientName: hostile},
		Consent{Flow: hostile, ClientName: hostile, ClientWebsite: "https://" + hostile, PolicyURI: hostile, TermsURI: hostile, Person: hostile, Pick: true, Errors: wrong,
			Scopes: []ScopeLine{{hostile, ""}, {hostile, hostile}}, Accounts: []AccountLine{{ID: hostile, Name: hostile, Organisation: hostile, Note: hostile}}},
		Consent{ClientName: hostile, Nothing: true},
		Logout{ClientName: hostile, Fields: fields},
		Problem{Title: hostile, Text: hostile, Detail: hostile, RequestID: hostile},
		Notice{Title: hostile, Text: hostile, Link: "/" + hostile, LinkText: hostile},
		FormPost{Action: "https://a.example/" + hostile, Fields: [][2]string{{hostile, hostile}}},
		Account{Name: hostile, Email: hostile, Phone: hostile, Sessions: []SessionLine{{ID: hostile, Device: hostile, IP: hostile, SignedInAt: hostile, SeenAt: hostile}}, Apps: line, Errors: wrong, Notice: hostile},
		Inbox{Messages: []InboxLine{{hostile, hostile, hostile, hostile, hostile}}},
	} {
		w := render(t, p, "/?x="+"%22%3E%3Cscript%3E", View{Data: data})
		page := w.Body.String()
		if w.Code != http.StatusOK {
			t.Errorf("%T: %d", data, w.Code)
		}
		scripts := 0
		switch data.(type) {
		case FormPost, UsePasskey:
			scripts = 1
		}
		if got := strings.Count(page, "<script"); got != scripts {
			t.Errorf("%T has %d scripts, want %d:\n%s", data, got, scripts, page)
		}
		for _, never := range []string{"<img src=x", "onerror=alert(1)>", " style=", " onclick=", "javascript:"} {
			if strings.Contains(page, never) {
				t.Errorf("%T has %s:\n%s", data, never, page)
			}
		}
	}
}

func TestE04_OnlyHTTPSLinksAreFollowed(t *testing.T) {
	p := newPages(t)
	for _, address := range []string{"javascript:alert(1)", "http://ledger.example", "//ledger.example", "data:text/html,x", "https:", "https://user:pass@ledger.example", "ledger.example", "JaVaScRiPt:alert(1)//https://"} {
		page := render(t, p, "/consent", View{Data: Consent{ClientName: "X", ClientWebsite: address, PolicyURI: address, TermsURI: address}}).Body.String()
		if strings.Contains(page, "_blank") {
			t.Errorf("%s is linked:\n%s", address, page)
		}
	}
	page := render(t, p, "/consent", View{Data: Consent{ClientName: "X", PolicyURI: "https://ledger.example/privacy"}}).Body.String()
	if want := `<a href="https://ledger.example/privacy" rel="noreferrer noopener" target="_blank">`; !strings.Contains(page, want) {
		t.Errorf("no %s in\n%s", want, page)
	}
}

// TestAFailedPageSaysNothing also holds that it is on the record.
func TestAFailedPageSaysNothing(t *testing.T) {
	var logged bytes.Buffer
	p := newPages(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
	for _, data := range []any{nil, "page", struct{}{}, FormPost{Action: "com.example.app:/callback"}, FormPost{Action: "javascript:alert(1)"}} {
		logged.Reset()
		w := render(t, p, "/", View{Data: data})
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "template") || strings.Contains(w.Body.String(), "<") {
			t.Errorf("%v: %d %s", data, w.Code, w.Body)
		}
		if !strings.Contains(logged.String(), "page not rendered") {
			t.Errorf("%v: logged %q", data, &logged)
		}
	}
	p.log = nil
	if w := render(t, p, "/", View{}); w.Code != http.StatusInternalServerError {
		t.Errorf("without a log: %d", w.Code)
	}
}

func TestErrorsAreTiedToTheirFields(t *testing.T) {
	page := render(t, newPages(t), "/sign-in", View{Data: SignIn{Errors: Errors{"password": ErrorPassword, FormError: ErrorCredentials}}}).Body.String()
	for _, want := range []string{
		`<title>Error: Sign in · Example Pay</title>`,
		`role="alert" tabindex="-1" autofocus`,
		`<a href="#password">Enter your password.</a>`,
		`<li>These details do not match an account.`,
		`aria-invalid="true" aria-describedby="password-error"`,
		`<p class="error" id="password-error">Enter your password.</p>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if strings.Count(page, "autofocus") != 1 {
		t.Error("not one element takes the focus")
	}
}

func TestConsentSaysWhatIsNotThere(t *testing.T) {
	p := newPages(t)
	for _, data := range []Consent{{Nothing: true}, {Pick: true}, {Pick: true, Nothing: true, Accounts: companies}} {
		data.ClientName, data.Scopes = "Ledger", scopes
		page := render(t, p, "/consent", View{Data: data}).Body.String()
		if strings.Contains(page, `value="approve"`) || !strings.Contains(page, "Back to Ledger") {
			t.Errorf("a person who may connect nothing can approve:\n%s", page)
		}
	}
	page := render(t, p, "/consent", View{Data: Consent{ClientName: "Ledger", Pick: true, Scopes: scopes, Accounts: companies}}).Body.String()
	for _, want := range []string{"<code>card:freeze</code>", `id="account-0" name="account" value="acme-fr" required checked>`, "Already connected; it now asks for more", `value="approve"`, `value="refuse" formnovalidate`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	page = render(t, p, "/consent", View{Data: Consent{ClientName: "Ledger"}}).Body.String()
	if !strings.Contains(page, "nothing that has not been approved") {
		t.Errorf("does not say that nothing is new:\n%s", page)
	}
}

func TestAssets(t *testing.T) {
	logo := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	p := newPages(t, func(o *Options) { o.Logo, o.LogoType = logo, "image/svg+xml" })
	page := render(t, p, "/", View{Data: SignIn{}}).Body.String()
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		p.Assets().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w
	}
	for name, contentType := range map[string]string{"style.css": "text/css; charset=utf-8", "brand.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml", "logo": "image/svg+xml", "submit.js": "text/javascript; charset=utf-8", "console.js": "text/javascript; charset=utf-8"} {
		path := p.assets[name].path
		if !strings.HasSuffix(name, ".js") && !strings.Contains(page, `"`+path+`"`) {
			t.Errorf("the page does not refer to %s", path)
		}
		w := get(path)
		if w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: %d", path, w.Code)
		}
		for header, want := range map[string]string{
			"Content-Type": contentType, "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
		} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
	if !strings.Contains(page, `alt="Example Pay"`) {
		t.Error("the logo has no text")
	}
	for _, path := range []string{PathAssets, PathAssets + "style.css", "/assets/../assets/style.css"} {
		if w := get(path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	other := newPages(t, func(o *Options) { o.Colour = "#aa0000" })
	if p.assets["brand.css"].path == other.assets["brand.css"].path {
		t.Error("another colour is served at the same address")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{
		{}, {Name: "  "}, {Name: "X", Colour: "red"}, {Name: "X", Colour: "#12345"}, {Name: "X", Colour: "#1234567"}, {Name: "X", Colour: "#12345g"},
		{Name: "X", Colour: "#+12345"}, {Name: "X", Logo: []byte("x")}, {Name: "X", Logo: []byte("x"), LogoType: "text/html"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("took %+v", o)
		}
	}
	if _, err := New(Options{Name: "X"}); err != nil {
		t.Error(err)
	}
}

func BenchmarkRender(b *testing.B) {
	p, r := newPages(b), httptest.NewRequest("GET", "/sign-in", nil)
	for b.Loop() {
		p.Render(httptest.NewRecorder(), r, View{Data: SignIn{Flow: "f1", ClientName: "Ledger"}})
	}
}
