package server_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"claviger/internal/admin"
	"claviger/internal/server/servertest"
	"claviger/test/testlog"
)

var (
	yamlBlock   = regexp.MustCompile("(?s)```yaml\n(.*?)```")
	httpBlock   = regexp.MustCompile("(?s)```http\n(.*?)```")
	exchangedID = regexp.MustCompile(`(?m)^X-Request-Id: (.+)$`)
)

// TestDialectReadmes holds every example in the pages of the dialects against
// their transcripts: it stands in one of them, whole and to the byte.
func TestDialectReadmes(t *testing.T) {
	if servertest.Updating() {
		return // they come into the pages when TestTranscripts ends
	}
	for _, page := range dialectPages(t) {
		sections := sectionsBeside(t, page)
		blocks := httpBlock.FindAllStringSubmatch(readText(t, page), -1)
		if len(blocks) == 0 {
			t.Errorf("%s has no example", page)
		}
		for _, block := range blocks {
			if _, ok := sections[block[1]]; !ok {
				t.Errorf("%s: no transcript holds this; after a change run go test ./internal/server -run Transcripts -update:\n%s", page, block[1])
			}
		}
	}
}

// TestDialectReadmesMakeCredentials applies the files that the pages show.
func TestDialectReadmesMakeCredentials(t *testing.T) {
	for _, page := range dialectPages(t) {
		for _, block := range yamlBlock.FindAllStringSubmatch(readText(t, page), -1) {
			t.Run(filepath.Base(filepath.Dir(page)), func(t *testing.T) {
				_, err := servertest.New(t).Admin.Apply(t.Context(), admin.Actor{Name: "test"},
					[]admin.File{{Name: page, Data: []byte(block[1])}}, admin.Options{
						Dialects:  []string{"centrapay", "jpay", "powerepos", "scratchpower", "spendesk"},
						LookupEnv: func(name string) (string, bool) { return testlog.Canary + "-" + name, true },
					})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// updateDialectReadmes writes the replies of the transcripts over those of the
// pages, each by its request id.
func updateDialectReadmes(t *testing.T) {
	for _, page := range dialectPages(t) {
		replies := map[string]string{}
		for text, name := range sectionsBeside(t, page) {
			if id := exchangedID.FindStringSubmatch(text); id != nil && strings.HasSuffix(name, ".reply") {
				replies[id[1]] = text
			}
		}
		before := readText(t, page)
		after := httpBlock.ReplaceAllStringFunc(before, func(block string) string {
			text := httpBlock.FindStringSubmatch(block)[1]
			id := exchangedID.FindStringSubmatch(text)
			if id == nil || replies[id[1]] == "" || !strings.HasPrefix(text, "HTTP/1.1 ") {
				return block
			}
			return "```http\n" + replies[id[1]] + "```"
		})
		if after == before {
			continue
		}
		if err := os.WriteFile(page, []byte(after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// dialectPages returns the README of every dialect, each of which has one.
func dialectPages(t *testing.T) (pages []string) {
	t.Helper()
	dialects, err := filepath.Glob("../../dialects/*/dialect.yaml")
	if err != nil || len(dialects) == 0 {
		t.Fatalf("no dialects: %v", err)
	}
	for _, file := range dialects {
		page := filepath.Join(filepath.Dir(file), "README.md")
		if _, err := os.Stat(page); err != nil {
			t.Error(err)
			continue
		}
		pages = append(pages, page)
	}
	return pages
}

// sectionsBeside returns the sections of the transcripts in the folder of a page:
// their names by their text.
func sectionsBeside(t *testing.T, page string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(page), "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, file := range files {
		for _, section := range txtar.Parse([]byte(readText(t, file))).Files {
			sections[string(section.Data)] = section.Name
		}
	}
	return sections
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
