package admin

// document is what a configuration file may hold. A field that is left out keeps
// what is stored.
type document struct {
	Conditions    items[conditionEntry]    `yaml:"conditions"`
	Permissions   items[permissionEntry]   `yaml:"permissions"`
	Roles         items[roleEntry]         `yaml:"roles"`
	Organisations items[organisationEntry] `yaml:"organisations"`
	People        items[personEntry]       `yaml:"people"`
	Clients       items[clientEntry]       `yaml:"clients"`
}

// conditionEntry is a named expression over the accounts caller and target.
type conditionEntry struct {
	Name   text `yaml:"name"`
	When   text `yaml:"when"`
	Remove flag `yaml:"remove"`
}

type permissionEntry struct {
	Name        text `yaml:"name"`
	RequiresAny list `yaml:"requires_any"`
}

type roleEntry struct {
	Code    text              `yaml:"code"`
	Number  number            `yaml:"number"`
	Name    text              `yaml:"name"`
	Owner   flag              `yaml:"owner"`
	Assigns list              `yaml:"assigns"`
	Grants  item[grantsEntry] `yaml:"grants"`
}

// grantsEntry lists permissions by whose resources they are granted on.
type grantsEntry struct {
	Own    list `yaml:"own"`
	Global list `yaml:"global"`
}

type organisationEntry struct {
	Code            text                       `yaml:"code"`
	Number          number                     `yaml:"number"`
	Name            text                       `yaml:"name"`
	Status          text                       `yaml:"status"`
	Email           text                       `yaml:"email"`
	Phone           text                       `yaml:"phone"`
	Verified        flag                       `yaml:"verified"`
	Services        texts                      `yaml:"services"` // scope -> URI
	Roles           items[roleEntry]           `yaml:"roles"`
	Accounts        items[accountEntry]        `yaml:"accounts"`
	ServiceAccounts items[serviceAccountEntry] `yaml:"service_accounts"`
	APIKeys         items[apiKeyEntry]         `yaml:"api_keys"`
}

type accountEntry struct {
	ID            text   `yaml:"id"`
	Number        number `yaml:"number"`
	Name          text   `yaml:"name"`
	Type          text   `yaml:"type"`
	Currency      text   `yaml:"currency"`
	Balance       text   `yaml:"balance"` // decimal, "2878.86"
	Category      text   `yaml:"category"`
	Rank          number `yaml:"rank"`
	Status        text   `yaml:"status"`
	Flags         list   `yaml:"flags"`
	Subscriptions list   `yaml:"subscriptions"`
	Test          flag   `yaml:"test"`
}

type serviceAccountEntry struct {
	Username     text                   `yaml:"username"`
	Number       number                 `yaml:"number"`
	FullName     text                   `yaml:"full_name"`
	Email        text                   `yaml:"email"`
	Phone        text                   `yaml:"phone"`
	Status       text                   `yaml:"status"`
	Password     text                   `yaml:"password"`
	PasswordHash text                   `yaml:"password_hash"`
	Memberships  items[membershipEntry] `yaml:"memberships"`
}

type apiKeyEntry struct {
	ID         text      `yaml:"id"`
	Name       text      `yaml:"name"`
	Account    reference `yaml:"account"`
	Dialect    text      `yaml:"dialect"`
	Role       text      `yaml:"role"`
	Scopes     text      `yaml:"scopes"`
	ExpiresAt  instant   `yaml:"expires_at"`
	Status     text      `yaml:"status"` // ACTIVE or DISABLED
	Secret     text      `yaml:"secret"`
	SecretHash text      `yaml:"secret_hash"`
	WithID     flag      `yaml:"with_id"`
}

type personEntry struct {
	Email             text                   `yaml:"email"`
	Phone             text                   `yaml:"phone"`
	Username          text                   `yaml:"username"`
	Number            number                 `yaml:"number"`
	FullName          text                   `yaml:"full_name"`
	GivenName         text                   `yaml:"given_name"`
	FamilyName        text                   `yaml:"family_name"`
	EmailVerified     flag                   `yaml:"email_verified"`
	PhoneVerified     flag                   `yaml:"phone_verified"`
	Operator          flag                   `yaml:"operator"`
	Status            text                   `yaml:"status"`
	Profile           texts                  `yaml:"profile"` // further claims; see core.ProfileClaims
	Password          text                   `yaml:"password"`
	PasswordHash      text                   `yaml:"password_hash"`
	IndividualAccount item[individualEntry]  `yaml:"individual_account"`
	Memberships       items[membershipEntry] `yaml:"memberships"`
}

// individualEntry is the account of a person alone, in an organisation of its own.
type individualEntry struct {
	Account accountEntry `yaml:",inline"`
	Role    text         `yaml:"role"`
}

// membershipEntry gives a role in one account or, with an organisation and no
// account, in all accounts of that. A service account needs neither: it is in
// its own organisation.
type membershipEntry struct {
	Organisation text      `yaml:"organisation"`
	Account      reference `yaml:"account"` // id or number
	Role         text      `yaml:"role"`
}

type clientEntry struct {
	ID                   text     `yaml:"id"`
	Number               number   `yaml:"number"`
	Organisation         text     `yaml:"organisation"`
	Organisations        list     `yaml:"organisations"`
	Name                 text     `yaml:"name"`
	Kind                 text     `yaml:"kind"`
	Status               text     `yaml:"status"`
	Dialect              text     `yaml:"dialect"`
	GrantTypes           list     `yaml:"grant_types"`
	Scopes               text     `yaml:"scopes"`
	Products             list     `yaml:"products"`
	RedirectURIs         list     `yaml:"redirect_uris"`
	RedirectHosts        list     `yaml:"redirect_hosts"`
	PostLogoutURIs       list     `yaml:"post_logout_uris"`
	Origins              list     `yaml:"origins"`
	Company              text     `yaml:"company"`
	Website              text     `yaml:"website"`
	Contact              text     `yaml:"contact"`
	RefreshWithoutSecret flag     `yaml:"refresh_without_secret"`
	AccessToken          duration `yaml:"access_token_lifetime"`
	RefreshToken         duration `yaml:"refresh_token_lifetime"`
	RefreshAbsolute      duration `yaml:"refresh_absolute_lifetime"`
	RefreshGrace         duration `yaml:"refresh_grace"`
	Secret               text     `yaml:"secret"`
	SecretHash           text     `yaml:"secret_hash"`

	Browser browserEntry `yaml:",inline"`
}

// browserEntry is how a client is registered for the browser flow, beside its
// URIs. An empty text means: as the dialect says, else as the server is set up.
type browserEntry struct {
	WithoutPKCE      flag `yaml:"without_pkce"`
	ResponseModes    list `yaml:"response_modes"`
	Connects         text `yaml:"connects"`
	SkipConsent      flag `yaml:"skip_consent"`
	IssuesRefresh    text `yaml:"issues_refresh"`
	IDTokenAlgorithm text `yaml:"id_token_algorithm"`
	SubjectType      text `yaml:"subject_type"`
	SectorIdentifier text `yaml:"sector_identifier"` // host
	LogoutURI        text `yaml:"backchannel_logout_uri"`
	PolicyURI        text `yaml:"policy_uri"`
	TermsURI         text `yaml:"terms_uri"`
}
