package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"claviger/oauth"
)

// ForwardAuth says which proxies may ask whether to let a request through, and
// what is asked of a request.
type ForwardAuth struct {
	TrustedPeers []netip.Prefix `yaml:"trusted_peers"` // that are answered and believed; none: nobody
	Rules        []ForwardRule  `yaml:"rules"`         // their order means nothing
	// TokenLifetime is that of the tokens for backends; 0: there are none.
	TokenLifetime time.Duration `yaml:"token_lifetime"`
	TokenAudience string        `yaml:"token_audience"` // aud of these; never one that this server takes
	TokenHeader   string        `yaml:"token_header"`   // ForwardTokenHeader or "Authorization"
}

// ForwardTokenHeader is where the tokens for backends are by default.
const ForwardTokenHeader = "X-Claviger-Token"

// ForwardRule is what is asked of requests to a path. Nothing but Path: a caller
// that is known.
type ForwardRule struct {
	Host       string   `yaml:"host"`       // name without port, lower case; empty: every one
	Path       string   `yaml:"path"`       // "/accounts/{account}/members", "/files/**"
	Methods    []string `yaml:"methods"`    // upper case; none: every one
	Public     bool     `yaml:"public"`     // everybody, and nothing else is asked
	Dialect    string   `yaml:"dialect"`    // of the credential; empty: any
	Audience   string   `yaml:"audience"`   // of the access token; empty: Config.Audience
	Permission string   `yaml:"permission"` // on Account
	Account    string   `yaml:"account"`    // ForwardActing, or "{name}" of the path
	Scope      string   `yaml:"scope"`
	Product    string   `yaml:"product"`

	source string // where it stands
}

// ForwardActing as ForwardRule.Account is the account that the caller acts for.
const ForwardActing = "acting"

// String is the rule as it would be written in the file.
func (r ForwardRule) String() string {
	var parts []string
	fields := reflect.ValueOf(r)
	for i := range fields.NumField() {
		name, ok := fields.Type().Field(i).Tag.Lookup("yaml")
		if !ok || fields.Field(i).IsZero() {
			continue
		}
		text := fmt.Sprint(fields.Field(i).Interface())
		if list, ok := fields.Field(i).Interface().([]string); ok {
			text = "[" + strings.Join(list, ", ") + "]"
		}
		parts = append(parts, name+": "+text)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// rulesText reads the rules of a variable, which are written as in the file.
func (l *loader) rulesText(source, key, text string) {
	document, err := parser.ParseBytes([]byte(text), 0)
	if err != nil || len(document.Docs) != 1 || document.Docs[0].Body == nil {
		l.problem(source, key, "must be a list of rules: [{path: /**, public: true}]")
		return
	}
	l.rules(source, key, document.Docs[0].Body)
}

func (l *loader) rules(source, key string, node ast.Node) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		l.problem(at(source, node.GetToken()), key, "must be a list of rules: [{path: /**, public: true}]")
		return
	}
	rules := make([]ForwardRule, 0, len(sequence.Values))
	for _, value := range sequence.Values {
		rules = append(rules, l.rule(source, key, value))
	}
	l.config.ForwardAuth.Rules = rules
}

func (l *loader) rule(source, key string, node ast.Node) ForwardRule {
	rule := ForwardRule{source: at(source, node.GetToken())}
	var entries []*ast.MappingValueNode
	switch node := node.(type) {
	case *ast.MappingNode:
		entries = node.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{node}
	default:
		l.problem(rule.source, key, "must be a list of rules: [{path: /**, public: true}]")
	}
	if len(entries) > 0 { // the token of a mapping is its first colon
		rule.source = at(source, entries[0].Key.GetToken())
	}
	fields, seen := ruleFields(&rule), map[string]bool{}
	for _, entry := range entries {
		name := entry.Key.GetToken().Value
		field, known := fields[name]
		var err error
		switch {
		case !known:
			err = fmt.Errorf("has the unknown key %q; did you mean %q?", name, nearest(name, sorted(fields)))
		case seen[name]:
			err = fmt.Errorf("has %s twice", name)
		default:
			err = setRuleField(field, entry.Value)
			if err != nil {
				err = fmt.Errorf("has a %s that %w", name, err)
			}
		}
		seen[name] = true
		if err != nil {
			l.problem(at(source, entry.Key.GetToken()), key, "%s", err)
		}
	}
	return rule
}

func ruleFields(rule *ForwardRule) map[string]reflect.Value {
	fields, value := map[string]reflect.Value{}, reflect.ValueOf(rule).Elem()
	for i := range value.NumField() {
		if name, ok := value.Type().Field(i).Tag.Lookup("yaml"); ok {
			fields[name] = value.Field(i)
		}
	}
	return fields
}

func sorted(fields map[string]reflect.Value) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// setRuleField sets one key of a rule. An empty value is refused: it would ask
// for nothing where something was meant.
func setRuleField(field reflect.Value, node ast.Node) error {
	switch target := field.Addr().Interface().(type) {
	case *[]string:
		items, err := listItems(node)
		if err == nil && (len(items) == 0 || slices.Contains(items, "")) {
			err = errors.New("is empty")
		}
		*target = items
		return err
	case *bool:
		text, err := scalarText(node)
		if err == nil {
			err = parseInto(target, text, parseBool, "true or false")
		}
		return err
	case *string:
		text, err := scalarText(node)
		if err == nil && strings.TrimSpace(text) == "" {
			err = errors.New("is empty; leave it out to ask for nothing")
		}
		*target = text
		return err
	}
	panic("config: no way to read a key of a rule") // a new type needs a case here
}

var (
	rulePath   = regexp.MustCompile(`^(/([A-Za-z0-9._~!$&'()+,=:@-]+|\{[A-Za-z_][A-Za-z0-9_]*\}))*(/\*\*)?$`)
	rulePlace  = regexp.MustCompile(`\{([A-Za-z0-9_]+)\}`)
	ruleMethod = regexp.MustCompile(`^[A-Z]+$`)
	ruleName   = regexp.MustCompile(`^[\x21-\x7e]+$`)
)

// forwardAuth checks what forward_auth says.
func (k *checker) forwardAuth() {
	f := &k.config.ForwardAuth
	k.oneOf("forward_auth.token_header", f.TokenHeader, ForwardTokenHeader, "Authorization")
	if f.TokenLifetime != 0 {
		k.seconds("forward_auth.token_lifetime", f.TokenLifetime, 5*time.Second, 15*time.Minute)
		k.require(ruleName.MatchString(f.TokenAudience), "forward_auth.token_audience",
			"must name the backends, without spaces: forward_auth.token_lifetime is set, and a token needs an audience")
		k.require(f.TokenAudience != k.config.Audience, "forward_auth.token_audience",
			"must not be the audience of this server: a backend could use the token here")
	}
	for i := range f.Rules {
		k.rule(&f.Rules[i])
	}
}

// rule checks one rule; problems say where it stands.
func (k *checker) rule(r *ForwardRule) {
	require := func(holds bool, format string, args ...any) {
		if !holds {
			k.problems = append(k.problems, problemAt(r.source, "forward_auth.rules", fmt.Sprintf(format, args...)))
		}
	}
	r.Host = strings.ToLower(r.Host)
	require(r.Host == "" || isHost(r.Host), "has %q, which is no host: write a name without port and wildcard", r.Host)
	require(goodRulePath(r.Path), "has the path %q; write /accounts/{account}/members or /files/**, without a slash at the end", r.Path)
	for i, method := range r.Methods {
		require(ruleMethod.MatchString(method) && !slices.Contains(r.Methods[:i], method),
			"has the method %q, which is twice or none: write them in upper case", method)
	}
	asks := r.Dialect + r.Audience + r.Permission + r.Account + r.Scope + r.Product
	require(!r.Public || asks == "", "has a rule that is public and asks for something else")
	require(r.Permission == "" || r.Account != "", "has a permission without an account: write account: acting, or account: \"{name}\" of the path")
	require(r.Account == "" || r.Permission != "", "has an account without a permission to decide on it")
	require(r.Account == "" || r.Account == ForwardActing || r.hasPlace(r.Account),
		"has the account %q; write acting, or a \"{name}\" of the path", r.Account)
	scope, ok := oauth.ParseScope(r.Scope)
	require(r.Scope == "" || ok && len(scope) == 1 && scope[0] == r.Scope, "has the scope %q, which is not one scope", r.Scope)
	for _, name := range []string{r.Permission, r.Product, r.Audience} {
		require(name == "" || ruleName.MatchString(name), "has the name %q, with a space or worse", name)
	}
	require(r.Dialect == "" || dialectName.MatchString(r.Dialect), "has %q, which is no name of a dialect", r.Dialect)
}

// goodRulePath takes "/" and paths of segments, each a text or a {name}, that may
// end in /**. A name stands once; dot segments never reach a rule.
func goodRulePath(path string) bool {
	if path == "/" {
		return true
	}
	names := rulePlace.FindAllString(path, -1)
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return false
		}
	}
	for segment := range strings.SplitSeq(strings.TrimSuffix(path, "/**"), "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return path != "" && rulePath.MatchString(path)
}

func (r *ForwardRule) hasPlace(place string) bool {
	return strings.HasPrefix(place, "{") && slices.Contains(strings.Split(r.Path, "/"), place)
}
