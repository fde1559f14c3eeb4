package admin

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"claviger/internal/core"
)

// profile replaces the further claims about a person (OpenID Connect Core §5.1).
func (a *application) profile(e *edit, entry texts, user *core.User) {
	if !entry.set() {
		return
	}
	profile := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(entry.Value)) {
		claim := entry.Value[name]
		if !slices.Contains(core.ProfileClaims(), name) {
			a.problem(claim.At, "there is no claim %s; there are %s", show(name), strings.Join(core.ProfileClaims(), ", "))
			continue
		}
		if wrong := claimProblem(name, claim.Value); wrong != "" {
			a.problem(claim.At, "%s %s", name, wrong)
		}
		profile[name] = claim.Value
	}
	e.record("profile", entry.At, maps.Equal(profile, user.Profile), showMap(user.Profile), showMap(profile))
	user.Profile = profile
}

const longestClaim = 300 // bytes

var (
	birthdateForm = regexp.MustCompile(`^[0-9]{4}(-[0-9]{2}-[0-9]{2})?$`) // the year may be 0000: not said
	zoneForm      = regexp.MustCompile(`^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$`)
	localeForm    = regexp.MustCompile(`^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$`)
)

// claimProblem says what is wrong with the value of a claim, by what OpenID
// Connect Core §5.1 says that it is.
func claimProblem(name, value string) string {
	switch {
	case value == "" || len(value) > longestClaim:
		return "must have 1 to 300 bytes"
	case strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) && !(name == "address" && r == '\n') }):
		return "holds a character that cannot be printed"
	}
	switch name {
	case "profile", "picture", "website":
		return webProblem(value)
	case "birthdate":
		return birthdateProblem(value)
	case "zoneinfo":
		if !zoneForm.MatchString(value) {
			return "is not a time zone such as Pacific/Auckland"
		}
	case "locale":
		if !localeForm.MatchString(value) {
			return "is not a language such as en-NZ"
		}
	}
	return ""
}

func birthdateProblem(value string) string {
	const wrong = "must be a date such as 1976-11-22 or 0000-11-22, or a year"
	if !birthdateForm.MatchString(value) {
		return wrong
	}
	if _, day, ok := strings.Cut(value, "-"); ok {
		if _, err := time.Parse(time.DateOnly, "2000-"+day); err != nil { // a leap year
			return wrong
		}
	}
	return ""
}
