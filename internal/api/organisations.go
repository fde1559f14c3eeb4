package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// Organisation is a tenant of the platform.
type Organisation struct {
	ID        string            `json:"id"`
	Number    int64             `json:"number"`
	Code      string            `json:"code" doc:"Unique; what an integrator sends to name the tenant."`
	Name      string            `json:"name"`
	Status    string            `json:"status" enum:"ACTIVE,SUSPENDED,DISABLED"`
	Email     string            `json:"email,omitempty"`
	Phone     string            `json:"phone,omitempty"`
	Verified  bool              `json:"verified"`
	Services  map[string]string `json:"services,omitempty" doc:"By service scope: the URI of that service for this organisation."`
	CreatedAt time.Time         `json:"created_at"`
}

func organisationOf(o *core.Organisation) Organisation {
	return Organisation{
		ID: o.ID, Number: o.Number, Code: o.Code, Name: o.Name, Status: string(o.Status), Email: o.Email, Phone: o.Phone,
		Verified: o.Verified, Services: o.Services, CreatedAt: o.CreatedAt,
	}
}

// OrganisationCreate is what an organisation is made from.
type OrganisationCreate struct {
	Code     string            `json:"code,omitempty" doc:"Empty: a generated one."`
	Name     string            `json:"name"`
	Email    string            `json:"email,omitempty"`
	Phone    string            `json:"phone,omitempty"`
	Verified bool              `json:"verified,omitempty"`
	Services map[string]string `json:"services,omitempty"`
}

// OrganisationUpdate says what is to be different.
type OrganisationUpdate struct {
	Code     *string            `json:"code,omitempty"`
	Name     *string            `json:"name,omitempty"`
	Email    *string            `json:"email,omitempty"`
	Phone    *string            `json:"phone,omitempty"`
	Status   *core.Status       `json:"status,omitempty" enum:"ACTIVE,SUSPENDED,DISABLED"`
	Verified *bool              `json:"verified,omitempty"`
	Services *map[string]string `json:"services,omitempty"`
}

func (a *API) organisations() {
	const tag = "Organisations"
	route(a, http.MethodGet, "/organisations", "list-organisations", "The organisations that you are in; for an operator, all", tag,
		func(ctx context.Context, in *struct {
			Paging
			Sort string `query:"sort" enum:"id,-id" default:"id" doc:"Ids of the server sort by time."`
			Code string `query:"code" maxLength:"128" doc:"The one with this code alone."`
		}) (*listed[Organisation], error) {
			if in.Code != "" {
				return a.organisationOfCode(ctx, in.Code)
			}
			load := func(page store.Page) ([]*core.Organisation, error) {
				return a.Admin.ListOrganisations(ctx, actor(ctx), page)
			}
			return rows(a, in.Paging, "organisations "+in.Sort, load, in.Sort == "-id", func(o *core.Organisation) string { return o.ID }, organisationOf)
		})
	route(a, http.MethodPost, "/organisations", "create-organisation", "Make an organisation", tag,
		func(ctx context.Context, in *struct {
			Repeatable
			Body OrganisationCreate
		}) (*shown[Organisation], error) {
			return once(ctx, a, in.Repeatable, "create-organisation", in.Body, func(who admin.Actor) error {
				_, err := a.Admin.CreateOrganisation(ctx, who, admin.NewOrganisation(in.Body))
				return err
			}, organisationOf)
		})
	route(a, http.MethodGet, "/organisations/{organisation_id}", "get-organisation", "An organisation", tag,
		func(ctx context.Context, in *InOrganisation) (*shown[Organisation], error) {
			o, err := a.Admin.GetOrganisation(ctx, actor(ctx), in.OrganisationID)
			return show(o, organisationOf, err)
		})
	route(a, http.MethodPatch, "/organisations/{organisation_id}", "update-organisation", "Change an organisation", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Versioned
			Body OrganisationUpdate
		}) (*shown[Organisation], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			b := in.Body
			o, err := a.Admin.UpdateOrganisation(ctx, actor(ctx), in.OrganisationID, version, admin.OrganisationChange{
				Name: b.Name, Email: b.Email, Phone: b.Phone, Code: b.Code, Status: b.Status, Verified: b.Verified, Services: b.Services,
			})
			return show(o, organisationOf, err)
		})
}

// organisationOfCode is a list of the one organisation with a code, if the actor is
// in it.
func (a *API) organisationOfCode(ctx context.Context, code string) (*listed[Organisation], error) {
	out := &listed[Organisation]{}
	out.Body.Items = []Organisation{}
	o, err := a.Store.OrganisationByCode(ctx, code)
	if err == nil {
		o, err = a.Admin.GetOrganisation(ctx, actor(ctx), o.ID)
	}
	if absent(err) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Body.Items = append(out.Body.Items, organisationOf(o))
	return out, nil
}

func absent(err error) bool {
	var refused *oauth.Error
	return errors.Is(err, core.ErrNotFound) || errors.As(err, &refused) && refused.Status == http.StatusNotFound
}
