package main

import (
	"context"
	"errors"

	"claviger/internal/core"
	"claviger/internal/server"
	"claviger/oauth"
)

// organisationOf finds an organisation by the code that users know it by.
func organisationOf(ctx context.Context, instance *server.Instance, code string) (*core.Organisation, error) {
	organisation, err := instance.Store.OrganisationByCode(ctx, code)
	if errors.Is(err, core.ErrNotFound) {
		return nil, failed("there is no organisation with the code \"%s\"; codes are as in the files that \"claviger apply\" was given", code)
	}
	return organisation, err
}

// organisationsOf returns all organisations, or the one of a code.
func organisationsOf(ctx context.Context, instance *server.Instance, code string) ([]*core.Organisation, error) {
	if code == "" {
		return instance.Store.Organisations(ctx)
	}
	organisation, err := organisationOf(ctx, instance, code)
	return []*core.Organisation{organisation}, err
}

// codes maps the ids of all organisations to their codes.
func codes(ctx context.Context, instance *server.Instance) (map[string]string, error) {
	organisations, err := instance.Store.Organisations(ctx)
	byID := map[string]string{}
	for _, organisation := range organisations {
		byID[organisation.ID] = organisation.Code
	}
	return byID, err
}

// nameTaken replaces the refusal of a name that is taken by a sentence.
func nameTaken(err error, text string) error {
	var refused *oauth.Error
	if errors.As(err, &refused) && refused.Reason == oauth.ReasonNameTaken {
		return failed("%s", text)
	}
	return err
}
