package servertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Browser is a person's browser without JavaScript: it keeps cookies, follows
// redirects within the server, and fills in forms as they are on the page.
type Browser struct {
	IP      string            // From; empty: 192.0.2.1. It counts for a harness alone
	Header  http.Header       // sent along, such as Accept-Language
	Cookies map[string]string // by name
	issuer  string
	do      func(*http.Request) *http.Response
	t       testing.TB
}

// Page is what a browser shows in the end. Left is where the server sent it to
// elsewhere, nil while it is still here.
type Page struct {
	Status  int
	Header  http.Header
	Path    string // with its query
	Body    string
	Left    *url.URL
	Set     []*http.Cookie // of all answers on the way
	Forms   []*Form
	browser *Browser
}

// Form is a form of a page, with the values that its fields have.
type Form struct {
	Action  string
	Values  url.Values
	Buttons url.Values          // by name: the values of the submit buttons
	Choices map[string][]string // radio groups and checkboxes: what can be chosen
	page    *Page
}

// NewBrowser returns a browser that has never been here.
func (h *Harness) NewBrowser() *Browser {
	return &Browser{Cookies: map[string]string{}, Header: http.Header{}, issuer: "http://" + Host, do: h.Do, t: h.t}
}

// BrowserOf returns a browser that has never been at the server of that URL, which
// runs elsewhere.
func BrowserOf(t testing.TB, issuer string) *Browser {
	b := &Browser{Cookies: map[string]string{}, Header: http.Header{}, issuer: issuer, t: t}
	b.do = func(r *http.Request) *http.Response {
		request, err := http.NewRequestWithContext(r.Context(), r.Method, issuer+r.RequestURI, r.Body)
		if err != nil {
			b.t.Fatal(err)
		}
		request.Header = r.Header
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	return b
}

// In is the same browser in a subtest.
func (b *Browser) In(t testing.TB) *Browser {
	other := *b
	other.t = t
	return &other
}

// Get opens an address: a path, or a URL of the server.
func (b *Browser) Get(target string) *Page {
	b.t.Helper()
	return b.open(http.MethodGet, target, "", "none")
}

// Post sends a form from nowhere on the site: as a page of another one would with
// site "cross-site".
func (b *Browser) Post(target string, values url.Values, site string) *Page {
	b.t.Helper()
	return b.open(http.MethodPost, target, values.Encode(), site)
}

func (b *Browser) open(method, target, body, site string) *Page {
	b.t.Helper()
	var set []*http.Cookie
	for range 12 {
		page := b.once(method, strings.TrimPrefix(target, b.issuer), body, site)
		page.Set = append(set, page.Set...)
		location := page.Header.Get("Location")
		if location == "" || page.Status < 300 || page.Status > 399 {
			return page
		}
		if page.Status > http.StatusSeeOther || page.Status < http.StatusFound {
			b.t.Errorf("%s %s: a redirect by %d sends the form on (RFC 9700 §4.12)", method, target, page.Status)
		}
		next, err := url.Parse(location)
		if err != nil {
			b.t.Fatal(err)
		}
		if b.leaves(next) {
			page.Left = next
			return page
		}
		set, method, target, body, site = page.Set, http.MethodGet, location, "", "same-origin"
	}
	b.t.Fatalf("%s: redirected in a circle", target)
	return nil
}

// leaves reports whether an address is of another site; one without a host is not.
func (b *Browser) leaves(target *url.URL) bool {
	return target.IsAbs() && target.Scheme+"://"+target.Host != b.issuer
}

func (b *Browser) once(method, target, body, site string) *Page {
	b.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for name, values := range b.Header {
		r.Header[name] = values
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Sec-Fetch-Site", site)
	if b.IP != "" {
		r.RemoteAddr = b.IP + ":4711"
	}
	if method != http.MethodPost || site != "cross-site" { // SameSite=Lax
		for name, value := range b.Cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	response := b.do(r)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, cookie := range response.Cookies() {
		if b.Cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(b.Cookies, cookie.Name)
		}
	}
	page := &Page{
		Status: response.StatusCode, Header: response.Header, Path: target, Body: string(text), Set: response.Cookies(), browser: b,
	}
	page.parse()
	return page
}

// parse finds the forms of a page.
func (p *Page) parse() {
	root, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		return
	}
	var form *Form
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		switch node.Data {
		case "form":
			form = &Form{Action: attribute(node, "action"), Values: url.Values{}, Buttons: url.Values{}, Choices: map[string][]string{}, page: p}
			p.Forms = append(p.Forms, form)
		case "input", "button", "textarea", "select":
			if form != nil {
				form.field(node)
			}
		}
	}
}

func (f *Form) field(node *html.Node) {
	name, value, kind := attribute(node, "name"), attribute(node, "value"), attribute(node, "type")
	switch {
	case name == "":
	case node.Data == "button" || kind == "submit":
		f.Buttons.Add(name, value)
	case kind == "radio" || kind == "checkbox":
		f.Choices[name] = append(f.Choices[name], value)
		if hasAttribute(node, "checked") {
			f.Values.Add(name, value)
		}
	case node.Data == "textarea":
		f.Values.Set(name, strings.TrimPrefix(textOf(node), "\n"))
	case node.Data == "select":
		f.Values.Set(name, selected(node))
	default:
		f.Values.Set(name, value)
	}
}

// selected is the value of a select: of the option that says so, else of the first.
func selected(node *html.Node) string {
	value, first := "", true
	for option := range node.Descendants() {
		if option.Data == "option" && (first || hasAttribute(option, "selected")) {
			value, first = attribute(option, "value"), false
		}
	}
	return value
}

func textOf(node *html.Node) string {
	var text strings.Builder
	for part := range node.Descendants() {
		if part.Type == html.TextNode {
			text.WriteString(part.Data)
		}
	}
	return text.String()
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttribute(node *html.Node, name string) bool {
	for _, a := range node.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// Form returns the form that has a field or a button of that name.
func (p *Page) Form(name string) *Form {
	p.browser.t.Helper()
	for _, form := range p.Forms {
		if form.Values.Has(name) || form.Buttons.Has(name) || form.Choices[name] != nil {
			return form
		}
	}
	p.browser.t.Fatalf("%s (%d) has no form with %q:\n%s", p.Path, p.Status, name, p.Body)
	return nil
}

// Set fills in a field, or presses a button of that name.
func (f *Form) Set(name, value string) *Form {
	f.Values.Set(name, value)
	return f
}

// Send submits the form as the page's browser does.
func (f *Form) Send() *Page {
	b := f.page.browser
	b.t.Helper()
	action := f.Action
	if action == "" {
		action = f.page.Path
	}
	target, err := url.Parse(action)
	if err != nil {
		b.t.Fatal(err)
	}
	if b.leaves(target) {
		return &Page{Left: target, browser: b}
	}
	return b.open(http.MethodPost, action, f.Values.Encode(), "same-origin")
}

// Pressing returns the form with a button of that name and value, pressed.
func (p *Page) Pressing(name, value string) *Form {
	p.browser.t.Helper()
	for _, form := range p.Forms {
		if slices.Contains(form.Buttons[name], value) {
			return form.Set(name, value)
		}
	}
	p.browser.t.Fatalf("%s (%d) has no button %s=%s:\n%s", p.Path, p.Status, name, value, p.Body)
	return nil
}

// Press presses a button.
func (p *Page) Press(name, value string) *Page {
	p.browser.t.Helper()
	return p.Pressing(name, value).Send()
}

// SignIn fills in the sign-in page.
func (p *Page) SignIn(identifier, password string) *Page {
	p.browser.t.Helper()
	return p.Form("password").Set("identifier", identifier).Set("password", password).Send()
}

// Approve presses the button of the consent page, for a company where one is to be
// picked.
func (p *Page) Approve(account string) *Page {
	p.browser.t.Helper()
	form := p.Pressing("decision", "approve")
	if account != "" {
		form.Set("account", account)
	}
	return form.Send()
}

// Answer returns the parameters that the browser took to the client: from the
// address, or from the form of response_mode=form_post.
func (p *Page) Answer() url.Values {
	p.browser.t.Helper()
	if p.Left != nil {
		return p.Left.Query()
	}
	for _, form := range p.Forms {
		if form.Values.Has("iss") {
			return form.Values
		}
	}
	p.browser.t.Fatalf("%s (%d) is no answer to a client:\n%s", p.Path, p.Status, p.Body)
	return nil
}

// Problem checks that the page is an error of that status, here and nowhere else.
func (p *Page) Problem(status int) *Page {
	p.browser.t.Helper()
	if p.Left != nil || p.Status != status || p.Header.Get("Location") != "" {
		p.browser.t.Errorf("%s: status %d, left for %v, want a page with %d:\n%s", p.Path, p.Status, p.Left, status, p.Body)
	}
	return p
}
