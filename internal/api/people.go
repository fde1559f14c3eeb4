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

// Member is somebody with a role in an organisation.
type Member struct {
	ID             string    `json:"id" doc:"Of the membership."`
	OrganisationID string    `json:"organisation_id"`
	AccountID      string    `json:"account_id,omitempty" doc:"None: in the whole organisation."`
	UserID         string    `json:"user_id"`
	UserKind       string    `json:"user_kind" enum:"person,service_account"`
	Name           string    `json:"name,omitempty"`
	Identifier     string    `json:"identifier,omitempty" doc:"Email address, phone number or user name."`
	Role           string    `json:"role" doc:"Code of the role."`
	Owner          bool      `json:"owner"`
	CreatedAt      time.Time `json:"created_at"`
}

func memberOf(m *admin.Member) Member {
	return Member{
		ID: m.Membership.ID, OrganisationID: m.Membership.OrganisationID, AccountID: m.Membership.AccountID, UserID: m.User.ID,
		UserKind: string(m.User.Kind), Name: m.User.FullName, Identifier: m.User.Identifier(), Role: m.Role.Code, Owner: m.Role.Owner,
		CreatedAt: m.Membership.CreatedAt,
	}
}

// showMember is an answer with the version of the membership.
func showMember(m *admin.Member, err error) (*shown[Member], error) {
	if err != nil {
		return nil, err
	}
	return show(m.Membership, func(*core.Membership) Member { return memberOf(m) }, nil)
}

// MemberCreate gives a service account a role.
type MemberCreate struct {
	UserID    string `json:"user_id"`
	Role      string `json:"role"`
	AccountID string `json:"account_id,omitempty"`
}

// MemberUpdate gives a member another role.
type MemberUpdate struct {
	Role string `json:"role"`
}

func (a *API) members() {
	const tag = "Members"
	route(a, http.MethodGet, "/organisations/{organisation_id}/members", "list-members", "Who has access to an organisation", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Paging
			AccountID string `query:"account_id" maxLength:"128" doc:"Memberships of this account alone."`
			Sort      string `query:"sort" enum:"identifier,-identifier,created_at,-created_at" default:"created_at"`
		}) (*listed[Member], error) {
			all, err := a.Admin.ListOrganisationMembers(ctx, actor(ctx), in.OrganisationID)
			if err != nil {
				return nil, err
			}
			var chosen []*admin.Member
			for i := range all {
				if in.AccountID == "" || all[i].Membership.AccountID == in.AccountID {
					chosen = append(chosen, &all[i])
				}
			}
			place, descending := sortBy(in.Sort, func(m *admin.Member) string { return m.Membership.ID }, map[string]func(*admin.Member) string{
				"identifier": func(m *admin.Member) string { return m.User.Identifier() },
				"created_at": func(m *admin.Member) string { return instant(m.Membership.CreatedAt) },
			})
			return pageOf(a, in.Paging, "members "+in.OrganisationID+" "+in.AccountID+" "+in.Sort, chosen, place, descending, memberOf)
		})
	route(a, http.MethodPost, "/organisations/{organisation_id}/members", "add-member", "Give a service account a role; people are invited", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Repeatable
			Body MemberCreate
		}) (*shown[Member], error) {
			return once(ctx, a, in.Repeatable, "add-member", []any{in.OrganisationID, in.Body}, func(who admin.Actor) error {
				_, err := a.Admin.AddMembership(ctx, who, admin.NewMembership{
					OrganisationID: in.OrganisationID, AccountID: in.Body.AccountID, UserID: in.Body.UserID, RoleCode: in.Body.Role,
				})
				return err
			}, memberOf)
		})
	route(a, http.MethodGet, "/members/{id}", "get-member", "A membership", tag,
		func(ctx context.Context, in *ByID) (*shown[Member], error) {
			return showMember(a.Admin.GetMembership(ctx, actor(ctx), in.ID))
		})
	route(a, http.MethodPatch, "/members/{id}", "update-member", "Give a member another role", tag,
		func(ctx context.Context, in *struct {
			ByID
			Versioned
			Body MemberUpdate
		}) (*shown[Member], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			return showMember(a.Admin.SetMemberRole(ctx, actor(ctx), in.ID, version, in.Body.Role))
		})
	route(a, http.MethodDelete, "/members/{id}", "remove-member", "Take away a membership; the last owner stays", tag,
		func(ctx context.Context, in *struct {
			ByID
			Versioned
		}) (*done, error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			return nil, a.Admin.EndMembership(ctx, actor(ctx), in.ID, version)
		})
}
