package clients

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"claviger/test/packages"
)

// jpayOutput is what the programs of JPay Africa print.
type jpayOutput struct {
	SignedIn struct {
		Access     string   `json:"access"`
		Refresh    string   `json:"refresh"`
		MerchantID int      `json:"merchant_id"`
		AppCode    int      `json:"app_code"`
		Products   []string `json:"products"`
	} `json:"signed_in"`
	Initiated struct {
		ID     string `json:"id"`
		Amount string `json:"amount"`
		RefNo  string `json:"ref_no"`
	} `json:"initiated"`
	First   jpayList `json:"first"`
	Second  jpayList `json:"second"` // after the tokens were replaced
	Renewed struct {
		Access  string `json:"access"`
		Refresh string `json:"refresh"`
	} `json:"renewed"`
	Reused  int `json:"reused"` // status of a refresh with the token before
	Refused struct {
		Status int               `json:"status"`
		Body   map[string]string `json:"body"`
	} `json:"refused"`
}

// jpayList is a list of checkouts.
type jpayList struct {
	Count   int `json:"count"`
	Results []struct {
		ID string `json:"id"`
	} `json:"results"`
}

func TestJP_5_Python(t *testing.T) { testApp(t, packages.Python(t, "requests"), "testdata/jpay.py") }

func TestJP_5_JavaScript(t *testing.T) { testApp(t, "node", "testdata/jpay.mjs") }

func testApp(t *testing.T, program, script string) {
	var got jpayOutput
	run(t, &got, program, script, newInstallation(t).issuer+"/api/v1")
	if got.SignedIn.MerchantID != 123 || got.SignedIn.AppCode != 12346 {
		t.Errorf("merchant_id %d, app_code %d", got.SignedIn.MerchantID, got.SignedIn.AppCode)
	}
	if diff := cmp.Diff([]string{"collections", "payouts"}, got.SignedIn.Products); diff != "" {
		t.Errorf("products (-want +got):\n%s", diff)
	}
	if got.Initiated.ID == "" || got.Initiated.Amount != "1000.00" || got.Initiated.RefNo != "ORDER-123" {
		t.Errorf("initiated %+v", got.Initiated)
	}
	if got.First.Count != 1 || got.First.Results[0].ID != got.Initiated.ID {
		t.Errorf("the checkouts are %+v", got.First)
	}
	if diff := cmp.Diff(got.First, got.Second); diff != "" {
		t.Errorf("after the refresh (-before +after):\n%s", diff)
	}
	if got.Renewed.Access == got.SignedIn.Access || got.Renewed.Refresh == got.SignedIn.Refresh {
		t.Error("the refresh gave a token that was there before")
	}
	if got.Reused != http.StatusUnauthorized {
		t.Errorf("the used refresh token was answered %d", got.Reused)
	}
	if got.Refused.Status != http.StatusUnauthorized || got.Refused.Body["detail"] != "Invalid app credentials" {
		t.Errorf("a wrong secret was answered %+v", got.Refused)
	}
}
