package api

import (
	"context"
	"net/http"
	"time"

	"claviger/internal/admin"
)

// Invitation waits for somebody to become a member.
type Invitation struct {
	ID             string    `json:"id"`
	OrganisationID string    `json:"organisation_id"`
	AccountID      string    `json:"account_id,omitempty"`
	Email          string    `json:"email"`
	Role           string    `json:"role"`
	InvitedBy      string    `json:"invited_by"`
	CreatedAt      time.Time `json:"created_at"`
	ExpiresAt      time.Time `json:"expires_at"`
}

func invitationOf(i *admin.Invited) Invitation {
	x := i.Invitation
	return Invitation{
		ID: x.ID, OrganisationID: x.OrganisationID, AccountID: x.AccountID, Email: x.Email, Role: i.Role.Code, InvitedBy: x.InvitedBy,
		CreatedAt: x.CreatedAt, ExpiresAt: x.ExpiresAt,
	}
}

// InvitationCreate says who is invited to which role.
type InvitationCreate struct {
	Email     string `json:"email"`
	Role      string `json:"role" doc:"Code of a role."`
	AccountID string `json:"account_id,omitempty" doc:"None: the whole organisation."`
	Locale    string `json:"locale,omitempty" maxLength:"35" doc:"Language of the message."`
}

// InvitationAccept holds the secret of the link that was mailed.
type InvitationAccept struct {
	Invitation string `json:"invitation" maxLength:"128"`
}

func (a *API) invitations() {
	const tag = "Members"
	route(a, http.MethodGet, "/organisations/{organisation_id}/invitations", "list-invitations", "Invitations that can be accepted", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Paging
			Sort string `query:"sort" enum:"email,-email,created_at,-created_at" default:"created_at"`
		}) (*listed[Invitation], error) {
			all, err := a.Admin.ListInvitations(ctx, actor(ctx), in.OrganisationID)
			if err != nil {
				return nil, err
			}
			chosen := make([]*admin.Invited, len(all))
			for i := range all {
				chosen[i] = &all[i]
			}
			place, descending := sortBy(in.Sort, func(i *admin.Invited) string { return i.Invitation.ID }, map[string]func(*admin.Invited) string{
				"email":      func(i *admin.Invited) string { return i.Invitation.Email },
				"created_at": func(i *admin.Invited) string { return instant(i.Invitation.CreatedAt) },
			})
			return pageOf(a, in.Paging, "invitations "+in.OrganisationID+" "+in.Sort, chosen, place, descending, invitationOf)
		})
	route(a, http.MethodPost, "/organisations/{organisation_id}/invitations", "invite-member", "Invite somebody by mail", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Repeatable
			Body InvitationCreate
		}) (*shown[Invitation], error) {
			return once(ctx, a, in.Repeatable, "invite-member", []any{in.OrganisationID, in.Body}, func(who admin.Actor) error {
				_, err := a.Admin.Invite(ctx, who, admin.NewInvitation{
					OrganisationID: in.OrganisationID, AccountID: in.Body.AccountID, Email: in.Body.Email, RoleCode: in.Body.Role, Locale: in.Body.Locale,
				})
				return err
			}, invitationOf)
		})
	route(a, http.MethodDelete, "/invitations/{id}", "withdraw-invitation", "Withdraw an invitation", tag,
		func(ctx context.Context, in *ByID) (*done, error) {
			return nil, a.Admin.WithdrawInvitation(ctx, actor(ctx), in.ID)
		})
	route(a, http.MethodPost, "/invitations/accept", "accept-invitation", "Become a member, as the person who was invited", tag,
		func(ctx context.Context, in *struct{ Body InvitationAccept }) (*shown[Member], error) {
			return showMember(a.Admin.AcceptInvitation(ctx, actor(ctx), in.Body.Invitation))
		})
}
