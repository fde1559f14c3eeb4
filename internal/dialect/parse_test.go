package dialect

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// good is a small dialect in which each case below breaks one thing.
const good = `dialect: acme
title: Acme
base: /acme
api_key_header: X-Api-Key
access_token:
  lifetime: 15m
  claims:
    user_id: ${organisation.number}
refresh_token:
  issue: always
  format: jwt
  lifetime: 168h
  claims:
    refresh: true
errors:
  body:
    detail: ${values.detail}
  cases:
    invalid_client: {status: 401, values: {detail: No}}
    default: {status: 500, values: {detail: Internal}}
routes:
  POST /token:
    operation: token
    grants: [client_credentials]
    accept: [json]
    body:
      key: {required: true}
      secret: {}
    input:
      client_id: body.key
      client_secret: body.secret
    reply:
      body:
        access: ${token.access}
  GET /me:
    operation: whoami
    authentication: [bearer]
    reply:
      body:
        id: ${user.number}
        roles:
          $each: roles
          $item: {code: "${role.code}"}
`

func TestParseAcceptsTheGoodFile(t *testing.T) {
	if _, err := Parse("acme.yaml", []byte(good)); err != nil {
		t.Fatal(err)
	}
}

// bad breaks the good file: old becomes new, and the first problem is at place
// and says the words.
var bad = []struct {
	name, old, new, place, words string
}{
	// J04: the file itself.
	{"unknown key", "title: Acme", "titel: Acme", "2:1", `unknown key "titel"`},
	{"unknown key in a route", "    accept: [json]", "    acept: [json]", "25:5", `unknown key "acept"`},
	{"unknown key in a field", "key: {required: true}", "key: {require: true}", "27:13", `unknown key "require"`},
	{"duplicate key", "title: Acme", "title: Acme\ntitle: Bcme", "3:1", "already defined"},
	{"duplicate key by ?", "access: ${token.access}", "access: ${token.access}\n        access?: ${token.access}", "35:9", "twice"},
	{"custom tag", "title: Acme", "title: !include Acme", "2:8", "tags are not allowed"},
	{"standard tag", "title: Acme", "title: !!str Acme", "2:8", "tags are not allowed"},
	{"merge key", "    refresh: true", "    <<: {a: 1}", "14:5", "plain text"},
	{"alias without anchor", "title: Acme", "title: *nowhere", "2:8", "no anchor"},
	{"alias of itself", "roles:\n          $each: roles", "roles: &loop\n          more: *loop", "42:17", "no anchor"},
	{"anchor twice", "title: Acme\nbase: /acme", "title: &a Acme\nbase: &a /acme", "3:7", "set twice"},
	{"two documents", "routes:\n", "---\nroutes:\n", "1:1", "exactly one YAML document"},
	{"flow mapping with a bare expression", `{code: "${role.code}"}`, `{code: ${role.code}}`, "43:26", "needs quotes"},
	{"tab", "  lifetime: 15m", "\tlifetime: 15m", "6:1", "cannot start any token"},
	{"float", "lifetime: 15m", "lifetime: 1.5", "6:13", "not allowed"},

	// Structure.
	{"no name", "dialect: acme", "title2: x", "1:1", "unknown key"},
	{"name", "dialect: acme", "dialect: Acme!", "1:10", "lower-case"},
	{"base", "base: /acme", "base: /acme/", "3:7", "base is a path"},
	{"lifetime", "lifetime: 15m", "lifetime: 15", "6:13", "not a duration"},
	{"lifetime zero", "lifetime: 15m", "lifetime: 0s", "6:13", "at least one second"},
	{"lifetime negative", "lifetime: 168h", "lifetime: -168h", "12:13", "at least one second"},
	{"refresh format", "format: jwt", "format: jwe", "11:11", "not one of opaque, jwt"},
	{"claims of an opaque refresh token", "format: jwt", "format: opaque", "14:5", "only a refresh token with format: jwt"},
	{"route", "GET /me", "FETCH /me", "35:3", "METHOD /path"},
	{"route path", "GET /me", "GET me", "35:3", "METHOD /path"},
	{"route pattern", "GET /me", "GET /{a}/{a}", "35:3", "collides"},
	{"unknown operation", "operation: whoami", "operation: whoareyou", "36:16", `unknown operation "whoareyou"`},
	{"no reply", "    reply:\n      body:\n        access: ${token.access}\n", "", "23:5", "needs a reply"},
	{"reply status", "    reply:\n      body:\n        access", "    reply:\n      status: 302\n      body:\n        access", "33:15", "between 200 and 299"},
	{"body with 204", "    reply:\n      body:\n        id", "    reply:\n      status: 204\n      body:\n        id", "41:9", "has no body"},
	{"etag on POST", "    reply:\n      body:\n        access", "    reply:\n      etag: true\n      body:\n        access", "33:13", "etag is for GET"},
	{"unknown grant", "grants: [client_credentials]", "grants: [implicit]", "24:14", `"implicit" is not one of`},
	{"body without accept", "    accept: [json]\n", "", "26:7", "needs accept"},
	{"accept", "accept: [json]", "accept: [xml]", "25:14", `"xml" is not one of`},
	{"body type", "secret: {}", "secret: {type: text}", "28:22", `"text" is not one of`},
	{"field and object", "secret: {}", "key.part: {}", "28:7", "a field and an object"},

	// Expressions.
	{"unknown fact", "${user.number}", "${person.number}", "40:13", "unknown name person"},
	{"unknown field", "${user.number}", "${user.shoe_size}", "40:13", "user has no shoe_size"},
	{"hidden field (J02)", "${user.number}", "${client.Lifetimes}", "40:13", "client has no Lifetimes"},
	{"untagged field (J02)", "${user.number}", "${client['-']}", "40:13", "client has no -"},
	{"unknown function", "${user.number}", "${env('HOME')}", "40:13", "unknown function env"},
	{"wrong argument", "${user.number}", "${unescape(user.number)}", "40:13", "unescape does not take (int)"},
	{"mixed types", "${user.number}", "${user.number + 'x'}", "40:13", "+ does not work on int and string"},
	{"mixed branches", "${user.number}", "\"${user.operator ? 1 : 'x'}\"", "40:13", "the two sides of : are int and string"},
	{"condition", "${user.number}", "\"${user.number ? 1 : 2}\"", "40:13", "not bool"},
	{"unclosed", "${user.number}", "${user.number", "40:13", "without its }"},
	{"trailing", "${user.number}", "${user.number 5}", "40:13", "(character 13 of the expression)"},
	{"too long (J01)", "${user.number}", "${" + strings.Repeat("1+", 600) + "1}", "40:13", "1024 bytes at most"},
	{"too deep (J01)", "${user.number}", "${" + strings.Repeat("(", 40) + "1" + strings.Repeat(")", 40) + "}", "40:13", "levels deep"},
	{"whole fact", "${user.number}", "${user}", "40:13", "user is not a value"},
	{"forgotten expression", "${token.access}", "token.access", "34:17", "write ${token.access}"},
	{"expression as input", "client_id: body.key", "client_id: ${body.key}", "30:18", "without ${ }"},
	{"constant with ?", "access: ${token.access}", "access?: always", "34:18", "never left out"},
	{"expression as key", "access: ${token.access}", "'${token.access}': x", "34:9", "a key cannot be an expression"},

	// Facts that the operation does not have.
	{"token in whoami", "${user.number}", "${token.access}", "40:13", "token is not available in the reply of whoami"},
	{"secret in whoami", "${user.number}", "${secret}", "40:13", "secret is not available"},
	{"request part in a reply", "${user.number}", "${body.key}", "40:13", "body is not available"},
	{"error in a reply", "${user.number}", "${error.code}", "40:13", "error is not available"},
	{"user in an error", "${values.detail}", "${user.email}", "17:13", "user is not available in an error"},
	{"token in claims", "user_id: ${organisation.number}", "x: ${token.access}", "8:8", "token is not available"},
	{"list of another operation", "$each: roles", "$each: accounts", "42:18", `no list "accounts"`},
	{"each without item", `          $item: {code: "${role.code}"}`, "          item: x", "42:11", "a list is written"},
	{"value that no case sets", "${values.detail}", "${values.title}", "17:13", "no error case sets the value title"},
	{"value that one case lacks", "invalid_client: {status: 401, values: {detail: No}}", "invalid_client: {status: 401}", "19:5", "${values.detail}, which this case does not set"},
	{"unknown reason", "invalid_client: {", "client_asleep: {", "19:5", "neither a reason nor a code"},
	{"no default", "    default: {status: 500, values: {detail: Internal}}\n", "", "16:3", "needs the case default"},
	{"error status", "status: 401", "status: 200", "19:30", "between 400 and 599"},

	// J05, F09: what a dialect may not do.
	{"J05 claim sub", "user_id: ${org", "sub: ${org", "8:5", "the claim sub is the server's own"},
	{"J05 claim scope left out by ?", "user_id: ${org", "scope?: ${org", "8:5", "the claim scope is the server's own"},
	{"J05 claim of a refresh token", "    refresh: true", "    grant_id: x", "14:5", "the claim grant_id is the server's own"},
	{"J05 no client secret", "      client_secret: body.secret\n", "", "22:3", "needs the input client_secret"},
	{"J05 no client id", "      client_id: body.key\n", "", "22:3", "needs the input client_id"},
	{"J05 secret in the query", "client_secret: body.secret", "client_secret: query.secret", "31:22", "may not come from the URL"},
	{"J05 secret in the path", "POST /token", "POST /token/{secret}", "", ""},
	{"J05 constant secret", "client_secret: body.secret", "client_secret: \"'hunter2'\"", "31:22", "may not hold text of the file"},
	{"J05 secret with a default", "client_secret: body.secret", "client_secret: \"body.secret == '' ? 'x' : body.secret\"", "31:22", "may not hold text of the file"},
	{"J05 secret from nothing", "client_secret: body.secret", "client_secret: string(5)", "31:22", "may not be a constant"},
	{"J05 no authentication", "    authentication: [bearer]\n", "", "35:3", "needs authentication"},
	{"J05 empty authentication", "authentication: [bearer]", "authentication: []", "37:21", "the list is empty"},
	{"J05 authentication by query", "authentication: [bearer]", "authentication: [query]", "37:22", `"query" is not one of`},
	{"J05 api key without header", "api_key_header: X-Api-Key\n", "", "", ""},
	{"J05 authentication of a token route", "    grants: [client_credentials]", "    grants: [client_credentials]\n    authentication: [bearer]", "25:21", "authenticates by its input"},
	{"J05 password grant without password", "grants: [client_credentials]", "grants: [password]", "22:3", "needs the input username"},
	{"J05 refresh grant without token", "grants: [client_credentials]", "grants: [refresh_token]", "22:3", "needs the input refresh_token"},
	{"J05 several grants without grant_type", "grants: [client_credentials]", "grants: [client_credentials, refresh_token]", "22:3", "needs the input grant_type"},
	{"J05 grants of another operation", "    operation: whoami", "    operation: whoami\n    grants: [password]", "37:13", "only the operation token has grants"},
	{"J05 input of another operation", "client_id: body.key", "client_id: body.key\n      account: body.key", "31:7", `takes no input "account"`},
	{"J05 own header", "    reply:\n      body:\n        access", "    reply:\n      header: {Cache-Control: public}\n      body:\n        access", "33:16", "the server's own"},
	{"J05 cookie", "    reply:\n      body:\n        access", "    reply:\n      header: {set-cookie: a=b}\n      body:\n        access", "33:16", "the server's own"},
	{"undeclared field", "client_id: body.key", "client_id: body.id", "30:18", "declares no field id"},
	{"unknown input root", "client_id: body.key", "client_id: cookie.id", "30:18", "unknown name cookie"},
	{"authorization header", "client_secret: body.secret", "client_secret: header.Authorization", "31:22", "cannot be read"},
	{"J05 client id and by_secret", "    grants: [client_credentials]", "    grants: [client_credentials]\n    identify: by_secret", "31:7", "there is no client_id"},
	{"J05 identify", "    grants: [client_credentials]", "    grants: [client_credentials]\n    identify: by_id", "25:15", `"by_id" is not one of by_secret`},
	{"identify on another operation", "    operation: whoami", "    operation: whoami\n    identify: by_secret", "37:15", "only the operation token identifies"},
	{"scheme on another operation", "    operation: whoami", "    operation: whoami\n    authorization: {scheme: ID}", "37:20", "only the operation token reads"},
	{"scheme Bearer", "    grants: [client_credentials]", "    grants: [client_credentials]\n    authorization: {scheme: bearer}", "25:29", "read it as bearer"},
	{"scheme", "    grants: [client_credentials]", "    grants: [client_credentials]\n    authorization: {scheme: a b}", "25:29", "not the name of a scheme"},
	{"no scheme", "    grants: [client_credentials]", "    grants: [client_credentials]\n    authorization: {}", "25:20", "scheme is missing"},
	{"place inside the expression", "${user.number}", "\"${string(user.number) + user.shoe}\"", "40:13", "(character 27 of the expression)"},
	{"J05 claim source_channel", "user_id: ${org", "source_channel: ${org", "8:5", "the claim source_channel is the server's own"},
	{"J05 secret from a number beside a field", "client_secret: body.secret", "client_secret: \"has_basic ? basic.secret : string(5)\"", "31:22", "may not be a constant"},
	{"what is connected", "refresh_token:\n", "authorization: {connects: everything}\nrefresh_token:\n", "9:27", `"everything" is not one of account, nothing`},
	{"unknown key of authorization", "refresh_token:\n", "authorization: {skip_consent: true}\nrefresh_token:\n", "9:17", `unknown key "skip_consent"`},
	{"scopes of an ID token", "refresh_token:\n", "id_token: {scopes: [openid]}\nrefresh_token:\n", "9:21", `"openid" is not one of profile, email, address, phone`},
	{"wrong type of input", "secret: {}", "secret: {type: integer}", "31:22", "client_secret cannot be int"},
}

func TestJ04_J05_BadFilesArePointedAt(t *testing.T) {
	for _, c := range bad {
		if c.place == "" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(good, c.old) == 0 {
				t.Fatalf("%q is not in the good file", c.old)
			}
			first := firstProblem(t, strings.Replace(good, c.old, c.new, 1))
			if place := fmt.Sprintf("%d:%d", first.Line, first.Column); place != c.place {
				t.Errorf("at %s, want %s: %v", place, c.place, first)
			}
			if !strings.Contains(first.Message, c.words) {
				t.Errorf("message %q does not say %q", first.Message, c.words)
			}
			if !strings.HasPrefix(first.Error(), "acme.yaml:"+c.place+": ") || !strings.HasSuffix(first.Error(), "^") {
				t.Errorf("not file:line:column with a caret: %s", first)
			}
		})
	}
}

func firstProblem(t *testing.T, source string) *Problem {
	t.Helper()
	_, err := Parse("acme.yaml", []byte(source))
	if err == nil {
		t.Fatal("accepted")
	}
	var first *Problem
	if !errors.As(err, &first) {
		t.Fatalf("no Problem: %v", err)
	}
	return first
}

func TestJ05_SecretInThePath(t *testing.T) {
	source := strings.Replace(good, "POST /token", "POST /token/{secret}", 1)
	source = strings.Replace(source, "client_secret: body.secret", "client_secret: path.secret", 1)
	if first := firstProblem(t, source); !strings.Contains(first.Message, "may not come from the URL") {
		t.Error(first)
	}
}

// codeRoute makes a route for codes of the good one.
var codeRoute = strings.NewReplacer("    grants: [client_credentials]", "    grants: [authorization_code]",
	"      secret: {}\n", "      code: {}\n      verifier: {}\n      redirect: {}\n",
	"      client_secret: body.secret\n", "      code: body.code\n      code_verifier: body.verifier\n      redirect_uri: body.redirect\n")

// TestJ05_CodeRoutes: one that lost the verifier or the redirect URI could skip
// PKCE, or let a code be redeemed with another redirect URI.
func TestJ05_CodeRoutes(t *testing.T) {
	good := codeRoute.Replace(good)
	if _, err := Parse("acme.yaml", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, words string }{
		{"no client", "      client_id: body.key\n", "", "needs the input client_id"},
		{"no code", "      code: body.code\n", "", "needs the input code"},
		{"no verifier", "      code_verifier: body.verifier\n", "", "needs the input code_verifier"},
		{"no redirect URI", "      redirect_uri: body.redirect\n", "", "needs the input redirect_uri"},
		{"no verifier among several grants", "    grants: [authorization_code]", "    grants: [authorization_code, refresh_token]", "needs the input grant_type"},
		{"by secret", "    grants: [authorization_code]", "    grants: [authorization_code]\n    identify: by_secret", "needs the input client_secret"},
		{"code in the query", "code: body.code", "code: query.code", "code may not come from the URL"},
		{"verifier in the query", "code_verifier: body.verifier", "code_verifier: query.verifier", "code_verifier may not come from the URL"},
		{"constant verifier", "code_verifier: body.verifier", "code_verifier: \"'" + strings.Repeat("a", 43) + "'\"", "code_verifier may not hold text of the file"},
		{"verifier with a default", "code_verifier: body.verifier", "code_verifier: \"body.verifier == '' ? 'x' : body.verifier\"", "code_verifier may not hold text of the file"},
		{"verifier from nothing", "code_verifier: body.verifier", "code_verifier: string(5)", "code_verifier may not be a constant"},
		{"the code as its verifier", "code_verifier: body.verifier", "code_verifier: body.code", "code_verifier may not be read from where the code is"},
		{"the code within its verifier", "code_verifier: body.verifier", "code_verifier: body.verifier + body.code", "code_verifier may not be read from where the code is"},
	} {
		source := strings.Replace(good, c.old, c.new, 1)
		if source == good {
			t.Fatalf("%s: %q is not in the file", c.name, c.old)
		}
		if first := firstProblem(t, source); !strings.Contains(first.Message, c.words) {
			t.Errorf("%s: %v, want %q", c.name, first, c.words)
		}
	}
}

// TestJ05_BySecretNeedsTheSecret takes both away: the flag gives leave for one.
func TestJ05_BySecretNeedsTheSecret(t *testing.T) {
	source := strings.NewReplacer("    grants: [client_credentials]", "    grants: [client_credentials]\n    identify: by_secret",
		"      client_id: body.key\n", "", "client_secret: body.secret", "scope: body.key").Replace(good)
	if first := firstProblem(t, source); !strings.Contains(first.Message, "needs the input client_secret") {
		t.Error(first)
	}
}

func TestJ05_AuthorizationIsNoInputBesideACredential(t *testing.T) {
	for _, root := range []string{"bearer", "basic.id"} {
		source := strings.Replace(good, "    operation: whoami\n    authentication: [bearer]",
			"    operation: account\n    authentication: [bearer]\n    input: {account: "+root+"}", 1)
		if first := firstProblem(t, source); !strings.Contains(first.Message, "only the operation token reads") {
			t.Error(first)
		}
	}
}

func TestAPIKeyNeedsItsHeader(t *testing.T) {
	source := strings.Replace(good, "api_key_header: X-Api-Key\n", "", 1)
	source = strings.Replace(source, "[bearer]", "[api_key]", 1)
	if first := firstProblem(t, source); !strings.Contains(first.Message, "needs api_key_header") {
		t.Error(first)
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	source := strings.Replace(good, "title: Acme", "titel: Acme", 1)
	source = strings.Replace(source, "${user.number}", "${user.shoe_size}", 1)
	_, err := Parse("acme.yaml", []byte(source))
	if text := fmt.Sprint(err); !strings.Contains(text, "acme.yaml:2:1:") || !strings.Contains(text, "acme.yaml:40:13:") {
		t.Error(text)
	}
}

func TestJ04_AliasBombIsRefused(t *testing.T) {
	var b strings.Builder
	b.WriteString("dialect: bomb\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	first := firstProblem(t, b.String())
	if !strings.Contains(first.Message, "by its aliases") || first.Line != 6 {
		t.Error(first)
	}
}

func TestJ04_LongAliasChainIsRefused(t *testing.T) {
	chain := "x0: &x0 {a: 1}\n"
	for i := 1; i < 200; i++ {
		chain += fmt.Sprintf("x%d: &x%d {a: *x%d}\n", i, i, i-1)
	}
	source := strings.Replace(good, "access: ${token.access}", "access: *x199", 1)
	if first := firstProblem(t, chain+source); first == nil {
		t.Error("accepted")
	}
}

func TestJ01_LargeAndDeepFilesAreRefused(t *testing.T) {
	for name, source := range map[string]string{
		"large":        good + "#" + strings.Repeat("x", maxFile),
		"flow":         "a: " + strings.Repeat("[", 20_000),
		"compact":      strings.Repeat("- ", 20_000) + "x",
		"keys":         strings.Repeat("? ", 20_000) + "x",
		"block":        deepBlock(300),
		"invalid utf8": "dialect: \xff",
		"empty":        "",
		"scalar":       "hello",
		"list":         "- a",
	} {
		t.Run(name, func(t *testing.T) { firstProblem(t, source) })
	}
}

func deepBlock(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	for _, c := range bad {
		f.Add([]byte(strings.Replace(good, c.old, c.new, 1)))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		d, err := Parse("fuzz.yaml", source)
		if (d == nil) == (err == nil) {
			t.Errorf("dialect %v and error %v", d, err)
		}
	})
}
