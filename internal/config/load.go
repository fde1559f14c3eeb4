package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const variablePrefix = "CLAVIGER_"

// foreignVariables are names with our prefix that are not settings: the path of
// the file itself, what tests and the demo data read, and what Kubernetes sets
// in every pod beside a service called "claviger".
var foreignVariables = regexp.MustCompile(`^CLAVIGER_(CONFIG|TEST_.*|DEMO_.*|SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_.*)?)?)$`)

// loader writes values into a Config and remembers where each came from. It
// goes on after a problem, so that all of them are reported at once.
type loader struct {
	config   *Config
	settings []setting
	problems []error
}

func newLoader(config *Config) *loader {
	return &loader{config: config, settings: config.settings()}
}

// problem notes what is wrong with a key, or with the source itself when key is empty.
func (l *loader) problem(source, key, format string, args ...any) {
	l.problems = append(l.problems, problemAt(source, key, fmt.Sprintf(format, args...)))
}

func problemAt(source, key, text string) error {
	if key == "" {
		return fmt.Errorf("%s: %s", source, text)
	}
	return fmt.Errorf("%s: %s %s", source, key, text)
}

// find returns the setting of a key; ok is false when there is none.
func (l *loader) find(key string) (found setting, ok bool) {
	index := slices.IndexFunc(l.settings, func(s setting) bool { return s.key == key })
	if index < 0 {
		return setting{}, false
	}
	return l.settings[index], true
}

// took notes the outcome of setting a key.
func (l *loader) took(s setting, source string, err error) {
	l.config.sources[s.key] = source
	if err != nil {
		l.problem(source, s.key, "%s", err)
	}
}

// ownVariables returns the variables of environ that begin with our prefix. As
// in a shell, the last of several with one name counts.
func ownVariables(environ []string) map[string]string {
	variables := map[string]string{}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, variablePrefix) {
			variables[name] = text
		}
	}
	return variables
}

// environment lays the variables over what the file said.
func (l *loader) environment(variables map[string]string) {
	byName := map[string]setting{}
	for _, s := range l.settings {
		byName[s.variable()] = s
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		s, ok := byName[name]
		switch {
		case ok && s.isRules():
			l.took(s, name, nil)
			l.rulesText(name, s.key, variables[name])
		case ok && s.isList():
			l.took(s, name, s.setList(splitList(variables[name])))
		case ok:
			l.took(s, name, s.setText(variables[name]))
		case !foreignVariables.MatchString(name):
			l.problem(name, "", "is no setting; did you mean %s?", nearest(name, slices.Collect(maps.Keys(byName))))
		}
	}
}

// splitList splits at commas; an empty text is an empty list.
func splitList(text string) []string {
	if strings.TrimSpace(text) == "" {
		return []string{}
	}
	items := strings.Split(text, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

// nearest returns the candidate with the fewest edits to name, the first in
// order among equals.
func nearest(name string, candidates []string) string {
	if len(candidates) == 0 {
		return ""
	}
	slices.Sort(candidates)
	return slices.MinFunc(candidates, func(a, b string) int { return edits(name, a) - edits(name, b) })
}

// edits is the Levenshtein distance between two names.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
