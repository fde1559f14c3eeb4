package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/secret"
)

// What one organisation of a population has.
const (
	tokensEach = 100    // refresh tokens, each of a grant of its own
	keysEach   = 10     // API keys
	sampleSize = 20_000 // refresh tokens of a sample
	sampleKeys = 10_000 // keys and clients of a sample: those that are in use in the same minutes
)

// template is a row of a table that others are made from.
type template struct {
	columns []string
	values  []any
}

// set is a column that differs from the template.
type set struct {
	column string
	value  any
}

// with returns the values of a row that differs in some columns.
func (t template) with(changes []set) []any {
	values := slices.Clone(t.values)
	for _, c := range changes {
		values[slices.Index(t.columns, c.column)] = c.value
	}
	return values
}

// rows are those of a table that are not written yet.
type rows struct {
	columns []string
	values  [][]any
}

// population fills a database for a measurement, and for nothing else: with copies
// of rows that the server has made itself, each with its own ids, numbers and
// secrets. So it need not know what else a table has.
type population struct {
	random    *rand.ChaCha8
	hasher    *secret.Hasher
	at        time.Time // of the next id
	next      int       // number of the next organisation
	templates map[string]template
	tables    map[string]*rows

	sample sample
}

// sample is some of what was put in last, from all over it.
type sample struct {
	everyToken, everyKey, everyClient int // one in so many

	tokens        []string // refresh tokens
	keys, clients []value
}

// order is one in which nothing refers to what is not there yet.
var order = []string{"organisations", "accounts", "users", "memberships", "clients", "api_keys", "secrets", "grants", "refresh_tokens"}

// newPopulation prepares the filling of an installation in which a service account
// has signed in. The seed is fixed: two runs measure the same rows.
func newPopulation(ctx context.Context, db database, i *installation) (*population, error) {
	text, err := os.ReadFile(filepath.Join(i.dir, "data", "master.key"))
	if err != nil {
		return nil, err
	}
	master, err := keys.ParseMasterKey(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, err
	}
	p := &population{
		random: rand.NewChaCha8([32]byte{'b', 'e', 'n', 'c', 'h'}), at: time.Now().Add(-20 * 24 * time.Hour), // of 30 that tokens live
		hasher:    &secret.Hasher{Key: master.Derive("secret digest")}, // as internal/server has it
		templates: map[string]template{}, tables: map[string]*rows{},
	}
	for name, query := range map[string]string{
		"organisations":  "SELECT * FROM organisations WHERE code = 'bench'",
		"accounts":       "SELECT * FROM accounts WHERE id = 'bench-main'",
		"users":          "SELECT * FROM users WHERE username = 'bench-service'",
		"memberships":    "SELECT m.* FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.username = 'bench-service'",
		"clients":        "SELECT * FROM clients WHERE id = 'bench-client'",
		"client secrets": "SELECT * FROM secrets WHERE owner_id = 'bench-client'",
		"api_keys":       "SELECT * FROM api_keys WHERE name = 'Reader'",
		"key secrets":    "SELECT s.* FROM secrets s JOIN api_keys k ON k.id = s.owner_id WHERE k.name = 'Reader'",
		"refresh_tokens": "SELECT * FROM refresh_tokens ORDER BY selector DESC LIMIT 1",
		"grants":         "SELECT g.* FROM grants g JOIN refresh_tokens t ON t.grant_id = g.id ORDER BY t.selector DESC LIMIT 1",
	} {
		if p.templates[name], err = db.one(ctx, query); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p, nil
}

func (p *population) id(prefix string) string {
	p.at = p.at.Add(time.Millisecond)
	return core.NewID(prefix, p.at, p.random)
}

func (p *population) put(table, from string, changes ...set) {
	t := p.templates[from]
	if p.tables[table] == nil {
		p.tables[table] = &rows{columns: t.columns}
	}
	p.tables[table].values = append(p.tables[table].values, t.with(changes))
}

// fill adds organisations until there are rows for size refresh tokens.
func (p *population) fill(ctx context.Context, db database, size int) error {
	last := size / tokensEach
	added := last - p.next
	p.sample = sample{everyToken: max(1, added*tokensEach/sampleSize), everyKey: max(1, added*keysEach/sampleKeys), everyClient: max(1, added/sampleKeys)}
	for p.next < last {
		p.organisation()
		if p.next%50 != 0 && p.next != last {
			continue
		}
		for _, table := range order {
			if err := db.insert(ctx, table, p.tables[table]); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			p.tables[table].values = p.tables[table].values[:0]
		}
	}
	return db.settle(ctx)
}

// organisation makes one with its account, client, service account, API keys and
// grants.
func (p *population) organisation() {
	p.next++
	number, name := int64(1_000_000+p.next), "bench-"+strconv.Itoa(p.next)
	organisation, account, user, client := p.id(core.PrefixOrganisation), p.id(core.PrefixAccount), p.id(core.PrefixUser), p.id(core.PrefixClient)
	p.put("organisations", "organisations", set{"id", organisation}, set{"number", number}, set{"code", name}, set{"name", name})
	p.put("accounts", "accounts", set{"id", account}, set{"number", number}, set{"organisation_id", organisation})
	p.put("users", "users", set{"id", user}, set{"number", number}, set{"organisation_id", organisation}, set{"username", name})
	p.put("memberships", "memberships", set{"id", p.id(core.PrefixMembership)}, set{"user_id", user}, set{"organisation_id", organisation})
	p.put("clients", "clients", set{"id", client}, set{"number", number}, set{"organisation_id", organisation})
	text := p.secretOf("client secrets", client)
	if p.next%p.sample.everyClient == 0 {
		p.sample.clients = append(p.sample.clients, value{"", "client_id=" + client + "&client_secret=" + text})
	}
	for n := range keysEach {
		key := p.id(core.PrefixAPIKey)
		p.put("api_keys", "api_keys", set{"id", key}, set{"organisation_id", organisation}, set{"account_id", account}, set{"name", strconv.Itoa(n)})
		text := p.secretOf("key secrets", key)
		if (p.next*keysEach+n)%p.sample.everyKey == 0 {
			p.sample.keys = append(p.sample.keys, value{account, text})
		}
	}
	for n := range tokensEach {
		grant, selector, text := p.id(core.PrefixGrant), p.id(""), secret.NewSecret(p.random)
		p.put("grants", "grants", set{"id", grant}, set{"user_id", user}, set{"organisation_id", organisation})
		hash := secret.Token{Kind: secret.RefreshToken, Selector: selector, Secret: text}.Hash()
		p.put("refresh_tokens", "refresh_tokens", set{"selector", selector}, set{"hash", hash}, set{"grant_id", grant})
		if (p.next*tokensEach+n)%p.sample.everyToken == 0 {
			p.sample.tokens = append(p.sample.tokens, secret.FormatToken(secret.RefreshToken, selector, text))
		}
	}
}

// secretOf puts in the secret of a client or key, and returns it.
func (p *population) secretOf(from, owner string) string {
	text := secret.NewSecret(p.random)
	digest := p.hasher.Digest(text)
	changes := []set{{"id", p.id(core.PrefixSecret)}, {"owner_id", owner}, {"hash", digest}}
	if t := p.templates[from]; t.values[slices.Index(t.columns, "digest")] != "" { // a key that is presented alone
		changes = append(changes, set{"digest", digest})
	}
	p.put("secrets", from, changes...)
	return text
}

// shuffle puts the sample into no order.
func (p *population) shuffle() {
	r := rand.New(p.random)
	r.Shuffle(len(p.sample.tokens), func(a, b int) {
		t := p.sample.tokens
		t[a], t[b] = t[b], t[a]
	})
	r.Shuffle(len(p.sample.keys), func(a, b int) {
		k := p.sample.keys
		k[a], k[b] = k[b], k[a]
	})
	r.Shuffle(len(p.sample.clients), func(a, b int) {
		c := p.sample.clients
		c[a], c[b] = c[b], c[a]
	})
}
