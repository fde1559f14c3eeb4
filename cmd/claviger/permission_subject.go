package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/internal/server"
)

// subjectNamed finds who a word such as person:amy@example.com means, as a
// credential of theirs would prove it.
func subjectNamed(ctx context.Context, instance *server.Instance, word string) (*core.Authorization, error) {
	kind, name, _ := strings.Cut(word, ":")
	kinds := []string{core.SubjectPerson, core.SubjectServiceAccount, core.SubjectAPIKey, core.SubjectClient}
	if !slices.Contains(kinds, kind) {
		return nil, misused("--subject is person:EMAIL, service_account:ORGANISATION/USERNAME, api_key:ID or client:ID, not \"%s\"", kind)
	}
	found, err := instance.Subject(ctx, word)
	if errors.Is(err, core.ErrNotFound) {
		return nil, failed("there is no %s \"%s\"", strings.ReplaceAll(kind, "_", " "), name)
	}
	return found, err
}
