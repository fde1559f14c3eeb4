package message

import (
	"net"
	"net/netip"
	"net/url"
)

// isLoopback reports whether a host of a URL is this machine: the only one that
// is spoken to without TLS.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

// hostPort returns the address to dial for a URL.
func hostPort(u *url.URL, defaultPort string) string {
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	return net.JoinHostPort(u.Hostname(), port)
}
