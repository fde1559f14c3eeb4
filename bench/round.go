package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"claviger/test/processors"
)

// figure is what an operation showed on one engine at one number of connections:
// medians over the rounds. Ratios are to what was measured just before it.
type figure struct {
	Operation   string  `json:"operation"`
	Engine      string  `json:"engine"` // "" of a floor
	Connections int     `json:"connections"`
	PerSecond   float64 `json:"per_second"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	OfFloor     float64 `json:"of_floor"`
	OfSigning   float64 `json:"of_signing_floor"`
	CPU         float64 `json:"cpu_us"` // of the server, for each request; not that of PostgreSQL
	Stolen      float64 `json:"stolen"` // share of the processors that the host of the machine took
}

// bench is one run.
type bench struct {
	options
	dir           string
	installations []*installation
	floors        map[string]*process // by theFloor and signingFloor
	samples       map[string][]figure // by key
	order         []string            // of the keys
	pause         time.Duration       // for a host that takes much of the processors
	loaded        int                 // how often something was
	disturbed     int                 // how often the host took much of the processors
}

func (f figure) key() string { return fmt.Sprintf("%s/%s/%d", f.Operation, f.Engine, f.Connections) }

// afterFloors is how many operations are measured before the floors are again.
const afterFloors = 4

// rounds measures everything in turn, as often as was asked for.
func (b *bench) rounds(ctx context.Context) error {
	for number := range b.count {
		b.say("round %d of %d", number+1, b.count)
		for _, l := range b.loads(number) {
			if err := b.round(ctx, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// loads are those of a round. One caller alone shows no throughput, only how long
// an answer takes, and that needs no second round.
func (b *bench) loads(round int) []load {
	list := []load{{manyConnection, b.duration}, {32, b.duration / 2}}
	if round == 0 {
		list = append(list, load{1, time.Second})
	}
	return list
}

func (b *bench) round(ctx context.Context, l load) error {
	var floor, signing float64
	for at, o := range b.chosen {
		if at%afterFloors == 0 {
			var err error
			if floor, err = b.loadFloor(ctx, theFloor, l); err == nil {
				signing, err = b.loadFloor(ctx, signingFloor, l)
			}
			if err != nil {
				return err
			}
		}
		for _, i := range b.installations {
			f, err := b.steadily(true, func() (figure, error) { return b.measure(ctx, o, i, l) })
			if err != nil {
				return fmt.Errorf("%s on %s, %d connections: %w", o.name, i.engine, l.connections, err)
			}
			f.OfFloor, f.OfSigning = f.PerSecond/floor, f.PerSecond/signing
			b.add(f)
		}
	}
	return nil
}

func (b *bench) loadFloor(ctx context.Context, name string, l load) (float64, error) {
	p := b.floors[name]
	r := form("/token", "grant_type", "client_credentials", "client_id", "bench-client",
		"client_secret", "0123456789abcdefghijklmnop", "scope", "read")
	answer, err := newWire(p.base).send(ctx, r)
	if err == nil {
		err = contains(`"access_token"`)(answer)
	}
	if err != nil {
		return 0, err
	}
	f, err := b.steadily(true, func() (figure, error) { return b.load(ctx, figure{Operation: name}, p, r, answer, l) })
	b.add(f)
	return f.PerSecond, err
}

// measure loads a server with an operation. One request before the load and one
// after it must be answered as they should.
func (b *bench) measure(ctx context.Context, o operation, i *installation, l load) (figure, error) {
	r, err := o.prepare(ctx, i, l.connections)
	if err != nil {
		return figure{}, err
	}
	answer, err := i.wire.send(ctx, r)
	if err == nil {
		err = o.check(answer)
	}
	if err != nil {
		return figure{}, err
	}
	if len(r.tokens) > 0 {
		r.tokens = r.tokens[1:] // it is used
	}
	f, err := b.load(ctx, figure{Operation: o.name, Engine: i.engine}, i.process, r, answer, l)
	if err != nil {
		return f, err
	}
	for try := 0; try == 0 || err != nil && try < 20; try++ {
		if try > 0 { // what wrk left behind when it closed is still being worked on
			time.Sleep(100 * time.Millisecond)
		}
		if r, err = o.prepare(ctx, i, 0); err == nil {
			answer, err = i.wire.send(ctx, r)
		}
		if err == nil {
			err = o.check(answer)
		}
	}
	if err != nil {
		return f, fmt.Errorf("after the load: %w", err)
	}
	return f, nil
}

func (b *bench) load(ctx context.Context, f figure, p *process, r request, answer reply, l load) (figure, error) {
	before, err := p.processorTime()
	if err != nil {
		return f, err
	}
	all, err := processors.Read()
	if err != nil {
		return f, err
	}
	m, err := runLoad(ctx, b.dir, p.base, r, l)
	if err != nil {
		return f, err
	}
	after, err := p.processorTime()
	if err != nil {
		return f, err
	}
	now, err := processors.Read()
	if err != nil {
		return f, err
	}
	if least, most := float64(len(answer.body))*0.9, float64(len(answer.body))+2048; m.Bytes < least || m.Bytes > most {
		return f, fmt.Errorf("an answer had %.0f bytes under load, and a body of %d before it", m.Bytes, len(answer.body))
	}
	f.Connections, f.PerSecond = l.connections, m.PerSecond
	f.P50, f.P99 = m.P50.Seconds()*1e3, m.P99.Seconds()*1e3
	f.CPU = (after - before).Seconds() * 1e6 / float64(m.Requests)
	f.Stolen = now.StolenSince(all)
	b.say("  %-20s %-8s %4d connections %8.0f/s  p50 %8.2f ms  p99 %8.2f ms  %4.0f us of the processor, %2.0f %% taken by the host", f.Operation,
		f.Engine, f.Connections, f.PerSecond, f.P50, f.P99, f.CPU, f.Stolen*100)
	return f, nil
}

func (b *bench) add(f figure) {
	if _, ok := b.samples[f.key()]; !ok {
		b.order = append(b.order, f.key())
	}
	b.samples[f.key()] = append(b.samples[f.key()], f)
}

// figures returns the medians, in the order of the first round.
func (b *bench) figures() []figure {
	list := make([]figure, 0, len(b.order))
	for _, key := range b.order {
		list = append(list, medians(b.samples[key]))
	}
	return list
}

// floorSpan is how far apart the loads of the floor were, of which there is one
// before each fourth operation.
func (b *bench) floorSpan() (of span) {
	for n, f := range b.samples[figure{Operation: theFloor, Connections: manyConnection}.key()] {
		if n == 0 {
			of = span{f.PerSecond, f.PerSecond}
		}
		of.Least, of.Most = min(of.Least, f.PerSecond), max(of.Most, f.PerSecond)
	}
	return of
}

// medians takes each member's own median.
func medians(samples []figure) figure {
	of := func(member func(figure) float64) float64 {
		values := make([]float64, 0, len(samples))
		for _, f := range samples {
			values = append(values, member(f))
		}
		return median(values)
	}
	m := samples[0]
	m.PerSecond = of(func(f figure) float64 { return f.PerSecond })
	m.P50 = of(func(f figure) float64 { return f.P50 })
	m.P99 = of(func(f figure) float64 { return f.P99 })
	m.OfFloor = of(func(f figure) float64 { return f.OfFloor })
	m.OfSigning = of(func(f figure) float64 { return f.OfSigning })
	m.CPU = of(func(f figure) float64 { return f.CPU })
	m.Stolen = of(func(f figure) float64 { return f.Stolen })
	return m
}

// median is that of values, of which there is at least one.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
