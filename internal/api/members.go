package api

import (
	"context"
	"net/http"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
)

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

// MemberList is how members are asked for.
type MemberList struct {
	InOrganisation
	Paging
	AccountID string `query:"account_id" maxLength:"128" doc:"Memberships of this account alone."`
	Sort      string `query:"sort" enum:"identifier,-identifier,created_at,-created_at" default:"created_at"`
}

func (a *API) listMembers(ctx context.Context, in *MemberList) (*listed[Member], error) {
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
}

func (a *API) members() {
	const tag = "Members"
	route(a, http.MethodGet, "/organisations/{organisation_id}/members", "list-members", "Who has access to an organisation", tag, a.listMembers)
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
