package permissiontest

import (
	"fmt"
	"slices"
	"strings"
)

// Subject is somebody of the configuration, with one role.
type Subject struct {
	Type    string // "person" or "api_key"
	Role    string
	Trusted bool   // a person's individual account has the flag
	Email   string // of a person
	KeyID   string // of an API key
	Secret  string // of an API key, presented as it is
	own     []account
}

// Case is a cell of the table in one circumstance.
type Case struct {
	Subject Subject
	Action  string
	Account string   // id of the target
	Own     bool     // the role is held in it
	Flags   []string // of "trusted-user", "external-asset-issuer", "org-account": those that hold
	Want    bool
}

// String says what is asked.
func (c Case) String() string {
	whose := "a foreign"
	if c.Own {
		whose = "its own"
	}
	return fmt.Sprintf("%s as %s: %s on %s account %s with [%s]",
		c.Subject.Name(), c.Subject.Role, c.Action, whose, c.Account, strings.Join(c.Flags, " "))
}

// Name is the email of a person, or the id of a key.
func (s Subject) Name() string {
	if s.Type == "person" {
		return s.Email
	}
	return s.KeyID
}

// account is a target, with what conditions ask of one.
type account struct {
	id          string
	org, issuer bool
}

// shared and foreign are accounts of organisations: those that the role is held
// in, and those of others. An individual account has one member at most, so that
// people have one each instead of those of shared.
var (
	shared  = accounts("table-own")
	foreign = accounts("table-other")
)

func accounts(prefix string) []account {
	return []account{
		{prefix + "-org", true, false}, {prefix + "-org-issuer", true, true},
		{prefix + "-one", false, false}, {prefix + "-one-issuer", false, true},
	}
}

// Subjects are a key of each role in each account of its own, and people of each
// role, trusted or not, whose individual account has the subscription or not.
func Subjects() []Subject {
	roles, _ := Table()
	var subjects []Subject
	for _, role := range roles {
		for _, own := range shared {
			subjects = append(subjects, Subject{
				Type: "api_key", Role: role, KeyID: own.id + "-" + role, Secret: "secret-of-" + own.id + "-" + role, own: []account{own},
			})
		}
		for bits := range 4 {
			s := Subject{Type: "person", Role: role, Trusted: bits&1 != 0}
			name := fmt.Sprintf("table-%s-%d", role, bits)
			s.Email = name + "@centrapay.example"
			s.own = []account{shared[0], shared[1], {name, false, bits&2 != 0}}
			subjects = append(subjects, s)
		}
	}
	return subjects
}

// Cases are every permission, by every subject, on every account: its own ones
// and all foreign ones.
func Cases() []Case {
	_, rows := Table()
	var cases []Case
	for _, s := range Subjects() {
		for _, row := range rows {
			for i, target := range slices.Concat(s.own, foreign) {
				own := i < len(s.own)
				cases = append(cases, Case{
					Subject: s, Action: row.Permission, Account: target.id, Own: own, Flags: flags(s.Trusted, target),
					Want: row.allows(s.Role, own, s.Trusted, target),
				})
			}
		}
	}
	return cases
}

func flags(trusted bool, on account) []string {
	var names []string
	for _, flag := range []struct {
		name string
		set  bool
	}{{"trusted-user", trusted}, {"external-asset-issuer", on.issuer}, {"org-account", on.org}} {
		if flag.set {
			names = append(names, flag.name)
		}
	}
	return names
}

// Configuration is the accounts, keys and people of the cases, to be applied with
// dialects/centrapay/permissions.yaml.
func Configuration() string {
	var out strings.Builder
	out.WriteString("organisations:\n")
	for _, organisation := range []struct {
		code     string
		accounts []account
	}{{"table-own", shared}, {"table-other", foreign}} {
		fmt.Fprintf(&out, "  - code: %s\n    name: %[1]s\n    accounts:\n", organisation.code)
		for _, a := range organisation.accounts {
			fmt.Fprintf(&out, "      - {id: %s, name: %[1]s, %s}\n", a.id, a.fields())
		}
	}
	keys, people := "", ""
	for _, s := range Subjects() {
		if s.Type == "person" {
			people += s.person()
		} else {
			keys += fmt.Sprintf("      - {id: %s, name: %s, account: %s, dialect: centrapay, role: %s, secret: %s}\n",
				s.KeyID, strings.ReplaceAll(s.KeyID, "-", ""), s.own[0].id, s.Role, s.Secret)
		}
	}
	out.WriteString("  - code: table-own\n    api_keys:\n" + keys + "people:\n" + people)
	return out.String()
}

func (a account) fields() string {
	kind, subscriptions := "individual", ""
	if a.org {
		kind = "org"
	}
	if a.issuer {
		subscriptions = "external-asset-issuer"
	}
	return fmt.Sprintf("type: %s, currency: NZD, subscriptions: [%s]", kind, subscriptions)
}

func (s Subject) person() string {
	flag, individual := "", s.own[2]
	if s.Trusted {
		flag = "trusted-user"
	}
	return fmt.Sprintf("  - email: %s\n    individual_account: {id: %s, name: %[2]s, %s, flags: [%s], role: %s}\n"+
		"    memberships: [{account: %s, role: %[5]s}, {account: %[7]s, role: %[5]s}]\n",
		s.Email, individual.id, strings.TrimPrefix(individual.fields(), "type: individual, "), flag, s.Role, shared[0].id, shared[1].id)
}
