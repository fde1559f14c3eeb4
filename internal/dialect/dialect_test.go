package dialect

import (
	"os"
	"testing"
)

const shipped = "../../dialects"

// loadShipped returns the dialects of the repository by name.
func loadShipped(t testing.TB) map[string]*Dialect {
	t.Helper()
	all, err := Load(os.DirFS(shipped))
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*Dialect{}
	for _, d := range all {
		byName[d.Name] = d
	}
	return byName
}

func TestShippedDialectsLoadTogether(t *testing.T) {
	all := loadShipped(t)
	for _, name := range []string{"centrapay", "jpay", "powerepos", "scratchpower", "spendesk"} {
		if all[name] == nil {
			t.Errorf("no dialect %s", name)
			continue
		}
		for _, line := range all[name].Describe() {
			t.Log(name, line)
		}
	}
}
