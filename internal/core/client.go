package core

import (
	"net/netip"
	"slices"
	"time"

	"claviger/oauth"
)

// Client kinds (RFC 6749 §2.1).
const (
	Confidential = "confidential"
	Public       = "public"
)

// Client is an OAuth client: a partner's integration, an app key, a website.
type Client struct {
	ID             string      `json:"id"` // the client_id
	Number         int64       `json:"number"`
	OrganisationID string      `json:"organisation_id"` // owner; empty for the platform's own and for partners
	Name           string      `json:"name"`
	Kind           string      `json:"kind"`
	Status         Status      `json:"status"`
	Dialect        string      `json:"dialect"` // wire format it uses beside the standard one; empty for none
	GrantTypes     []string    `json:"grant_types"`
	Scopes         oauth.Scope `json:"scopes"`
	Products       []string    `json:"products"`
	RedirectURIs   []string    `json:"redirect_uris"`    // exact
	RedirectHosts  []string    `json:"redirect_hosts"`   // https on these hosts, or loopback
	PostLogoutURIs []string    `json:"post_logout_uris"` // exact
	Origins        []string    `json:"origins"`          // browser origins that may call the API (CORS), exact
	Company        string      `json:"company"`
	Website        string      `json:"website"`
	Contact        string      `json:"contact"`
	Lifetimes      Lifetimes   `json:"-"`
	// OrganisationIDs are the organisations that the client may act for by
	// client_credentials, beside its owner.
	OrganisationIDs []string `json:"-"`
	// RefreshWithoutSecret lets a confidential client redeem its refresh tokens
	// without authenticating (JP-3, SD-6).
	RefreshWithoutSecret bool      `json:"-"`
	Browser              Browser   `json:"-"`
	CreatedAt            time.Time `json:"created_at"`
}

// Browser is how a client is registered to use the browser flow, beside its URIs.
// Zero values are the safe ones; empty texts mean: as the dialect says, else as
// the server is configured. The json tags are the stored form.
type Browser struct {
	WithoutPKCE      bool     `json:"without_pkce,omitempty"`           // may leave out code_challenge (a confidential client alone)
	ResponseModes    []string `json:"response_modes,omitempty"`         // that it may ask for; none: query and form_post
	Connects         string   `json:"connects,omitempty"`               // ConnectsAccount, ConnectsNothing
	SkipConsent      bool     `json:"skip_consent,omitempty"`           // the platform's own: its people are not asked
	IssuesRefresh    string   `json:"issues_refresh,omitempty"`         // RefreshAlways, RefreshOffline, RefreshNever
	IDTokenAlgorithm string   `json:"id_token_algorithm,omitempty"`     // RS256, ES256, EdDSA
	PairwiseSector   string   `json:"pairwise_sector,omitempty"`        // host whose clients share pairwise subjects; empty: public subjects
	LogoutURI        string   `json:"backchannel_logout_uri,omitempty"` // back-channel logout; empty: none
	PolicyURI        string   `json:"policy_uri,omitempty"`
	TermsURI         string   `json:"terms_uri,omitempty"`
}

// Values of Browser.Connects: whether a person picks the account of an
// organisation that the client is connected to, or signs in as themselves.
const (
	ConnectsAccount = "account"
	ConnectsNothing = "nothing"
)

// Values of Browser.IssuesRefresh: when refresh tokens are given.
const (
	RefreshAlways  = "always"
	RefreshOffline = "offline_access"
	RefreshNever   = "never"
)

// MayUse reports whether the client is registered for a grant type.
func (c *Client) MayUse(grantType string) bool { return slices.Contains(c.GrantTypes, grantType) }

// Lifetimes of what is issued. Zero means: the default of the level above
// (client, then dialect, then server).
type Lifetimes struct {
	AccessToken     time.Duration
	RefreshToken    time.Duration // sliding: from the last rotation
	RefreshAbsolute time.Duration // from the authorization; no rotation goes past it
	RefreshGrace    time.Duration // a retry of the token just rotated gets the same successor
}

// NoGrace as RefreshGrace says that there is none, where zero would mean the
// default of the level above.
const NoGrace = -time.Millisecond

// Or fills what is zero in l from fallback.
func (l Lifetimes) Or(fallback Lifetimes) Lifetimes {
	pick := func(a, b time.Duration) time.Duration {
		if a != 0 {
			return a
		}
		return b
	}
	return Lifetimes{
		AccessToken:     pick(l.AccessToken, fallback.AccessToken),
		RefreshToken:    pick(l.RefreshToken, fallback.RefreshToken),
		RefreshAbsolute: pick(l.RefreshAbsolute, fallback.RefreshAbsolute),
		RefreshGrace:    pick(l.RefreshGrace, fallback.RefreshGrace),
	}
}

// Secret is one secret of a client or an API key, or the password of a user:
// its stored form and when it is valid.
type Secret struct {
	ID        string
	OwnerID   string    // client id, API key id or user id
	Hash      string    // PHC string, or the keyed digest of internal/secret
	Digest    string    // keyed digest to look up by; empty unless the secret is presented without an id
	StartsAt  time.Time // zero: from the beginning
	EndsAt    time.Time // zero: no end
	CreatedAt time.Time
}

// ValidAt reports whether the window of the secret holds now.
func (s *Secret) ValidAt(now time.Time) bool {
	return !now.Before(s.StartsAt) && (s.EndsAt.IsZero() || now.Before(s.EndsAt))
}

// APIKeyMaxAge is the longest that an API key of an organisation may live (SD-2).
const APIKeyMaxAge = 365 * 24 * time.Hour

// APIKey is a credential of an organisation for one of its accounts: presented
// as it is (X-Api-Key), or as id and secret for an access token.
type APIKey struct {
	ID             string      `json:"id"` // public part
	OrganisationID string      `json:"organisation_id"`
	AccountID      string      `json:"account_id"`
	Name           string      `json:"name"` // unique in the account
	Dialect        string      `json:"dialect"`
	RoleID         string      `json:"role_id"`
	Scopes         oauth.Scope `json:"scopes"`
	Enabled        bool        `json:"enabled"`
	ExpiresAt      time.Time   `json:"expires_at"`        // zero: never
	AllowedFrom    []string    `json:"allowed_addresses"` // CIDR, such as "192.0.2.0/24"; none: anywhere
	AddressMode    AddressMode `json:"address_mode"`      // what happens elsewhere; empty: AddressEnforce
	LastUsedAt     time.Time   `json:"last_used_at"`      // may lag by seconds
	LastUsedFrom   string      `json:"last_used_from"`    // the address
	CreatedBy      string      `json:"created_by"`        // user id, or "cli"
	CreatedAt      time.Time   `json:"created_at"`
}

// AddressMode says what happens to an API key that is used from an address that is
// not among those allowed.
type AddressMode string

// Address modes.
const (
	AddressEnforce AddressMode = "enforce" // it is refused
	AddressReport  AddressMode = "report"  // it works, and the audit trail says so
)

// UsableFrom reports whether an address is one of those that the key may be used
// from. One that cannot be read is none.
func (k *APIKey) UsableFrom(address string) bool {
	if len(k.AllowedFrom) == 0 {
		return true
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	ip = ip.Unmap().WithZone("")
	return slices.ContainsFunc(k.AllowedFrom, func(text string) bool {
		prefix, err := netip.ParsePrefix(text)
		return err == nil && prefix.Contains(ip)
	})
}

// ActiveAt reports whether the key may be used.
func (k *APIKey) ActiveAt(now time.Time) bool {
	return k.Enabled && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}
