package layering

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// strangers are texts that mean something only on the machine where a file was
// written: fixed paths of work folders, and the hosts that packages come from.
// They are put together here so that this file passes.
var strangers = regexp.MustCompile(strings.Join([]string{
	`(^|[^\w.])/` + `(work|tmp|root|home/\w+)/`,
	`\b` + `(seeds|shared)/\w`,
	`(proxy\.golang|registry\.npmjs|pypi|crates|maven)\.` + `(org|io)\b`,
}, "|"))

func checkWords(t *testing.T, root fs.FS) (complaints []string) {
	t.Helper()
	files := textFiles(t, root)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		number := 0
		for line := range strings.Lines(files[name]) {
			number++
			if found := strangers.FindString(line); found != "" {
				complaints = append(complaints, fmt.Sprintf("%s:%d: %q means nothing to a reader elsewhere", name, number, strings.TrimSpace(found)))
			}
		}
	}
	return complaints
}

func TestFilesSpeakOfTheProjectAlone(t *testing.T) {
	report(t, checkWords(t, project(t)))
}

func TestWordRules(t *testing.T) {
	expect(t, checkWords(t, tree(map[string]string{
		"README.md":      "fine\nsee /wo" + "rk/main\n",
		"a.sh":           "cp x /t" + "mp/y\n",
		"b.md":           "from se" + "eds/x and sha" + "red/y\n",
		".github/ci.yml": "https://py" + "pi.org\n",
		"fine.md":        "a network / homework/ framework/x https://example.com/tmp-file shared / seeds\n",
		".git/x":         "/t" + "mp/y\n",
		"bin/x":          "/t" + "mp/y\n",
		"binary":         "\x00 /t" + "mp/y\n",
	})),
		`.github/ci.yml:1: "py`+`pi.org" means nothing to a reader elsewhere`,
		`README.md:2: "/wo`+`rk/" means nothing to a reader elsewhere`,
		`a.sh:1: "/t`+`mp/" means nothing to a reader elsewhere`,
		`b.md:1: "se`+`eds/x" means nothing to a reader elsewhere`,
	)
}
