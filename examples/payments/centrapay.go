package payments

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"claviger/oauth"
	"claviger/resource"
)

// merchant is who can be paid. Payment requests are resources of its account.
type merchant struct{ accountID, name string }

// merchants are those of examples/demo.yaml.
var merchants = map[string]merchant{
	"centrapay-cafe":          {"Jaim1Cu1Q55uooxSens6yk", "Centrapay Cafe"},
	"centrapay-tea-warehouse": {"5uooxSens6ykJaim1Cu1Q5", "Centrapay Tea Warehouse"},
}

// paymentRequest is what a merchant asks to be paid.
type paymentRequest struct {
	ID         string    `json:"id"`
	Status     string    `json:"status"` // new, paid, refunded, cancelled or voided
	MerchantID string    `json:"merchantId"`
	Merchant   string    `json:"merchantName"`
	Value      value     `json:"value"`
	CreatedAt  time.Time `json:"createdAt"`
	UpdatedAt  time.Time `json:"updatedAt"`

	accountID string
}

// value is an amount in the smallest unit of its currency, as a text.
type value struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// step is a change of a payment request. The permission has its name.
type step struct {
	name string
	from []string
	to   string
}

var steps = []step{
	{"pay", []string{"new"}, "paid"},
	{"refund", []string{"paid"}, "refunded"},
	{"cancel", []string{"new"}, "cancelled"},
	{"void", []string{"new", "paid"}, "voided"},
}

type centrapay struct {
	*system

	requests ledger[paymentRequest]
	now      func() time.Time
}

// addCentrapay adds the routes of Centrapay, for API keys and for people. What
// they may do to a payment request the server decides, by their role in the
// account that it belongs to.
func addCentrapay(a *API, c *Config) error {
	s, err := a.newSystem(c, refuseCentrapay, func(r *resource.Config) {
		r.BearerOnly = false
		r.ActingAccountHeader = "X-Centrapay-Account"
	})
	if err != nil {
		return err
	}
	p := &centrapay{system: s, now: c.Now}
	const base = "/api/payment-requests"
	s.owns(base)
	s.owns(base + "/")
	s.handle(base, methods{http.MethodPost: s.Require()(s.serve(http.StatusOK, p.create))})
	s.handle(base+"/{id}", methods{http.MethodGet: p.may("read")(s.serve(http.StatusOK, p.read))})
	for _, step := range steps {
		s.handle(base+"/{id}/"+step.name, methods{http.MethodPost: p.may(step.name)(s.serve(http.StatusOK, p.take(step)))})
	}
	return nil
}

// may demands a permission on the account of the payment request in the path.
func (p *centrapay) may(name string) func(http.Handler) http.Handler {
	return p.Require(resource.Permission("payment-requests:"+name, p.accountOf))
}

// accountOf is the account that a payment request belongs to. One that is not
// there belongs to no account, so that nobody learns which ids there are.
func (p *centrapay) accountOf(r *http.Request, _ *resource.Caller) (string, error) {
	request, _ := p.requests.get(r.PathValue("id"))
	return request.accountID, nil
}

func (p *centrapay) create(r *http.Request) (any, error) {
	body := readFields(r)
	merchantID, wanted := body.text("merchantId", anyText), body.object("value")
	asked := value{Amount: wanted.text("amount", smallestUnits.MatchString), Currency: wanted.text("currency", currency.MatchString)}
	if *body.problem != nil {
		return nil, *body.problem
	}
	to := merchants[merchantID]
	if err := p.Permit(r.Context(), resource.From(r.Context()), "payment-requests:create", to.accountID); err != nil {
		return nil, err
	}
	now := p.now().UTC()
	request := paymentRequest{
		ID: rand.Text(), Status: "new", MerchantID: merchantID, Merchant: to.name, Value: asked,
		CreatedAt: now, UpdatedAt: now, accountID: to.accountID,
	}
	p.requests.add(request.ID, request)
	return request, nil
}

var (
	smallestUnits = regexp.MustCompile(`^[1-9][0-9]{0,11}$`)
	currency      = regexp.MustCompile(`^[A-Z]{3}$`)
)

func (p *centrapay) read(r *http.Request) (any, error) {
	request, ok := p.requests.get(r.PathValue("id"))
	if !ok {
		return nil, oauth.NewError(oauth.ReasonNotFound)
	}
	return request, nil
}

// take takes a step. Of two that exclude each other one wins.
func (p *centrapay) take(s step) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		return p.requests.change(r.PathValue("id"), func(request paymentRequest) (paymentRequest, error) {
			switch {
			case request.ID == "":
				return request, oauth.NewError(oauth.ReasonNotFound)
			case !slices.Contains(s.from, request.Status):
				return request, &oauth.Error{
					Code: oauth.Conflict, Reason: "payment_request_" + oauth.Reason(request.Status), Status: http.StatusConflict,
					Description: "PAYMENT_REQUEST_" + strings.ToUpper(request.Status),
				}
			}
			request.Status, request.UpdatedAt = s.to, p.now().UTC()
			return request, nil
		})
	}
}

// refuseCentrapay writes {statusCode, error, message}.
func refuseCentrapay(w http.ResponseWriter, _ *http.Request, e *oauth.Error) {
	writeError(w, e, map[string]any{
		"statusCode": e.Status, "error": http.StatusText(e.Status), "message": centrapayMessage(e),
	})
}

func centrapayMessage(e *oauth.Error) string {
	switch {
	case e.Reason == oauth.ReasonAuthenticationMissing:
		return "Missing authentication"
	case e.Reason == oauth.ReasonSeveralCredentials:
		return "Several credentials"
	case e.Status == http.StatusUnauthorized:
		return "Invalid authentication"
	case e.Status == http.StatusForbidden: // for whatever reason
		return "Forbidden"
	case e.Param != "":
		return e.Param + ": " + e.Description
	}
	return e.Description
}
