package web

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"claviger/test/processors"
)

func TestLocale(t *testing.T) {
	p := newPages(t)
	for _, tt := range []struct{ name, address, uiLocales, accept, want string }{
		{"nothing said", "/sign-in", "", "", "en"},
		{"the browser's", "/sign-in", "", "fr-CH, fr;q=0.9, en;q=0.8", "fr"},
		{"the browser's, by weight", "/sign-in", "", "fr;q=0.1, en;q=0.8", "en"},
		{"a language without texts", "/sign-in", "", "de", "en"},
		{"the client's before the browser's", "/sign-in", "fr-CA en", "en", "fr"},
		{"the client's first that there is", "/sign-in", "de pt-BR fr", "en", "fr"},
		{"nothing that the client asks for", "/sign-in", "de", "fr", "fr"},
		{"the person's before the client's", "/sign-in?ui_locales=fr", "en", "en", "fr"},
		{"no language", "/sign-in?ui_locales=%00%ff", "und * -", "fr", "fr"},
		{"no list", "/sign-in", "", ";;q=,,", "en"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", tt.address, nil)
			r.Header.Set("Accept-Language", tt.accept)
			if got := p.Locale(r, tt.uiLocales); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestH11_LanguageListsAreCapped sends a megabyte of languages in every way. What
// is behind the cap is not read.
func TestH11_LanguageListsAreCapped(t *testing.T) {
	p := newPages(t)
	for _, unit := range []string{"de ", "de,", "a-", "x-a-b-c-", "i-", "en-a-bb-", "*;q=0.1,", "de-DE-1996;q=0.5,", " ", ","} {
		list := strings.Repeat(unit, 1<<20/len(unit)) + " fr"
		r := httptest.NewRequest("GET", "/sign-in?ui_locales="+url.QueryEscape(list), nil)
		r.Header.Set("Accept-Language", list)
		started := processors.Start()
		if got := p.Locale(r, list); got != "en" {
			t.Errorf("%q: got %s", unit, got)
		}
		if took := started.Took(); took > 5*time.Second {
			t.Errorf("%q took %s", unit, took)
		}
	}
	kept := strings.Repeat("de,", 40) + "fr"
	if got := capped(kept, ","); got != kept {
		t.Errorf("cut %q to %q", kept, got)
	}
	if got := capped(strings.Repeat("x", 199)+",fr-FR", ","); strings.Contains(got, "f") {
		t.Errorf("kept a broken entry: %q", got)
	}
}

func TestLanguageLinksKeepThePage(t *testing.T) {
	p := newPages(t)
	page := render(t, p, "/sign-in?flow=f1&ui_locales=en", View{Data: SignIn{Flow: "f1"}}).Body.String()
	for _, want := range []string{`<html lang="en">`, `<a href="?flow=f1&amp;ui_locales=fr" lang="fr" hreflang="fr">Français</a>`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	// A path that begins with two slashes would lead to another host.
	page = render(t, p, "http://example.com//elsewhere.example/", View{Data: LoggedOut{}}).Body.String()
	if strings.Contains(page, "elsewhere") {
		t.Error("the link to another language leaves the host")
	}
	w := httptest.NewRecorder()
	p.Render(w, httptest.NewRequest("POST", "/sign-in", nil), View{Data: SignIn{Flow: "f1"}})
	if strings.Contains(w.Body.String(), "Français") {
		t.Error("the answer to a form links to itself")
	}
	w = httptest.NewRecorder()
	p.Render(w, httptest.NewRequest("POST", "/sign-in", nil), View{Data: SignIn{Flow: "f1"}, LanguageLinks: map[string]string{"fr": "/sign-in?flow=f1&ui_locales=fr"}})
	if !strings.Contains(w.Body.String(), `href="/sign-in?flow=f1&amp;ui_locales=fr"`) {
		t.Error("the given link is not there")
	}
}

func TestFlowReturnAndLanguageAreKept(t *testing.T) {
	p := newPages(t)
	for _, tt := range []struct {
		name, address string
		data          any
		want, not     []string
	}{
		{"in a flow", "/sign-in?flow=f1&ui_locales=fr", SignIn{Flow: "f1", Return: "/account", CanUseCode: true},
			[]string{`lang="fr"`, `action="/sign-in?ui_locales=fr"`, `name="flow" value="f1"`, `href="/sign-in/code?flow=f1&amp;ui_locales=fr"`}, []string{"return_to"}},
		{"outside a flow", "/sign-in", SignIn{Return: "/connections"},
			[]string{`action="/sign-in"`, `name="return_to" value="/connections"`, `href="/sign-in/recover?return_to=%2Fconnections"`}, []string{`name="flow"`, `/sign-in/code`}},
		{"code", "/sign-in/code", EnterCode{Flow: "f1", Purpose: "sign_in", Code: "c1", Fields: map[string]string{"phone": "+64"}, CanResend: true},
			[]string{`action="/sign-in/code"`, `name="code_id" value="c1"`, `value="redeem"`, `value="resend"`, `name="phone" value="&#43;64"`}, nil},
		{"recovery", "/sign-in/recover", EnterCode{Purpose: "recovery"}, []string{`action="/sign-in/recover"`}, []string{"resend"}},
		{"sign-out", "/oauth2/logout", Logout{Fields: map[string]string{"state": "s1", "ui_locales": "fr"}},
			[]string{`action="/oauth2/logout"`, `name="state" value="s1"`, `name="ui_locales" value="fr"`}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := render(t, p, tt.address, View{Data: tt.data}).Body.String()
			for _, want := range tt.want {
				if !strings.Contains(page, want) {
					t.Errorf("no %s in\n%s", want, page)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(page, not) {
					t.Errorf("%s in\n%s", not, page)
				}
			}
		})
	}
}
