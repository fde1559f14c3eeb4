package server_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
)

const (
	operatorEmail = "admin@claviger.example"
	operatorPass  = "open the gate at dawn"
)

// operatorOf is the operator of the demo data, signed in.
func operatorOf(t *testing.T, c *customer) *visitor {
	v := newVisitor(t, c)
	v.signedIn(operatorEmail, operatorPass)
	return v
}

// foundIn is the first text of a page that a pattern finds.
func foundIn(t *testing.T, page *servertest.Page, pattern string) string {
	t.Helper()
	match := regexp.MustCompile(pattern).FindStringSubmatch(html.UnescapeString(page.Body))
	if match == nil {
		t.Fatalf("%s (%d) has no %s:\n%s", page.Path, page.Status, pattern, page.Body)
	}
	return match[len(match)-1]
}

var operatorPages = []string{
	"/operator/organisations", "/operator/organisations/new", "/operator/accounts", "/operator/accounts?q=acme-fr", "/operator/accounts/acme-fr",
	"/operator/partners", "/operator/partners/new", "/operator/clients", "/operator/clients/new", "/operator/clients/spendesk-partner",
	"/operator/clients/spendesk-partner/edit", "/operator/clients/spendesk-partner/rotate", "/operator/clients/spendesk-partner/stop",
	"/operator/roles", "/operator/decisions", "/operator/dialects", "/operator/dialects/spendesk", "/operator/dialects/spendesk/try",
	"/operator/dialects/spendesk/transcripts/api-key", "/operator/keys", "/operator/keys/rotate?algorithm=ES256", "/operator/sessions",
	"/operator/sessions?q=owner@acme.example", "/operator/people/invite", "/operator/audit", "/operator/usage",
}

func TestF01_TheOperatorsPagesAreForOperatorsAlone(t *testing.T) {
	c := newCustomer(t)
	operator, owner, nobody := operatorOf(t, c), acme(t, c), newVisitor(t, c)
	for _, path := range operatorPages {
		if page := operator.Get(path); page.Status != http.StatusOK {
			t.Errorf("the operator at %s: %d\n%s", path, page.Status, page.Body)
		} else if left := regexp.MustCompile(`console\.(op|people|first|roles|clients|keys|members|settings|usage)\.[a-z_.]+|%!\w`).FindString(page.Body); left != "" {
			t.Errorf("%s has no text for %s", path, left)
		}
		if page := owner.Get(path); page.Status != http.StatusForbidden {
			t.Errorf("an organisation's owner at %s: %d", path, page.Status)
		}
		if page := nobody.Get(path); !strings.HasPrefix(page.Path, "/signin") && !strings.Contains(page.Body, "current_password") && !strings.Contains(page.Body, "Sign in") {
			t.Errorf("nobody at %s: %d %s", path, page.Status, page.Path)
		}
	}
}

func TestPE_6_APartnerIsOnboardedAndItsSecretWorks(t *testing.T) {
	c := newCustomer(t)
	v := operatorOf(t, c)
	form := func() *servertest.Form {
		return to(t, v.Get("/operator/partners/new"), "/operator/partners/new").Set("company", "Books & Co").Set("contact", "dev@books.example").
			Set("name", "Books").Set("dialect", "spendesk").Set("scopes", "read").Set("grant_types", "client_credentials")
	}
	says(t, form().Set("website", "not a site").Send(), http.StatusBadRequest, "website", "Books & Co")
	says(t, form().Set("website", "https://books.example").Set("redirect_uris", "javascript:alert(1)").Send(), http.StatusBadRequest)
	page := form().Set("website", "https://books.example").Send()
	says(t, page, http.StatusOK, "Books & Co", "https://books.example", "dev@books.example")
	secret, id := foundIn(t, page, `clv_sec_\w+`), foundIn(t, page, `cli_\w+`)
	token := func(secret string) wireAnswer {
		return c.send(http.MethodPost, "/oauth2/token", "grant_type=client_credentials", formType, basic(id, secret))
	}
	token(secret).is(http.StatusOK)
	silent(t, v.Get("/operator/clients/"+id), secret)

	rotated := to(t, v.Get("/operator/clients/"+id+"/rotate"), "/operator/clients/"+id+"/rotate").Set("overlap", "0").Send()
	fresh := foundIn(t, rotated, `clv_sec_\w+`)
	token(secret).is(http.StatusUnauthorized)
	token(fresh).is(http.StatusOK)

	stop := v.Get("/operator/clients/" + id + "/stop")
	says(t, stop.Form("confirm").Set("confirm", "Book").Send(), http.StatusBadRequest, "This is not the name")
	says(t, stop.Form("confirm").Set("confirm", "Books").Send(), http.StatusOK, "The client is changed", "Disabled")
	if answer := token(fresh); answer.status == http.StatusOK {
		t.Error("a client that was stopped gets a token")
	}
	says(t, to(t, v.Get("/operator/clients/"+id), "/operator/clients/"+id+"/stop").Send(), http.StatusOK, "Active")
	token(fresh).is(http.StatusOK)
	says(t, v.Get("/operator/partners?q=books"), http.StatusOK, id)
}

func TestOperatorMakesAnOrganisationWithAnAccount(t *testing.T) {
	c := newCustomer(t)
	v := operatorOf(t, c)
	page := to(t, v.Get("/operator/organisations/new"), "/operator/organisations/new").Set("name", "Tea <b>House</b>").Set("code", "TEA").
		Set("services", "partnerservices https://tea.example/").Send()
	says(t, page, http.StatusOK, "The organisation is there", "TEA", "https://tea.example/")
	if strings.Contains(page.Body, "<b>House") {
		t.Error("E04: the name is markup")
	}
	id := foundIn(t, page, `org_\w+`)
	page = to(t, v.Get("/operator/organisations/"+id+"/accounts/new"), "/operator/organisations/"+id+"/accounts/new").Set("name", "Main").Set("currency", "EUR").Send()
	says(t, page, http.StatusOK, "The account is there", "Main")
	account := foundIn(t, page, `/operator/accounts/(acc_\w+)`)
	edit := to(t, page, "/operator/accounts/"+account)
	other := to(t, v.Get("/operator/accounts/"+account), "/operator/accounts/"+account)
	says(t, edit.Set("flags", "trusted-user").Set("status", "SUSPENDED").Send(), http.StatusOK, "The account is changed", "trusted-user", "Suspended")
	says(t, other.Set("name", "Second").Send(), http.StatusPreconditionFailed, "Somebody else changed this")
	says(t, v.Get("/operator/organisations?q=house"), http.StatusOK, "TEA")
	says(t, v.Get("/operator/organisations/"+id+"/stop").Form("confirm").Set("confirm", "Tea <b>House</b>").Send(), http.StatusOK, "Disabled")
}

func TestOperatorSeesWhySomethingIsDenied(t *testing.T) {
	c := newCustomer(t)
	v := operatorOf(t, c)
	ask := "/operator/decisions?kind=person&action=connections:approve&who="
	says(t, v.Get(ask+"owner@acme.example&account=acme-fr"), http.StatusOK, "Allowed", "role owner of person")
	says(t, v.Get(ask+"owner@acme.example&account=acme-labs"), http.StatusOK, "Denied", "acme-labs")
	says(t, v.Get(ask+"nobody@acme.example&account=acme-fr"), http.StatusBadRequest, "There is no such person")
	says(t, v.Get("/operator/roles"), http.StatusOK, "Owner", "connections:approve")
}

func TestOperatorTriesADialect(t *testing.T) {
	c := newCustomer(t)
	v := operatorOf(t, c)
	const path = "/operator/dialects/spendesk/try"
	page := to(t, v.Get(path+"?sample=api-key/token"), path).Set("request", "POST /auth/token HTTP/1.1\nHost: x\nAuthorization: Basic bXlfaWQ6bXlfc2VjcmV0\n").Send()
	says(t, page, http.StatusOK, "answered with 200", "HTTP/1.1 200 OK", "(hidden)", `"token_type":"Bearer"`)
	silent(t, page, "bXlfaWQ6bXlfc2VjcmV0", "eyJ")
	if events, err := c.Store.Events(t.Context(), store.EventFilter{Type: core.TokenIssued}); err != nil || len(events) == 0 {
		t.Errorf("it is not in the audit trail: %v", err)
	}
	page = to(t, v.Get(path), path).Set("request", "POST /auth/token HTTP/1.1\nAuthorization: Basic d3Jvbmc6d3Jvbmctc2VjcmV0").Send()
	says(t, page, http.StatusOK, "refused it with 4")
	for name, request := range map[string]string{
		"another route": "GET /operator/organisations HTTP/1.1", "no path": "hello", "elsewhere": "GET http://169.254.169.254/ HTTP/1.1",
		"too long": "POST /auth/token HTTP/1.1\n\n" + strings.Repeat("x", 17<<10),
	} {
		t.Run(name, func(t *testing.T) {
			says(t, to(t, v.Get(path), path).Set("request", request).Send(), http.StatusBadRequest)
		})
	}
	v.Post(path, map[string][]string{"request": {"POST /auth/token HTTP/1.1"}}, "cross-site").Problem(http.StatusForbidden)
}

func TestE19_TheOperatorEndsSessionsAndStopsPeople(t *testing.T) {
	c := newCustomer(t)
	v, owner := operatorOf(t, c), acme(t, c)
	page := v.Get("/operator/sessions?q=" + acmeOwner)
	says(t, page, http.StatusOK, "Odile Martin", "Acme France")
	form := to(t, page, foundIn(t, page, `"(/operator/sessions/ses_\w+/end)"`))
	says(t, form.Send(), http.StatusOK, "The session is ended", "signed in nowhere")
	if page := owner.Get(acmeConsole); !strings.Contains(page.Path, "sign") {
		t.Errorf("still signed in: %s", page.Path)
	}
	owner.signedIn(acmeOwner, acmePass)
	stop := v.Get(foundIn(t, v.Get("/operator/sessions?q="+acmeOwner), `"(/operator/people/usr_\w+/stop)"`))
	says(t, stop.Form("confirm").Set("confirm", "Odile Martin").Send(), http.StatusOK, "The person is changed")
	if page := owner.Get(acmeConsole); !strings.Contains(page.Path, "sign") {
		t.Errorf("a person who was stopped is at %s", page.Path)
	}
	self := c.Person(operatorEmail)
	if _, err := c.Admin.SetPersonStatus(t.Context(), c.signedIn(operatorEmail), self.ID, admin.AnyVersion, core.Disabled); err == nil {
		t.Error("the last operator stops themselves")
	}
}

func TestOperatorRotatesASigningKey(t *testing.T) {
	c := newCustomer(t)
	v := operatorOf(t, c)
	form := v.Get("/operator/keys/rotate?algorithm=ES256").Form("confirm")
	says(t, form.Set("confirm", "RS256").Send(), http.StatusBadRequest, "This is not the name")
	says(t, form.Set("confirm", "ES256").Send(), http.StatusOK, "The new key is published", "Next")
	v.Get("/operator/keys/rotate?algorithm=none").Problem(http.StatusNotFound)
}

func TestALinkMakesOneOperatorOnce(t *testing.T) {
	c := newCustomer(t)
	link := func() string {
		plain, _, err := c.Admin.InviteOperator(t.Context(), admin.Actor{Name: "test"})
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimPrefix(admin.OperatorLink("", plain), "http://"+servertest.Host)
	}
	first, second := link(), link()
	v := newVisitor(t, c)
	v.Get("/account/operator").Problem(http.StatusNotFound)
	fill := func(page *servertest.Page) *servertest.Form {
		return to(t, page, "/account/operator").Set("full_name", "Olga Ortiz").Set("email", "olga@claviger.example").Set("new_password", "a lantern on the pier")
	}
	page := v.Get(first)
	if strings.Contains(page.Path, "clv_inv") {
		t.Errorf("the secret stays in the address %s", page.Path)
	}
	says(t, fill(page).Set("new_password", "password").Send(), http.StatusBadRequest)
	says(t, fill(page).Set("email", acmeOwner).Send(), http.StatusConflict, "This is in use already")
	says(t, fill(page).Send(), http.StatusOK, "You are the operator", "Organisations", "Olga Ortiz")
	if user := c.Person("olga@claviger.example"); !user.Operator {
		t.Error("she is no operator")
	}
	newVisitor(t, c).Get(first).Problem(http.StatusNotFound)
	newVisitor(t, c).Get(second).Problem(http.StatusNotFound) // the first that is used ends the others
	third := link()
	c.Clock.Advance(admin.OperatorLinkLifetime)
	newVisitor(t, c).Get(third).Problem(http.StatusNotFound)

	shown := to(t, operatorOf(t, c).Get("/operator/people/invite"), "/operator/people/invite").Send()
	says(t, newVisitor(t, c).Get(strings.TrimPrefix(foundIn(t, shown, `http://\S+/account/operator\?link=clv_inv_\w+`), "http://"+servertest.Host)), http.StatusOK, "Become the operator")
}
