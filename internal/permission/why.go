package permission

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"claviger/internal/core"
)

// Why says in one sentence how the decision fell: which role, whose account,
// which condition was missing. It holds ids and names, no secrets, and text that
// a caller chose only as quoted, short and printable.
func (d *Decision) Why() string {
	if d.asked.Action == ActionUse {
		return d.verdict() + d.whyUse()
	}
	switch d.Outcome {
	case Unknown:
		return d.verdict() + d.whyUnknown()
	case NoRole:
		return d.verdict() + "no role of " + d.subject() + " grants " + shown(d.asked.Action) + d.on()
	case NoTarget:
		return d.verdict() + d.granting() + ", and no account was named"
	case ForeignAccount:
		return fmt.Sprintf("%s%s, and account %s is not one of %s", d.verdict(), d.granting(), d.account(), d.subject())
	case ConditionMissing:
		return d.verdict() + d.granting() + d.on() + ", but not without " + oneOf(d.Missing)
	}
	return d.verdict() + d.granting() + d.on() + d.conditions()
}

func (d *Decision) verdict() string {
	if d.Allowed {
		return "allowed: "
	}
	return "denied: "
}

func (d *Decision) whyUse() string {
	resource := d.asked.Resource
	switch {
	case d.Outcome == Unknown && d.Unknown == UnknownResource:
		return "what can be used is a product, a scope or a service, without an account"
	case d.Outcome == Unknown:
		return d.whyUnknown()
	case d.Allowed:
		return fmt.Sprintf("%s has %s %s", d.subject(), resource.Type, shown(resource.ID))
	}
	return fmt.Sprintf("%s does not have %s %s", d.subject(), resource.Type, shown(resource.ID))
}

func (d *Decision) whyUnknown() string {
	switch d.Unknown {
	case UnknownPermission:
		return "there is no permission " + shown(d.asked.Action)
	case UnknownSubject:
		if _, id := subjectOf(d.asked.Authorization); id == "" {
			return "nobody asks"
		}
		return d.subject() + ", or what it acts for, is stopped"
	}
	if id, ok := d.asked.Resource.account(); ok {
		return "there is no active account " + shown(id)
	}
	return fmt.Sprintf("the account of %s %s was not said", shown(d.asked.Resource.Type), shown(d.asked.Resource.ID))
}

// granting says what the role that decided grants, and on what.
func (d *Decision) granting() string {
	reach := "own accounts"
	if d.Scope == core.EveryAccount {
		reach = "every account"
	}
	return fmt.Sprintf("role %s of %s grants %s on %s", d.Role.Code, d.subject(), shown(d.asked.Action), reach)
}

// on names the account that was asked about.
func (d *Decision) on() string {
	if account := d.account(); account != "" {
		return ", asked for account " + account
	}
	return ""
}

func (d *Decision) account() string {
	if id, _ := d.asked.Resource.account(); id != "" {
		return shown(id)
	}
	return ""
}

func (d *Decision) conditions() string {
	if len(d.Met) == 0 {
		return ""
	}
	return ", with " + strings.Join(d.Met, " and ")
}

func (d *Decision) subject() string {
	kind, id := subjectOf(d.asked.Authorization)
	return strings.ReplaceAll(kind, "_", " ") + " " + shown(id)
}

func subjectOf(a *core.Authorization) (kind, id string) {
	if a == nil {
		return "", ""
	}
	return a.Subject()
}

func oneOf(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// longestShown bounds what of a caller's text goes into a sentence, in bytes.
const longestShown = 128

// shown is text that a caller may have chosen: quoted if anything in it could be
// mistaken for something else (H12), and never long.
func shown(text string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) || r == '"' || r == '\\' }
	cut := len(text) > longestShown
	if cut {
		text = text[:longestShown]
	}
	if text != "" && !cut && !strings.ContainsFunc(text, odd) {
		return text
	}
	quoted := strconv.QuoteToASCII(text)
	if cut {
		quoted += "…"
	}
	return quoted
}
