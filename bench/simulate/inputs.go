package main

import "flag"

// Inputs are what the simulation is told. Shares are of token requests; prices are
// in any currency.
type Inputs struct {
	Organisations float64 // of the platform

	// for each organisation
	Accounts, People, Keys, Clients, Consents float64
	Tokens                                    float64 // token requests a day, on average
	Changes                                   float64 // changes of configuration a day: a key, a member, a client
	SignIns                                   float64 // a day, of all its people

	Skew          float64 // of organisations: the n-th busiest makes 1/n^Skew of what the first does
	First         float64 // share of requests that begin a family of refresh tokens
	Rotation      float64 // share of requests that rotate one; the rest are machines without refresh tokens
	Verifications float64 // introspections, forward-auth and decisions for each token request
	Peak          float64 // the busiest hour to the average, 1 to 2
	OnTheHour     float64 // share of an hour's requests that timers put into its first minute

	RefreshDays, GrantDays, AuditDays float64 // how long rows stay
	Lookups                           float64 // cache look-ups a request that are of one organisation
	CacheEntries                      float64 // that a node keeps
	Nodes                             float64 // that share the requests, in the tables of the cache

	TokenMicros, VerifyMicros float64 // processor time of a node for one, without the store
	Busy                      float64 // how much of a processor may be used at the peak

	Copies       float64 // of the database: itself and its standbys
	BackupDays   float64 // of log that are kept
	PriceVCPU    float64 // an hour
	PriceGB      float64 // a month, of a disk
	PriceArchive float64 // a month, of a GB of backup

	Seed uint64
}

// Defaults are the inputs of docs/scaling.md.
func Defaults() Inputs {
	return Inputs{
		Organisations: 10_000_000,
		Accounts:      1.5, People: 2, Keys: 1.5, Clients: 0.2, Consents: 0.5, Tokens: 20, Changes: 0.1, SignIns: 0.2,
		Skew: 0.9, First: 0.03, Rotation: 0.17, Verifications: 10, Peak: 2, OnTheHour: 0.05,
		RefreshDays: 30, GrantDays: 365, AuditDays: 400,
		Lookups: 4, CacheEntries: 100_000, Nodes: 4,
		TokenMicros: 160, VerifyMicros: 60, Busy: 0.5,
		Copies: 2, BackupDays: 7, PriceVCPU: 0.04, PriceGB: 0.10, PriceArchive: 0.02,
		Seed: 1,
	}
}

// register makes a flag of each input.
func (in *Inputs) register(flags *flag.FlagSet) {
	for _, f := range in.fields() {
		flags.Float64Var(f.value, f.name, *f.value, f.meaning)
	}
	flags.Uint64Var(&in.Seed, "seed", in.Seed, "of the random numbers")
}

type field struct {
	name    string
	value   *float64
	meaning string
}

// fields lists the inputs as flags and as rows of a table.
func (in *Inputs) fields() []field {
	return []field{
		{"organisations", &in.Organisations, "organisations"},
		{"accounts", &in.Accounts, "accounts of an organisation"},
		{"people", &in.People, "people of an organisation, each with a membership"},
		{"keys", &in.Keys, "API keys of an organisation, each with a secret"},
		{"clients", &in.Clients, "clients of an organisation, each with a secret"},
		{"consents", &in.Consents, "connections to partners of an organisation"},
		{"tokens", &in.Tokens, "token requests a day of an organisation, on average"},
		{"changes", &in.Changes, "changes of configuration a day of an organisation (a key, a member, a client)"},
		{"sign-ins", &in.SignIns, "sign-ins a day of an organisation's people"},
		{"skew", &in.Skew, "exponent of Zipf's law over organisations"},
		{"first", &in.First, "share of token requests that begin a family of refresh tokens"},
		{"rotation", &in.Rotation, "share of token requests that rotate a refresh token"},
		{"verifications", &in.Verifications, "introspections, forward-auth and decisions for each token request"},
		{"peak", &in.Peak, "requests of the busiest hour to those of the average one"},
		{"on-the-hour", &in.OnTheHour, "share of an hour's requests that timers put into its first minute"},
		{"refresh-days", &in.RefreshDays, "days that the row of a refresh token stays"},
		{"grant-days", &in.GrantDays, "days that the row of a grant stays"},
		{"audit-days", &in.AuditDays, "days that an audit record stays"},
		{"lookups", &in.Lookups, "cached look-ups of a request that concern its organisation"},
		{"cache", &in.CacheEntries, "entries in the cache of a node"},
		{"nodes", &in.Nodes, "nodes that share the requests"},
		{"token-us", &in.TokenMicros, "processor time of a token on a node, without the store, in us"},
		{"verify-us", &in.VerifyMicros, "processor time of a verification on a node, in us"},
		{"busy", &in.Busy, "how much of a processor may be used at the peak"},
		{"copies", &in.Copies, "copies of the database, with its standbys"},
		{"backup-days", &in.BackupDays, "days of log that are archived"},
		{"price-vcpu", &in.PriceVCPU, "price of a vCPU for an hour"},
		{"price-gb", &in.PriceGB, "price of a GB of disk for a month"},
		{"price-archive", &in.PriceArchive, "price of a GB of archive for a month"},
	}
}
