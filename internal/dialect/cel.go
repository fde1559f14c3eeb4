package dialect

import (
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"
)

// variable is a name that a CEL program reads: a root, which CEL goes on from,
// or a whole path.
type variable struct {
	name     string
	of       *cel.Type
	get      func(e *env) any // nil: not there, and with it the whole expression
	optional bool             // the value of the path may be missing though its root is there
}

// computation runs a planned expression.
type computation struct {
	planned   cel.Program
	variables []variable
	needs     []func(e *env) value
	source    string
}

// celEnv returns the environment of the file's expressions, without variables.
// It is made for the first of them.
func (c *compiler) celEnv() (*cel.Env, error) {
	if c.cel != nil {
		return c.cel, nil
	}
	structs := []any{ext.ParseStructTag("json")}
	for _, from := range roots {
		structs = append(structs, from.of)
	}
	var err error
	c.cel, err = cel.NewCustomEnv(append(ownFunctions(),
		cel.StdLib(cel.StdLibSubset(withoutTimeText())),
		cel.ClearMacros(),
		cel.Macros(cel.HasMacro),
		cel.ParserRecursionLimit(maxNesting),
		cel.ParserExpressionSizeLimit(maxExpression),
		ext.Strings(),
		ext.NativeTypes(structs...),
	)...)
	return c.cel, err
}

// eval gives null where a fact that the expression reads is not there. Inside,
// all is typed and nothing is null.
func (p *computation) eval(e *env) value {
	for i := range p.variables {
		if p.variables[i].get(e) == nil {
			return value{}
		}
	}
	for _, need := range p.needs {
		if v := need(e); v.kind == nullKind {
			return value{}
		}
	}
	out, _, err := p.planned.Eval(&activation{env: e, variables: p.variables})
	if err != nil {
		if strings.HasPrefix(err.Error(), "no such key") {
			return value{} // of a map: as for a path alone
		}
		return e.failed(p.failure(err))
	}
	v, err := fromCEL(out)
	if err != nil {
		return e.failed(p.failure(err))
	}
	return v
}

// failure says what failed and why, without the values: they may be secrets.
func (p *computation) failure(err error) error {
	why, _, _ := strings.Cut(err.Error(), ":")
	return fmt.Errorf("computing ${%s}: %s", p.source, why)
}

// activation gives a program the variables that it has declared, and no others.
type activation struct {
	env       *env
	variables []variable
}

func (a *activation) ResolveName(name string) (any, bool) {
	for i := range a.variables {
		if a.variables[i].name == name {
			return a.variables[i].get(a.env), true
		}
	}
	return nil, false
}

func (a *activation) Parent() cel.Activation { return nil }

var (
	textsType = cel.ListType(cel.StringType)
	tableType = cel.MapType(cel.StringType, cel.StringType)
	celTypes  = map[kind]*cel.Type{textKind: cel.StringType, intKind: cel.IntType, boolKind: cel.BoolType,
		timeKind: cel.TimestampType, textsKind: textsType, mapKind: tableType}
)

// kindOf returns the kind of a CEL type; nullKind for those that no dialect has.
func kindOf(of *cel.Type) kind {
	for kind, known := range celTypes {
		if known.IsExactType(of) {
			return kind
		}
	}
	return nullKind
}

var errResult = errors.New("the result is of another type than was checked")

// fromCEL returns the result of a program.
func fromCEL(out ref.Val) (value, error) {
	switch out := out.(type) {
	case types.String:
		return textValue(string(out)), nil
	case types.Int:
		return intValue(int64(out)), nil
	case types.Bool:
		return boolValue(bool(out)), nil
	case types.Timestamp:
		return timeValue(out.Time), nil
	}
	switch out := out.(type) {
	case traits.Lister:
		return textsOf(out)
	case traits.Mapper:
		return tableOf(out)
	}
	return value{}, errResult
}

func textsOf(list traits.Lister) (value, error) {
	v := value{kind: textsKind, texts: []string{}}
	for each := list.Iterator(); each.HasNext() == types.True; {
		text, ok := each.Next().(types.String)
		if !ok {
			return value{}, errResult
		}
		v.texts = append(v.texts, string(text))
	}
	return v, nil
}

func tableOf(table traits.Mapper) (value, error) {
	v := value{kind: mapKind, table: map[string]string{}}
	for each := table.Iterator(); each.HasNext() == types.True; {
		key := each.Next()
		name, ok := key.(types.String)
		text, ok2 := table.Get(key).(types.String)
		if !ok || !ok2 {
			return value{}, errResult
		}
		v.table[string(name)] = string(text)
	}
	return v, nil
}

// native returns v for CEL; nil for null.
func (v *value) native() any {
	switch v.kind {
	case textKind:
		return v.text
	case intKind:
		return v.n
	case boolKind:
		return v.n != 0
	case timeKind:
		return v.time
	case textsKind:
		return v.texts
	case mapKind:
		return v.table
	}
	return nil
}
