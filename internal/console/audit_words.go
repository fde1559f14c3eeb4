package console

import (
	"strconv"
	"strings"

	"claviger/internal/core"
	"claviger/oauth"
)

// nameOfID is the name of who did something, by the id that records keep: a person, an
// API key, a client. What has no name, or is gone, is its id.
func (c *Console) nameOfID(p *page, id string) string {
	ctx := p.r.Context()
	switch {
	case strings.HasPrefix(id, core.PrefixUser):
		if user, err := c.Store.User(ctx, id); err == nil {
			return nameOf(user)
		}
	case strings.HasPrefix(id, core.PrefixAPIKey):
		if key, err := c.Store.APIKey(ctx, id); err == nil {
			return key.Name
		}
	case id != "":
		if client, err := c.Store.Client(ctx, id); err == nil {
			return client.Name
		}
		if key, err := c.Store.APIKey(ctx, id); err == nil {
			return key.Name
		}
	}
	return id
}

// eventText is what happened, in words.
func (c *Console) eventText(p *page, kind core.EventType) string {
	return c.worded(p, "audit.event."+string(kind), string(kind))
}

// reasonText is why something was refused, in words.
func (c *Console) reasonText(p *page, reason oauth.Reason) string {
	if reason == "" {
		return ""
	}
	return c.worded(p, "usage.reason."+string(reason), oauth.NewError(reason).Description)
}

// worded is a text of the console; where there is none, another.
func (c *Console) worded(p *page, key, otherwise string) string {
	if text := c.text(p, key); text != "console."+key {
		return text
	}
	return otherwise
}

// change is a value of a thing before and after.
type change struct{ field, before, after string }

// changed are the records whose detail says what was before: nothing in it that
// somebody chose can look like a change.
var changed = []core.EventType{
	core.OrganisationUpdated, core.AccountUpdated, core.CredentialUpdated, core.RoleUpdated, core.MemberUpdated,
}

// changesIn reads the detail of a record as the operations write it: "user usr_1, role
// a -> b, scopes [x y] -> [x]". Nil: nothing in it can be read as a change.
func changesIn(detail string) []change {
	var list []change
	for _, part := range splitOutside(detail, ", ") {
		sides := splitOutside(part, " -> ")
		if len(sides) == 1 {
			continue // which thing it is
		}
		if len(sides) != 2 {
			return nil
		}
		field, before, ok := strings.Cut(sides[0], " ")
		if !ok {
			return nil
		}
		if code, rest, named := strings.Cut(part, ": "); named && strings.HasPrefix(code, "code ") {
			field, before, _ = strings.Cut(splitOutside(rest, " -> ")[0], " ")
		}
		list = append(list, change{field, unquoted(before), unquoted(sides[1])})
	}
	return list
}

// splitOutside splits a text where it is neither quoted nor in brackets.
func splitOutside(text, separator string) []string {
	var parts []string
	depth, quoted, from := 0, false, 0
	for i := 0; i < len(text); i++ {
		switch {
		case quoted && text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		case quoted:
		case text[i] == '[':
			depth++
		case text[i] == ']':
			depth--
		case depth == 0 && strings.HasPrefix(text[i:], separator):
			parts = append(parts, text[from:i])
			from = i + len(separator)
			i = from - 1
		}
	}
	return append(parts, text[from:])
}

func unquoted(value string) string {
	value = strings.TrimSpace(value)
	if len(value) > 1 && strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]") {
		value = strings.ReplaceAll(value[1:len(value)-1], " ", ", ")
	}
	if plain, err := strconv.Unquote(value); err == nil && strings.HasPrefix(value, `"`) {
		return plain
	}
	return value
}
