package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// AllowedHosts returns the Host values that are answered (H08), in lower case:
// the issuer's, then the further ones.
func (c *Config) AllowedHosts() []string {
	var hosts []string
	if issuer, err := url.Parse(c.Issuer); err == nil && issuer.Host != "" {
		hosts = append(hosts, strings.ToLower(issuer.Host))
	}
	return append(hosts, c.Hosts...)
}

// ServedDialects picks the dialects to serve from the names of the built-in
// ones: all of them, those that were named, or none.
func (c *Config) ServedDialects(builtIn []string) ([]string, error) {
	if slices.Equal(c.Dialects, []string{allDialects}) {
		return slices.Clone(builtIn), nil
	}
	for _, name := range c.Dialects {
		if !slices.Contains(builtIn, name) {
			text := fmt.Sprintf("has %q, which is no built-in dialect; did you mean %q?", name, nearest(name, slices.Clone(builtIn)))
			return nil, problemAt(c.Source("dialects"), "dialects", text)
		}
	}
	return slices.Clone(c.Dialects), nil
}

// Trusts reports whether what a sender says about the original request
// (X-Forwarded-For and the like) is believed. Nobody is trusted by default (G02).
func (c *Config) Trusts(sender netip.Addr) bool {
	sender = sender.Unmap().WithZone("")
	return slices.ContainsFunc(c.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(sender) })
}

// Describe lists every key with its value and where that came from, a line a
// key, for an operator who wonders what is in force. Secrets are hidden.
func (c *Config) Describe() string {
	var text strings.Builder
	for _, s := range c.settings() {
		fmt.Fprintf(&text, "%s = %s (%s)\n", s.key, s, c.Source(s.key))
	}
	return text.String()
}

// String is the value as it would be written in the file.
func (s setting) String() string {
	switch value := s.field.Interface().(type) {
	case []string:
		return "[" + strings.Join(value, ", ") + "]"
	case []netip.Prefix:
		var items []string
		for _, prefix := range value {
			items = append(items, prefix.String())
		}
		return "[" + strings.Join(items, ", ") + "]"
	case []ForwardRule:
		var items []string
		for _, rule := range value {
			items = append(items, rule.String())
		}
		return "[" + strings.Join(items, ", ") + "]"
	case slog.Level:
		return strings.ToLower(value.String())
	default:
		return fmt.Sprint(value)
	}
}
