package secret

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What HashPassword uses: the first setting of OWASP's password storage sheet.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	saltLength  = 16
	argonKey    = 32

	maxArgonTime  = 16
	maxArgonLanes = 16
)

var argonForm = regexp.MustCompile(`^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)

var argonCurrent = fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$", argonMemory, argonTime, argonLanes)

// dummy is what a failure without a slow stored form is compared with. No
// password has a hash of zeros.
var dummy = &slow{want: make([]byte, argonKey), compute: func(password string) []byte {
	return argon2.IDKey([]byte(password), make([]byte, saltLength), argonTime, argonMemory, argonLanes, argonKey)
}}

func formatArgon2id(password string, salt []byte) string {
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	return argonCurrent + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key)
}

func isCurrentArgon2id(stored string) bool { return strings.HasPrefix(stored, argonCurrent) }

func parseArgon2id(stored string) *slow {
	m := argonForm.FindStringSubmatch(stored)
	if m == nil {
		return nil
	}
	memory, time, lanes := number(m[1]), number(m[2]), number(m[3])
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(m[4])
	key, err2 := base64.RawStdEncoding.Strict().DecodeString(m[5])
	switch {
	case err1 != nil, err2 != nil, !saltFits(salt), !keyFits(key),
		lanes < 1, lanes > maxArgonLanes, time < 1, time > maxArgonTime,
		memory < 8*lanes, memory > maxMemory/1024:
		return nil
	}
	return &slow{want: key, compute: func(password string) []byte {
		return argon2.IDKey([]byte(password), salt, uint32(time), uint32(memory), uint8(lanes), uint32(len(key)))
	}}
}

// number reads digits that a regular expression has bounded already.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}
