package permission

import (
	"fmt"
	"slices"
	"strings"

	"claviger/internal/config"
)

// forwardRule is a rule of the configuration with its path taken apart.
type forwardRule struct {
	config.ForwardRule
	pattern []segmentRule
	rest    bool // the path may go on after the pattern
}

// segmentRule is a text, or a name for whatever stands there.
type segmentRule struct{ text, name string }

// ForwardRules are what is asked of requests.
type ForwardRules []*forwardRule

// NewForwardRules takes rules that the configuration has checked. Dialects are the
// names of those that are served.
func NewForwardRules(rules []config.ForwardRule, dialects []string) (ForwardRules, error) {
	var all ForwardRules
	for _, r := range rules {
		if r.Dialect != "" && !slices.Contains(dialects, r.Dialect) {
			return nil, fmt.Errorf("forward_auth.rules has the dialect %q for %s, which is not served", r.Dialect, r.Path)
		}
		rule := &forwardRule{ForwardRule: r}
		path, rest := strings.CutSuffix(r.Path, "/**")
		rule.rest = rest
		for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
			switch {
			case segment == "":
			case segment[0] == '{':
				rule.pattern = append(rule.pattern, segmentRule{name: strings.Trim(segment, "{}")})
			default:
				rule.pattern = append(rule.pattern, segmentRule{text: segment})
			}
		}
		all = append(all, rule)
	}
	return all, nil
}

// find returns the rules for a request: those with the most specific path, all of
// which it has to satisfy, whatever their order (G08). It returns none where there
// is no rule for the path or not for the method, and where the path is that of a
// rule in another spelling.
func (all ForwardRules) find(asked *original) []*forwardRule {
	var found []*forwardRule
	clean := true
	for _, rule := range all {
		fits, exact := rule.fits(asked)
		if !fits {
			continue
		}
		order := 1
		if len(found) > 0 {
			order = rule.compare(found[0], len(asked.path))
		}
		switch {
		case order > 0:
			found, clean = append(found[:0], rule), exact
		case order == 0:
			found, clean = append(found, rule), clean && exact
		}
	}
	if !clean {
		return nil
	}
	return slices.DeleteFunc(found, func(rule *forwardRule) bool {
		return len(rule.Methods) > 0 && !slices.Contains(rule.Methods, asked.method)
	})
}

// fits reports whether the rule is for the host and the path. A backend may not
// care for the case of letters: a path of another case belongs to the rule as
// well, but is not exact.
func (rule *forwardRule) fits(asked *original) (fits, exact bool) {
	length := len(rule.pattern)
	if (rule.Host != "" && rule.Host != asked.host) || len(asked.path) < length || (len(asked.path) > length && !rule.rest) {
		return false, false
	}
	exact = true
	for i, segment := range rule.pattern {
		if segment.text == "" || segment.text == asked.path[i] {
			continue
		}
		if !strings.EqualFold(segment.text, asked.path[i]) {
			return false, false
		}
		exact = false
	}
	return true, exact
}

// compare tells which of two rules that fit a path says more of it, by the first
// segment where they differ: a text says more than a name, and that more than /**.
func (rule *forwardRule) compare(other *forwardRule, length int) int {
	for i := range length + 1 {
		if order := rule.says(i) - other.says(i); order != 0 {
			return order
		}
	}
	return 0
}

func (rule *forwardRule) says(i int) int {
	switch {
	case i < len(rule.pattern) && rule.pattern[i].text != "":
		return 3
	case i < len(rule.pattern):
		return 2
	case rule.rest:
		return 0
	}
	return 1 // the end
}

// named returns what stands in the place of a "{name}" of the rule; empty where
// the rule has no such place.
func (rule *forwardRule) named(place string, asked *original) string {
	for i, segment := range rule.pattern {
		if segment.name != "" && place == "{"+segment.name+"}" {
			return asked.path[i]
		}
	}
	return ""
}

// acts reports whether the permission of the rule is on the account that the
// caller acts for.
func (rule *forwardRule) acts() bool { return rule.Account == config.ForwardActing }
