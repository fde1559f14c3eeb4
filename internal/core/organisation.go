package core

import "time"

// Organisation is a tenant: a customer of the platform.
type Organisation struct {
	ID        string            `json:"id"`     // opaque
	Number    int64             `json:"number"` // for dialects whose ids are integers
	Code      string            `json:"code"`   // unique; what an integrator sends to name the tenant
	Name      string            `json:"name"`
	Status    Status            `json:"status"`
	Email     string            `json:"email"`
	Phone     string            `json:"phone"`
	Verified  bool              `json:"verified"` // the platform has verified the organisation
	Services  map[string]string `json:"services"` // service scope -> URI of that service for this organisation
	CreatedAt time.Time         `json:"created_at"`
}

// Account types.
const (
	AccountOrg        = "org"
	AccountIndividual = "individual"
)

// Account flags and subscriptions that permissions can ask for (CP-9).
const (
	FlagTrustedUser                 = "trusted-user"
	SubscriptionExternalAssetIssuer = "external-asset-issuer"
)

// Account is a wallet of an organisation. An individual's account belongs to
// an organisation of its own.
type Account struct {
	ID             string    `json:"id"`
	Number         int64     `json:"number"`
	OrganisationID string    `json:"organisation_id"`
	Name           string    `json:"name"`
	Type           string    `json:"type"`     // org or individual
	Currency       string    `json:"currency"` // ISO 4217
	Balance        int64     `json:"balance"`  // smallest unit of the currency
	Category       string    `json:"category"` // CURRENT, COMMISSION, TOPUP or empty
	Rank           int64     `json:"rank"`     // order in lists, ascending
	Status         Status    `json:"status"`
	Flags          []string  `json:"flags"`
	Subscriptions  []string  `json:"subscriptions"`
	Test           bool      `json:"test"`
	CreatedAt      time.Time `json:"created_at"`
}
