package outbox

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const (
	fetchTimeout  = 5 * time.Second
	longestAnswer = 256 << 10 // bytes
	longestHeader = 64 << 10  // bytes
)

// NewClient returns an HTTP client for addresses that others have chosen. It
// follows no redirects, uses no proxy, takes 5 s at most, and reads at most 256
// KiB of an answer. It dials addresses of the public internet alone, whatever a
// name resolves to; allowPrivate lifts that: for development, for tests, and for
// what the operator has chosen.
func NewClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{Timeout: fetchTimeout}
	if !allowPrivate {
		dialer.Control = refusePrivate
	}
	return &http.Client{
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: shortAnswers{&http.Transport{
			DialContext:            dialer.DialContext,
			DisableCompression:     true, // what is short on the wire is short in memory
			MaxResponseHeaderBytes: longestHeader,
			MaxIdleConns:           16,
			IdleConnTimeout:        30 * time.Second,
			TLSHandshakeTimeout:    fetchTimeout,
		}},
	}
}

// shortAnswers ends the bodies of answers with an error after longestAnswer.
type shortAnswers struct{ inner http.RoundTripper }

func (s shortAnswers) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := s.inner.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	answer.Body = http.MaxBytesReader(nil, answer.Body, longestAnswer)
	return answer, nil
}

var errNotPublic = errors.New("not an address of the public internet")

// refusePrivate is for net.Dialer.Control, which sees the address that is about
// to be connected to: a name cannot resolve to another one afterwards.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(target.Addr()) {
		return errNotPublic
	}
	return nil
}

// isPublic reports whether an address is a host of the public internet. Of IPv6
// that is what has been given out so far (2000::/3), which leaves out loopback,
// private, link-local, multicast, mapped and translated addresses.
func isPublic(a netip.Addr) bool {
	if a.Zone() != "" || a.Is6() && !givenOut.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}

var givenOut = netip.MustParsePrefix("2000::/3")

// special are the other ranges of the IANA special-purpose address registries
// (RFC 6890), multicast and what is reserved.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("10.0.0.0/8"),      // private
	netip.MustParsePrefix("100.64.0.0/10"),   // behind a carrier's NAT
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback
	netip.MustParsePrefix("169.254.0.0/16"),  // link-local, metadata of clouds
	netip.MustParsePrefix("172.16.0.0/12"),   // private
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.31.196.0/24"), // AS112
	netip.MustParsePrefix("192.52.193.0/24"), // multicast tunnels
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("192.168.0.0/16"),  // private
	netip.MustParsePrefix("192.175.48.0/24"), // AS112
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("224.0.0.0/4"),     // multicast
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4: holds an IPv4 address
	netip.MustParsePrefix("2620:4f:8000::/48"),
	netip.MustParsePrefix("3fff::/20"), // documentation
}
