package clients

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"claviger/internal/config"
	"claviger/internal/server/servertest"

	"github.com/google/go-cmp/cmp"
)

// programOutput is what the programs print.
type programOutput struct {
	SignedIn struct {
		Access     string   `json:"access"`
		Refresh    string   `json:"refresh"`
		MerchantID int      `json:"merchant_id"`
		AppCode    int      `json:"app_code"`
		Products   []string `json:"products"`
	} `json:"signed_in"`
	First   int `json:"first"`  // status at the resource
	Second  int `json:"second"` // after the tokens were replaced
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

func TestJP_5_Python(t *testing.T) { testApp(t, pythonWith(t, "requests"), "testdata/jpay.py") }

func TestJP_5_JavaScript(t *testing.T) { testApp(t, "node", "testdata/jpay.mjs") }

func testApp(t *testing.T, program, script string) {
	got := run(t, program, script, serve(t)+"/api/v1")
	if got.SignedIn.MerchantID != 123 || got.SignedIn.AppCode != 12346 {
		t.Errorf("merchant_id %d, app_code %d", got.SignedIn.MerchantID, got.SignedIn.AppCode)
	}
	if diff := cmp.Diff([]string{"collections", "payouts"}, got.SignedIn.Products); diff != "" {
		t.Errorf("products (-want +got):\n%s", diff)
	}
	if got.First != http.StatusOK || got.Second != http.StatusOK {
		t.Errorf("the resource answered %d, and %d after the refresh", got.First, got.Second)
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

// serve starts the server on a port of its own, with a resource beside it, and
// returns its URL.
func serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	front := httptest.NewUnstartedServer(mux)
	h := servertest.New(t, func(c *config.Config) { c.Hosts = append(c.Hosts, front.Listener.Addr().String()) })
	mux.Handle("/", h.Handler())
	mux.HandleFunc("GET /api/v1/payments/collections/checkouts", func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if _, err := h.Verifier().Verify(r.Context(), token); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	front.Start()
	t.Cleanup(front.Close)
	return front.URL
}

// run runs a program that prints JSON.
func run(t *testing.T, program string, args ...string) (out programOutput) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.Env = environment()
	var complaints strings.Builder
	command.Stderr = &complaints
	text, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, complaints.String())
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s printed %q: %v", program, text, err)
	}
	return out
}
