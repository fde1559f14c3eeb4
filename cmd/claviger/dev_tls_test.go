package main

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"claviger/oauth"
)

// peer returns the certificate that a server shows, and checks that whoever
// trusts the file in the data directory takes it under each of its names.
func (s *devServer) peer() *tls.Certificate {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data, tlsCertificateFile))
	if err != nil {
		s.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	u, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	var shown []byte
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		connection, err := tls.Dial("tcp", net.JoinHostPort("127.0.0.1", u.Port()), &tls.Config{RootCAs: roots, ServerName: name})
		if err != nil {
			s.t.Fatalf("%s: %v", name, err)
		}
		shown = connection.ConnectionState().PeerCertificates[0].Raw
		connection.Close()
	}
	return &tls.Certificate{Certificate: [][]byte{shown}}
}

func TestDevOverTLS(t *testing.T) {
	needs(t, "curl", "sh")
	data := filepath.Join(t.TempDir(), "with a space")
	dev := startDev(t, data, "--tls", "self-signed")
	first := fingerprint(dev.peer())
	if !strings.HasPrefix(dev.url, "https://127.0.0.1:") || !strings.Contains(dev.banner, first) {
		t.Errorf("the banner does not show the URL and %s:\n%s", first, dev.banner)
	}
	titles, commands := bannerCommands(dev.banner)
	if len(titles) != 8 {
		t.Errorf("the banner has the commands %q", titles)
	}
	for _, title := range titles {
		out, err := exec.Command("sh", "-c", strings.TrimSpace(commands[title])+` -w '\n%{http_code} %{http_version}'`).CombinedOutput()
		if err != nil || !strings.HasSuffix(string(out), "\n200 2") {
			t.Errorf("%s: %v\n%s", title, err, out)
		}
	}
	if info, err := os.Stat(filepath.Join(data, tlsKeyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key has %v, %v", info, err)
	}
	dev.stop()

	// A browser that trusts the certificate does so after a restart, too.
	again := startDev(t, data, "--tls", "self-signed")
	if now := fingerprint(again.peer()); now != first {
		t.Errorf("after a restart the certificate is another: %s, was %s", now, first)
	}
	again.stop()

	// One that is about to end is replaced.
	later := newProgram(t)
	later.clock.advance(certificateLife - time.Hour)
	certificate, err := (&devCommand{Data: data, TLS: tlsSelfSigned}).certificate(&command{now: later.clock.now, rand: constant{}})
	if err != nil || fingerprint(certificate) == first || !later.clock.now().Before(certificate.Leaf.NotAfter.Add(-certificateRest)) {
		t.Errorf("an old certificate stays: %v", err)
	}
	write(t, filepath.Join(data, tlsKeyFile), "no key")
	later.refused(exitFailed, []string{"cannot be used", tlsKeyFile}, "dev", "--listen", "127.0.0.1:0", "--data", data, "--tls", "self-signed")
	later.refused(exitUsage, []string{"--tls"}, "dev", "--tls", "letsencrypt")
}

// constant is a random source that is none: for what is thrown away.
type constant struct{}

func (constant) Read(p []byte) (int, error) { return len(p), nil }

// SD-3: the link of the banner is a request that the demo data takes.
func TestSD_3_TheBannerLinkCanBeOpened(t *testing.T) {
	dev := startDev(t, t.TempDir())
	link := regexp.MustCompile(`http\S+/oauth2/authorize\S+`).FindString(dev.banner)
	u, err := url.Parse(link)
	if err != nil || link == "" {
		t.Fatalf("no link: %v\n%s", err, dev.banner)
	}
	query := u.Query()
	verifier := regexp.MustCompile(`code_verifier=(\S+)`).FindStringSubmatch(dev.banner)
	if verifier == nil || !oauth.VerifierMatches(verifier[1], query.Get("code_challenge")) {
		t.Errorf("%v is not the verifier of %s", verifier, link)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if to := response.Header.Get("Location"); response.StatusCode != http.StatusFound || !strings.HasPrefix(to, dev.url+"/sign-in") {
		t.Errorf("the link is answered %d %s", response.StatusCode, to)
	}
	for _, page := range []string{"/account", "/dev/inbox"} {
		if !strings.Contains(dev.banner, dev.url+page) {
			t.Errorf("the banner does not name %s", page)
		}
	}
}
