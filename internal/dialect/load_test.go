package dialect

import (
	"strings"
	"testing"
	"testing/fstest"
)

func file(source string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(source)} }

func TestLoadChecksDirectoriesTogether(t *testing.T) {
	other := strings.Replace(good, "dialect: acme", "dialect: other", 1)
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		words string // "" means that it loads
	}{
		{"one", fstest.MapFS{"acme/dialect.yaml": file(good), "README.md": file("x"), "acme/README.md": file("x"), ".git/x": file("")}, ""},
		{"none", fstest.MapFS{}, ""},
		{"other name", fstest.MapFS{"wrong/dialect.yaml": file(good)}, `wrong/dialect.yaml: the dialect is "acme"`},
		{"no file", fstest.MapFS{"acme/README.md": file("x")}, "acme/dialect.yaml"},
		{"colliding", fstest.MapFS{"acme/dialect.yaml": file(good), "other/dialect.yaml": file(other)}, "other/dialect.yaml: POST /acme/token: the route collides"},
		{"apart", fstest.MapFS{"acme/dialect.yaml": file(good), "other/dialect.yaml": file(strings.Replace(other, "base: /acme", "base: /b", 1))}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, err := Load(c.files)
			if c.words == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || all != nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v, want %q", err, c.words)
			}
		})
	}
}

func TestLoadReportsEveryFile(t *testing.T) {
	bad := strings.Replace(good, "title:", "titel:", 1)
	_, err := Load(fstest.MapFS{"a/dialect.yaml": file(bad), "b/dialect.yaml": file(bad)})
	if err == nil || !strings.Contains(err.Error(), "a/dialect.yaml:2:1") || !strings.Contains(err.Error(), "b/dialect.yaml:2:1") {
		t.Error(err)
	}
}

func TestCheckTogether(t *testing.T) {
	parse := func(source string) *Dialect {
		d, err := Parse("x.yaml", []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if err := CheckTogether([]*Dialect{parse(good), parse(good)}); err == nil || !strings.Contains(err.Error(), `"acme" is in x.yaml already`) {
		t.Error(err)
	}
	// Neither of these two patterns is more specific than the other.
	one := parse(strings.Replace(good, "GET /me", "GET /{x}/me", 1))
	two := parse(strings.NewReplacer("dialect: acme", "dialect: b", "GET /me", "GET /you/{y}", "POST /token", "POST /t2").Replace(good))
	if err := CheckTogether([]*Dialect{one, two}); err == nil || !strings.Contains(err.Error(), `conflicts with pattern "GET /acme/{x}/me"`) {
		t.Error(err)
	}
}

// TestALiteralBesideAWildcard: the literal is the more specific one, also where
// their methods differ. Two wildcards of other names are the same path.
func TestALiteralBesideAWildcard(t *testing.T) {
	for old, refused := range map[string]bool{"GET /token/{id}": false, "GET /{id}": false, "GET /token": false, "GET /{a}/{b}": false} {
		_, err := Parse("x.yaml", []byte(strings.Replace(good, "GET /me", old, 1)))
		if (err != nil) != refused {
			t.Errorf("%s: %v", old, err)
		}
	}
	source := strings.NewReplacer("POST /token", "POST /x/{a}", "GET /me", "GET /x/{b}").Replace(good)
	if _, err := Parse("x.yaml", []byte(source)); err == nil || !strings.Contains(err.Error(), "collides") {
		t.Error(err)
	}
}

// TestTwoDialectsCannotShareAPath: which of them would say 405?
func TestTwoDialectsCannotShareAPath(t *testing.T) {
	other := strings.NewReplacer("dialect: acme", "dialect: b", "POST /token", "PUT /token", "GET /me", "GET /you").Replace(good)
	_, err := Load(fstest.MapFS{"acme/dialect.yaml": file(good), "b/dialect.yaml": file(other)})
	if err == nil || !strings.Contains(err.Error(), "PUT /acme/token: the route collides") || strings.Contains(err.Error(), ".go:") {
		t.Error(err)
	}
}

func TestDescribe(t *testing.T) {
	got := strings.Join(quirky(t).Describe(), "\n")
	for _, want := range []string{
		"POST   /quirky/token  token (client_credentials, password)",
		"POST   /quirky/device  token (client_credentials)  by secret",
		"GET    /quirky/mine  memberships  bearer  X-Quirky-Key",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
