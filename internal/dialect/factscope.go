package dialect

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/oauth"

	"cel.dev/cel-go/cel"
)

// root is a first name of a template path: the struct behind it and how to reach
// it. get returns a pointer, or nil when the fact is not there.
type root struct {
	of  reflect.Type
	get func(e *env) any
}

func rootOf[T any](get func(e *env) *T) root {
	return root{of: reflect.TypeFor[T](), get: func(e *env) any {
		if fact := get(e); fact != nil {
			return fact
		}
		return nil // not a nil *T
	}}
}

// roots are the facts that are structs. Two more names are not: secret and
// values.
var roots = map[string]root{
	"request":      rootOf(func(e *env) *RequestFacts { return &e.facts.Request }),
	"token":        rootOf(func(e *env) *oauth.TokenResponse { return e.facts.Token }),
	"client":       rootOf(func(e *env) *core.Client { return e.facts.Client }),
	"organisation": rootOf(func(e *env) *core.Organisation { return e.facts.Organisation }),
	"account":      rootOf(func(e *env) *core.Account { return e.facts.Account }),
	"user":         rootOf(func(e *env) *core.User { return e.facts.User }),
	"role":         rootOf(func(e *env) *core.Role { return e.facts.Role }),
	"key":          rootOf(func(e *env) *core.APIKey { return e.facts.Key }),
	"membership":   rootOf(func(e *env) *core.Membership { return e.facts.Membership }),
	"service":      rootOf(func(e *env) *core.Service { return &e.facts.Service }),
	"error":        rootOf(func(e *env) *ErrorFacts { return e.facts.Error }),
}

// rowRoots are the same names inside $item, for the lists that carry them.
var rowRoots = map[string]root{
	"account":    rootOf(func(e *env) *core.Account { return e.row.Account }),
	"role":       rootOf(func(e *env) *core.Role { return e.row.Role }),
	"user":       rootOf(func(e *env) *core.User { return e.row.User }),
	"membership": rootOf(func(e *env) *core.Membership { return e.row.Membership }),
	"key":        rootOf(func(e *env) *core.APIKey { return e.row.Key }),
}

// factScope is what a template can read in one place of a dialect.
type factScope struct {
	where  string // for messages: "the reply of whoami"
	names  []string
	rows   []string            // those of names that come from the row
	lists  map[string][]string // what $each can walk
	values []string            // names under values., by index
	kinds  []kind              // kinds of those values
	uses   map[string]bool     // collects the values that are read
}

// within returns the scope of the items of a list.
func (s *factScope) within(list string) *factScope {
	inner := *s
	inner.rows = s.lists[list]
	inner.names = slices.Concat(s.names, inner.rows)
	inner.lists = nil
	return &inner
}

// resolve compiles a path to direct access.
func (s *factScope) resolve(path []string) (expression, error) {
	name := path[0]
	switch {
	case name == "values" && s.values != nil:
		return s.value(path)
	case !slices.Contains(s.names, name):
		return expression{}, s.unknown(name)
	case name == "secret":
		if len(path) > 1 {
			return expression{}, fmt.Errorf("secret is text; it has no %s", path[1])
		}
		return expression{kind: textKind, plain: true, paths: [][]string{path},
			eval: func(e *env) value { return textValue(e.facts.Secret) }}, nil
	}
	return field(s.root(name), path)
}

// root returns the fact of a name: of the row, where that carries it.
func (s *factScope) root(name string) root {
	if slices.Contains(s.rows, name) {
		return rowRoots[name]
	}
	return roots[name]
}

// variable gives CEL the struct behind a path, whose fields it reads by their
// json tags. values.NAME and secret are no structs.
func (s *factScope) variable(path []string, x expression) variable {
	if path[0] == "values" || path[0] == "secret" {
		return variable{name: pathText(path), of: celTypes[x.kind], get: func(e *env) any {
			v := x.eval(e)
			return v.native()
		}}
	}
	from := s.root(path[0])
	of := from.of.Field(fieldIndex(from.of, path[1])).Type
	return variable{name: path[0], of: cel.ObjectType(from.of.String()), get: from.get,
		optional: of == reflect.TypeFor[time.Time]() || of.Kind() == reflect.Pointer}
}

func (s *factScope) unknown(name string) error {
	_, exists := roots[name]
	if exists || name == "secret" || name == "values" || slices.Contains(requestRoots, name) {
		return fmt.Errorf("%s is not available in %s", name, s.where)
	}
	return fmt.Errorf("unknown name %s; %s can read %s", name, s.where, strings.Join(s.names, ", "))
}

// value reads values.NAME: what the error case at hand sets.
func (s *factScope) value(path []string) (expression, error) {
	if len(path) != 2 {
		return expression{}, fmt.Errorf("write values.NAME")
	}
	i := slices.Index(s.values, path[1])
	if i < 0 {
		return expression{}, fmt.Errorf("no error case sets the value %s", path[1])
	}
	s.uses[path[1]] = true
	return expression{kind: s.kinds[i], plain: true, paths: [][]string{path}, eval: func(e *env) value {
		if i >= len(e.values) || e.values[i].eval == nil {
			return value{}
		}
		return e.values[i].eval(e)
	}}, nil
}

// field resolves the name of a struct field now, so that reading it later is an
// index.
func field(from root, path []string) (expression, error) {
	if len(path) == 1 {
		return expression{}, fmt.Errorf("%s is not a value; it has %s", path[0], strings.Join(fieldNames(from.of), ", "))
	}
	index := fieldIndex(from.of, path[1])
	if index < 0 {
		return expression{}, fmt.Errorf("%s has no %s; it has %s", path[0], path[1], strings.Join(fieldNames(from.of), ", "))
	}
	kind, read := reader(from.of.Field(index).Type)
	if read == nil {
		return expression{}, fmt.Errorf("%s cannot be read by a dialect", pathText(path))
	}
	get := from.get
	x := expression{kind: kind, plain: true, paths: [][]string{path}, eval: func(e *env) value {
		fact := get(e)
		if fact == nil {
			return value{}
		}
		return read(reflect.ValueOf(fact).Elem().Field(index))
	}}
	switch {
	case len(path) == 2:
		return x, nil
	case kind == mapKind && len(path) == 3:
		return entry(x, path), nil
	}
	return expression{}, fmt.Errorf("%s is %s; it has no %s", pathText(path[:2]), kind, path[2])
}

// entry reads one entry of a map; null when it is not there.
func entry(table expression, path []string) expression {
	key, all := path[2], table.eval
	return expression{kind: textKind, plain: true, paths: [][]string{path}, eval: func(e *env) value {
		v := all(e)
		text, ok := v.table[key]
		if !ok {
			return value{}
		}
		return textValue(text)
	}}
}

// reader returns the kind of a field's type and how to read one, or nil.
func reader(of reflect.Type) (kind, func(reflect.Value) value) {
	switch {
	case of == reflect.TypeFor[time.Time]():
		return timeKind, func(v reflect.Value) value { return timeValue(*v.Addr().Interface().(*time.Time)) }
	case of == reflect.TypeFor[[]string]():
		return textsKind, func(v reflect.Value) value {
			return value{kind: textsKind, texts: *v.Addr().Interface().(*[]string)}
		}
	case of == reflect.TypeFor[oauth.Scope]():
		return textsKind, func(v reflect.Value) value {
			return value{kind: textsKind, texts: *v.Addr().Interface().(*oauth.Scope)}
		}
	case of == reflect.TypeFor[map[string]string]():
		return mapKind, func(v reflect.Value) value {
			return value{kind: mapKind, table: *v.Addr().Interface().(*map[string]string)}
		}
	case of == reflect.TypeFor[map[string]core.PermissionScope]():
		return mapKind, readPermissions
	case of == reflect.TypeFor[*string]():
		return textKind, func(v reflect.Value) value {
			if v.IsNil() {
				return value{}
			}
			return textValue(v.Elem().String())
		}
	case of.Kind() == reflect.String:
		return textKind, func(v reflect.Value) value { return textValue(v.String()) }
	case of.Kind() == reflect.Int64 && of != reflect.TypeFor[time.Duration]():
		return intKind, func(v reflect.Value) value { return intValue(v.Int()) }
	case of.Kind() == reflect.Bool:
		return boolKind, func(v reflect.Value) value { return boolValue(v.Bool()) }
	}
	return nullKind, nil
}

func readPermissions(v reflect.Value) value {
	table := map[string]string{}
	for name, scope := range maps.All(v.Interface().(map[string]core.PermissionScope)) {
		table[name] = string(scope)
	}
	return value{kind: mapKind, table: table}
}

// fieldIndex finds an exported field by its json tag; -1 for none. A field
// without a tag, or with "-", does not exist for dialects (J02).
func fieldIndex(of reflect.Type, name string) int {
	for i := range of.NumField() {
		if f := of.Field(i); f.IsExported() && name != "-" && name != "" && f.Tag.Get("json") == name {
			return i
		}
	}
	return -1
}

func fieldNames(of reflect.Type) []string {
	var names []string
	for i := range of.NumField() {
		if tag := of.Field(i).Tag.Get("json"); tag != "" && tag != "-" {
			names = append(names, tag)
		}
	}
	return names
}
