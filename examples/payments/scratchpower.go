package payments

import (
	"net/http"

	"claviger/oauth"
	"claviger/resource"
)

// float is an account that electricity is bought from. The API knows the number
// that integrators send, and the id by which the server knows the account.
type float struct {
	id       string
	name     string
	currency string
	balance  int64 // in hundredths
}

// floats are those of examples/demo.yaml, by number.
var floats = map[int64]float{
	13209: {"scratchpower-13209", "Test Admin Account", "BWP", 287886},
	13210: {"scratchpower-13210", "Commission", "BWP", 1250},
	13211: {"scratchpower-13211", "Old float", "BWP", 0},
	13300: {"scratchpower-13300", "Other Account", "BWP", 10000},
}

// permissionTopUp lets an integration user spend what is on an account.
const permissionTopUp = "ROLE_TOPUP"

type scratchPower struct{ *system }

// addScratchPower adds the route of ScratchPower. The account is in the body, so
// that the handler asks for the permission when it has read that.
func addScratchPower(a *API, c *Config) error {
	s, err := a.newSystem(c, refuseScratchPower(c.Issuer), nil)
	if err != nil {
		return err
	}
	s.owns("/v1/purchases/")
	s.handle("/v1/purchases/validate", methods{
		http.MethodPost: s.Require()(s.serve(http.StatusOK, scratchPower{s}.validate)),
	})
	return nil
}

// validate says whether a purchase could be made. It changes nothing.
func (s scratchPower) validate(r *http.Request) (any, error) {
	body := readFields(r)
	number, meter, amount := body.integer("debited_account_id"), body.text("meter_number", anyText), body.amount("amount")
	if *body.problem != nil {
		return nil, *body.problem
	}
	account := floats[number] // a number that nothing has is an account that nobody may use
	if err := s.Permit(r.Context(), resource.From(r.Context()), permissionTopUp, account.id); err != nil {
		return nil, err
	}
	if amount > account.balance {
		return nil, &oauth.Error{
			Code: oauth.InvalidRequest, Reason: "insufficient_balance", Status: http.StatusBadRequest,
			Description: "The balance of the account is not enough.", Param: "amount",
		}
	}
	return map[string]any{
		"valid": true, "debited_account_id": number, "account_name": account.name, "meter_number": meter,
		"amount": account.currency + " " + decimal(amount), "balance": account.currency + " " + decimal(account.balance),
	}, nil
}

// refuseScratchPower writes the envelope of ScratchPower's errors.
func refuseScratchPower(issuer string) func(http.ResponseWriter, *http.Request, *oauth.Error) {
	return func(w http.ResponseWriter, _ *http.Request, e *oauth.Error) {
		var param any // null where no field is at fault
		if e.Param != "" {
			param = e.Param
		}
		writeError(w, e, map[string]any{"error": map[string]any{
			"type": scratchPowerType(e.Status), "code": e.Reason, "message": e.Description, "param": param,
			"retryable": e.Retryable(), "doc_url": issuer + "/docs/errors#" + string(e.Reason),
			"request_id": w.Header().Get(headerRequestID),
		}})
	}
}

func scratchPowerType(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed:
		return "invalid_request_error"
	case http.StatusUnauthorized:
		return "authentication_error"
	case http.StatusForbidden:
		return "permission_error"
	case http.StatusNotFound:
		return "not_found_error"
	}
	return "api_error"
}
