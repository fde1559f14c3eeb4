package commandline

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerbs_TheDatabaseAndTheServerSayTheSame(t *testing.T) {
	i := newInstallation(t)
	none := [2]string{}
	organisation := i.both(none, "organisation create --name Org-{N} --code org-{N} --email a@{N}.example")
	i.both(none, "organisation get org-{N}")
	i.both(organisation, "organisation update {ID} --phone +33123456789 --verified --status active")
	i.same("organisation list")
	i.same("organisation list --json")

	account := i.both(none, "account create --organisation org-{N} --name Till --currency EUR")
	i.both(account, "account update {ID} --name Counter --status suspended")
	i.both(account, "account update {ID} --status active")
	i.both(account, "account get {ID}")
	i.both(none, "account list --organisation org-{N}")
	i.same("account list --organisation acme --json")

	role := i.both(none, "role create --organisation org-{N} --code clerk --name Clerk --own read")
	i.both(role, "role update {ID} --name Clerks --own=")
	i.both(role, "role get {ID}")
	i.both(i.both(none, "role create --organisation org-{N} --code spare --name Spare"), "role delete {ID}")
	i.both(none, "role list --organisation org-{N}")
	i.same("role list --json")

	service := i.both(none, "service-account create --organisation org-{N} --username pos --full-name Till")
	i.both(service, "service-account update {ID} --email pos@{N}.example --status disabled")
	i.both(service, "service-account update {ID} --status active")
	i.both(service, "service-account get {ID}")
	i.both(none, "service-account reset-password pos --organisation org-{N}")
	i.both(none, "service-account list --organisation org-{N}")

	member := i.both(service, "member add --organisation org-{N} --user {ID} --role clerk")
	i.both(none, "member list --organisation org-{N}")
	i.both(member, "member get {ID}")
	i.both(none, "role create --organisation org-{N} --code baker --name Baker")
	i.both(member, "member update {ID} --role baker")
	i.both(member, "member remove {ID}")
	i.same("usage list --organisation acme")
	i.same("connection list --organisation acme")
	i.same("connection list --organisation acme --json")
	i.same("session list --user " + i.user)
	i.same("invitation list --organisation acme")
	i.same("audit list --organisation org-one")
	i.same("audit list --organisation org-two --json")
}

func TestVerbs_CredentialsBothWays(t *testing.T) {
	i := newInstallation(t)
	none := [2]string{}
	key := i.both(none, "apikey create --organisation acme --name Books-{N} --expires 2d --address 192.0.2.0/24")
	i.both(key, "apikey get {ID}")
	i.both(key, "apikey update {ID} --name Ledger-{N} --address= --report-only")
	i.both(key, "apikey rotate {ID}")
	i.both(key, "apikey disable {ID}")
	i.both(key, "apikey enable {ID}")
	i.same("apikey list --organisation acme")
	i.same("apikey list --json")
	i.both(key, "apikey revoke {ID}")

	client := i.both(none, "client create --organisation acme --name App-{N} --company E --website https://e.example --contact a@e.example --grant client_credentials --scope read")
	i.both(client, "client update {ID} --company Example --scope write --product maps")
	i.both(client, "client get {ID}")
	i.both(client, "client rotate-secret {ID} --overlap 0s")
	i.both(client, "client disable {ID}")
	i.both(client, "client enable {ID}")
	i.same("client list --organisation acme")
	i.same("client list --json")

	for n, run := range []func(...string) result{i.here, i.there} {
		if r := run("key", "rotate", "--algorithm", "EdDSA"); r.code != 0 || !strings.Contains(r.out, "signs from") {
			t.Errorf("key rotate, %d: %d %s%s", n, r.code, r.out, r.errors)
		}
	}
	i.same("key list")
}

// An invitation is mailed by the server, and seen and withdrawn from either side.
func TestVerbs_WhatTheServerAloneDoes(t *testing.T) {
	i := newInstallation(t)
	for _, line := range []string{"invitation create --organisation acme --email new@acme.example --role clerk", "session end ses_1"} {
		if r := i.here(strings.Fields(line)...); r.code != 2 || !strings.Contains(r.errors, "--server") {
			t.Errorf("%s: %d %s", line, r.code, r.errors)
		}
	}
	i.here("role", "create", "--organisation", "acme", "--code", "clerk", "--name", "Clerk")
	r := i.there("invitation", "create", "--organisation", "acme", "--email", "new@acme.example", "--role", "clerk", "--json")
	var made struct{ ID, Email string }
	if err := json.Unmarshal([]byte(r.out), &made); err != nil || made.Email != "new@acme.example" {
		t.Fatalf("%d %s%s", r.code, r.out, r.errors)
	}
	i.same("invitation list --organisation acme")
	if r := i.here("invitation", "withdraw", made.ID); r.code != 0 {
		t.Errorf("%d %s", r.code, r.errors)
	}
	i.same("invitation list --organisation acme")
}

// Whoever is locked out for good is let back in from either side, and the server tells
// them of both.
func TestVerbs_ResetFactors(t *testing.T) {
	i := newInstallation(t)
	for n, run := range []func(...string) result{i.here, i.there} {
		if r := run("person", "reset-factors", "owner@acme.example"); r.code != 0 || !strings.Contains(r.out, "second factors of owner@acme.example are gone") {
			t.Errorf("%d: %d %s%s", n, r.code, r.out, r.errors)
		}
		if r := run("person", "reset-factors", "nobody@acme.example"); r.code != 1 || !strings.Contains(r.errors, "there is no person \"nobody@acme.example\"") {
			t.Errorf("%d: %d %s%s", n, r.code, r.out, r.errors)
		}
	}
	if r := i.here("audit", "list", "--type", "factors.reset"); strings.Count(r.out, "factors.reset") != 2 || !strings.Contains(r.out, "cli") {
		t.Errorf("the audit trail: %s%s", r.out, r.errors)
	}
}

func TestVerbs_RefusalsNameTheFlag(t *testing.T) {
	i := newInstallation(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(i.token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := i.run(nil, "organisation", "list", "--server", i.url, "--token-file", file); r.code != 0 {
		t.Errorf("a token in a file: %s", r.errors)
	}
	for _, tt := range []struct {
		want string
		line string
	}{
		{"there is no organisation with the code \"none\"", "account list --organisation none"},
		{"there is no account \"none\"; \"claviger account list\" lists them", "account get none"},
		{"--role: there is no such role", "service-account create --organisation acme --username x --role none"},
		{"--website: ", "client create --name X --company E --website nowhere --contact a@e.example"},
		{"there is no role \"..\"", "role get .."},
	} {
		here, there := i.here(strings.Fields(tt.line)...), i.there(strings.Fields(tt.line)...)
		if here.code != 1 || here != there || !strings.Contains(here.errors, tt.want) {
			t.Errorf("%s: %d %s, %d %s", tt.line, here.code, here.errors, there.code, there.errors)
		}
	}
	for _, tt := range []struct {
		code    int
		want    string
		environ string
		args    []string
	}{
		{2, "CLAVIGER_TOKEN or in --token-file", "A=b", []string{"--server", i.url}},
		{2, "the server must be https", "CLAVIGER_TOKEN=x", []string{"--server", "http://id.example"}},
		{2, "leave --data and --config out", "CLAVIGER_TOKEN=x", []string{"--server", i.url, "--data", i.data}},
		{2, "--token-file goes with --server", "A=b", []string{"--token-file", file, "--data", i.data}},
		{1, "cannot be reached", "CLAVIGER_TOKEN=x", []string{"--server", "http://127.0.0.1:1"}},
		{1, "", "CLAVIGER_TOKEN=wrong", []string{"--server", i.url}},
		{0, "", "CLAVIGER_TOKEN=unused", []string{"--data", i.data}},
	} {
		r := i.run([]string{tt.environ}, append([]string{"organisation", "list"}, tt.args...)...)
		if r.code != tt.code || !strings.Contains(r.errors, tt.want) || strings.Contains(r.errors+r.out, i.token) {
			t.Errorf("%q: %d %s", tt.args, r.code, r.errors)
		}
	}
}
