package web

import (
	"fmt"
	"strings"
)

// SecondFactor asks for a second factor that the person has set up. Fields, by what
// step is: app (code, remember), recovery (recovery_code, remember), passkey
// (remember).
type SecondFactor struct {
	Flow        string
	Return      string // path to go on to where there is no flow: the hidden field return_to
	Action      string // path to post to
	Identifier  string // of whom
	App         bool   // by the code of an app
	Passkey     bool
	Recovery    bool // by a recovery code, and nothing else
	CanRecover  bool // there are recovery codes
	CanRemember bool // the browser may be remembered
	Errors      Errors
}

// UsePasskey has a script ask the browser for a passkey, or to make one. Fields:
// step=passkey_done, response.
type UsePasskey struct {
	Flow    string
	Return  string // path to go on to where there is no flow: the hidden field return_to
	Action  string // path to post to
	Options string // JSON, as go-webauthn makes it: what navigator.credentials is called with
	Make    bool   // a new passkey
	Back    string // path of the other ways
	Fields  map[string]string
}

// PasskeyLine is a passkey of the person.
type PasskeyLine struct {
	ID, Name, AddedAt string
	LastUsedAt        string // empty: never
}

// Passkeys lists what the person may remove. Each form has a field action:
// begin_passkey (name), remove_passkey (passkey).
type Passkeys struct {
	Lines  []PasskeyLine
	Name   string // that a new one would have
	Can    bool   // this host can have passkeys
	Errors Errors
	Notice string // text key; empty: none
}

// AuthenticatorApp sets an authenticator app up. Each form has a field action:
// begin_app, confirm_app (code), remove_app.
type AuthenticatorApp struct {
	SetUp      bool   // there is one
	LastUsedAt string // empty: never
	Secret     string // of a set-up under way; empty: none
	URL        string // otpauth://…
	Code       QRCode // of URL
	Errors     Errors
	Notice     string // text key; empty: none
}

// RecoveryCodes shows new recovery codes once, or says how many there are. Field:
// action=new_codes.
type RecoveryCodes struct {
	Codes []string // new ones; none: they were shown before
	Left  int
	Any   bool   // there is a second factor that they would stand in for
	Why   string // text key of what made them; empty: nothing
}

func (SecondFactor) template() string     { return "secondfactor" }
func (UsePasskey) template() string       { return "usepasskey" }
func (Passkeys) template() string         { return "passkeys" }
func (AuthenticatorApp) template() string { return "authenticatorapp" }
func (RecoveryCodes) template() string    { return "recoverycodes" }

// QRCode is a QR code: dark modules by row.
type QRCode [][]bool

const quietZone = 4 // modules around a QR code (ISO/IEC 18004 §5.3.8)

// Size is the width of the picture in modules.
func (q QRCode) Size() int { return len(q) + 2*quietZone }

// Path draws the dark modules, as the d of an SVG path: a line for each run of them.
func (q QRCode) Path() string {
	var path strings.Builder
	for y, row := range q {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			}
		}
	}
	return path.String()
}

// Parameter is what Options is in a call of navigator.credentials.
func (u UsePasskey) Parameter() string {
	if u.Make {
		return "create"
	}
	return "get"
}
