package authn

import (
	"context"
	"net/mail"
	"regexp"
	"strings"
	"unicode/utf8"

	"claviger/internal/core"
	"claviger/oauth"
)

var (
	phoneForm    = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`) // E.164
	phoneSpacing = strings.NewReplacer(" ", "", "\u00a0", "", "-", "", "\u2011", "", ".", "", "(", "", ")", "", "/", "")
)

// Phone returns a phone number in the form that it is stored in: + and 8 to 15
// digits. Spaces, dashes and brackets are left out, and a leading 00 is a +.
func Phone(text string) (number string, ok bool) {
	number = phoneSpacing.Replace(strings.TrimSpace(text))
	if rest, international := strings.CutPrefix(number, "00"); international {
		number = "+" + rest
	}
	return number, phoneForm.MatchString(number)
}

// Email returns an email address as it is stored.
func Email(text string) (address string, ok bool) {
	address = strings.TrimSpace(text)
	parsed, err := mail.ParseAddress(address)
	return address, err == nil && parsed.Address == address && len(address) <= maxIdentifier
}

// destination is where a one-time code goes.
type destination struct {
	user    *core.User // nil: nobody, and nothing is sent
	channel string
	address string // an email address or a phone number; a digest for nobody
	masked  string // for a page: never more than who asks has typed or knows
}

// destinationOf says where the code of a request goes.
func (p *People) destinationOf(ctx context.Context, request *CodeRequest) (destination, error) {
	if request.User != nil {
		return p.known(request)
	}
	user, err := p.find(ctx, request.Identifier)
	if err != nil {
		return destination{}, err
	}
	to := destination{channel: core.ChannelEmail, masked: mask(request.Identifier)}
	if _, ok := Phone(request.Identifier); ok {
		to.channel = core.ChannelSMS
	}
	if user != nil && maySignIn(user) {
		if channel, address := p.verified(user, request); address != "" {
			to.user, to.channel, to.address = user, channel, address
			return to, nil
		}
	}
	// What was typed is not kept: it could be anything.
	to.address = p.Authenticator.Secrets.Digest("one-time code for nobody|" + strings.ToLower(strings.TrimSpace(request.Identifier)))
	return to, nil
}

// known is destinationOf for who is signed in.
func (p *People) known(request *CodeRequest) (destination, error) {
	to := destination{user: request.User}
	var ok bool
	switch request.Purpose {
	case core.PurposeVerifyPhone:
		to.channel = core.ChannelSMS
		to.address, ok = Phone(either(request.Identifier, request.User.Phone))
	case core.PurposeVerifyEmail:
		to.channel = core.ChannelEmail
		to.address, ok = Email(either(request.Identifier, request.User.Email))
	default:
		to.channel, to.address = reach(request.User, request.Channel)
		if to.address == "" {
			return to, oauth.NewError(oauth.ReasonAuthenticationUnmet)
		}
		ok = true
	}
	if !ok {
		return to, oauth.NewError(oauth.ReasonInvalidValue).At("identifier").Describe("This is not an email address or a phone number.")
	}
	to.masked = mask(to.address)
	return to, nil
}

// verified returns the verified address or number of a person that an identifier
// names; for a username any that they have (CP-10).
func (p *People) verified(user *core.User, request *CodeRequest) (channel, address string) {
	identifier := strings.TrimSpace(request.Identifier)
	phone, _ := Phone(identifier)
	switch {
	case user.Email != "" && strings.EqualFold(identifier, user.Email):
		return exactly(user, core.ChannelEmail)
	case user.Phone != "" && phone == user.Phone:
		return exactly(user, core.ChannelSMS)
	}
	return reach(user, request.Channel)
}

// reach returns a verified way to a person: by the channel if one is named, else
// by email before SMS.
func reach(user *core.User, channel string) (string, string) {
	if channel != "" {
		return exactly(user, channel)
	}
	if found, address := exactly(user, core.ChannelEmail); address != "" {
		return found, address
	}
	return exactly(user, core.ChannelSMS)
}

func exactly(user *core.User, channel string) (string, string) {
	switch {
	case channel == core.ChannelEmail && user.EmailVerified:
		return channel, user.Email
	case channel == core.ChannelSMS && user.PhoneVerified:
		return channel, user.Phone
	}
	return "", ""
}

// mask shows of an address or number what tells its owner which one it is:
// "a…@example.com", "•••• 890". Of anything else, such as a username, it shows
// nothing.
func mask(text string) string {
	if address, ok := Email(text); ok {
		_, size := utf8.DecodeRuneInString(address)
		return address[:size] + "…" + address[strings.LastIndexByte(address, '@'):]
	}
	if number, ok := Phone(text); ok {
		return "•••• " + number[len(number)-3:]
	}
	return ""
}

func either(first, second string) string {
	if first != "" {
		return first
	}
	return second
}
