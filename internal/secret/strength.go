package secret

import (
	"regexp"
	"strings"
)

const minStrong = 32

var (
	// An encoded 128-bit or longer random value is hex of one case, a UUID of
	// version 4 (122 random bits), or base64, base64url or base62.
	hexForm    = regexp.MustCompile(`^(?:[0-9a-f]+|[0-9A-F]+)$`)
	uuidForm   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	base64Form = regexp.MustCompile(`^[0-9A-Za-z+/_-]+={0,2}$`)
)

// Strong reports whether a secret is random enough to be stored under a cheap
// keyed digest: one that this server generated, or an imported one of at least
// 32 characters that looks like an encoded random value.
//
// The rule refuses on doubt, because what it refuses is merely slow, while a
// chosen secret that it let through would be cheap to guess for whoever holds
// both the database and the master key. So it takes only the encodings in which
// machines write random values, and of those only texts whose letters are
// spread as chance spreads them, and no words, repetitions or runs. Of random
// values it refuses fewer than one in twenty.
func Strong(text string) bool {
	if _, ok := WellFormed(text); ok {
		return true
	}
	if len(text) < minStrong || len(text) > maxLength {
		return false
	}
	switch lower := strings.ToLower(text); {
	case uuidForm.MatchString(lower):
		return spread(strings.ReplaceAll(lower, "-", ""), 8) && count(lower).letter >= 3
	case hexForm.MatchString(text):
		c := count(text)
		return spread(text, 8) && c.letter*8 >= len(text) && c.digit*4 >= len(text)
	case base64Form.MatchString(text):
		text = strings.TrimRight(text, "=")
		c := count(text)
		// Chance gives 42 % upper, 42 % lower, 16 % digits and a change of class
		// at three places in five; capitalised words come nowhere near it.
		return spread(text, 16) && min(c.upper, c.lower)*6 >= len(text) && max(c.upper, c.lower)*3 <= len(text)*2 &&
			c.digit*20 >= len(text) && c.changes*5 >= len(text)*2
	}
	return false
}

// spread reports whether at least distinct characters occur, at most two groups
// of three occur again, and at most half of the neighbours are equal or adjacent
// ("aaaa", "1234", "fedc").
func spread(text string, distinct int) bool {
	seen, groups := map[byte]bool{}, map[string]bool{}
	again, near := 0, 0
	for i := range len(text) {
		seen[text[i]] = true
		if i > 0 && max(text[i], text[i-1])-min(text[i], text[i-1]) <= 1 {
			near++
		}
		if i+3 > len(text) {
			continue
		}
		if groups[text[i:i+3]] {
			again++
		}
		groups[text[i:i+3]] = true
	}
	return len(seen) >= distinct && again <= 2 && near*2 <= len(text)
}

type classes struct{ upper, lower, digit, letter, changes int }

func count(text string) classes {
	var c classes
	var before byte
	for i := range len(text) {
		class := byte('-')
		switch b := text[i]; {
		case b >= 'A' && b <= 'Z':
			class, c.upper = 'A', c.upper+1
		case b >= 'a' && b <= 'z':
			class, c.lower = 'a', c.lower+1
		case b >= '0' && b <= '9':
			class, c.digit = '0', c.digit+1
		}
		if i > 0 && class != before {
			c.changes++
		}
		before = class
	}
	c.letter = c.upper + c.lower
	return c
}
