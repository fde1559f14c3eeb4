package main

import (
	"context"
	"strconv"

	"claviger/client"
)

type organisationCommand struct {
	List   organisationList   `cmd:"" help:"List organisations."`
	Get    organisationGet    `cmd:"" help:"Show an organisation."`
	Create organisationCreate `cmd:"" help:"Make an organisation."`
	Update organisationUpdate `cmd:"" help:"Change an organisation."`
}

type organisationList struct {
	reach
	output
}

// Run lists the organisations that the caller is in.
func (a *organisationList) Run(ctx context.Context, c *command) error {
	return list(ctx, c, a.reach, a.output, func(api *client.Client) ([]client.Organisation, error) {
		return all(api.Organisations(ctx, ""))
	}, "There are no organisations; \"claviger organisation create\" makes one.",
		[]string{"CODE", "ID", "NAME", "STATE", "VERIFIED", "CREATED"},
		func(o client.Organisation) []string {
			return []string{o.Code, o.ID, o.Name, status(o.Status), yesNo(o.Verified), stamp(o.CreatedAt)}
		})
}

func organisationFields(o *client.Organisation) []string {
	return []string{"id", o.ID, "code", o.Code, "name", o.Name, "state", status(o.Status), "number", strconv.FormatInt(o.Number, 10),
		"email", o.Email, "phone", o.Phone, "verified", yesNo(o.Verified), "created", stamp(o.CreatedAt)}
}

type organisationGet struct {
	reach
	output
	Organisation string `arg:"" help:"Its code or id."`
}

// Run shows the organisation.
func (a *organisationGet) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.Organisation, error) {
		return organisationNamed(ctx, api, a.Organisation)
	}, organisationFields, "")
}

type organisationCreate struct {
	reach
	output
	Name     string `required:"" placeholder:"NAME" help:"Name of the organisation."`
	Code     string `placeholder:"CODE" help:"Code that integrators name it by. Without it, one is generated."`
	Email    string `placeholder:"EMAIL" help:"Email address of the organisation."`
	Phone    string `placeholder:"NUMBER" help:"Phone number of the organisation."`
	Verified bool   `help:"Say that the organisation has been verified."`
}

// Run makes the organisation.
func (a *organisationCreate) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.Organisation, error) {
		return api.CreateOrganisation(ctx, client.NewOrganisation{
			Code: a.Code, Name: a.Name, Email: a.Email, Phone: a.Phone, Verified: a.Verified,
		})
	}, organisationFields, "")
}

type organisationUpdate struct {
	reach
	output
	Organisation string  `arg:"" help:"Its code or id."`
	Name         *string `placeholder:"NAME" help:"Another name."`
	Code         *string `placeholder:"CODE" help:"Another code."`
	Email        *string `placeholder:"EMAIL" help:"Another email address."`
	Phone        *string `placeholder:"NUMBER" help:"Another phone number."`
	Status       *string `placeholder:"STATE" enum:"active,suspended,disabled" help:"Another state: active, suspended or disabled."`
	Verified     *bool   `negatable:"" help:"Whether the organisation has been verified."`
}

// Run changes the organisation.
func (a *organisationUpdate) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.Organisation, error) {
		id, err := organisationID(ctx, api, a.Organisation)
		if err != nil {
			return nil, err
		}
		return api.UpdateOrganisation(ctx, id, client.AnyVersion, client.OrganisationChange{
			Name: a.Name, Code: a.Code, Email: a.Email, Phone: a.Phone, Status: newStatus(a.Status), Verified: a.Verified,
		})
	}, organisationFields, "")
}
