package authn

import (
	"context"
	"errors"
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// trustedPrefix is the country code of New Zealand, whose numbers make a trusted
// user (CP-10).
const trustedPrefix = "+64"

// PhoneVerified records that a person has proved to hold a phone number, by a code
// for core.PurposeVerifyPhone that was redeemed. A New Zealand number gives their
// individual account core.FlagTrustedUser, and changing to another takes it away
// (CP-10). A number that another person has is ReasonNameTaken.
func (p *People) PhoneVerified(ctx context.Context, user *core.User, phone string) error {
	number, ok := Phone(phone)
	if !ok {
		return oauth.NewError(oauth.ReasonInvalidValue).At("phone")
	}
	return p.changePerson(ctx, user.ID, "phone", func(tx *store.Tx, person *core.User) error {
		before := person.Phone
		person.Phone, person.PhoneVerified = number, true
		flag, err := p.trust(tx, person, before != number)
		if err != nil {
			return err
		}
		event := personEvent(ctx, core.PhoneVerified, person.ID)
		event.Target, event.Detail = "user/"+person.ID, mask(number)+flag
		tx.Audit(event)
		if before != "" && before != number {
			event.Type, event.Detail = core.PhoneChanged, mask(before)+" to "+mask(number)
			tx.Audit(event)
		}
		return nil
	})
}

// EmailVerified records that a person has proved to hold an email address, by a
// code for core.PurposeVerifyEmail that was redeemed. One that another person has is
// ReasonNameTaken.
func (p *People) EmailVerified(ctx context.Context, user *core.User, email string) error {
	address, ok := Email(email)
	if !ok {
		return oauth.NewError(oauth.ReasonInvalidValue).At("email")
	}
	return p.changePerson(ctx, user.ID, "email", func(tx *store.Tx, person *core.User) error {
		event := personEvent(ctx, core.EmailVerified, person.ID)
		event.Target, event.Detail = "user/"+person.ID, mask(address)
		if person.Email != "" && !strings.EqualFold(person.Email, address) {
			event.Detail += ", before " + mask(person.Email)
		}
		person.Email, person.EmailVerified = address, true
		tx.Audit(event)
		return nil
	})
}

// changePerson changes an active person, as they are now, in one write.
func (p *People) changePerson(ctx context.Context, userID, param string, change func(*store.Tx, *core.User) error) error {
	err := p.store().Write(ctx, func(tx *store.Tx) error {
		if err := tx.Serialize(); err != nil { // nobody else's change of the same row gets lost
			return err
		}
		person, err := stillActive(tx, userID)
		if err != nil {
			return err
		}
		before := *person
		if err := change(tx, person); err != nil {
			return err
		}
		person.UpdatedAt = p.Now()
		if err := tx.PutUser(person); err != nil {
			return err
		}
		return p.warn(tx, &before, person)
	})
	if err == nil {
		p.Wake()
	}
	if errors.Is(err, core.ErrConflict) { // who else has it, is not told
		return oauth.NewError(oauth.ReasonNameTaken).At(param).Because(err)
	}
	return err
}

// warn tells a person at a verified address or number that it is theirs no longer:
// whoever changed it may be somebody else.
func (p *People) warn(tx *store.Tx, before, after *core.User) error {
	tell := func(channel, to string) error {
		const key = "message.replaced"
		locale := after.Profile["locale"]
		return p.Send(tx, channel, to, p.Texts(locale, key+".subject", p.Platform), p.Texts(locale, key+".text", p.Platform), p.Now().Add(noticeLifetime))
	}
	if before.PhoneVerified && before.Phone != "" && before.Phone != after.Phone {
		if err := tell(core.ChannelSMS, before.Phone); err != nil {
			return err
		}
	}
	if before.EmailVerified && before.Email != "" && !strings.EqualFold(before.Email, after.Email) {
		return tell(core.ChannelEmail, before.Email)
	}
	return nil
}

// trust gives or takes the flag of a person's individual account, and says for the
// audit record what it did.
func (p *People) trust(tx *store.Tx, person *core.User, changed bool) (done string, err error) {
	account, err := individualAccount(tx, person.ID)
	if account == nil || err != nil {
		return "", err
	}
	has := slices.Contains(account.Flags, core.FlagTrustedUser)
	switch trusted := strings.HasPrefix(person.Phone, trustedPrefix); {
	case trusted && !has:
		account.Flags = append(slices.Clone(account.Flags), core.FlagTrustedUser)
		done = ", gave " + core.FlagTrustedUser
	case !trusted && has && changed:
		account.Flags = slices.DeleteFunc(slices.Clone(account.Flags), func(flag string) bool { return flag == core.FlagTrustedUser })
		done = ", took " + core.FlagTrustedUser
	default:
		return "", nil
	}
	return done, tx.PutAccount(account)
}

// individualAccount returns the account of a person alone; nil for none.
func individualAccount(tx *store.Tx, userID string) (*core.Account, error) {
	memberships, err := tx.MembershipsOf(userID)
	if err != nil {
		return nil, err
	}
	for _, m := range memberships {
		accounts, err := tx.AccountsOf(m.OrganisationID)
		if err != nil {
			return nil, err
		}
		for _, account := range accounts {
			if account.Type == core.AccountIndividual && m.Covers(account) {
				return account, nil
			}
		}
	}
	return nil, nil
}
