package main

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"

	"claviger/client"
	"claviger/oauth"
)

// output says how a command shows what it did or found.
type output struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// list prints a list: a table for people, JSON for programs. none is what people read
// where nothing is in it.
func list[T any](ctx context.Context, c *command, at reach, as output, find func(*client.Client) ([]T, error), none string, header []string, row func(T) []string) error {
	api, done, err := c.reach(ctx, at)
	if err != nil {
		return err
	}
	defer done()
	found, err := find(api)
	if err != nil {
		return err
	}
	if as.JSON {
		return c.json(append([]T{}, found...))
	}
	if len(found) == 0 {
		c.print("%s\n", plain(none))
		return nil
	}
	var rows [][]string
	for _, thing := range found {
		rows = append(rows, row(thing))
	}
	c.table(header, rows)
	return nil
}

// show prints one thing, which do finds, makes or changes. note, if there is one, is
// for people alone.
func show[T any](ctx context.Context, c *command, at reach, as output, do func(*client.Client) (*T, error), fields func(*T) []string, note string) error {
	api, done, err := c.reach(ctx, at)
	if err != nil {
		return err
	}
	defer done()
	thing, err := do(api)
	if err != nil {
		return err
	}
	if as.JSON {
		return c.json(thing)
	}
	c.fields(fields(thing)...)
	if note != "" {
		c.print("\n%s\n", note)
	}
	return nil
}

// end does something that leaves nothing to show but a sentence.
func end(ctx context.Context, c *command, at reach, do func(*client.Client) error, said string) error {
	api, done, err := c.reach(ctx, at)
	if err != nil {
		return err
	}
	defer done()
	if err := do(api); err != nil {
		return err
	}
	c.print("%s\n", plain(said))
	return nil
}

// all collects a list.
func all[T any](things iter.Seq2[T, error]) ([]T, error) {
	var found []T
	for thing, err := range things {
		if err != nil {
			return nil, err
		}
		found = append(found, thing)
	}
	return found, nil
}

// organisationID finds an organisation by its code or its id.
func organisationID(ctx context.Context, api *client.Client, name string) (string, error) {
	organisation, err := organisationNamed(ctx, api, name)
	if err != nil {
		return "", err
	}
	return organisation.ID, nil
}

func organisationNamed(ctx context.Context, api *client.Client, name string) (*client.Organisation, error) {
	if name == "" {
		return nil, misused("the code of an organisation cannot be empty")
	}
	for organisation, err := range api.Organisations(ctx, name) {
		return &organisation, err
	}
	organisation, err := api.Organisation(ctx, name)
	if isAbsent(err) {
		return nil, failed("there is no organisation with the code \"%s\"; \"claviger organisation list\" lists them", name)
	}
	return organisation, err
}

// organisationsNamed are all organisations, or the one of a code.
func organisationsNamed(ctx context.Context, api *client.Client, name string) ([]client.Organisation, error) {
	if name == "" {
		return all(api.Organisations(ctx, ""))
	}
	organisation, err := organisationNamed(ctx, api, name)
	if err != nil {
		return nil, err
	}
	return []client.Organisation{*organisation}, nil
}

// organisationCode is the code of an organisation, which known remembers; its id where
// the caller may not see it.
func organisationCode(ctx context.Context, api *client.Client, known map[string]string, id string) (string, error) {
	return recall(known, id, func() (string, error) {
		organisation, err := api.Organisation(ctx, id)
		if err != nil {
			return "", err
		}
		return organisation.Code, nil
	})
}

// recall asks for the name of a thing unless it is known; its id where the caller may
// not see the thing.
func recall(known map[string]string, id string, ask func() (string, error)) (string, error) {
	if name, ok := known[id]; ok || id == "" {
		return name, nil
	}
	name, err := ask()
	var refused *oauth.Error
	if errors.As(err, &refused) && (refused.Status == http.StatusNotFound || refused.Status == http.StatusForbidden) {
		name, err = id, nil
	}
	if err == nil {
		known[id] = name
	}
	return name, err
}

// isAbsent reports whether the server says that there is no such thing.
func isAbsent(err error) bool {
	var refused *oauth.Error
	return errors.As(err, &refused) && refused.Reason == oauth.ReasonNotFound
}

// listOf lists what an organisation has.
func listOf[T any](ctx context.Context, organisation string, find func(api *client.Client, organisationID string) iter.Seq2[T, error]) func(*client.Client) ([]T, error) {
	return func(api *client.Client) ([]T, error) {
		id, err := organisationID(ctx, api, organisation)
		if err != nil {
			return nil, err
		}
		return all(find(api, id))
	}
}

// makeIn makes something in an organisation.
func makeIn[T any](ctx context.Context, organisation string, create func(api *client.Client, organisationID string) (*T, error)) func(*client.Client) (*T, error) {
	return func(api *client.Client) (*T, error) {
		id, err := organisationID(ctx, api, organisation)
		if err != nil {
			return nil, err
		}
		return create(api, id)
	}
}

// status is the state of a thing as flags and tables have it: in small letters.
func status(text string) string { return strings.ToLower(text) }

// newStatus is a status as the operations have it; nil for none.
func newStatus(text *string) *string {
	if text == nil {
		return nil
	}
	upper := strings.ToUpper(*text)
	return &upper
}

// texts is a list that is to be put in place of another one: nil for none, empty
// where the only entry is empty.
func texts(entries []string) *[]string {
	switch {
	case len(entries) == 0:
		return nil
	case len(entries) == 1 && entries[0] == "":
		return &[]string{}
	}
	return &entries
}

func words(list []string) string { return strings.Join(list, " ") }
