package clients

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"golang.org/x/oauth2"
)

// The demo data: an owner of two companies, who may not connect the third one that
// they belong to.
const (
	owner         = "owner@acme.example"
	ownerPassword = "correct horse battery staple"
)

// partner is a web server that customers connect their companies to. To a browser
// it is another site than the server, as all partners are, and that counts for
// cookies. Its page notes in the title that scripts run.
type partner struct {
	*installation

	home     string
	verifier string
	mode     string // response_mode
	web      *http.Client
	methods  []string // by which answers came
}

func (i *installation) partner(mode string) *partner {
	// The certificate that dev makes for itself is in no list.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	i.t.Cleanup(transport.CloseIdleConnections)
	p := &partner{
		installation: i, home: strings.Replace(i.site, "localhost", "127.0.0.1", 1), verifier: oauth2.GenerateVerifier(), mode: mode,
		web: &http.Client{Transport: transport, Timeout: soon},
	}
	i.pages.HandleFunc("GET /partner/{$}", p.start)
	i.pages.HandleFunc("/partner/callback", p.callback)
	i.pages.HandleFunc("GET /partner/done", p.done)
	return p
}

func (p *partner) redirectURI() string { return p.home + "/partner/callback" }

func (p *partner) start(w http.ResponseWriter, _ *http.Request) {
	query := url.Values{
		"response_type": {"code"}, "client_id": {"spendesk-partner"}, "redirect_uri": {p.redirectURI()}, "state": {"my state"},
		"scope": {"wallet-summary:read settlement:read"}, "response_mode": {p.mode},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(p.verifier)}, "code_challenge_method": {"S256"},
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><title>without scripts</title><link rel="icon" href="data:,"><h1>Partner</h1><a id="connect" href="%s">Connect</a>`+
		`<script>document.title = "with scripts"</script>`, html.EscapeString(p.issuer+"/oauth2/authorize?"+query.Encode()))
}

// callback has its page on another of its hosts, as many partners do.
func (p *partner) callback(w http.ResponseWriter, r *http.Request) {
	p.methods = append(p.methods, r.Method)
	query := url.Values{"error": {r.FormValue("error")}}
	if r.FormValue("state") != "my state" || r.FormValue("iss") != p.issuer {
		query.Set("error", "not from this server")
	}
	if code := r.FormValue("code"); code != "" && query.Get("error") == "" {
		query.Set("connected", p.connect(code))
	}
	http.Redirect(w, r, p.site+"/partner/done?"+query.Encode(), http.StatusSeeOther)
}

func (p *partner) done(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><title>Partner</title><link rel="icon" href="data:,"><p id="connected">%s</p><p id="error">%s</p>`,
		html.EscapeString(r.FormValue("connected")), html.EscapeString(r.FormValue("error")))
}

// connect redeems the code and returns the name of the company that the token is
// for (SD-5, SD-9).
func (p *partner) connect(code string) string {
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	body, _ := json.Marshal(map[string]string{
		"grant_type": "authorization_code", "client_id": "spendesk-partner", "client_secret": "spendesk-partner-secret",
		"redirect_uri": p.redirectURI(), "code": code, "code_verifier": p.verifier,
	})
	request, _ := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.issuer+"/oauth2/token/create", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if status := p.ask(request, &tokens); status != http.StatusCreated || tokens.Refresh == "" {
		return fmt.Sprint("the code was answered ", status)
	}
	var wallet struct{ Data struct{ Name string } }
	request, _ = http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.issuer+"/wallet-summaries", nil)
	request.Header.Set("Authorization", "Bearer "+tokens.Access)
	if status := p.ask(request, &wallet); status != http.StatusOK {
		return fmt.Sprint("the token was answered ", status)
	}
	return wallet.Data.Name
}

func (p *partner) ask(request *http.Request, answer any) (status int) {
	response, err := p.web.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	_ = json.NewDecoder(response.Body).Decode(answer)
	return response.StatusCode
}

func TestSD_4_ConnectACompanyInChromium(t *testing.T) {
	for _, tt := range []struct {
		name, mode, method string
		scripts            bool
		dev                []string
	}{
		{"scripts, query", "query", "GET", true, nil},
		{"scripts, form", "form_post", "POST", true, nil},
		{"plain, query, TLS", "query", "GET", false, []string{"--tls", "self-signed"}},
		{"plain, form", "form_post", "POST", false, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := newInstallation(t, tt.dev...)
			p, b := i.partner(tt.mode), newTab(t)
			title := "with scripts"
			if !tt.scripts {
				title = "without scripts"
				b.without(t)
			}
			b.open(p.home + "/partner/")
			if got, err := chromedp.Run(b.ctx, chromedp.Title()); err != nil || got != title {
				t.Errorf("the partner's page runs %q: %v", got, err)
			}
			b.click("#connect")
			b.signIn(owner, ownerPassword)
			if got := b.companies(); got != "acme-fr acme-uk" { // not acme-labs
				t.Errorf("companies to choose from: %s", got)
			}
			b.choose("acme-uk")
			b.press("approve", !tt.scripts && tt.mode == "form_post")
			if got := b.text("#connected"); got != "Acme UK" {
				t.Errorf("connected to %q: %s", got, b.text("#error"))
			}
			b.open(p.home + "/partner/")
			b.click("#connect") // signed in already
			b.press("refuse", !tt.scripts && tt.mode == "form_post")
			if got := b.text("#error"); got != "access_denied" {
				t.Errorf("the refusal came as %q", got)
			}
			if got := strings.Join(p.methods, " "); got != tt.method+" "+tt.method {
				t.Errorf("the answers came by %s", got)
			}
			if said := b.Heard(); len(said) > 0 {
				t.Errorf("the console: %q", said)
			}
		})
	}
}

// without turns scripts off, for all pages to come.
func (b *tab) without(t *testing.T) {
	t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	if err != nil {
		t.Fatal(err)
	}
}

// companies are those that the consent page lists.
func (b *tab) companies() string {
	b.t.Helper()
	b.waitFor("[name=account] + label")
	return b.evaluate(`[...document.querySelectorAll("[name=account]")].map((radio) => radio.value).join(" ")`)
}

func (b *tab) choose(company string) {
	b.t.Helper()
	b.click(chromedp.CSS("[name=account][value=" + company + "] + label"))
}

// press decides on the consent page; where an answer has to be sent on by hand,
// that too.
func (b *tab) press(decision string, onwards bool) {
	b.t.Helper()
	b.click(chromedp.CSS("[name=decision][value=" + decision + "]"))
	if onwards {
		b.click("#answer button")
	}
}
