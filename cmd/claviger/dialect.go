package main

import (
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"claviger"
	"claviger/internal/config"
	"claviger/internal/dialect"
)

type dialectCommand struct {
	Check dialectCheck `cmd:"" help:"Check dialect files, and that their routes do not collide."`
	List  dialectList  `cmd:"" help:"List the dialects that there are, and which of them are served."`
}

type dialectCheck struct {
	File []string `arg:"" help:"Dialect files."`
}

// Run checks files. It needs neither configuration nor database.
func (a *dialectCheck) Run(c *command) error {
	var all []*dialect.Dialect
	wrong := 0
	for _, file := range a.File {
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		d, err := dialect.Parse(file, source)
		if err != nil {
			wrong++
			_, _ = fmt.Fprintln(c.log, lines(err.Error()))
			continue
		}
		all = append(all, d)
		c.print("%s: ok: %s, %d routes\n", plain(file), plain(d.Name), len(d.Routes))
		for _, line := range d.Describe() {
			c.print("  %s\n", plain(line))
		}
	}
	if wrong > 0 {
		return failed("%d of %d files cannot be used", wrong, len(a.File))
	}
	return dialect.CheckTogether(all)
}

type dialectList struct{}

// Run lists the built-in dialects and those of dialect_dir.
func (dialectList) Run(c *command) error {
	config, err := c.load(place{})
	if err != nil {
		return err
	}
	dialects, err := loadDialects(config)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, d := range dialects.all() {
		from := "built in"
		if slices.Contains(dialects.added, d) {
			from = config.DialectDir
		}
		served := yesNo(slices.Contains(dialects.served, d))
		rows = append(rows, []string{d.Name, d.Title, served, fmt.Sprint(len(d.Routes)), from})
	}
	c.table([]string{"NAME", "TITLE", "SERVED", "ROUTES", "FROM"}, rows)
	return nil
}

// dialectSet is what a configuration has of dialects.
type dialectSet struct {
	builtIn []*dialect.Dialect
	added   []*dialect.Dialect // of dialect_dir
	served  []*dialect.Dialect
}

func (s *dialectSet) all() []*dialect.Dialect { return slices.Concat(s.builtIn, s.added) }

func (s *dialectSet) names() []string { return namesOf(s.all()) }

func namesOf(dialects []*dialect.Dialect) []string {
	names := make([]string, len(dialects))
	for i, d := range dialects {
		names[i] = d.Name
	}
	return names
}

// loadDialects loads the built-in dialects and those of dialect_dir, and checks
// that those to be served go together.
func loadDialects(config *config.Config) (*dialectSet, error) {
	files, err := fs.Sub(claviger.Dialects, "dialects")
	if err != nil {
		return nil, err
	}
	set := &dialectSet{}
	if set.builtIn, err = dialect.Load(files); err != nil {
		return nil, err
	}
	chosen, err := config.ServedDialects(namesOf(set.builtIn))
	if err != nil {
		return nil, err
	}
	for _, d := range set.builtIn {
		if slices.Contains(chosen, d.Name) {
			set.served = append(set.served, d)
		}
	}
	if config.DialectDir != "" {
		if set.added, err = dialect.Load(os.DirFS(config.DialectDir)); err != nil {
			return nil, fmt.Errorf("dialect_dir %s: %w", config.DialectDir, err)
		}
		set.served = append(set.served, set.added...)
	}
	return set, dialect.CheckTogether(set.served)
}

// checkDialect refuses the name of a dialect that is not there. None is no
// mistake.
func checkDialect(config *config.Config, name string) error {
	if name == "" {
		return nil
	}
	dialects, err := loadDialects(config)
	if err != nil {
		return err
	}
	if names := dialects.names(); !slices.Contains(names, name) {
		return misused("there is no dialect \"%s\"; there are %s", name, strings.Join(names, ", "))
	}
	return nil
}
