package permissiontest

import (
	_ "embed" // the table
	"fmt"
	"slices"
	"strings"
)

//go:embed centrapay.tsv
var published string

// Row is one line of the published table.
type Row struct {
	Permission  string
	RequiresAny []string          // conditions, of which one must be met
	Scope       map[string]string // by role: "own" or "global"; none otherwise
}

// Table returns the codes of the roles and the rows of the table. A permission
// that the table lists twice is one row; the lines must agree.
func Table() (roles []string, rows []Row) {
	lines := strings.Split(strings.TrimSpace(published), "\n")
	roles = strings.Split(lines[0], "\t")[2:]
	seen := map[string]string{}
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if earlier, twice := seen[cells[0]]; twice {
			if earlier != line {
				panic(fmt.Sprintf("permissiontest: %s stands twice, and differs", cells[0]))
			}
			continue
		}
		seen[cells[0]] = line
		row := Row{Permission: cells[0], Scope: map[string]string{}}
		if cells[1] != "-" {
			row.RequiresAny = strings.Split(cells[1], ",")
		}
		for i, cell := range cells[2:] {
			if cell != "-" {
				row.Scope[roles[i]] = cell
			}
		}
		rows = append(rows, row)
	}
	return roles, rows
}

// allows is what the published text says. trusted is the caller's flag, own
// whether the role is held in the account.
func (r *Row) allows(role string, own, trusted bool, on account) bool {
	if scope := r.Scope[role]; scope != "global" && (scope != "own" || !own) {
		return false
	}
	met := map[string]bool{"trusted-user": trusted, "external-asset-issuer": on.issuer, "org-account": on.org}
	return len(r.RequiresAny) == 0 || slices.ContainsFunc(r.RequiresAny, func(name string) bool { return met[name] })
}
