package dialect

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
)

// explain turns the first of CEL's issues into an error that says where it is
// inside the expression.
func explain(issues *cel.Issues) error {
	found := issues.Errors()
	if len(found) == 0 {
		return issues.Err()
	}
	first := found[0]
	return placed(first.Location.Line(), first.Location.Column(), inOurWords(first.Message))
}

// placed adds the place inside the expression; line from 1, column from 0.
func placed(line, column int, message string) error {
	switch {
	case line > 1:
		return fmt.Errorf("%s (line %d, character %d of the expression)", message, line, column+1)
	case column > 0:
		return fmt.Errorf("%s (character %d of the expression)", message, column+1)
	}
	return fmt.Errorf("%s", message)
}

var overload = regexp.MustCompile(`^found no matching overload for '([^']+)' applied to '(?:(.+)\.)?\((.*)\)'$`)

// inOurWords says in the words of a dialect's author what CEL says in its own.
func inOurWords(message string) string {
	if strings.Contains(message, "recursion") {
		return fmt.Sprintf("more than %d levels deep", maxNesting)
	}
	m := overload.FindStringSubmatch(message)
	if m == nil {
		return strings.TrimPrefix(message, "Syntax error: ")
	}
	name, receiver, arguments := m[1], m[2], m[3]
	types := strings.Split(arguments, ", ")
	switch operator := operatorNames[name]; {
	case operator == "? :" && len(types) == 3 && types[0] != "bool":
		return fmt.Sprintf("the condition before ? is %s, not bool", types[0])
	case operator == "? :" && len(types) == 3:
		return fmt.Sprintf("the two sides of : are %s and %s", types[1], types[2])
	case operator != "" && len(types) == 1:
		return fmt.Sprintf("%s does not work on %s", operator, types[0])
	case operator != "":
		return fmt.Sprintf("%s does not work on %s", operator, strings.Join(types, " and "))
	case receiver != "":
		return fmt.Sprintf("%s of %s does not take (%s)", name, receiver, arguments)
	}
	return fmt.Sprintf("%s does not take (%s)", name, arguments)
}
