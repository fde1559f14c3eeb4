package admin

import (
	"context"
	"maps"
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// NewOrganisation is what an organisation is made from. Code empty: a generated one.
type NewOrganisation struct {
	Code     string
	Name     string
	Email    string
	Phone    string
	Verified bool
	Services map[string]string // service scope -> URI
}

// OrganisationChange says what is to be different; nil stays. Name, email and phone
// are the organisation's own, the others the platform's.
type OrganisationChange struct {
	Name     *string
	Email    *string
	Phone    *string
	Code     *string
	Status   *core.Status
	Verified *bool
	Services *map[string]string
}

// ListOrganisations returns a page of the organisations that the actor is in; for
// the platform, of all.
func (s *Service) ListOrganisations(ctx context.Context, actor Actor, page store.Page) ([]*core.Organisation, error) {
	if s.platformOnly(ctx, actor) == nil {
		return s.Store.OrganisationPage(ctx, page)
	}
	ids, err := s.organisationIDs(ctx, actor)
	if err != nil {
		return nil, err
	}
	list, text := []*core.Organisation{}, strings.ToLower(page.Text)
	for _, id := range inOrder(ids, page) {
		o, err := s.Store.Organisation(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case len(list) == page.Limit:
			return list, nil
		case strings.Contains(strings.ToLower(o.Name), text) || strings.Contains(strings.ToLower(o.Code), text):
			list = append(list, o)
		}
	}
	return list, nil
}

// organisationIDs are those in which the actor holds anything.
func (s *Service) organisationIDs(ctx context.Context, actor Actor) ([]string, error) {
	a, seen := actor.Authorization, map[string]bool{}
	switch {
	case a == nil:
	case a.Consent != nil:
		seen[a.Consent.OrganisationID] = true
	case a.User != nil:
		memberships, err := s.Store.MembershipsOf(ctx, a.User.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range memberships {
			seen[m.OrganisationID] = true
		}
	case a.Key != nil:
		seen[a.Key.OrganisationID] = true
	}
	ids := []string{}
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		_, _, err := s.organisation(ctx, actor, id)
		if refused := oauth.RefusalOf(refusal(err)); refused != nil {
			continue // disabled, or ended meanwhile
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// inOrder are the sorted ids from where a page begins, in its order.
func inOrder(ids []string, page store.Page) []string {
	ids = slices.Clone(ids)
	if page.Descending {
		slices.Reverse(ids)
	}
	return slices.DeleteFunc(ids, func(id string) bool {
		return page.After != "" && (id == page.After || (id < page.After) != page.Descending)
	})
}

// GetOrganisation returns an organisation that the actor is in.
func (s *Service) GetOrganisation(ctx context.Context, actor Actor, id string) (*core.Organisation, error) {
	organisation, _, err := s.organisation(ctx, actor, id)
	return organisation, refusal(err)
}

// CreateOrganisation makes an organisation without accounts. Only the platform does.
func (s *Service) CreateOrganisation(ctx context.Context, actor Actor, n NewOrganisation) (*core.Organisation, error) {
	organisation := &core.Organisation{}
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		if err := s.platformOnly(ctx, actor); err != nil {
			return nil, err
		}
		*organisation = core.Organisation{
			ID: s.newID(core.PrefixOrganisation), Code: n.Code, Name: n.Name, Status: core.Active, Email: n.Email, Phone: n.Phone,
			Verified: n.Verified, Services: n.Services, CreatedAt: s.now(),
		}
		if organisation.Code == "" {
			organisation.Code = strings.TrimPrefix(organisation.ID, core.PrefixOrganisation)
		}
		if err := checkOrganisation(organisation); err != nil {
			return nil, err
		}
		event := actor.event(core.OrganisationCreated, organisation.ID, "organisation/"+organisation.ID,
			"code "+show(organisation.Code)+", name "+show(organisation.Name))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if err := tx.PutOrganisation(organisation); err != nil {
				return err
			}
			return actor.keep(tx, organisation)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return organisation, nil
}

func checkOrganisation(o *core.Organisation) error {
	if o.Name == "" {
		return missing("name")
	}
	if o.Code == "" {
		return missing("code")
	}
	for scope, uri := range o.Services {
		if problem := scopeProblem(scope); problem != "" || scope == "" {
			return invalid("services", "The name of a service is not a scope.")
		}
		if problem := webProblem(uri); problem != "" {
			return invalid("services", "The URI of a service "+problem+".")
		}
	}
	return checkFields(field{"name", o.Name, nameProblem}, field{"code", o.Code, codeProblem},
		field{"email", o.Email, emailProblem}, field{"phone", o.Phone, phoneProblem}, field{"status", string(o.Status), statusProblem})
}

// UpdateOrganisation changes an organisation that is as the caller saw it.
func (s *Service) UpdateOrganisation(ctx context.Context, actor Actor, id, version string, c OrganisationChange) (*core.Organisation, error) {
	var changed core.Organisation
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		stored, whole, err := s.organisation(ctx, actor, id, permissionOrganisation)
		if err != nil {
			return nil, err
		}
		if err := checkVersion(version, stored); err != nil {
			return nil, err
		}
		if !whole.all && (c.Code != nil || c.Status != nil || c.Verified != nil || c.Services != nil) {
			return nil, denied("", "Only the platform changes the code, the status, the verification and the services.")
		}
		changed = *stored
		var did differences
		set(&did, "name", &changed.Name, c.Name)
		set(&did, "email", &changed.Email, c.Email)
		set(&did, "phone", &changed.Phone, c.Phone)
		set(&did, "code", &changed.Code, c.Code)
		set(&did, "status", &changed.Status, c.Status)
		set(&did, "verified", &changed.Verified, c.Verified)
		if c.Services != nil && !maps.Equal(changed.Services, *c.Services) {
			did = append(did, "services "+showMap(changed.Services)+" -> "+showMap(*c.Services))
			changed.Services = maps.Clone(*c.Services)
		}
		if err := checkOrganisation(&changed); err != nil || len(did) == 0 {
			return nil, err
		}
		event := actor.event(core.OrganisationUpdated, id, "organisation/"+id, did.detail())
		return func(tx *store.Tx) error {
			tx.Audit(event)
			return tx.PutOrganisation(&changed)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return &changed, nil
}
