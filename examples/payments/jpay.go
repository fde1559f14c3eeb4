package payments

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"claviger/oauth"
	"claviger/resource"
)

// transfer is money that an app asks a phone for, or sends to one.
type transfer struct {
	id, merchant                                 string // merchant: id of the organisation that the app is of
	party, reference, accountNumber, callbackURL string
	amount                                       int64 // in hundredths
	at                                           time.Time
}

// product is what JPay Africa sells: an app has it or has not.
type product struct {
	name  string // in the claim "products" of an app's tokens
	path  string
	party string // what the phone number is called in a request
	made  *ledger[transfer]
	now   func() time.Time
}

// addJPay adds the routes of JPay Africa. An app may use the products that it was
// registered with, and sees what is of its own merchant.
func addJPay(a *API, c *Config) error {
	s, err := a.newSystem(c, refuseJPay, nil)
	if err != nil {
		return err
	}
	const base = "/api/v1/payments/"
	s.owns(base)
	for _, p := range []*product{
		{name: "collections", path: base + "collections/checkouts", party: "payfrom"},
		{name: "payouts", path: base + "payouts", party: "payto"},
	} {
		p.made, p.now = &ledger[transfer]{}, c.Now
		only := s.Require(resource.Product(p.name))
		s.handle(p.path, methods{http.MethodGet: only(s.serve(http.StatusOK, p.list))})
		s.handle(p.path+"/initiate", methods{http.MethodPost: only(s.serve(http.StatusCreated, p.initiate))})
	}
	return nil
}

func (p *product) list(r *http.Request) (any, error) {
	merchant, err := merchantOf(r)
	if err != nil {
		return nil, err
	}
	results := []any{}
	for _, t := range p.made.list(func(t transfer) bool { return t.merchant == merchant }) {
		results = append(results, p.show(t))
	}
	return map[string]any{"count": len(results), "results": results}, nil
}

func (p *product) initiate(r *http.Request) (any, error) {
	merchant, err := merchantOf(r)
	if err != nil {
		return nil, err
	}
	body := readFields(r)
	t := transfer{
		id: rand.Text(), merchant: merchant, at: p.now(),
		party: body.text(p.party, phoneNumber.MatchString), amount: body.amount("amount"),
		reference: body.text("ref_no", anyText), accountNumber: body.text("account_number", anyText),
		callbackURL: body.text("callback_url", isHTTPS), // nothing is sent there
	}
	if *body.problem != nil {
		return nil, *body.problem
	}
	p.made.add(t.id, t)
	return p.show(t), nil
}

func (p *product) show(t transfer) map[string]any {
	return map[string]any{
		"id": t.id, "status": "PENDING", p.party: t.party, "amount": decimal(t.amount), "ref_no": t.reference,
		"account_number": t.accountNumber, "callback_url": t.callbackURL, "created_at": t.at.UTC().Format(time.RFC3339),
	}
}

// merchantOf returns the organisation that the caller acts for. Without one
// nothing is the caller's.
func merchantOf(r *http.Request) (string, error) {
	who := resource.From(r.Context())
	if who.OrganisationID == "" {
		return "", oauth.NewError(oauth.ReasonPermissionDenied)
	}
	return who.OrganisationID, nil
}

var phoneNumber = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil
}

// refuseJPay writes {"detail": …}.
func refuseJPay(w http.ResponseWriter, _ *http.Request, e *oauth.Error) {
	writeError(w, e, map[string]string{"detail": jpayDetail(e)})
}

func jpayDetail(e *oauth.Error) string {
	switch e.Status {
	case http.StatusBadRequest:
		return "Invalid request"
	case http.StatusUnauthorized:
		return "Authentication credentials were not provided or are invalid"
	case http.StatusForbidden:
		return "You do not have permission to perform this action"
	case http.StatusNotFound:
		return "Not found"
	case http.StatusMethodNotAllowed:
		return "Method not allowed"
	case http.StatusServiceUnavailable:
		return "Service temporarily unavailable, try again later"
	}
	return "Internal error"
}
