package permission

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// entity is a subject or a resource as a caller names it.
type entity struct {
	kind, id string
	owner    string // of a resource: the account that its properties name
}

// question is one request: may the subject do the action to the resource?
type question struct {
	subject  entity
	action   string
	resource entity
	acting   *string // the account that the subject acts for (CP-11); nil: none was named
}

// sought is what a request leaves out, because it asks for it.
type sought struct{ subject, resource, action bool }

var ( // what is sought
	nothingSought  = sought{}
	subjectSearch  = sought{subject: true}
	resourceSearch = sought{resource: true}
	actionSearch   = sought{action: true}
)

// questionOf reads a request. What is sought is ignored where it is sent all the
// same (§8.4.1, §8.5.1).
func questionOf(o object, s sought) (q question, err error) {
	if q.subject, err = entityOf(o, "subject", s.subject); err != nil {
		return q, err
	}
	if !s.action {
		action, err := neededObject(o, "action")
		if err != nil {
			return q, err
		}
		if q.action, err = action.needed("name", "action.name"); err != nil {
			return q, err
		}
		if _, err := action.object("properties", "action.properties"); err != nil {
			return q, err
		}
	}
	if q.resource, err = entityOf(o, "resource", s.resource); err != nil {
		return q, err
	}
	context, err := o.object("context", "context")
	if err != nil {
		return q, err
	}
	acting, named, err := context.text("acting_account", "context.acting_account")
	if named {
		q.acting = &acting
	}
	return q, err
}

func neededObject(o object, name string) (object, error) {
	found, err := o.object(name, name)
	if err == nil && found == nil {
		err = missing(name)
	}
	return found, err
}

func entityOf(o object, name string, sought bool) (e entity, err error) {
	named, err := neededObject(o, name)
	if err != nil {
		return e, err
	}
	if e.kind, err = named.needed("type", name+".type"); err != nil {
		return e, err
	}
	if !sought {
		if e.id, err = named.needed("id", name+".id"); err != nil {
			return e, err
		}
	}
	properties, err := named.object("properties", name+".properties")
	if err != nil {
		return e, err
	}
	e.owner = ownerOf(properties)
	return e, nil
}

// contradiction is the id of no account: what a resource belongs to whose
// properties name two.
const contradiction = "\x00"

// ownerOf returns the account that the properties of a resource name, as
// account_id or account. What is not text names none.
func ownerOf(properties object) string {
	var owners []string
	for _, name := range []string{"account_id", "account"} {
		if text, ok, err := properties.text(name, name); ok && err == nil && !slices.Contains(owners, text) {
			owners = append(owners, text)
		}
	}
	switch len(owners) {
	case 0:
		return ""
	case 1:
		return owners[0]
	}
	return contradiction
}

// resource returns what is asked about in terms of a decision; false where
// nothing was named, which is never everything (F05).
func (z *AuthZEN) resource(e entity) (Resource, bool) {
	r := Resource{Type: z.resourceType(e.kind), ID: e.id, AccountID: e.owner}
	return r, r.Type != "" && r.ID != ""
}

func (z *AuthZEN) resourceType(named string) string {
	if slices.Contains(z.AccountTypes, named) {
		return TypeAccount
	}
	return named
}

// withDefaults fills an item of a batch with what the request says for all of
// them (§7.1.1). An entity of the item replaces the common one, but for the
// members that an entity must have.
func withDefaults(item, common object) (object, error) {
	filled := object{}
	for name, members := range map[string][]string{"subject": {"type", "id"}, "action": {"name"}, "resource": {"type", "id"}} {
		own, err := item.object(name, name)
		if err != nil {
			return nil, err
		}
		if own == nil {
			if value, ok := common[name]; ok {
				filled[name] = value
			}
			continue
		}
		shared, err := common.object(name, name)
		if err != nil {
			return nil, err
		}
		if filled[name], err = merged(own, shared, members); err != nil {
			return nil, err
		}
	}
	for _, from := range []object{item, common} {
		if value, ok := from["context"]; ok {
			filled["context"] = value
			break
		}
	}
	return filled, nil
}

func merged(own, shared object, members []string) (jsontext.Value, error) {
	own = maps.Clone(own)
	for _, name := range members {
		if value, ok := shared[name]; ok && own[name] == nil {
			own[name] = value
		}
	}
	return json.Marshal(own)
}
