package core

import (
	"encoding/base32"
	"encoding/binary"
	"io"
	"strings"
	"time"
)

// Prefixes of generated ids.
const (
	PrefixOrganisation = "org_"
	PrefixAccount      = "acc_"
	PrefixUser         = "usr_"
	PrefixClient       = "cli_"
	PrefixAPIKey       = "key_"
	PrefixRole         = "rol_"
	PrefixMembership   = "mem_"
	PrefixConsent      = "con_"
	PrefixGrant        = "gnt_"
	PrefixSecret       = "sec_"
	PrefixEvent        = "evt_"
	PrefixSession      = "ses_"
	PrefixOneTimeCode  = "otc_"
	PrefixDelivery     = "dlv_"
	PrefixInvitation   = "inv_"
	PrefixPasskey      = "psk_"
	PrefixChallenge    = "chl_"
)

// idAlphabet sorts as its values do, so that ids order by time.
var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID returns prefix and 26 characters: 48 bits of milliseconds, then 80
// random bits. Ids made later sort later.
func NewID(prefix string, now time.Time, random io.Reader) string {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixMilli())<<16)
	if _, err := io.ReadFull(random, raw[6:]); err != nil {
		panic("claviger: the random source failed: " + err.Error()) // H15: no start without randomness
	}
	var room [32]byte // of which a prefix of ours takes four
	return string(idEncoding.AppendEncode(append(room[:0], prefix...), raw[:]))
}

// Generated reports whether id has the form of a generated one, which a chosen
// client_id must not have (RFC 9700 §4.15).
func Generated(id string) bool {
	for _, prefix := range []string{PrefixUser, PrefixAPIKey, PrefixOrganisation, PrefixAccount} {
		if strings.HasPrefix(id, prefix) {
			return true
		}
	}
	return false
}
