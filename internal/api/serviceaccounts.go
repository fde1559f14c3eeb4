package api

import (
	"context"
	"net/http"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
)

// ServiceAccount is what an integration of an organisation acts as.
type ServiceAccount struct {
	ID             string    `json:"id"`
	OrganisationID string    `json:"organisation_id"`
	Username       string    `json:"username"`
	FullName       string    `json:"full_name,omitempty"`
	Email          string    `json:"email,omitempty"`
	Phone          string    `json:"phone,omitempty"`
	Status         string    `json:"status" enum:"ACTIVE,SUSPENDED,DISABLED"`
	CreatedAt      time.Time `json:"created_at"`
	Password       string    `json:"password,omitempty" doc:"When it is made or reset, and never again."`
}

func serviceAccountOf(u *core.User) ServiceAccount {
	return ServiceAccount{
		ID: u.ID, OrganisationID: u.OrganisationID, Username: u.Username, FullName: u.FullName, Email: u.Email, Phone: u.Phone,
		Status: string(u.Status), CreatedAt: u.CreatedAt,
	}
}

func newServiceAccountOf(made admin.Made[core.User]) ServiceAccount {
	account := serviceAccountOf(made.Thing)
	account.Password = made.Secret
	return account
}

// ServiceAccountCreate is what a service account is made from.
type ServiceAccountCreate struct {
	Username  string `json:"username"`
	FullName  string `json:"full_name,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Role      string `json:"role,omitempty" doc:"Code of the role that it has; none: no access to what a permission guards."`
	AccountID string `json:"account_id,omitempty" doc:"Where it has the role; none: in the whole organisation."`
}

// ServiceAccountUpdate says what is to be different.
type ServiceAccountUpdate struct {
	FullName *string      `json:"full_name,omitempty"`
	Email    *string      `json:"email,omitempty"`
	Phone    *string      `json:"phone,omitempty"`
	Status   *core.Status `json:"status,omitempty" enum:"ACTIVE,SUSPENDED,DISABLED"`
}

func (a *API) serviceAccounts() {
	const tag = "Service accounts"
	route(a, http.MethodGet, "/organisations/{organisation_id}/service-accounts", "list-service-accounts", "The service accounts of an organisation", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Paging
			Sort string `query:"sort" enum:"username,-username,created_at,-created_at" default:"username"`
		}) (*listed[ServiceAccount], error) {
			all, err := a.Admin.ListServiceAccounts(ctx, actor(ctx), in.OrganisationID)
			if err != nil {
				return nil, err
			}
			place, descending := sortBy(in.Sort, func(u *core.User) string { return u.ID }, map[string]func(*core.User) string{
				"username": func(u *core.User) string { return u.Username }, "created_at": func(u *core.User) string { return instant(u.CreatedAt) },
			})
			return pageOf(a, in.Paging, "service-accounts "+in.OrganisationID+" "+in.Sort, all, place, descending, serviceAccountOf)
		})
	route(a, http.MethodPost, "/organisations/{organisation_id}/service-accounts", "create-service-account", "Make a service account; its password is shown this once", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Repeatable
			Body ServiceAccountCreate
		}) (*shown[ServiceAccount], error) {
			return once(ctx, a, in.Repeatable, "create-service-account", []any{in.OrganisationID, in.Body}, func(who admin.Actor) error {
				_, _, err := a.Admin.CreateServiceAccount(ctx, who, admin.NewServiceAccount{
					OrganisationID: in.OrganisationID, Username: in.Body.Username, FullName: in.Body.FullName, Email: in.Body.Email,
					Phone: in.Body.Phone, RoleCode: in.Body.Role, AccountID: in.Body.AccountID,
				})
				return err
			}, newServiceAccountOf)
		})
	route(a, http.MethodGet, "/service-accounts/{id}", "get-service-account", "A service account", tag,
		func(ctx context.Context, in *ByID) (*shown[ServiceAccount], error) {
			user, err := a.Admin.GetServiceAccount(ctx, actor(ctx), in.ID)
			return show(user, serviceAccountOf, err)
		})
	route(a, http.MethodPatch, "/service-accounts/{id}", "update-service-account", "Change, disable or enable a service account", tag,
		func(ctx context.Context, in *struct {
			ByID
			Versioned
			Body ServiceAccountUpdate
		}) (*shown[ServiceAccount], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			user, err := a.Admin.UpdateServiceAccount(ctx, actor(ctx), in.ID, version, admin.ServiceAccountChange(in.Body))
			return show(user, serviceAccountOf, err)
		})
	route(a, http.MethodPost, "/service-accounts/{id}/reset", "reset-service-account", "Give a service account a new password", tag,
		func(ctx context.Context, in *struct {
			ByID
			Repeatable
			Body Rotation
		}) (*shown[ServiceAccount], error) {
			return once(ctx, a, in.Repeatable, "reset-service-account", []any{in.ID, in.Body}, func(who admin.Actor) error {
				_, _, err := a.Admin.ResetPassword(ctx, who, in.ID, in.Body.overlap())
				return err
			}, newServiceAccountOf)
		})
}
