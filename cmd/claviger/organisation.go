package main

import (
	"context"
	"errors"

	"claviger/internal/server"
	"claviger/oauth"
)

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
