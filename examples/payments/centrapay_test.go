package payments_test

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

const (
	requests  = "/api/payment-requests"
	cafe      = "Jaim1Cu1Q55uooxSens6yk"
	warehouse = "5uooxSens6ykJaim1Cu1Q5"

	ofCafe      = `{"merchantId":"centrapay-cafe","value":{"amount":"450","currency":"NZD"}}`
	ofWarehouse = `{"merchantId":"centrapay-tea-warehouse","value":{"amount":"450","currency":"NZD"}}`

	centrapayForbidden = `{"error":"Forbidden","message":"Forbidden","statusCode":403}`
	centrapayInvalid   = `{"error":"Unauthorized","message":"Invalid authentication","statusCode":401}`
)

// newRequest makes a payment request of the cafe and returns its path.
func (w *world) newRequest() string {
	w.t.Helper()
	id, _ := w.send(http.MethodPost, requests, ofCafe, apiKey(terminalKey)).is(200).member("id").(string)
	return requests + "/" + id
}

// warehouseTerminal is a terminal of another merchant than the cafe.
func (w *world) warehouseTerminal() string {
	w.t.Helper()
	return apiKey(w.token("/api/accounts/"+warehouse+"/api-keys", "application/json", `{"name":"Terminal","role":"merchant-terminal"}`, "secret", w.person(user)))
}

// The rules of the table, on a payment request of the cafe: who may do what.
func TestCP_8_PaymentRequests(t *testing.T) {
	w := newWorld(t)
	terminal, foreign := apiKey(terminalKey), w.warehouseTerminal()
	everyone := map[string]string{
		"terminal": terminal, "foreign terminal": foreign, "owner key": apiKey(ownerKey), "provider key": apiKey(providerKey),
		"person": w.person(user), "newcomer": w.person(newcomer),
		"app": w.app("your_app_key", "your_app_secret"), "integration user": w.integration(),
		"company": w.company("settlement:read"),
	}
	allowed := map[string][]string{
		"create": {"terminal"},
		"read":   {"terminal", "foreign terminal", "owner key", "person", "newcomer"},
		"pay":    {"terminal", "owner key", "person", "newcomer"},
		"refund": {"terminal"}, "cancel": {"terminal"}, "void": {"terminal"},
	}
	for action, names := range allowed {
		may := map[string]bool{}
		for _, name := range names {
			may[name] = true
		}
		for name, who := range everyone {
			var a answer
			switch action {
			case "create":
				a = w.send(http.MethodPost, requests, ofCafe, who)
			case "read":
				a = w.send(http.MethodGet, w.newRequest(), "", who)
			case "refund":
				path := w.newRequest()
				w.send(http.MethodPost, path+"/pay", "", terminal).is(200)
				a = w.send(http.MethodPost, path+"/refund", "", who)
			default:
				a = w.send(http.MethodPost, w.newRequest()+"/"+action, "", who)
			}
			if may[name] {
				a.is(200)
			} else {
				a.is(403).says(centrapayForbidden)
			}
		}
	}
	w.send(http.MethodPost, requests, ofWarehouse, foreign).is(200)
	w.send(http.MethodPost, requests, ofWarehouse, terminal).is(403).says(centrapayForbidden)
	// A merchant or a payment request that is not there looks like another's.
	w.send(http.MethodPost, requests, `{"merchantId":"*","value":{"amount":"450","currency":"NZD"}}`, terminal).is(403).says(centrapayForbidden)
	w.send(http.MethodGet, requests+"/nothing", "", terminal).is(403).says(centrapayForbidden)
	w.send(http.MethodPost, requests+"/nothing/pay", "", terminal).is(403).says(centrapayForbidden)
}

func TestPaymentRequestsTakeOneStepAtATime(t *testing.T) {
	w := newWorld(t)
	terminal := apiKey(terminalKey)
	path := w.newRequest()
	made := w.send(http.MethodGet, path, "", terminal).is(200)
	if made.member("status") != "new" || made.member("merchantName") != "Centrapay Cafe" || made.member("value", "amount") != "450" ||
		made.member("createdAt") != "2026-03-02T09:30:00Z" || made.member("accountID") != nil {
		t.Errorf("made %s", made.text)
	}
	w.send(http.MethodPost, path+"/refund", "", terminal).is(409).
		says(`{"error":"Conflict","message":"PAYMENT_REQUEST_NEW","statusCode":409}`)
	if got := w.send(http.MethodPost, path+"/pay", "", w.person(newcomer)).is(200).member("status"); got != "paid" {
		t.Errorf("it is %v", got)
	}
	w.send(http.MethodPost, path+"/pay", "", terminal).is(409).says(`{"error":"Conflict","message":"PAYMENT_REQUEST_PAID","statusCode":409}`)
	w.send(http.MethodPost, path+"/cancel", "", terminal).is(409)
	w.send(http.MethodPost, path+"/refund", "", terminal).is(200)
	w.send(http.MethodPost, path+"/refund", "", terminal).is(409)
	path = w.newRequest()
	w.send(http.MethodPost, path+"/cancel", "", terminal).is(200)
	w.send(http.MethodPost, path+"/pay", "", terminal).is(409)
	w.send(http.MethodPost, w.newRequest()+"/void", "", terminal).is(200)

	// Of twenty who pay at once one does.
	path = w.newRequest()
	w.send(http.MethodPost, path+"/refund", "", terminal).is(409) // the server's word is known from here on
	statuses := make(chan int, 20)
	var group sync.WaitGroup
	for range cap(statuses) {
		group.Go(func() { statuses <- w.send(http.MethodPost, path+"/pay", "", terminal).status })
	}
	group.Wait()
	close(statuses)
	paid := 0
	for status := range statuses {
		if status == 200 {
			paid++
		}
	}
	if paid != 1 {
		t.Errorf("%d paid", paid)
	}
}

func TestCentrapayCredentials(t *testing.T) {
	w := newWorld(t)
	path, person := w.newRequest(), w.person(user)
	w.send(http.MethodGet, path, "").is(401).says(`{"error":"Unauthorized","message":"Missing authentication","statusCode":401}`)
	w.send(http.MethodGet, path, "", person, apiKey(terminalKey)).is(401).says(`{"error":"Unauthorized","message":"Several credentials","statusCode":401}`)
	w.send(http.MethodGet, path, "", apiKey(terminalKey), apiKey(terminalKey)).is(401)
	for _, line := range []string{
		apiKey("made-up"), apiKey(""), apiKey("my_secret"), bearer(terminalKey), apiKey(person[len("Authorization: Bearer "):]), w.service(),
	} {
		w.send(http.MethodGet, path, "", line).is(401).says(centrapayInvalid)
	}
	// CP-11: the account that a person acts for is one of their own.
	w.send(http.MethodGet, path, "", person, "X-Centrapay-Account: "+cafe).is(200)
	for _, account := range []string{"table", "*", ""} {
		w.send(http.MethodGet, path, "", person, "X-Centrapay-Account: "+account).is(403).says(centrapayForbidden)
	}
	w.send(http.MethodGet, path, "", w.person(newcomer), "X-Centrapay-Account: "+cafe).is(403).says(centrapayForbidden)
	w.send(http.MethodGet, path, "", apiKey(terminalKey), "X-Centrapay-Account: "+warehouse).is(403).says(centrapayForbidden)
}

func TestCP_12_ErrorsOfPaymentRequests(t *testing.T) {
	w := newWorld(t)
	for body, message := range map[string]string{
		`{}`:                              "merchantId: A required parameter is missing.",
		`{"merchantId":"centrapay-cafe"}`: "value: A required parameter is missing.",
		`{"merchantId":"centrapay-cafe","value":"450"}`:                             "value: A parameter has the wrong type.",
		`{"merchantId":"centrapay-cafe","value":{"amount":450,"currency":"NZD"}}`:   "value.amount: A parameter has the wrong type.",
		`{"merchantId":"centrapay-cafe","value":{"amount":"0","currency":"NZD"}}`:   "value.amount: A parameter has a value that is not allowed.",
		`{"merchantId":"centrapay-cafe","value":{"amount":"1","currency":"nzd"}}`:   "value.currency: A parameter has a value that is not allowed.",
		`{"merchantId":"centrapay-cafe","value":{"amount":"1","amount":"2"}}`:       "value: A parameter has the wrong type.",
		`{"merchantId":"a","merchantId":"centrapay-cafe","value":{"amount":"1"}}`:   "A parameter is present more than once.",
		`{"merchantId":["centrapay-cafe"],"value":{"amount":"1","currency":"NZD"}}`: "merchantId: A parameter has the wrong type.",
	} {
		w.send(http.MethodPost, requests, body, apiKey(terminalKey)).is(400).
			says(`{"error":"Bad Request","message":"` + message + `","statusCode":400}`)
	}
	w.send(http.MethodDelete, requests, "", apiKey(terminalKey)).is(405).says(`{"error":"Method Not Allowed","message":"The method is not allowed here.","statusCode":405}`)
	w.send(http.MethodGet, requests+"/a/b/c", "", apiKey(terminalKey)).is(404)
}

// What was revoked stops within the time that the server's word is kept; what the
// server cannot be asked about is not let through.
func TestALL_6_RevokedAndUnanswered(t *testing.T) {
	const kept = 10 * time.Second
	w := newWorld(t)
	path, terminal := w.newRequest(), apiKey(terminalKey)
	app := w.app("your_app_key", "your_app_secret")
	w.send(http.MethodGet, path, "", terminal).is(200)
	w.send(http.MethodGet, checkouts, "", app).is(200)
	w.apply(`
organisations: [{code: centrapay-cafe, api_keys: [{name: TestMerchant, account: ` + cafe + `, status: DISABLED}]}]
clients: [{id: your_app_key, status: DISABLED}]`)
	w.send(http.MethodGet, path, "", terminal).is(200) // for a little while yet
	w.Clock.Advance(kept)
	w.send(http.MethodGet, path, "", terminal).is(401).says(centrapayInvalid)
	w.send(http.MethodGet, checkouts, "", app).is(401).says(jpayUnauthorised)

	person := w.person(user)
	w.send(http.MethodGet, path, "", person).is(200)
	w.down = true
	w.send(http.MethodGet, path, "", person).is(200) // what the server said is known
	w.send(http.MethodPost, path+"/pay", "", person).is(503).
		says(`{"error":"Service Unavailable","message":"The service is temporarily unavailable.","statusCode":503}`)
	w.Clock.Advance(kept)
	w.send(http.MethodGet, path, "", person).is(503)
	w.send(http.MethodGet, path, "", apiKey(ownerKey)).is(503)
}
