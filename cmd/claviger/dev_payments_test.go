package main

import (
	"net/http"
	"strings"
	"testing"

	"claviger/resource"
)

// The example API is served with the demo data, and with nothing else.
func TestServeHasNoPaymentsAPI(t *testing.T) {
	_, data := newInstallation(t)
	process, address, logged := startServe(t, "CLAVIGER_DATA="+data, "CLAVIGER_LISTEN=127.0.0.1:0", "CLAVIGER_ISSUER=http://127.0.0.1")
	defer logged()
	defer process.Wait()
	defer process.Process.Kill()
	api := &http.Client{}
	for _, path := range []string{"/settlements", "/api/payment-requests", "/v1/purchases/validate", "/.well-known/oauth-protected-resource"} {
		request, err := http.NewRequest(http.MethodGet, "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "127.0.0.1"
		response, err := api.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, response.StatusCode)
		}
	}
}

// A key that is disabled at the server is soon refused by the API, too.
func TestDevPaymentsAPIHearsOfRevocation(t *testing.T) {
	dev := startDev(t, t.TempDir())
	ask := func() int {
		request, err := http.NewRequest(http.MethodPost, dev.url+"/api/payment-requests",
			strings.NewReader(`{"merchantId":"centrapay-cafe","value":{"amount":"450","currency":"NZD"}}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Api-Key", "f32c5497297084e5354b47c40d5ccacb109ce483")
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	if got := ask(); got != http.StatusOK {
		t.Fatalf("a payment request is answered %d", got)
	}
	file := write(t, t.TempDir()+"/off.yaml",
		"organisations: [{code: centrapay-cafe, api_keys: [{name: TestMerchant, account: Jaim1Cu1Q55uooxSens6yk, status: DISABLED}]}]\n")
	dev.cli("apply", "-f", file)
	eventually(t, "the disabled key is refused", func() bool {
		dev.clock.advance(resource.DefaultStateCache)
		return ask() == http.StatusUnauthorized
	})
}
