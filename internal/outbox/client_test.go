package outbox

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"claviger/internal/message"
	"claviger/internal/store/storetest"
)

func TestI01_AddressesThatAreNotPublic(t *testing.T) {
	for _, text := range []string{
		"127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
		"100.127.255.255", "0.0.0.0", "0.1.2.3", "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
		"203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808",
		"64:ff9b:1::1", "100::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1", "2001::1",
		"2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "2a00:1450:4001::1%eth0", "4000::1",
	} {
		if isPublic(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as public", text)
		}
	}
	for _, text := range []string{"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "198.20.0.1", "223.255.255.1",
		"2a00:1450:4001::1", "2606:4700::1111", "2001:4860:4860::8888", "2400:cb00::1"} {
		if !isPublic(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as not public", text)
		}
	}
	if isPublic(netip.Addr{}) {
		t.Error("no address counts as public")
	}
}

func TestI01_PrivateAddressesAreRefusedWhenDialling(t *testing.T) {
	var hits atomic.Int64
	internal := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer internal.Close()
	port := internal.URL[strings.LastIndexByte(internal.URL, ':'):]
	client := NewClient(false)
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]"} {
		answer, err := client.Get("http://" + host + port)
		if err == nil {
			answer.Body.Close()
		}
		if !errors.Is(err, errNotPublic) {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"[::1]", "[::]", "[64:ff9b::7f00:1]", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "localhost.", "①27.0.0.1"} {
		answer, err := client.Get("http://" + host + port)
		if err == nil {
			answer.Body.Close()
			t.Errorf("%s was answered", host)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests arrived", hits.Load())
	}
	answer, err := NewClient(true).Get(internal.URL)
	if err != nil {
		t.Fatalf("where private addresses are allowed: %v", err)
	}
	answer.Body.Close()
}

func TestI01_LogoutOfAPrivateAddressIsNotSent(t *testing.T) {
	var hits atomic.Int64
	internal := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer internal.Close()
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), nil)
	o.HTTP = NewClient(false)
	queueLogout(t, o, internal.URL)
	if sent := deliver(t, o); sent != 0 || hits.Load() != 0 {
		t.Errorf("sent %d, %d requests arrived", sent, hits.Load())
	}
	if d := waiting(t, o.Store)[0]; !strings.Contains(d.LastError, errNotPublic.Error()) {
		t.Errorf("%q", d.LastError)
	}
}

func TestI02_RedirectsAreNotFollowed(t *testing.T) {
	var hits atomic.Int64
	internal := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer internal.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		client := httptest.NewServer(http.RedirectHandler(internal.URL, status))
		o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), nil)
		queueLogout(t, o, client.URL)
		if sent := deliver(t, o); sent != 0 || hits.Load() != 0 {
			t.Errorf("%d: sent %d, %d requests arrived", status, sent, hits.Load())
		}
		client.Close()
	}
}

func TestI02_NoProxyIsUsed(t *testing.T) {
	proxy := httptest.NewServer(http.NotFoundHandler())
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	inner := NewClient(false).Transport.(shortAnswers).inner.(*http.Transport)
	if inner.Proxy != nil {
		t.Error("the environment chooses a proxy, which would dial for the caller")
	}
}

func TestI04_EndlessAnswersAreCutOff(t *testing.T) {
	stream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/header":
			w.Header().Set("X-Long", strings.Repeat("a", 1<<20))
		case "/silent":
			<-r.Context().Done()
		case "/zipped": // what is small on the wire stays small
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "not unpacked")
		default:
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, strings.Repeat("a", 4096))
			}
		}
	}))
	defer stream.Close()
	client := NewClient(true)
	answer, err := client.Get(stream.URL)
	if err != nil {
		t.Fatal(err)
	}
	read, err := io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	var tooLong *http.MaxBytesError
	if read != 256<<10 || !errors.As(err, &tooLong) {
		t.Errorf("read %d bytes, %v", read, err)
	}
	if answer, err := client.Get(stream.URL + "/zipped"); err != nil || answer.Uncompressed {
		t.Errorf("zipped: %v", err)
	}
	if _, err := client.Get(stream.URL + "/header"); err == nil {
		t.Error("a header of 1 MiB was read")
	}
	if client.Timeout != 5*time.Second {
		t.Errorf("an answer may take %s", client.Timeout)
	}
	client.Timeout = 20 * time.Millisecond
	var failed *url.Error
	if _, err := client.Get(stream.URL + "/silent"); !errors.As(err, &failed) || !failed.Timeout() {
		t.Errorf("silent: %v", err)
	}
}

func TestI04_LogoutDoesNotWaitForABody(t *testing.T) {
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // ends when the other side has hung up
	}))
	defer client.Close()
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), nil)
	queueLogout(t, o, client.URL)
	if sent := deliver(t, o); sent != 1 {
		t.Errorf("sent %d", sent)
	}
}

func TestLogoutFailuresQuoteNobody(t *testing.T) {
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		_, _ = io.WriteString(conn, "HTTP/1.1 c4n4ry "+r.PostFormValue("logout_token")+"\r\n\r\n")
		_ = conn.(*net.TCPConn).Close()
	}))
	defer client.Close()
	o := newOutbox(t, storetest.Open(t, storetest.SQLite(t)), newClock(), nil)
	queueLogout(t, o, client.URL+"/?c4n4ry")
	deliver(t, o)
	if d := waiting(t, o.Store)[0]; d.LastError != "logout of client cli_1: the answer was not HTTP" {
		t.Errorf("%q", d.LastError)
	}
	if err := message.TransportError(errors.New("c4n4ry")); strings.Contains(err.Error(), "c4n4ry") {
		t.Error(err)
	}
}
