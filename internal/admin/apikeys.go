package admin

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
)

// APIKeyChange says what is to be different; nil stays. AllowedFrom empty: anywhere.
type APIKeyChange struct {
	Name        *string
	ExpiresAt   *time.Time
	Enabled     *bool
	AllowedFrom *[]string
	AddressMode *core.AddressMode
}

// maxAddresses is the most that a key may be allowed from.
const maxAddresses = 100

// checkAddresses returns addresses and networks as they are stored: in CIDR.
func checkAddresses(addresses []string, mode core.AddressMode) ([]string, error) {
	if mode != "" && mode != core.AddressEnforce && mode != core.AddressReport {
		return nil, invalid("address_mode", "The mode must be enforce or report.")
	}
	if len(addresses) > maxAddresses {
		return nil, invalid("allowed_addresses", "There may be at most 100 addresses.")
	}
	var networks []string
	for _, text := range addresses {
		network, err := netip.ParsePrefix(text)
		if address, addressErr := netip.ParseAddr(text); err != nil && addressErr == nil && address.Zone() == "" {
			address = address.Unmap()
			network, err = address.Prefix(address.BitLen())
		}
		if err != nil || network.Addr().Is4In6() {
			return nil, invalid("allowed_addresses", "A value is not an address or a network like 192.0.2.0/24.")
		}
		if stored := network.Masked().String(); !slices.Contains(networks, stored) {
			networks = append(networks, stored)
		}
	}
	return networks, nil
}

// ListOrganisationAPIKeys returns the keys of an organisation, in accounts where the
// actor may see them, by name; with an account, of that one.
func (s *Service) ListOrganisationAPIKeys(ctx context.Context, actor Actor, organisationID, accountID string) ([]*core.APIKey, error) {
	if _, _, err := s.organisation(ctx, actor, organisationID); err != nil {
		return nil, refusal(err)
	}
	reached, err := s.reached(ctx, actor, organisationID)
	if err != nil {
		return nil, err
	}
	visible, found := map[string]bool{}, accountID == ""
	for _, x := range reached {
		found = found || x.account.ID == accountID
		visible[x.account.ID] = x.rights.seesKeys() && (accountID == "" || x.account.ID == accountID)
	}
	if !found {
		return nil, notFound("account_id")
	}
	if !slices.ContainsFunc(reached, func(x reachedAccount) bool { return visible[x.account.ID] }) && len(reached) > 0 {
		return nil, denied("organisation_id", "The role does not let you see API keys.")
	}
	all, err := s.Store.APIKeysOfOrganisation(ctx, organisationID)
	if err != nil {
		return nil, err
	}
	keys := slices.DeleteFunc(slices.Clone(all), func(key *core.APIKey) bool { return !visible[key.AccountID] })
	slices.SortStableFunc(keys, func(a, b *core.APIKey) int { return strings.Compare(a.Name, b.Name) })
	return keys, nil
}

func (r rights) seesKeys() bool {
	return r.manages(permissionReadAPIKeys, permissionCreateAPIKeys, permissionUpdateAPIKeys)
}

// GetAPIKey returns a key that the actor may see, revoked or not.
func (s *Service) GetAPIKey(ctx context.Context, actor Actor, id string) (*core.APIKey, error) {
	key, err := s.Store.APIKey(ctx, id)
	if err != nil {
		return nil, hide(err, "id")
	}
	_, held, err := s.account(ctx, actor, key.AccountID)
	if err != nil {
		return nil, hide(err, "id")
	}
	if !held.seesKeys() {
		return nil, denied("id", "The role does not let you see API keys.")
	}
	// The cache does not follow the last use; the lists do.
	fresh, err := s.Store.APIKeysOfOrganisation(ctx, key.OrganisationID)
	if at := slices.IndexFunc(fresh, func(other *core.APIKey) bool { return other.ID == id }); at >= 0 {
		key = fresh[at]
	}
	return key, err
}

// UpdateAPIKey changes a key that is as the caller saw it. More use of it, by a later
// expiry, wider addresses or setting it going again, is only for who could have made
// it (D06).
func (s *Service) UpdateAPIKey(ctx context.Context, actor Actor, id, version string, c APIKeyChange) (*core.APIKey, error) {
	var key *core.APIKey
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		powers := c.ExpiresAt != nil || c.AllowedFrom != nil || c.AddressMode != nil || (c.Enabled != nil && *c.Enabled)
		found, err := s.livingKey(ctx, actor, id, powers)
		if err != nil {
			return nil, err
		}
		key = found.key
		if err := checkVersion(version, key); err != nil {
			return nil, err
		}
		before := key.Enabled
		did, err := s.changeKey(ctx, key, c)
		if err != nil || len(did) == 0 {
			return nil, err
		}
		event := actor.event(statusEvent(before, key.Enabled), key.OrganisationID, "api_key/"+key.ID, did.detail())
		return func(tx *store.Tx) error {
			tx.Audit(event)
			return tx.PutAPIKey(key)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return key, nil
}

func (s *Service) changeKey(ctx context.Context, key *core.APIKey, c APIKeyChange) (differences, error) {
	var did differences
	name := key.Name
	set(&did, "name", &key.Name, c.Name)
	setTime(&did, "expires_at", &key.ExpiresAt, c.ExpiresAt)
	set(&did, "enabled", &key.Enabled, c.Enabled)
	set(&did, "address_mode", &key.AddressMode, c.AddressMode)
	if c.AllowedFrom != nil {
		networks, err := checkAddresses(*c.AllowedFrom, key.AddressMode)
		if err != nil {
			return nil, err
		}
		setList(&did, "allowed_addresses", &key.AllowedFrom, &networks)
	}
	if _, err := checkAddresses(key.AllowedFrom, key.AddressMode); err != nil {
		return nil, err
	}
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if c.ExpiresAt != nil && !key.ExpiresAt.IsZero() && !key.ExpiresAt.After(s.now()) {
		return nil, invalid("expires_at", "The expiry must be in the future.")
	}
	if key.Name != name {
		return did, s.nameFree(ctx, key)
	}
	return did, nil
}
