package dialect

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

// Load reads NAME/dialect.yaml in every directory of fsys. The error joins
// everything that is wrong with any of them.
func Load(fsys fs.FS) ([]*Dialect, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("dialects: %w", err)
	}
	var all []*Dialect
	var problems []error
	for _, entry := range entries {
		if !entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		d, err := loadOne(fsys, entry.Name())
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = append(all, d)
	}
	if err := errors.Join(append(problems, CheckTogether(all))...); err != nil {
		return nil, err
	}
	return all, nil
}

func loadOne(fsys fs.FS, directory string) (*Dialect, error) {
	file := path.Join(directory, "dialect.yaml")
	source, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("dialects: %w", err)
	}
	d, err := Parse(file, source)
	if err != nil {
		return nil, err
	}
	if d.Name != directory {
		return nil, fmt.Errorf("%s: the dialect is %q, its directory %q", file, d.Name, directory)
	}
	return d, nil
}

// CheckTogether reports dialects that cannot be served at once: two of one name,
// or routes that collide.
func CheckTogether(all []*Dialect) error {
	var problems []error
	mux := http.NewServeMux()
	names := map[string]string{}
	for _, d := range all {
		if other, taken := names[d.Name]; taken {
			problems = append(problems, fmt.Errorf("%s: the dialect %q is in %s already", d.file, d.Name, other))
		}
		names[d.Name] = d.file
		seen := map[string]bool{} // of each dialect: two may not share a path, even by different methods
		for _, rt := range d.Routes {
			if err := register(mux, seen, rt); err != nil {
				problems = append(problems, fmt.Errorf("%s: %s: %w", d.file, rt.Pattern, err))
			}
		}
	}
	return errors.Join(problems...)
}

// Allow returns the methods that the dialect has at the path of a route, for
// the header Allow: "GET, HEAD, PUT".
func (d *Dialect) Allow(path string) string {
	var out []string
	for _, rt := range d.Routes {
		if rt.path != path {
			continue
		}
		out = append(out, rt.Method)
		if rt.Method == http.MethodGet {
			out = append(out, http.MethodHead) // net/http answers it with the GET route
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// Describe returns a line for each route: method and path, operation, how a
// caller authenticates, and what is asked of it.
func (d *Dialect) Describe() []string {
	lines := make([]string, 0, len(d.Routes))
	for _, rt := range d.Routes {
		line := fmt.Sprintf("%-6s %s  %s", rt.Method, rt.path, rt.Operation)
		if len(rt.Grants) > 0 {
			line += " (" + strings.Join(rt.Grants, ", ") + ")"
		}
		if rt.bySecret {
			line += "  by secret"
		}
		if rt.Authentication.Bearer {
			line += "  bearer"
		}
		if rt.Authentication.APIKey {
			line += "  " + d.apiKeyHeader
		}
		if rt.Permission != "" {
			line += "  permission " + rt.Permission
		}
		if rt.Scope != "" {
			line += "  scope " + rt.Scope
		}
		lines = append(lines, line)
	}
	return lines
}
