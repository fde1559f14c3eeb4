package secret

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestStrong(t *testing.T) {
	tests := []struct {
		name string
		text string
		want bool
	}{
		{"the documented test key (CP-3)", "f32c5497297084e5354b47c40d5ccacb109ce483", true},
		{"a generated one", Generate(ClientSecret, rand.Reader), true},
		{"base64url", "pZ3fQ8-xW1mTn0Vb6Rk9Ys2LcJd7Hg4EoAqU5iGtXzM", true},
		{"base64 with padding", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ1ac9XbTzLk0=", true},
		{"a UUID of version 4", "9b2f6c1e-4d7a-4f03-8e15-c0a96d3b7f82", true},
		{"a UUID of version 1", "2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d", false},
		{"an empty UUID", "00000000-0000-4000-8000-000000000000", false},
		{"a passphrase", "correct horse battery staple", false},
		{"a long passphrase", "correct horse battery staple correct horse", false},
		{"with hyphens", "correct-horse-battery-staple-correct-horse", false},
		{"capitalised", "CorrectHorseBatteryStaple2024AndMore", false},
		{"shouted in turn", "CORRECThorseBATTERYstaple2024PLUSxx", false},
		{"with digits put in", "C0rrect-H0rse-Battery-Staple-2024-xx", false},
		{"a placeholder", "your-client-secret", false},
		{"a long placeholder", "your-client-secret-goes-here-please-1", false},
		{"one letter", strings.Repeat("a", 40), false},
		{"two digits of hexadecimal", strings.Repeat("a1", 20), false},
		{"deadbeef", strings.Repeat("deadbeef", 5), false},
		{"counting up twice", "0123456789abcdef0123456789abcdef", false},
		{"counting up and down", "0123456789abcdeffedcba9876543210", false},
		{"digits only", "3141592653589793238462643383279502884197", false},
		{"a random one, too short", "f32c5497297084e5354b47c40d5ccac", false},
		{"a well-formed look-alike", "clv_sec_00000000000000000000000000000000aaaaaaa", false},
		{"nothing", "", false},
		{"not text", strings.Repeat("\x00\xff", 20), false},
		{"beyond the longest", strings.Repeat("pZ3fQ8xW1mTn0Vb6Rk9Ys2LcJd7Hg4Eo", 33), false},
	}
	for _, test := range tests {
		if got := Strong(test.text); got != test.want {
			t.Errorf("%s: Strong(%q) = %v", test.name, test.text, got)
		}
	}
}

// What the rule refuses is slow for ever, so it must take what machines make.
func TestStrongTakesNearlyEveryRandomValue(t *testing.T) {
	forms := map[string]func([]byte) string{
		"hex":       func(raw []byte) string { return hex.EncodeToString(raw[:16]) },
		"long hex":  func(raw []byte) string { return strings.ToUpper(hex.EncodeToString(raw)) },
		"base64":    func(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) },
		"base64url": func(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw[:24]) },
		"uuid":      func(raw []byte) string { return uuid.Must(uuid.NewRandom()).String() },
	}
	for name, form := range forms {
		refused := 0
		for range 2000 {
			raw := make([]byte, 32)
			mustRead(rand.Reader, raw)
			if text := form(raw); !Strong(text) {
				refused++
			}
		}
		t.Logf("%s: %d of 2000 refused", name, refused)
		if refused > 200 {
			t.Errorf("%s: %d of 2000 random values refused", name, refused)
		}
	}
}
