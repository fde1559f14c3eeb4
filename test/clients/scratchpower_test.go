package clients

import (
	"net/http"
	"testing"
)

// scratchPowerOutput is what the program of ScratchPower prints.
type scratchPowerOutput struct {
	Me struct {
		Actor struct {
			Username string `json:"username"`
		} `json:"actor"`
		Role struct {
			Permissions []string `json:"permissions"`
		} `json:"role"`
	} `json:"me"`
	Accounts []struct {
		ID      int    `json:"id"`
		Balance string `json:"balance"`
	} `json:"accounts"`
	Validated struct {
		Valid   bool   `json:"valid"`
		Account int    `json:"debited_account_id"`
		Balance string `json:"balance"`
	} `json:"validated"`
	Foreign struct { // an account of another organisation
		Status int `json:"status"`
		Error  struct {
			Type string `json:"type"`
		} `json:"error"`
	} `json:"foreign"`
}

// The bootstrap flow of ScratchPower: who am I, which accounts, then a purchase.
func TestSP_8_JavaScript(t *testing.T) {
	var got scratchPowerOutput
	run(t, &got, "node", "testdata/scratchpower.mjs", newInstallation(t).issuer)
	if got.Me.Actor.Username != "integration-user" || len(got.Me.Role.Permissions) == 0 || len(got.Accounts) != 2 {
		t.Fatalf("it starts with %+v, %+v", got.Me, got.Accounts)
	}
	if !got.Validated.Valid || got.Validated.Account != got.Accounts[0].ID || got.Validated.Balance != got.Accounts[0].Balance {
		t.Errorf("the purchase is answered %+v", got.Validated)
	}
	if got.Foreign.Status != http.StatusForbidden || got.Foreign.Error.Type != "permission_error" {
		t.Errorf("a purchase from another organisation's account is answered %+v", got.Foreign)
	}
}
