package admin

import (
	"errors"
	"strings"
	"testing"

	"claviger/internal/core"
	"claviger/internal/store/storetest"
)

const base = `
permissions: [{name: read}, {name: pay, requires_any: [org-account]}]
roles:
  - {code: boss, name: Boss, owner: true, grants: {own: [read, pay]}}
  - {code: clerk, name: Clerk, grants: {own: [read]}}
organisations:
  - code: cafe
    name: Cafe
    accounts:
      - {id: till, name: Till, currency: EUR}
      - {id: safe, name: Safe, currency: EUR}
    api_keys:
      - {name: Reader, id: reader, account: till, role: clerk, scopes: a b, secret: reader-secret, dialect: spendesk, with_id: true}
  - code: bar
    name: Bar
    accounts: [{id: counter, name: Counter}]
people:
  - email: boss@cafe.example
    memberships: [{account: till, role: boss}]
    individual_account: {id: purse, name: Boss, role: boss}
  - email: clerk@cafe.example
    phone: "+31600000001"
    memberships: [{account: till, role: clerk}]
  - {email: operator@platform.example, operator: true}
clients:
  - {id: shop, name: Shop, organisation: cafe, grant_types: [client_credentials], scopes: a b, secret: shop-secret}
`

// Each file is wrong in one place; nothing of it may be stored.
func TestApplySaysWhereItIsWrong(t *testing.T) {
	cases := []struct{ name, yaml, want string }{
		{"not YAML", "clients: [", `f.yaml:1:10: sequence end token ']' not found`},
		{"unknown section", "partners: []", `f.yaml:1:1: unknown field "partners"`},
		{"unknown key", "clients:\n  - id: a\n    secrte: x", `f.yaml:3:5: unknown field "secrte"`},
		{"duplicate key", "clients:\n  - id: a\n    id: b", `f.yaml:3:5: mapping key "id" already defined at [2:5]`},
		{"number for text", "clients:\n  - id: 5", `f.yaml:2:9: this must be text (in quotes, if it looks like a number or a truth value)`},
		{"text for number", "clients:\n  - id: a\n    number: five", `f.yaml:3:13: this must be a whole number, zero or more`},
		{"negative number", "clients:\n  - id: a\n    number: -5", `f.yaml:3:13: this must be a whole number, zero or more`},
		{"text for flag", "people:\n  - email: a@b.example\n    operator: yes", `f.yaml:3:15: this must be true or false`},
		{"text for list", "clients:\n  - id: a\n    products: b", `f.yaml:3:15: this must be a list`},
		{"text for entry", "clients:\n  - a", `f.yaml:2:5: this must be a mapping`},
		{"no value", "clients:\n  - id: a\n    name:", `f.yaml:3:5: a value is missing; leave the key out to keep what is stored`},
		{"J04 alias", "clients: &x []\npeople: *x", `f.yaml:1:10: anchors and aliases are not taken here`},
		{"J04 tag", "clients: !!seq []", `f.yaml:1:10: tags are not taken here`},
		{"two documents", "clients: []\n---\nclients: []", `f.yaml:3:8: a file holds one document`},
		{"bad duration", "clients:\n  - {id: a, access_token_lifetime: 5}", `f.yaml:2:36: this must be a length of time such as 15m or 720h`},

		{"bad permission name", "permissions:\n  - name: a b", `f.yaml:2:11: name must be 1 to 64 letters, digits and . _ : -, and begin with a letter or digit`},
		{"unknown condition", "permissions:\n  - {name: a, requires_any: [rich]}", `f.yaml:2:30: rich is not a declared condition`},
		{"condition without expression", "conditions:\n  - name: rich", `f.yaml:2:5: when is missing`},
		{"J02 odd condition", "conditions:\n  - name: rich\n    when: target.balance > 0", `f.yaml:3:11: when is no condition: there is no target.balance; caller and target have type, flags, subscriptions, currency, category, status, test (character 1 of the condition)`},
		{"condition that is no bool", "conditions:\n  - name: rich\n    when: target.type", `f.yaml:3:11: when is no condition: a condition is true or false; this gives string`},
		{"required condition removed", "conditions:\n  - {name: org-account, remove: true}", `f.yaml:2:6: condition org-account cannot be removed: permission pay requires it`},
		{"declared and removed", "conditions:\n  - {name: rich, when: target.test}\n  - {name: rich, remove: true}", `f.yaml:3:6: condition rich is declared, and removed`},
		{"permission called use", "permissions:\n  - name: use", `f.yaml:2:11: name is taken: it asks for products, scopes and services`},
		{"unknown permission", "roles:\n  - code: a\n    name: A\n    grants: {own: [fly]}", `f.yaml:4:20: there is no permission fly`},
		{"granted twice", "roles:\n  - {code: a, name: A, grants: {own: [read], global: [read]}}", `f.yaml:2:55: read is granted twice`},
		{"role without name", "roles:\n  - code: a", `f.yaml:2:5: name is missing`},
		{"no code", "organisations:\n  - name: A", `f.yaml:2:5: code is missing`},
		{"bad status", "organisations:\n  - code: cafe\n    status: CLOSED", `f.yaml:3:13: status must be ACTIVE, SUSPENDED or DISABLED`},
		{"bad email", "organisations:\n  - code: cafe\n    email: cafe at example", `f.yaml:3:12: email is not an email address`},
		{"bad service", "organisations:\n  - code: cafe\n    services: {x: ftp://a}", `f.yaml:3:19: ftp://a is not the address of a website`},
		{"account of nobody", "organisations:\n  - code: cafe\n    accounts:\n      - name: A", `f.yaml:4:9: an account needs an id or a number to be known by`},
		{"account of another", "organisations:\n  - code: cafe\n    accounts:\n      - id: counter", `f.yaml:4:9: the account belongs to another organisation`},
		{"F05 account called star", "organisations:\n  - code: cafe\n    accounts:\n      - {id: '*', name: All}", `f.yaml:4:14: id must be 1 to 64 letters, digits and . _ : -, and begin with a letter or digit`},
		{"bad currency", "organisations:\n  - code: cafe\n    accounts:\n      - {id: till, currency: euro}", `f.yaml:4:30: currency is not a currency of ISO 4217 (three capital letters)`},
		{"too many digits", "organisations:\n  - code: cafe\n    accounts:\n      - {id: till, balance: '1.005'}", `f.yaml:4:29: 1.005 is not an amount of EUR, such as 2878.86`},
		{"balance without currency", "organisations:\n  - code: bar\n    accounts:\n      - {id: counter, balance: '1'}", `f.yaml:4:32: a balance needs a currency`},

		{"key without account", "organisations:\n  - code: cafe\n    api_keys:\n      - name: A", `f.yaml:4:9: an API key needs an id, or an account and a name, to be known by`},
		{"dangling account", "organisations:\n  - code: cafe\n    api_keys:\n      - {name: A, account: cellar}", `f.yaml:4:28: there is no account cellar`},
		{"foreign account", "organisations:\n  - code: cafe\n    api_keys:\n      - {name: A, account: counter}", `f.yaml:4:28: the account belongs to another organisation`},
		{"dangling role", "organisations:\n  - code: cafe\n    api_keys:\n      - {name: A, account: till, role: cook}", `f.yaml:4:40: there is no role cook`},
		{"SD_2 expiry", "organisations:\n  - code: cafe\n    api_keys:\n      - {name: A, account: till, expires_at: 2027-11-23}", `f.yaml:4:46: expires_at: An API key lives at most one year from its creation.`},
		{"CP_4 name", "organisations:\n  - code: cafe\n    api_keys:\n      - {name: A-1, account: till, dialect: centrapay}", `f.yaml:4:16: name: The name must be letters and digits, at most 64.`},
		{"CP_4 name taken", "organisations:\n  - code: cafe\n    api_keys:\n      - {name: Reader, id: second, account: till}", `f.yaml:4:16: the name is in use in this account`},
		{"F09 key id of a client", "organisations:\n  - code: cafe\n    api_keys:\n      - {name: A, id: shop, account: till}", `f.yaml:4:23: the id is in use`},
		{"secret of another key", "organisations:\n  - code: cafe\n    api_keys:\n      - {name: A, account: till, secret: same}\n      - {name: B, account: till, secret: same}", `f.yaml:5:42: another API key has this secret`},
		{"unfindable hash", "organisations:\n  - code: cafe\n    api_keys:\n      - {name: A, account: till, secret_hash: 'sha256:" + strings.Repeat("0", 64) + "'}", `f.yaml:4:47: a key that is presented without its id cannot be found by such a hash; set with_id`},

		{"person of no name", "people:\n  - full_name: A", `f.yaml:2:5: a person needs an email or a phone to be known by`},
		{"bad phone", "people:\n  - {email: a@b.example, phone: '0-800'}", `f.yaml:2:33: phone is not a phone number (digits, with + and the country code)`},
		{"phone of another", "people:\n  - {email: boss@cafe.example, phone: '+31600000001'}", `f.yaml:2:39: the phone number is somebody else's`},
		{"membership nowhere", "people:\n  - email: a@b.example\n    memberships:\n      - role: clerk", `f.yaml:4:9: a membership needs an account or an organisation`},
		{"membership of no role", "people:\n  - email: a@b.example\n    memberships:\n      - account: till", `f.yaml:4:9: role is missing`},
		{"dangling organisation", "people:\n  - email: a@b.example\n    memberships:\n      - {organisation: pub, role: clerk}", `f.yaml:4:24: there is no organisation pub`},
		{"account elsewhere", "people:\n  - email: a@b.example\n    memberships:\n      - {organisation: bar, account: till, role: clerk}", `f.yaml:4:38: the account belongs to another organisation`},
		{"second member of a purse", "people:\n  - email: a@b.example\n    memberships:\n      - {account: purse, role: clerk}", `f.yaml:4:32: an individual account has one member`},
		{"last owner", "people:\n  - email: boss@cafe.example\n    memberships:\n      - {account: till, role: clerk}", `f.yaml:4:31: account till would be left without an owner`},
		{"foreign service account", "organisations:\n  - code: cafe\n    service_accounts:\n      - username: a\n        memberships: [{organisation: bar, role: clerk}]", `f.yaml:5:38: a service account is a member of its own organisation only`},

		{"unknown dialect", "clients:\n  - {id: a, name: A, dialect: latin}", `f.yaml:2:31: dialect must be one of [centrapay jpay powerepos scratchpower spendesk]`},
		{"unknown grant type", "clients:\n  - {id: a, name: A, grant_types: [implicit]}", `f.yaml:2:36: implicit is not a grant type; there are authorization_code, client_credentials, password, refresh_token`},
		{"bad scope", "clients:\n  - {id: a, name: A, scopes: 'a \"b'}", `f.yaml:2:30: scopes holds a character that no scope may have (RFC 6749 §3.3)`},
		{"F09 generated id", "clients:\n  - {id: usr_1, name: A}", `f.yaml:2:10: id looks like a generated id`},
		{"F09 id of a key", "clients:\n  - {id: reader, name: A}", `f.yaml:2:10: the id is in use`},
		{"relative redirect", "clients:\n  - {id: a, name: A, redirect_uris: [/cb]}", `f.yaml:2:38: /cb is not an absolute URI`},
		{"fragment", "clients:\n  - {id: a, name: A, redirect_uris: ['https://a.example/#x']}", `f.yaml:2:38: https://a.example/#x must not have a fragment`},
		{"A02 user name", "clients:\n  - {id: a, name: A, redirect_uris: ['https://a@b.example/']}", `f.yaml:2:38: https://a@b.example/ must not have a user name`},
		{"A08 javascript", "clients:\n  - {id: a, name: A, redirect_uris: ['JaVaScRiPt:alert(1)']}", `f.yaml:2:38: JaVaScRiPt:alert(1) must be https, http on this machine, or a scheme like com.example.app`},
		{"A08 data", "clients:\n  - {id: a, name: A, post_logout_uris: ['data:text/html,x']}", `f.yaml:2:41: data:text/html,x must be https, http on this machine, or a scheme like com.example.app`},
		{"plain http", "clients:\n  - {id: a, name: A, redirect_uris: ['http://a.example/']}", `f.yaml:2:38: http://a.example/ must be https: http is for this machine alone`},
		{"A06 host in disguise", "clients:\n  - {id: a, name: A, redirect_uris: ['http://127.0.0.1.evil.example/']}", `f.yaml:2:38: http://127.0.0.1.evil.example/ must be https: http is for this machine alone`},
		{"A01 wildcard host", "clients:\n  - {id: a, name: A, redirect_hosts: ['*.a.example']}", `f.yaml:2:39: *.a.example is not a host name (lower case, without scheme, port or *)`},
		{"H10 origin with a path", "clients:\n  - {id: a, name: A, origins: ['https://a.example/']}", `f.yaml:2:32: https://a.example/ is not an origin (https://host, without a path)`},
		{"public with client_credentials", "clients:\n  - {id: a, name: A, kind: public, grant_types: [client_credentials]}", `f.yaml:2:49: grant_types: A public client cannot use client_credentials (RFC 6749 §4.4).`},
		{"no redirect", "clients:\n  - {id: a, name: A, grant_types: [authorization_code]}", `f.yaml:2:6: redirect_uris: A client with authorization_code needs a redirect URI or host.`},
		{"public with secret", "clients:\n  - {id: a, name: A, kind: public, secret: x}", `f.yaml:2:6: a public client has no secret`},
		{"secret twice", "clients:\n  - {id: a, name: A, secret: x, secret_hash: y}", `f.yaml:2:46: give secret or secret_hash, not both`},
		{"E13 long secret", "clients:\n  - {id: a, name: A, secret: " + strings.Repeat("x", 1025) + "}", `f.yaml:2:30: secret is longer than 1024 bytes`},
		{"bad hash", "clients:\n  - {id: a, name: A, secret_hash: md5}", `f.yaml:2:35: secret_hash is not a hash that can be checked`},
		{"no such variable", "clients:\n  - {id: a, name: A, secret: '${SHOP_SECRET}'}", `f.yaml:2:30: the environment variable SHOP_SECRET is not set`},
		{"contradiction", "clients:\n  - {id: a, name: A}\n  - {id: a, name: B}", `f.yaml:3:19: name was set to something else at f.yaml:2:19`},
	}
	s := onSQLite(t, base)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			good := "organisations: [{code: new, name: New}]\n"
			files := []File{{"good.yaml", []byte(good)}, {"f.yaml", []byte(c.yaml)}}
			_, err := s.Apply(t.Context(), cli, files, Options{Dialects: names})
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("%v", err)
			}
			if got := strings.ReplaceAll(problems[0].Error(), "\n", "|"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if _, err := s.Store.OrganisationByCode(t.Context(), "new"); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("something was stored: %v", err)
			}
		})
	}
	if audit := s.audit(t); len(audit) != 1 {
		t.Errorf("%d audit records", len(audit))
	}
}

func TestProblemsComeTogetherAndInOrder(t *testing.T) {
	s := newService(storetest.Open(t, storetest.SQLite(t)))
	files := []File{
		{"a.yaml", []byte("clients:\n  - {id: a, name: A, dialect: latin, scopes: '\"'}\norganisations:\n  - {code: b, name: B, status: X}\n")},
		{"b.yaml", []byte("roles:\n  - {code: c}\n")},
	}
	_, err := s.Apply(t.Context(), cli, files, Options{Dialects: names})
	var places []string
	var problems Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			places = append(places, p.At.String())
		}
	}
	if got := strings.Join(places, " "); got != "a.yaml:2:31 a.yaml:2:46 a.yaml:4:32 b.yaml:2:6" {
		t.Errorf("%s\n%v", got, err)
	}
}
