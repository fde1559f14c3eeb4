package main

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"claviger/internal/core"
	"claviger/internal/server"
	"claviger/internal/tokens"
)

// subjectNamed finds who a word such as person:amy@example.com means, as a
// credential of theirs would prove it.
func subjectNamed(ctx context.Context, instance *server.Instance, word string) (*core.Authorization, error) {
	kind, name, _ := strings.Cut(word, ":")
	parties, err := partiesOf(ctx, instance, kind, name)
	if errors.Is(err, core.ErrNotFound) {
		return nil, failed("there is no %s \"%s\"", strings.ReplaceAll(kind, "_", " "), name)
	}
	if err != nil {
		return nil, err
	}
	return (&tokens.Directory{Store: instance.Store}).Load(ctx, parties)
}

func partiesOf(ctx context.Context, instance *server.Instance, kind, name string) (tokens.Parties, error) {
	switch kind {
	case core.SubjectPerson:
		user, err := instance.Store.PersonBy(ctx, name)
		if err != nil {
			return tokens.Parties{}, err
		}
		return tokens.Parties{UserID: user.ID}, nil
	case core.SubjectServiceAccount:
		code, username, _ := strings.Cut(name, "/")
		organisation, err := organisationOf(ctx, instance, code)
		if err != nil {
			return tokens.Parties{}, err
		}
		user, err := instance.Store.ServiceAccount(ctx, organisation.ID, username)
		if err != nil {
			return tokens.Parties{}, err
		}
		return tokens.Parties{UserID: user.ID, OrganisationID: organisation.ID}, nil
	case core.SubjectAPIKey:
		key, err := instance.Store.APIKey(ctx, name)
		if err != nil {
			return tokens.Parties{}, err
		}
		return tokens.Parties{APIKeyID: key.ID, OrganisationID: key.OrganisationID, AccountID: key.AccountID}, nil
	case core.SubjectClient:
		client, err := instance.Store.Client(ctx, name)
		if err != nil {
			return tokens.Parties{}, err
		}
		return tokens.Parties{ClientID: client.ID}, nil
	}
	return tokens.Parties{}, misused("--subject is person:EMAIL, service_account:ORGANISATION/USERNAME, api_key:ID or client:ID, not \"%s\"", kind)
}

// accountNamed returns the id of an account that is given by id or number. What
// is neither is returned as it is: that there is no such account is an answer.
func accountNamed(ctx context.Context, instance *server.Instance, word string) (string, error) {
	_, err := instance.Store.Account(ctx, word)
	if err == nil || !errors.Is(err, core.ErrNotFound) {
		return word, err
	}
	number, notNumber := strconv.ParseInt(word, 10, 64)
	if notNumber != nil {
		return word, nil //nolint:nilerr // see above
	}
	account, err := instance.Store.AccountByNumber(ctx, number)
	if errors.Is(err, core.ErrNotFound) {
		return word, nil
	}
	if err != nil {
		return "", err
	}
	return account.ID, nil
}
