package main

import (
	"context"
	"iter"

	"claviger/client"
)

type memberCommand struct {
	List   memberList   `cmd:"" help:"List who has access to an organisation."`
	Get    memberGet    `cmd:"" help:"Show a membership."`
	Add    memberAdd    `cmd:"" help:"Give a service account a role. People are invited."`
	Update memberUpdate `cmd:"" help:"Give a member another role."`
	Remove memberRemove `cmd:"" help:"Take away a membership. The last owner stays."`
}

const memberLists = "\"claviger member list\""

type memberList struct {
	reach
	output
	Organisation string `required:"" placeholder:"CODE" help:"Organisation, by its code or id."`
	Account      string `placeholder:"ID" help:"Only memberships of this account."`
}

// Run lists the members.
func (a *memberList) Run(ctx context.Context, c *command) error {
	find := func(api *client.Client, id string) iter.Seq2[client.Member, error] {
		return api.Members(ctx, id, a.Account)
	}
	return list(ctx, c, a.reach, a.output, listOf(ctx, a.Organisation, find), "Nobody has access.",
		[]string{"ID", "WHO", "KIND", "NAME", "ROLE", "OWNER", "ACCOUNT", "SINCE"},
		func(m client.Member) []string {
			return []string{m.ID, m.Identifier, m.UserKind, m.Name, m.Role, yesNo(m.Owner), m.AccountID, stamp(m.CreatedAt)}
		})
}

func memberFields(m *client.Member) []string {
	return []string{"id", m.ID, "who", m.Identifier, "user", m.UserID, "kind", m.UserKind, "name", m.Name, "role", m.Role,
		"owner", yesNo(m.Owner), "organisation", m.OrganisationID, "account", m.AccountID, "since", stamp(m.CreatedAt)}
}

type memberGet struct {
	reach
	output
	ID string `arg:"" help:"Id of the membership."`
}

// Run shows the membership.
func (a *memberGet) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.Member, error) {
		member, err := api.Member(ctx, a.ID)
		return member, unknown(err, "membership", a.ID, memberLists)
	}, memberFields, "")
}

type memberAdd struct {
	reach
	output
	Organisation string `required:"" placeholder:"CODE" help:"Organisation, by its code or id."`
	User         string `required:"" placeholder:"ID" help:"Id of the service account."`
	Role         string `required:"" placeholder:"CODE" help:"Code of the role."`
	Account      string `placeholder:"ID" help:"Account where it has the role. Without it, the whole organisation."`
}

// Run makes the membership.
func (a *memberAdd) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, makeIn(ctx, a.Organisation, func(api *client.Client, id string) (*client.Member, error) {
		return api.AddMember(ctx, id, client.NewMember{UserID: a.User, Role: a.Role, AccountID: a.Account})
	}), memberFields, "")
}

type memberUpdate struct {
	reach
	output
	ID   string `arg:"" help:"Id of the membership."`
	Role string `required:"" placeholder:"CODE" help:"Code of the role."`
}

// Run changes the role.
func (a *memberUpdate) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.Member, error) {
		member, err := api.SetMemberRole(ctx, a.ID, client.AnyVersion, a.Role)
		return member, unknown(err, "membership", a.ID, memberLists)
	}, memberFields, "")
}

type memberRemove struct {
	reach
	ID string `arg:"" help:"Id of the membership."`
}

// Run takes the membership away.
func (a *memberRemove) Run(ctx context.Context, c *command) error {
	return end(ctx, c, a.reach, func(api *client.Client) error {
		return unknown(api.RemoveMember(ctx, a.ID, client.AnyVersion), "membership", a.ID, memberLists)
	}, "Membership "+a.ID+" has ended.")
}

type invitationCommand struct {
	List     invitationList     `cmd:"" help:"List the invitations to an organisation that can be accepted."`
	Create   invitationCreate   `cmd:"" help:"Invite somebody by mail. It is the server that sends mail: with --server alone."`
	Withdraw invitationWithdraw `cmd:"" help:"Withdraw an invitation."`
}

const invitationLists = "\"claviger invitation list\""

type invitationList struct {
	reach
	output
	Organisation string `required:"" placeholder:"CODE" help:"Organisation, by its code or id."`
}

// Run lists the invitations.
func (a *invitationList) Run(ctx context.Context, c *command) error {
	find := func(api *client.Client, id string) iter.Seq2[client.Invitation, error] {
		return api.Invitations(ctx, id)
	}
	return list(ctx, c, a.reach, a.output, listOf(ctx, a.Organisation, find), "There are no invitations that wait for an answer.",
		[]string{"ID", "EMAIL", "ROLE", "ACCOUNT", "INVITED BY", "EXPIRES"},
		func(i client.Invitation) []string {
			return []string{i.ID, i.Email, i.Role, i.AccountID, i.InvitedBy, stamp(i.ExpiresAt)}
		})
}

func invitationFields(i *client.Invitation) []string {
	return []string{"id", i.ID, "email", i.Email, "role", i.Role, "organisation", i.OrganisationID, "account", i.AccountID,
		"invited by", i.InvitedBy, "expires", stamp(i.ExpiresAt)}
}

type invitationCreate struct {
	reach
	output
	Organisation string `required:"" placeholder:"CODE" help:"Organisation, by its code or id."`
	Email        string `required:"" placeholder:"EMAIL" help:"Who is invited."`
	Role         string `required:"" placeholder:"CODE" help:"Code of the role."`
	Account      string `placeholder:"ID" help:"Account where they have the role. Without it, the whole organisation."`
	Locale       string `placeholder:"LANGUAGE" help:"Language of the mail, such as en or fr."`
}

// Run sends the invitation.
func (a *invitationCreate) Run(ctx context.Context, c *command) error {
	if a.Server == "" {
		return needsServer("invitations are sent by mail")
	}
	return show(ctx, c, a.reach, a.output, makeIn(ctx, a.Organisation, func(api *client.Client, id string) (*client.Invitation, error) {
		return api.Invite(ctx, id, client.NewInvitation{Email: a.Email, Role: a.Role, AccountID: a.Account, Locale: a.Locale})
	}), invitationFields, "")
}

// needsServer refuses what a database alone cannot do.
func needsServer(why string) error {
	return misused("%s, which only a running server does; name it with --server", why)
}

type invitationWithdraw struct {
	reach
	ID string `arg:"" help:"Id of the invitation."`
}

// Run withdraws the invitation.
func (a *invitationWithdraw) Run(ctx context.Context, c *command) error {
	return end(ctx, c, a.reach, func(api *client.Client) error {
		return unknown(api.WithdrawInvitation(ctx, a.ID), "invitation", a.ID, invitationLists)
	}, "Invitation "+a.ID+" is withdrawn.")
}
