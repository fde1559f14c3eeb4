package canary

import (
	"fmt"
	"io/fs"
	"strings"
)

// finding is a line with a secret. Its text has the secret taken out.
type finding struct {
	file string
	line int
	rule string
	text string
}

func (f finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.file, f.line, f.rule, f.text)
}

// scan searches every file of logs; lines counts what was read.
func scan(logs fs.FS, rules []rule) (findings []finding, lines int, err error) {
	err = fs.WalkDir(logs, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(logs, path)
		if err != nil {
			return err
		}
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			findings = append(findings, search(path, number, strings.TrimSpace(line), rules)...)
		}
		lines += number
		return nil
	})
	return findings, lines, err
}

func search(path string, number int, line string, rules []rule) (findings []finding) {
	for _, r := range rules {
		if match := r.match(line); match != "" {
			findings = append(findings, finding{path, number, r.name, strings.ReplaceAll(line, match, "…")})
		}
	}
	return findings
}
