package clients

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"claviger/test/testlog"
)

// The payments API on an origin of its own takes the server's tokens, and says
// where its server is (RFC 9728).
func TestThePaymentsAPIByItself(t *testing.T) {
	i := newInstallation(t)
	program := filepath.Join(t.TempDir(), "payments")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", program, "claviger/examples/payments/cmd").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	process := exec.CommandContext(t.Context(), program, "-listen", "127.0.0.1:0", "-issuer", i.issuer)
	process.Env, process.Stderr = environment("PAYMENTS_CLIENT_SECRET=payments-api-secret"), testlog.Writer(t)
	out, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Wait() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	api := strings.TrimSpace(line[strings.LastIndex(line, " ")+1:])

	request := func(method, target, body string, header ...string) (*http.Response, map[string]any) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(header); n += 2 {
			r.Header.Set(header[n], header[n+1])
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var answer map[string]any
		_ = json.NewDecoder(response.Body).Decode(&answer)
		return response, answer
	}
	refused, _ := request(http.MethodGet, api+"/settlements", "")
	challenge := refused.Header.Get("WWW-Authenticate")
	_, rest, _ := strings.Cut(challenge, `resource_metadata="`)
	metadata, _, _ := strings.Cut(rest, `"`)
	if refused.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(metadata, api+"/") {
		t.Fatalf("without a token: %d %s", refused.StatusCode, challenge)
	}
	_, described := request(http.MethodGet, metadata, "")
	servers, _ := described["authorization_servers"].([]any)
	if described["resource"] != api || len(servers) != 1 || servers[0] != i.issuer {
		t.Errorf("the metadata is %v", described)
	}
	basic := url.UserPassword("my_id", "my_secret").String()
	_, token := request(http.MethodPost, strings.Replace(i.issuer, "://", "://"+basic+"@", 1)+"/auth/token", "")
	access, _ := token["access_token"].(string)
	if response, settlements := request(http.MethodGet, api+"/settlements", "", "Authorization", "Bearer "+access); response.StatusCode != http.StatusOK {
		t.Errorf("with a token: %d %v", response.StatusCode, settlements)
	}
	if response, made := request(http.MethodPost, api+"/api/payment-requests", `{"merchantId":"centrapay-cafe","value":{"amount":"450","currency":"NZD"}}`,
		"Content-Type", "application/json", "X-Api-Key", "f32c5497297084e5354b47c40d5ccacb109ce483"); made["status"] != "new" {
		t.Errorf("with an API key: %d %v", response.StatusCode, made)
	}
}
