package secret

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"regexp"
	"strings"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

var (
	bcryptForm       = regexp.MustCompile(`^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$`)
	scryptForm       = regexp.MustCompile(`^\$scrypt\$ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)
	djangoScryptForm = regexp.MustCompile(`^scrypt\$(\d{1,8})\$([^$]+)\$(\d{1,4})\$(\d{1,4})\$([A-Za-z0-9+/]+={0,2})$`)
	pbkdf2Form       = regexp.MustCompile(`^\$pbkdf2-sha(256|512)\$(?:i=)?(\d{1,8})(?:,l=\d{1,3})?\$([A-Za-z0-9+/.]+)\$([A-Za-z0-9+/.]+)$`)
	djangoPBKDF2Form = regexp.MustCompile(`^pbkdf2_sha(256|512)\$(\d{1,8})\$([^$]+)\$([A-Za-z0-9+/]+={0,2})$`)
)

// parseBcrypt refuses what bcrypt would cut at 72 bytes, and any NUL: it reads
// its key in a circle with one NUL between the rounds, so that "a" and "a\x00a"
// are the same password (E13).
func parseBcrypt(stored string) *slow {
	if !bcryptForm.MatchString(stored) {
		return nil
	}
	cost, err := bcrypt.Cost([]byte(stored))
	if err != nil || cost < bcrypt.MinCost || cost > maxBcryptCost {
		return nil
	}
	return &slow{
		want: []byte{1},
		compute: func(password string) []byte {
			if bcrypt.CompareHashAndPassword([]byte(stored), []byte(password)) != nil {
				return []byte{0}
			}
			return []byte{1}
		},
		refuses: func(password string) bool { return len(password) > 72 || strings.Contains(password, "\x00") },
	}
}

// parseScrypt reads the PHC form: $scrypt$ln=15,r=8,p=1$salt$hash.
func parseScrypt(stored string) *slow {
	m := scryptForm.FindStringSubmatch(stored)
	if m == nil || number(m[1]) > 30 {
		return nil
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(m[4])
	key, err2 := base64.RawStdEncoding.DecodeString(m[5])
	if err1 != nil || err2 != nil {
		return nil
	}
	return newScrypt(1<<number(m[1]), number(m[2]), number(m[3]), salt, key)
}

// parseDjangoScrypt reads scrypt$N$salt$r$p$hash, whose salt is its own text.
func parseDjangoScrypt(stored string) *slow {
	m := djangoScryptForm.FindStringSubmatch(stored)
	if m == nil {
		return nil
	}
	key, err := base64.StdEncoding.DecodeString(m[5])
	if err != nil {
		return nil
	}
	return newScrypt(number(m[1]), number(m[3]), number(m[4]), []byte(m[2]), key)
}

func newScrypt(n, r, p int, salt, key []byte) *slow {
	work := int64(n) * int64(r) * 128 // bytes of memory, and of work for each p
	switch {
	case n < 2, n&(n-1) != 0, r < 1, p < 1, !saltFits(salt), !keyFits(key),
		work > maxMemory, work*int64(p) > 4*maxMemory, int64(r)*int64(p) > 1<<12:
		return nil
	}
	return &slow{want: key, refuses: endsInNUL, compute: func(password string) []byte {
		got, err := scrypt.Key([]byte(password), salt, n, r, p, len(key))
		if err != nil {
			return nil // parameters out of range: nothing equals it
		}
		return got
	}}
}

// parsePBKDF2 reads the PHC form, $pbkdf2-sha256$i=310000$salt$hash, and
// passlib's, which leaves "i=" out and writes "." for "+".
func parsePBKDF2(stored string) *slow {
	m := pbkdf2Form.FindStringSubmatch(stored)
	if m == nil {
		return nil
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(strings.ReplaceAll(m[3], ".", "+"))
	key, err2 := base64.RawStdEncoding.DecodeString(strings.ReplaceAll(m[4], ".", "+"))
	if err1 != nil || err2 != nil {
		return nil
	}
	return newPBKDF2(m[1], number(m[2]), salt, key)
}

// parseDjangoPBKDF2 reads pbkdf2_sha256$iterations$salt$hash, whose salt is its
// own text.
func parseDjangoPBKDF2(stored string) *slow {
	m := djangoPBKDF2Form.FindStringSubmatch(stored)
	if m == nil {
		return nil
	}
	key, err := base64.StdEncoding.DecodeString(m[4])
	if err != nil {
		return nil
	}
	return newPBKDF2(m[1], number(m[2]), []byte(m[3]), key)
}

func newPBKDF2(bits string, iterations int, salt, key []byte) *slow {
	size, digest := sha256.Size, func() hash.Hash { return sha256.New() }
	if bits == "512" {
		size, digest = sha512.Size, func() hash.Hash { return sha512.New() }
	}
	// A key longer than the digest costs the defender more rounds than the attacker.
	if iterations < 1 || iterations > maxIterations || !saltFits(salt) || !keyFits(key) || len(key) > size {
		return nil
	}
	return &slow{want: key, refuses: endsInNUL, compute: func(password string) []byte {
		got, err := pbkdf2.Key(digest, password, salt, iterations, len(key))
		if err != nil {
			return nil // parameters out of range: nothing equals it
		}
		return got
	}}
}
