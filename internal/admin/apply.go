package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"claviger/internal/core"
	"claviger/internal/store"
)

// Options say how to apply files.
type Options struct {
	DryRun      bool                        // plan only
	Dialects    []string                    // the names that a file may give
	DemoSecrets []string                    // secrets that are public; see DemoSecrets
	LookupEnv   func(string) (string, bool) // what ${NAME} stands for; nil: nothing
}

// SettingDemo is the setting that is "true" in a database that holds a secret of
// the demo data.
const SettingDemo = "demo"

// Apply makes what is stored agree with the files, all of it or nothing. Things
// are found by the names that files know them by; what the files do not mention
// is left alone, and so is a field that is left out. Applying the same again
// writes nothing. What is wrong with the files is returned as Problems.
//
// Only the command line and operators may apply.
func (s *Service) Apply(ctx context.Context, actor Actor, files []File, options Options) (*Plan, error) {
	var problems Problems
	documents := make([]*document, len(files))
	for i, file := range files {
		var err error
		if documents[i], err = parse(file); err != nil {
			problems = append(problems, err.(Problems)...) //nolint:errorlint // parse returns nothing else
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	var plan *Plan
	proofs := proofs{map[string]int{}, map[string]string{}} // outlives an attempt, for hashing is slow
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		if err := s.platformOnly(ctx, actor); err != nil {
			return nil, err
		}
		a := newApplication(ctx, s, actor, options, proofs)
		if err := a.run(files, documents); err != nil {
			return nil, err
		}
		if plan = a.plan; options.DryRun || !plan.Changed() {
			return nil, nil
		}
		return a.write, nil
	})
	if err != nil {
		return nil, err
	}
	return plan, nil
}

// application is one attempt to work out what files change.
type application struct {
	ctx      context.Context //nolint:containedctx // lives as long as one call of Apply
	service  *Service
	actor    Actor
	options  Options
	proofs   proofs
	file     string // whose entries are being read
	plan     *Plan
	problems Problems
	failure  error // trouble with the store or the hasher
	edits    map[string]*edit
	state
	writes
}

func newApplication(ctx context.Context, s *Service, actor Actor, options Options, proofs proofs) *application {
	return &application{
		ctx: ctx, service: s, actor: actor, options: options, proofs: proofs,
		plan: &Plan{}, edits: map[string]*edit{}, state: newState(),
	}
}

func (a *application) problem(at Place, format string, args ...any) {
	if at.File == "" {
		at.File = a.file
	}
	a.problems = append(a.problems, Problem{at, fmt.Sprintf(format, args...)})
}

// run reads the files section by section, so that an entry can refer to what
// another file defines.
func (a *application) run(files []File, documents []*document) error {
	sections := []func(*document){
		a.conditions, a.permissions, a.organisations, a.allRoles, a.accounts, a.serviceAccounts, a.people, a.clients,
		a.apiKeys,
	}
	for _, section := range sections {
		for i, d := range documents {
			a.file = files[i].Name
			section(d)
		}
		if a.failure != nil {
			return a.failure
		}
	}
	a.settleConditions()
	a.settleMemberships()
	a.markDemo()
	if a.failure != nil {
		return a.failure
	}
	if len(a.problems) > 0 {
		slices.SortStableFunc(a.problems, byPlace(files))
		return a.problems
	}
	return nil
}

// fail keeps the first trouble; what is not there is none.
func (a *application) fail(err error) bool {
	if err == nil || errors.Is(err, core.ErrNotFound) {
		return false
	}
	if a.failure == nil {
		a.failure = err
	}
	return true
}

// byPlace orders problems as a reader meets them.
func byPlace(files []File) func(x, y Problem) int {
	index := func(p Problem) int {
		return slices.IndexFunc(files, func(f File) bool { return f.Name == p.At.File })
	}
	return func(x, y Problem) int {
		if d := index(x) - index(y); d != 0 {
			return d
		}
		if d := x.At.Line - y.At.Line; d != 0 {
			return d
		}
		return x.At.Column - y.At.Column
	}
}

// markDemo marks the database when a file brings a public secret into it.
func (a *application) markDemo() {
	if !a.demo {
		return
	}
	value, err := a.service.Store.Setting(a.ctx, SettingDemo)
	if a.fail(err) || value == "true" {
		a.demo = false
		return
	}
	e := a.edit("setting", SettingDemo, value == "")
	e.record("value", Place{}, false, show(value), "true")
}
