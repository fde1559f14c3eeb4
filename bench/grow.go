package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// growth is what an operation showed on a database of a size.
type growth struct {
	Operation string  `json:"operation"`
	Engine    string  `json:"engine"`
	Tokens    int     `json:"refresh_tokens"` // before the measurement; a tenth as many API keys, a hundredth organisations
	PerSecond float64 `json:"per_second"`     // at 128 connections
	OfFloor   float64 `json:"of_floor"`
	P50       float64 `json:"p50_ms"` // of one caller
}

// warming is how long a server is asked before what it keeps in memory is there: some
// times the sample.
const warming = 3 * time.Second

// grown are the operations that are measured against the size: each goes through
// thousands of rows, in no order.
var grown = []struct {
	name    string
	request func(ctx context.Context, i *installation, s *sample, connections int) (request, error)
	check   func(reply) error
	warm    bool // the server keeps what it reads, so it is asked for a while first
	once    bool // it uses the sample up
}{
	{"introspection", introspectSample, contains(`"active":true`), false, false},
	{"key_read", readSample, contains(`{"id":"`), true, false},
	{"client_credentials", askSample, accessToken("access_token", ""), true, false},
	{"refresh", rotateSample, accessToken("access_token", "refresh_token"), false, true},
}

func introspectSample(ctx context.Context, i *installation, s *sample, _ int) (request, error) {
	r := i.introspect("")
	tokens := s.tokens
	if len(tokens) == 0 {
		token, err := i.signIn(ctx)
		if err != nil {
			return r, err
		}
		tokens = []string{token}
	}
	for _, token := range tokens {
		r.values = append(r.values, value{"", token})
	}
	return r, nil
}

func readSample(_ context.Context, i *installation, s *sample, _ int) (request, error) {
	r := get("/api/accounts/")
	r.place, r.values = "X-Api-Key", s.keys
	if len(s.keys) == 0 {
		r.values = []value{{"bench-main", i.keySecret}}
	}
	return r, nil
}

func askSample(_ context.Context, i *installation, s *sample, _ int) (request, error) {
	r := form("/oauth2/token", "grant_type", "client_credentials", "scope", "read")
	r.body += "&"
	r.values = s.clients
	if len(s.clients) == 0 {
		r.values = []value{{"", "client_id=bench-client&client_secret=" + i.clientSecret}}
	}
	return r, nil
}

// rotateSample uses up a part of the sample.
func rotateSample(ctx context.Context, i *installation, s *sample, connections int) (request, error) {
	if len(s.tokens) == 0 {
		return refreshRotation(ctx, i, connections)
	}
	count := 1
	if connections > 0 {
		count = min(len(s.tokens), max(2000, connections*100))
	}
	r := i.rotation()
	r.tokens, s.tokens = s.tokens[:count], s.tokens[count:]
	return r, nil
}

// grow measures each engine at sizes from an empty database up.
func (b *bench) grow(ctx context.Context) ([]growth, error) {
	var list []growth
	for _, engine := range b.engines {
		i, err := b.serve(ctx, filepath.Join(b.dir, "growth-"+engine), engine)
		if err != nil {
			return nil, err
		}
		of, err := b.growOn(ctx, i)
		i.process.stop()
		if err != nil {
			return nil, fmt.Errorf("growth on %s: %w", engine, err)
		}
		list = append(list, of...)
	}
	return list, nil
}

// sizes are those that are measured, in refresh tokens.
func (b *bench) sizes() []int {
	list := []int{0}
	for size := 100_000; size <= b.largest; size *= 10 {
		list = append(list, size)
	}
	return list
}

func (b *bench) growOn(ctx context.Context, i *installation) ([]growth, error) {
	if _, err := i.signIn(ctx); err != nil { // a row to copy
		return nil, err
	}
	var list []growth
	var p *population
	for _, size := range b.sizes() {
		i.process.stop()
		began := time.Now()
		if err := i.populate(ctx, &p, size); err != nil {
			return nil, err
		}
		b.say("growth: %d refresh tokens on %s, put in within %s", size, i.engine, time.Since(began).Round(time.Second))
		if err := i.start(ctx); err != nil {
			return nil, err
		}
		floor, err := b.loadFloor(ctx, theFloor, load{manyConnection, b.duration})
		if err != nil {
			return nil, err
		}
		for n := range grown {
			g, err := b.growthOf(ctx, i, &p.sample, n)
			if err != nil {
				return nil, fmt.Errorf("%s with %d refresh tokens: %w", grown[n].name, size, err)
			}
			g.Tokens, g.OfFloor = size, g.PerSecond/floor
			list = append(list, g)
		}
	}
	return list, nil
}

// populate brings a database to a size.
func (i *installation) populate(ctx context.Context, p **population, size int) error {
	db, err := openDatabase(ctx, i)
	if err != nil {
		return err
	}
	defer db.Close()
	if *p == nil {
		if *p, err = newPopulation(ctx, db, i); err != nil {
			return err
		}
	}
	if err := (*p).fill(ctx, db, size); err != nil {
		return err
	}
	(*p).shuffle()
	return nil
}

func (b *bench) growthOf(ctx context.Context, i *installation, s *sample, n int) (growth, error) {
	o := operation{name: grown[n].name, check: grown[n].check, prepare: func(ctx context.Context, i *installation, connections int) (request, error) {
		return grown[n].request(ctx, i, s, connections)
	}}
	g := growth{Operation: o.name, Engine: i.engine}
	many := load{manyConnection, b.duration}
	if grown[n].warm && len(s.keys) > 0 {
		if _, err := b.measure(ctx, o, i, load{manyConnection, warming}); err != nil {
			return g, err
		}
	}
	measured := func(l load) (figure, error) {
		return b.steadily(!grown[n].once, func() (figure, error) { return b.measure(ctx, o, i, l) })
	}
	f, err := measured(many)
	if err != nil {
		return g, err
	}
	g.PerSecond = f.PerSecond
	var p50 []float64
	for range 2 {
		f, err := measured(load{1, time.Second})
		if err != nil {
			return g, err
		}
		p50 = append(p50, f.P50)
	}
	g.P50 = median(p50)
	return g, nil
}
