package main

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claviger/internal/config"
	"claviger/internal/server"
	"claviger/internal/store"
	"claviger/test/testlog"
)

// bannerCommands returns the commands of a banner by the title above them.
func bannerCommands(banner string) (titles []string, commands map[string]string) {
	commands = map[string]string{}
	title := ""
	for line := range strings.Lines(banner) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "curl "):
			titles = append(titles, title)
			commands[title] = line + "\n"
		case strings.HasSuffix(strings.TrimSpace(commands[title]), `\`):
			commands[title] += line + "\n"
		default:
			title, _, _ = strings.Cut(line, ":")
		}
	}
	return titles, commands
}

func TestDevBannerCommandsWork(t *testing.T) {
	needs(t, "curl", "sh")
	dev := startDev(t, filepath.Join(t.TempDir(), "with a space"))
	titles, commands := bannerCommands(dev.banner)
	wants := map[string]string{
		"ScratchPower": `"access_token"`, "Spendesk": `"access_token"`, "Centrapay": `"accountId"`, "JPay Africa": `"access"`,
		"PowerEPOS": `"access_token"`, "The standard token endpoint (RFC 6749)": `"access_token"`, "Discovery": `"token_endpoint"`,
		"The payments API beside it": `"status":"new"`,
	}
	if len(titles) != len(wants) {
		t.Errorf("the banner has the commands %q", titles)
	}
	for title, want := range wants {
		out, err := exec.Command("sh", "-c", strings.TrimSpace(commands[title])+` -w '\n%{http_code}'`).CombinedOutput()
		answer := strings.TrimSpace(string(out))
		if err != nil || !strings.HasSuffix(answer, "\n200") && !strings.HasSuffix(answer, "\n201") || !strings.Contains(answer, want) {
			t.Errorf("%s: %v\n%s%s", title, err, commands[title], out)
		}
	}
	lines := 0
	for line := range strings.Lines(dev.banner) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "claviger ") {
			lines++
			if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil || !strings.Contains(string(out), "acme-fr") {
				t.Errorf("%s: %v\n%s", line, err, out)
			}
		}
	}
	if lines == 0 {
		t.Error("the banner names no command of claviger")
	}
}

func TestDevAnswersToItsNames(t *testing.T) {
	dev := startDev(t, t.TempDir())
	port := dev.url[strings.LastIndex(dev.url, ":"):]
	for host, want := range map[string]int{
		"127.0.0.1" + port: 200, "localhost" + port: 200, "LOCALHOST" + port: 200, "evil.example" + port: 421, "localhost": 421,
	} {
		request, err := http.NewRequest(http.MethodGet, dev.url+"/.well-known/openid-configuration", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var metadata struct{ Issuer string }
		_ = json.NewDecoder(response.Body).Decode(&metadata)
		response.Body.Close()
		if response.StatusCode != want || want == 200 && metadata.Issuer != dev.url {
			t.Errorf("Host %s: %d, issuer %q", host, response.StatusCode, metadata.Issuer)
		}
	}
}

// applied counts how often a configuration was applied.
func applied(p *program, data string) int {
	return strings.Count(p.must("audit", "list", "--data", data, "--type", "configuration.applied", "--json"), `"id"`)
}

func TestDevAppliesItsDataOnce(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	dev := startDev(t, data)
	for path, want := range map[string]os.FileMode{data: 0o700, filepath.Join(data, "master.key"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	dev.cli("apikey", "rotate", "my_id", "--overlap", "0s") // applying the data again would stumble over it
	if code := dev.stop(); code != 0 {
		t.Errorf("dev ended with code %d", code)
	}
	again := startDev(t, data)
	if got := applied(again.program, data); got != 1 {
		t.Errorf("after the second start the data was applied %d times", got)
	}
	if code, _ := again.exchange("my_id", "my_secret"); code != http.StatusUnauthorized {
		t.Errorf("a second start undid a change: the secret that was rotated out is answered %d", code)
	}
}

func TestDevIsForThisMachineAlone(t *testing.T) {
	p := newProgram(t)
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1.example.com:0"} {
		p.refused(exitUsage, []string{"on this machine alone", address}, "dev", "--listen", address, "--data", t.TempDir())
	}
	p.refused(exitUsage, []string{"host:port"}, "dev", "--listen", "8080", "--data", t.TempDir())
	p.refused(exitUsage, []string{"no configuration file"}, "dev", "--config", "x.yaml", "--data", t.TempDir())
}

func TestDevLeavesOtherDatabasesAlone(t *testing.T) {
	p, data := newProgram(t), t.TempDir()
	p.must("key", "create-master", "--data", data)
	file := write(t, filepath.Join(t.TempDir(), "real.yaml"), "organisations:\n  - {code: real, name: Real}\n")
	p.must("apply", "-f", file, "--data", data)
	p.refused(exitFailed, []string{"public secrets", "--data"}, "dev", "--listen", "127.0.0.1:0", "--data", data)
	if got := applied(p, data); got != 1 {
		t.Errorf("%d files were applied", got)
	}
}

func TestDevNeedsTheKeyOfItsDatabase(t *testing.T) {
	p, data := newProgram(t), t.TempDir()
	write(t, filepath.Join(data, "claviger.db"), "")
	p.refused(exitFailed, []string{"put", "back"}, "dev", "--listen", "127.0.0.1:0", "--data", data)
	if _, err := os.Stat(filepath.Join(data, "master.key")); err == nil {
		t.Error("another master key was made")
	}
}

// F10: no start on a default secret.
func TestF10_ServeRefusesDemoData(t *testing.T) {
	dev := startDev(t, t.TempDir())
	dev.stop()
	dev.refused(exitFailed, []string{"demo data", "public"}, "serve", "--data", dev.data)

	// One demo secret is enough, however it got there.
	p, data := newProgram(t), t.TempDir()
	p.must("key", "create-master", "--data", data)
	file := write(t, filepath.Join(t.TempDir(), "one.yaml"),
		"clients:\n  - {id: one, name: One, grant_types: [client_credentials], secret: epos-partner-secret}\n")
	p.must("apply", "-f", file, "--data", data)
	p.refused(exitFailed, []string{"demo data"}, "serve", "--data", data)
}

func TestAuthority(t *testing.T) {
	for _, tt := range []struct {
		host  string
		port  int
		usual string
		want  string
	}{
		{"127.0.0.1", 8080, ":80", "127.0.0.1:8080"}, {"localhost", 80, ":80", "localhost"}, {"::1", 8080, ":80", "[::1]:8080"},
		{"::1", 80, ":80", "[::1]"}, {"127.0.0.1", 8081, ":80", "127.0.0.1:8081"}, {"127.0.0.1", 1080, ":80", "127.0.0.1:1080"},
		{"localhost", 443, ":443", "localhost"}, {"localhost", 80, ":443", "localhost:80"}, {"localhost", 8443, ":443", "localhost:8443"},
	} {
		if got := authority(tt.host, tt.port, tt.usual); got != tt.want {
			t.Errorf("%s %d: %s, want %s", tt.host, tt.port, got, tt.want)
		}
	}
}

func TestDatabaseFileIsTheDefault(t *testing.T) {
	config := config.Default()
	if err := config.Complete(); err != nil {
		t.Fatal(err)
	}
	if got := config.DatabaseURL.Reveal(); filepath.Base(got) != databaseFile {
		t.Errorf("the default is %s", got)
	}
}

// Demo data that changed between releases is applied again; where it no longer
// fits, dev says what to do.
func TestDevSaysWhatToDoWhenItsDataDoesNotFit(t *testing.T) {
	data := t.TempDir()
	dev := startDev(t, data)
	dev.cli("apikey", "rotate", "my_id", "--overlap", "0s")
	dev.stop()
	config, err := config.Load("", []string{"CLAVIGER_DATA=" + data})
	if err != nil {
		t.Fatal(err)
	}
	db, err := server.OpenStore(t.Context(), config, server.Environment{Log: testlog.Logger(t), Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.PutSetting(settingDigest, "of an earlier release") }); err != nil {
		t.Fatal(err)
	}
	newProgram(t).refused(exitFailed, []string{"does not fit", "--data", "examples/demo.yaml:"}, "dev", "--listen", "127.0.0.1:0", "--data", data)
}
