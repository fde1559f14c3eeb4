package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/server"
	"claviger/internal/store"
	"claviger/oauth"
	"claviger/test/testlog"
)

const connectedCompany = `
organisations:
  - {code: acme, name: Acme, accounts: [{id: acme-fr, name: Acme France}]}
people: [{email: owner@acme.example}]
clients:
  - {id: partner, name: Partner, kind: public, grant_types: [authorization_code], redirect_hosts: [partner.example]}
`

// withConnection makes an installation with one connection and returns its id.
func withConnection(t *testing.T, p *program, data string) string {
	t.Helper()
	p.must("key", "create-master", "--data", data)
	p.must("apply", "--data", data, "-f", write(t, data+"/acme.yaml", connectedCompany))
	settings, err := config.Load("", []string{"CLAVIGER_DATA=" + data})
	if err != nil {
		t.Fatal(err)
	}
	db, err := server.OpenStore(t.Context(), settings, server.Environment{Log: testlog.Logger(t), Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	organisation, err := db.OrganisationByCode(t.Context(), "acme")
	owner, err2 := db.PersonBy(t.Context(), "owner@acme.example")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	consent := &core.Consent{ClientID: "partner", OrganisationID: organisation.ID, AccountID: "acme-fr", UserID: owner.ID, Scopes: oauth.Scope{"read", "write"}}
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.PutConsent(consent) }); err != nil {
		t.Fatal(err)
	}
	return consent.ID
}

func TestSD_10_ConnectionsByTheCommandLine(t *testing.T) {
	p, data := newProgram(t), t.TempDir()
	id := withConnection(t, p, data)
	var listed []listedConnection
	out := p.must("connection", "list", "--data", data, "--organisation", "acme", "--json")
	if err := json.Unmarshal([]byte(out), &listed); err != nil || len(listed) != 1 {
		t.Fatalf("%v\n%s", err, out)
	}
	if x := listed[0]; x.ID != id || x.ClientID != "partner" || x.Company != "Acme France" || x.Scopes.String() != "read write" || x.ApprovedBy != "owner@acme.example" {
		t.Errorf("%+v", x)
	}
	if line := lineWith(p.must("connection", "list", "--data", data, "--organisation", "acme"), id); line == "" {
		t.Error("the list does not name the connection")
	}
	var acme struct{ ID string }
	if err := json.Unmarshal([]byte(p.must("organisation", "get", "acme", "--data", data, "--json")), &acme); err != nil {
		t.Fatal(err)
	}
	if line := lineWith(p.must("connection", "list", "--data", data, "--organisation", acme.ID), id); line == "" {
		t.Error("the list of the organisation by its id does not name the connection")
	}
	p.must("connection", "end", "--data", data, id)
	if out := p.must("audit", "list", "--data", data, "--organisation", acme.ID); lineWith(out, "consent.revoked") == "" {
		t.Errorf("the audit trail of the organisation by its id has\n%s", out)
	}
	if out := p.must("connection", "list", "--data", data, "--organisation", "acme"); out != "Acme is connected to no partner.\n" {
		t.Errorf("after the end: %s", out)
	}
	if out := p.must("audit", "list", "--data", data, "--type", "consent.revoked"); lineWith(out, "consent.revoked") == "" {
		t.Errorf("the audit trail has\n%s", out)
	}
	p.must("connection", "end", "--data", data, id) // again: nothing to do
	p.refused(exitFailed, []string{`there is no connection "con_none"`}, "connection", "end", "--data", data, "con_none")
	p.refused(exitFailed, []string{"there is no organisation"}, "connection", "list", "--data", data, "--organisation", "none")
	p.refused(exitUsage, []string{"--organisation"}, "connection", "list", "--data", data)
}
