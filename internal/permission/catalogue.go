package permission

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"claviger/internal/core"
	"claviger/internal/store"
)

// Catalogue holds the permissions and the conditions of the store, compiled. It
// follows the store: a change counts at the next decision on this node.
type Catalogue struct {
	Store *store.Store

	loading sync.Mutex
	current atomic.Pointer[snapshot]
}

// snapshot is the catalogue at a generation of the store.
type snapshot struct {
	generation uint64
	rules      map[string]*rule      // by the name of the permission
	compiled   map[string]*condition // by source, so that nothing is compiled twice
}

// Permission returns a permission; core.ErrNotFound where there is none.
func (c *Catalogue) Permission(ctx context.Context, name string) (*core.Permission, error) {
	r, err := c.rule(ctx, name)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("permission: %w", core.ErrNotFound)
	}
	return r.permission, nil
}

// rule returns the rule of a permission; nil where there is none.
func (c *Catalogue) rule(ctx context.Context, name string) (*rule, error) {
	s := c.current.Load()
	if s == nil || s.generation != c.Store.Generation() {
		var err error
		if s, err = c.load(ctx); err != nil {
			return nil, err
		}
	}
	return s.rules[name], nil
}

// load reads the catalogue anew. The generation is taken before: a change that
// races with it leaves a snapshot that is already out of date, never a stale one.
func (c *Catalogue) load(ctx context.Context) (*snapshot, error) {
	c.loading.Lock()
	defer c.loading.Unlock()
	now, before := c.Store.Generation(), c.current.Load()
	if before != nil && before.generation == now {
		return before, nil
	}
	permissions, err := c.Store.Permissions(ctx)
	if err != nil {
		return nil, err
	}
	conditions, err := c.Store.Conditions(ctx)
	if err != nil {
		return nil, err
	}
	s := &snapshot{generation: now, rules: make(map[string]*rule, len(permissions)), compiled: map[string]*condition{}}
	sources := map[string]string{}
	for _, condition := range conditions {
		sources[condition.Name] = condition.When
	}
	for _, p := range permissions {
		s.rules[p.Name] = s.ruleOf(p, sources, before)
	}
	c.current.Store(s)
	return s, nil
}

// ruleOf joins a permission with its conditions. One that is not declared, or
// that this release cannot compile, is nil, and so never met.
func (s *snapshot) ruleOf(p *core.Permission, sources map[string]string, before *snapshot) *rule {
	r := &rule{permission: p, conditions: make([]*condition, len(p.RequiresAny))}
	for i, name := range p.RequiresAny {
		if when, declared := sources[name]; declared {
			r.conditions[i] = s.compile(when, before)
		}
	}
	return r
}

func (s *snapshot) compile(when string, before *snapshot) *condition {
	if known, ok := s.compiled[when]; ok {
		return known
	}
	var c *condition
	known := false
	if before != nil {
		c, known = before.compiled[when]
	}
	if !known {
		c, _ = compile(when) // nil where it fails
	}
	s.compiled[when] = c
	return c
}
