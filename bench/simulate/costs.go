package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
)

// measureWrites runs what the token endpoint commits, kind by kind, so many times.
func measureWrites(ctx context.Context, e *engine, rows, writes int) (map[string]WriteCost, error) {
	current, grants := make([]string, writes), make([]string, writes)
	kinds := []struct {
		name string
		job  func(tx *store.Tx, i int) error
	}{
		{"audit", func(tx *store.Tx, i int) error { tx.Audit(event(i)); return nil }},
		{"first", func(tx *store.Tx, i int) error {
			g := grant(i % rows)
			if err := tx.InsertGrant(g); err != nil {
				return err
			}
			current[i], grants[i] = selector(), g.ID
			t := refreshToken(current[i], i)
			t.GrantID = g.ID
			tx.Audit(event(i))
			return tx.InsertRefreshToken(t)
		}},
		{"rotation", func(tx *store.Tx, i int) error {
			next := selector()
			ok, err := tx.ConsumeRefreshToken(current[i], time.Now(), next)
			if err != nil || !ok {
				return fmt.Errorf("the token could not be consumed: %v", err)
			}
			t := refreshToken(next, i)
			t.GrantID = grants[i]
			tx.Audit(event(i))
			return tx.InsertRefreshToken(t)
		}},
		{"change", func(tx *store.Tx, i int) error { tx.Audit(event(i)); return tables[3].put(tx, i%rows) }},
	}
	found := map[string]WriteCost{}
	for _, kind := range kinds {
		fmt.Fprintln(os.Stderr, "writes of", kind.name)
		cost, err := measureWrite(e, writes, func(i int) error {
			return e.store.Write(ctx, func(tx *store.Tx) error { return kind.job(tx, i) })
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind.name, err)
		}
		found[kind.name] = cost
	}
	return found, nil
}

func measureWrite(e *engine, writes int, job func(i int) error) (WriteCost, error) {
	stats, log, node, cpu, start := e.store.Stats(), e.log(), processorOfSelf(), e.cpu(), time.Now()
	if err := parallel(writes, job); err != nil {
		return WriteCost{}, err
	}
	elapsed, after, count := time.Since(start), e.store.Stats(), float64(writes)
	return WriteCost{
		LogBytes:    (e.log() - log) / count,
		NodeMicros:  micros(processorOfSelf()-node) / count,
		EngineMicro: micros(e.cpu()-cpu) / count,
		JobsACommit: float64(after.Jobs-stats.Jobs) / float64(after.Groups-stats.Groups),
		ASecond:     count / elapsed.Seconds(),
	}, nil
}

// measureMisses reads each organisation once: nothing of it is in the cache.
func measureMisses(ctx context.Context, e *engine, rows int) (ReadCost, error) {
	if _, err := e.store.Refresh(ctx); err != nil { // nothing from before
		return ReadCost{}, err
	}
	node, cpu, start := processorOfSelf(), e.cpu(), time.Now()
	err := parallel(rows, func(i int) error {
		_, err := e.store.Organisation(ctx, id(core.PrefixOrganisation, i))
		return err
	})
	elapsed := time.Since(start)
	return ReadCost{
		NodeMicros:  micros(processorOfSelf()-node) / float64(rows),
		EngineMicro: micros(e.cpu()-cpu) / float64(rows),
		ASecond:     float64(rows) / elapsed.Seconds(),
	}, err
}

// measureOrigins asks for the origin of a browser, for which the store reads all
// clients with origins, again after each change.
func measureOrigins(ctx context.Context, e *engine, rows int) (ReadCost, error) {
	const times = 5
	node, cpu, start := processorOfSelf(), e.cpu(), time.Now()
	for range times {
		if _, err := e.store.Refresh(ctx); err != nil {
			return ReadCost{}, err
		}
		if _, err := e.store.HasOrigin(ctx, "https://example.com"); err != nil {
			return ReadCost{}, err
		}
	}
	clients := float64(times * rows)
	return ReadCost{
		NodeMicros:  micros(processorOfSelf()-node) / clients,
		EngineMicro: micros(e.cpu()-cpu) / clients,
		ASecond:     clients / time.Since(start).Seconds(),
	}, nil
}

// measureCache reads nine tenths of what the cache holds, each kind into a cache of
// its own, and looks at the heap.
func measureCache(ctx context.Context, address string, rows int) (map[string]Heap, error) {
	count := min(rows, 90_000)
	kinds := []struct {
		name string
		read func(s *store.Store, i int) error
	}{
		{"organisation", func(s *store.Store, i int) error {
			_, err := s.Organisation(ctx, id(core.PrefixOrganisation, i))
			return err
		}},
		{"account", func(s *store.Store, i int) error { _, err := s.Account(ctx, id(core.PrefixAccount, i)); return err }},
		{"client", func(s *store.Store, i int) error { _, err := s.Client(ctx, clientID(i)); return err }},
		{"API key", func(s *store.Store, i int) error { _, err := s.APIKey(ctx, id(core.PrefixAPIKey, i)); return err }},
		{"secrets", func(s *store.Store, i int) error { _, err := s.Secrets(ctx, id(core.PrefixAPIKey, i)); return err }},
	}
	found := map[string]Heap{}
	for _, kind := range kinds {
		s, err := openStore(ctx, address)
		if err != nil {
			return nil, err
		}
		before := heap()
		for i := range count {
			if err := kind.read(s, i); err != nil {
				return nil, fmt.Errorf("%s: %w", kind.name, err)
			}
		}
		found[kind.name] = Heap{Bytes: (heap() - before) / float64(count)}
		if err := s.Close(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// parallel calls do for 0 to n-1 from as many goroutines as there are callers.
func parallel(n int, do func(i int) error) error {
	var next atomic.Int64
	var group sync.WaitGroup
	var first atomic.Pointer[error]
	for range callers {
		group.Go(func() {
			for i := int(next.Add(1) - 1); i < n && first.Load() == nil; i = int(next.Add(1) - 1) {
				if err := do(i); err != nil {
					first.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	group.Wait()
	if err := first.Load(); err != nil {
		return *err
	}
	return nil
}
