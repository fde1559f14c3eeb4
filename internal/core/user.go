package core

import "time"

// UserKind tells a person, who signs in, from a service account, which an
// integration acts as.
type UserKind string

// User kinds.
const (
	Person         UserKind = "person"
	ServiceAccount UserKind = "service_account"
)

// User is a person or a service account. Usernames are unique among people,
// and among the service accounts of one organisation.
type User struct {
	ID             string    `json:"id"`
	Number         int64     `json:"number"`
	Kind           UserKind  `json:"kind"`
	OrganisationID string    `json:"organisation_id"` // empty for a person
	Username       string    `json:"username"`
	Email          string    `json:"email"`
	Phone          string    `json:"phone"`
	FullName       string    `json:"full_name"`
	GivenName      string    `json:"given_name"`
	FamilyName     string    `json:"family_name"`
	EmailVerified  bool      `json:"email_verified"`
	PhoneVerified  bool      `json:"phone_verified"`
	Operator       bool      `json:"operator"` // administers the platform itself
	Status         Status    `json:"status"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	// Profile holds further claims about a person, by their names in OpenID
	// Connect Core §5.1: those of ProfileClaims. address is its formatted form.
	Profile map[string]string `json:"profile"`
}

// Identifier is what a person is shown as, and can sign in with: email, else phone
// number, else username.
func (u *User) Identifier() string {
	switch {
	case u.Email != "":
		return u.Email
	case u.Phone != "":
		return u.Phone
	}
	return u.Username
}

// ProfileClaims are the names that User.Profile may have.
func ProfileClaims() []string {
	return []string{
		"middle_name", "nickname", "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "address",
	}
}

// Membership gives a user a role in an organisation, in one account of it or,
// with AccountID empty, in all of them.
type Membership struct {
	ID             string    `json:"id"`
	UserID         string    `json:"user_id"`
	OrganisationID string    `json:"organisation_id"`
	AccountID      string    `json:"account_id"`
	RoleID         string    `json:"role_id"`
	CreatedAt      time.Time `json:"created_at"`
}

// Covers reports whether the membership reaches the account.
func (m *Membership) Covers(a *Account) bool {
	return m.OrganisationID == a.OrganisationID && (m.AccountID == "" || m.AccountID == a.ID)
}
