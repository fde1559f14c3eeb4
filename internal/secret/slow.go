package secret

import (
	"crypto/subtle"
	"errors"
	"strings"
)

// ErrStoredForm is what Recognise returns for a stored form that is not
// supported, is malformed, or would cost more than is allowed.
var ErrStoredForm = errors.New("the stored hash is not of a supported form, or its cost is out of bounds")

// Bounds of what an imported hash may cost, so that a hostile one cannot
// exhaust the process: the settings in common use lie well within them.
const (
	maxMemory     = 128 << 20 // bytes; OWASP's scrypt setting (N=2^17, r=8) needs all of it
	maxIterations = 2_000_000 // PBKDF2; Django 6 uses 1,200,000
	maxBcryptCost = 14
	minSalt       = 4
	maxSalt       = 128
	minKey        = 16
	maxKey        = 64
)

// slow is a parsed stored form. compute returns the hash of a password; refuses
// tells of passwords that the algorithm would cut or confuse with others.
type slow struct {
	want    []byte
	compute func(password string) []byte
	refuses func(password string) bool // nil: takes all
}

// equal pays for the computation even where the password is refused.
func (s *slow) equal(password string) bool {
	refused := s.refuses != nil && s.refuses(password)
	if refused {
		password = ""
	}
	same := subtle.ConstantTimeCompare(s.compute(password), s.want) == 1
	return same && !refused
}

func parseSlow(stored string) (*slow, error) {
	var s *slow
	switch {
	case strings.HasPrefix(stored, "$argon2id$"):
		s = parseArgon2id(stored)
	case strings.HasPrefix(stored, "$2a$"), strings.HasPrefix(stored, "$2b$"), strings.HasPrefix(stored, "$2y$"):
		s = parseBcrypt(stored)
	case strings.HasPrefix(stored, "$scrypt$"):
		s = parseScrypt(stored)
	case strings.HasPrefix(stored, "scrypt$"):
		s = parseDjangoScrypt(stored)
	case strings.HasPrefix(stored, "$pbkdf2-sha"):
		s = parsePBKDF2(stored)
	case strings.HasPrefix(stored, "pbkdf2_sha"):
		s = parseDjangoPBKDF2(stored)
	}
	if s == nil {
		return nil, ErrStoredForm
	}
	return s, nil
}

// endsInNUL is for what is built on HMAC, which pads its key with NUL: there
// "a" and "a\x00" are the same password (E13).
func endsInNUL(password string) bool { return strings.HasSuffix(password, "\x00") }

func saltFits(salt []byte) bool { return len(salt) >= minSalt && len(salt) <= maxSalt }

func keyFits(key []byte) bool { return len(key) >= minKey && len(key) <= maxKey }
