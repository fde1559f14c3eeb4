package authn

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// How many codes leave at most: in an hour to one address or number and for one
// source, and in a day to one address or number, so that whoever guesses all the
// time needs decades for one of a million.
const (
	codesPerDestination = 5
	codesPerSource      = 20
	codesWindow         = time.Hour
	codesPerDay         = 20
)

// NewSendingGate returns the gate for People.Sending. It counts codes that are
// sent as other gates count wrong tries.
func NewSendingGate(now func() time.Time) *secret.Gate {
	gate := secret.NewGate(now)
	gate.Limit, gate.SourceLimit, gate.Window = codesPerDestination, codesPerSource, codesWindow
	return gate
}

// CodeRequest asks for a one-time code. Either Identifier or User says for whom.
type CodeRequest struct {
	// Identifier is what the person typed: email, phone number or username. With
	// User, for core.PurposeVerifyEmail and core.PurposeVerifyPhone, it is the
	// address or number to verify; empty: the one that User has.
	Identifier string
	User       *core.User // who is signed in
	Purpose    string
	Channel    string // that is wished for, where Identifier is not itself an address or number
	Locale     string
	Binding    []byte        // BrowserHash: no other browser can use the code
	Request    *http.Request // whose device, if known, others cannot use up the codes of (E07); may be nil
}

// SendCode sends a one-time code of six digits and returns its id, and where it
// went with most of it hidden (empty where a username was typed). For sign-in,
// step-up and recovery that is a verified address or number. The answer is the
// same when nothing is sent, because there is no such person, they have none, or
// too many codes were asked for (E05, E09). With User it is ReasonInvalidValue for an
// address or number that is none, and ReasonAuthenticationUnmet where they have none
// that is verified.
func (p *People) SendCode(ctx context.Context, request CodeRequest) (id, maskedDestination string, err error) {
	to, err := p.destinationOf(ctx, &request)
	if err != nil {
		return "", "", err
	}
	now := p.Now()
	code := core.OneTimeCode{
		ID: core.NewID(core.PrefixOneTimeCode, now, p.Rand), Purpose: request.Purpose, Channel: to.channel, Destination: to.address,
		Binding: request.Binding, CreatedAt: now, ExpiresAt: now.Add(core.OneTimeCodeLifetime),
	}
	if to.user != nil {
		code.UserID = to.user.ID
	}
	device := p.deviceFor(&request, to)
	try, err := enter(ctx, p.Sending, sendingIdentity(&request, to), oauth.SourceOf(ctx).IP, device)
	var refused *oauth.Error
	if errors.As(err, &refused) && refused.Reason == oauth.ReasonTooManyAttempts {
		return code.ID, to.masked, nil
	}
	if err != nil {
		return "", "", err
	}
	if err := p.send(ctx, &code, request.Locale, device != ""); err != nil {
		try.Cancel()
		return "", "", err
	}
	try.Fail() // it counts
	p.Wake()
	return code.ID, to.masked, nil
}

// verifies reports whether the code goes where the person merely says to be.
func (r *CodeRequest) verifies() bool {
	return r.Purpose == core.PurposeVerifyEmail || r.Purpose == core.PurposeVerifyPhone
}

// sendingIdentity is whose budget of codes is used: that of the address or number,
// or of the person who names any they like. Those of one address are counted in the
// rows then.
func sendingIdentity(request *CodeRequest, to destination) string {
	if request.verifies() {
		return "verify:" + to.user.ID
	}
	return "code:" + to.address
}

// deviceFor returns the device of the request if it is a known one of the person.
// It is no way to have messages sent to others.
func (p *People) deviceFor(request *CodeRequest, to destination) string {
	if request.Request == nil || to.user == nil || request.verifies() {
		return ""
	}
	return p.Sessions.Device(request.Request, to.user.ID)
}

// send stores a code and queues its message, in one write. Other nodes have gates
// of their own: the rows are counted as well, unless the device is a known one.
func (p *People) send(ctx context.Context, code *core.OneTimeCode, locale string, known bool) error {
	digits := p.newDigits()
	code.Digest = p.digest(code, digits)
	subject, text := p.codeMessage(code, locale, digits)
	event := personEvent(ctx, core.OneTimeCodeSent, code.UserID)
	event.Target, event.Detail = "one_time_code/"+code.ID, code.Purpose+" by "+code.Channel
	return p.store().Write(ctx, func(tx *store.Tx) error {
		if !known {
			if many, err := tooMany(tx, code); many || err != nil {
				return err
			}
		}
		if err := tx.InsertOneTimeCode(code); err != nil || code.UserID == "" {
			return err
		}
		tx.Audit(event)
		return p.Send(tx, code.Channel, code.Destination, subject, text, code.ExpiresAt)
	})
}

func tooMany(tx *store.Tx, code *core.OneTimeCode) (bool, error) {
	hour, err := tx.CountOneTimeCodes(code.Destination, code.CreatedAt.Add(-codesWindow))
	if err != nil || hour >= codesPerDestination {
		return true, err
	}
	day, err := tx.CountOneTimeCodes(code.Destination, code.CreatedAt.Add(-24*time.Hour))
	return day >= codesPerDay, err
}

// codeMessage is the message with a code, by its purpose.
func (p *People) codeMessage(code *core.OneTimeCode, locale, digits string) (subject, text string) {
	key := "message.code"
	switch code.Purpose {
	case core.PurposeRecovery:
		key = "message.recovery"
	case core.PurposeVerifyEmail, core.PurposeVerifyPhone:
		key = "message.verify"
	}
	minutes := int(core.OneTimeCodeLifetime / time.Minute)
	return p.Texts(locale, key+".subject", p.Platform), p.Texts(locale, key+".text", digits, p.Platform, minutes)
}

// digest is the stored form of a code. Without the key, which is not in the
// database, a million tries would find the code.
func (p *People) digest(code *core.OneTimeCode, digits string) string {
	return p.Authenticator.Secrets.Digest(strings.Join([]string{"one-time code", code.Purpose, code.ID, digits}, "|"))
}

// newDigits returns six random digits, each number as likely as any other.
func (p *People) newDigits() string {
	const numbers = 1_000_000
	const fair = 1<<32 - 1<<32%numbers // from here on some numbers would come once more than others
	for {
		var raw [4]byte
		if _, err := io.ReadFull(p.Rand, raw[:]); err != nil {
			panic("claviger: the random source failed: " + err.Error()) // H15
		}
		if n := binary.BigEndian.Uint32(raw[:]); uint64(n) < fair {
			return fmt.Sprintf("%0*d", core.OneTimeCodeDigits, n%numbers)
		}
	}
}
