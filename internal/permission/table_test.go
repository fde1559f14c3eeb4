package permission

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"claviger/internal/core"
)

// row is one line of the published table.
type row struct {
	permission core.Permission
	grants     map[string]core.PermissionScope // role code -> scope
}

// table reads testdata/centrapay.tsv: permission, requires_any, then a column a
// role. A permission that the table lists twice is one row.
func table(t *testing.T) (codes []string, rows []row) {
	t.Helper()
	text, err := os.ReadFile("testdata/centrapay.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	codes = strings.Split(lines[0], "\t")[2:]
	seen := map[string]string{}
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if earlier, ok := seen[cells[0]]; ok {
			if earlier != line {
				t.Fatalf("%s stands twice, and differs", cells[0])
			}
			continue
		}
		seen[cells[0]] = line
		r := row{permission: core.Permission{Name: cells[0]}, grants: map[string]core.PermissionScope{}}
		if cells[1] != "-" {
			r.permission.RequiresAny = strings.Split(cells[1], ",")
		}
		for i, cell := range cells[2:] {
			if cell != "-" {
				r.grants[codes[i]] = core.PermissionScope(cell)
			}
		}
		rows = append(rows, r)
	}
	if len(codes) != 4 || len(rows) != 44 {
		t.Fatalf("table of %d roles and %d permissions", len(codes), len(rows))
	}
	return codes, rows
}

// roles turns the columns of the table into roles.
func roles(codes []string, rows []row) map[string]*core.Role {
	out := map[string]*core.Role{}
	for _, code := range codes {
		out[code] = &core.Role{Code: code, Grants: map[string]core.PermissionScope{}}
		for _, r := range rows {
			if scope, ok := r.grants[code]; ok {
				out[code].Grants[r.permission.Name] = scope
			}
		}
	}
	return out
}

// circumstances are the flags that can change a decision.
type circumstances struct{ trusted, issuer, org, foreign bool }

func everyCircumstance() []circumstances {
	var out []circumstances
	for bits := range 16 {
		out = append(out, circumstances{bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0})
	}
	return out
}

func (c circumstances) subject(role *core.Role) *Subject {
	s := &Subject{Held: []Held{{OrganisationID: "org_cafe", AccountID: "acc_cafe", Role: role}}, Caller: person()}
	if c.trusted {
		s.Caller.Flags = []string{core.FlagTrustedUser}
	}
	return s
}

func (c circumstances) target() *core.Account {
	a := &core.Account{ID: "acc_cafe", OrganisationID: "org_cafe", Type: core.AccountIndividual}
	if c.foreign {
		a.ID, a.OrganisationID = "acc_other", "org_other"
	}
	if c.org {
		a.Type = core.AccountOrg
	}
	if c.issuer {
		a.Subscriptions = []string{core.SubscriptionExternalAssetIssuer}
	}
	return a
}

// met is the flag rule of the published text: none asked for, or one of them met.
func (c circumstances) met(required []string) bool {
	of := map[string]bool{"trusted-user": c.trusted, "external-asset-issuer": c.issuer, "org-account": c.org}
	for _, name := range required {
		if of[name] {
			return true
		}
	}
	return len(required) == 0
}

func TestCP_8_CP_9_EveryCellOfTheTable(t *testing.T) {
	codes, rows := table(t)
	held := roles(codes, rows)
	for _, r := range rows {
		for _, code := range codes {
			for _, c := range everyCircumstance() {
				scope := r.grants[code]
				want := c.met(r.permission.RequiresAny) &&
					(scope == core.EveryAccount || (scope == core.OwnAccount && !c.foreign))
				got := decide(c.subject(held[code]), rulesOf(t, r.permission), c.target())
				if got.Allowed != want {
					t.Errorf("%s as %s, %+v: allowed %v (%s), want %v", r.permission.Name, code, c, got.Allowed, got.Outcome, want)
				}
				if got.Allowed && (got.Role != held[code] || got.Scope != scope) {
					t.Errorf("%s as %s, %+v: granted by %v %q", r.permission.Name, code, c, got.Role, got.Scope)
				}
			}
		}
	}
}

// The shipped roles are the published table, no more and no less.
func TestCP_8_RolesFileEqualsTheTable(t *testing.T) {
	codes, rows := table(t)
	text, err := os.ReadFile("../../dialects/centrapay/roles.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Permissions []struct {
			Name        string
			RequiresAny []string `yaml:"requires_any"`
		}
		Roles []struct {
			Code   string
			Grants map[core.PermissionScope][]string
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	wantPermissions, gotPermissions := map[string][]string{}, map[string][]string{}
	for _, r := range rows {
		wantPermissions[r.permission.Name] = r.permission.RequiresAny
	}
	for _, p := range file.Permissions {
		gotPermissions[p.Name] = p.RequiresAny
	}
	if diff := cmp.Diff(wantPermissions, gotPermissions); diff != "" {
		t.Errorf("permissions (-table +file):\n%s", diff)
	}
	want, got := map[string]map[string]core.PermissionScope{}, map[string]map[string]core.PermissionScope{}
	for code, role := range roles(codes, rows) {
		want[code] = role.Grants
	}
	for _, role := range file.Roles {
		got[role.Code] = map[string]core.PermissionScope{}
		for scope, names := range role.Grants {
			for _, name := range names {
				got[role.Code][name] = scope
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles (-table +file):\n%s", diff)
	}
}
