package secret

import (
	"bytes"
	"crypto/rand"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGenerateIsWellFormedAndFitsThePattern(t *testing.T) {
	whole := regexp.MustCompile("^" + Pattern + "$")
	for _, kind := range []Kind{ClientSecret, APIKey} {
		text := Generate(kind, rand.Reader)
		if got, ok := WellFormed(text); !ok || got != kind {
			t.Errorf("WellFormed(%q) = %q, %v", text, got, ok)
		}
		if !whole.MatchString(text) {
			t.Errorf("%q does not fit Pattern", text)
		}
		if len(text) < len("clv_")+26 {
			t.Errorf("%q is too short for 128 bits", text)
		}
	}
	text := FormatToken(RefreshToken, "01hzyk", NewSecret(rand.Reader))
	if got, ok := WellFormed(text); !ok || got != RefreshToken || !whole.MatchString(text) {
		t.Errorf("refresh token %q: %q, %v", text, got, ok)
	}
}

func TestPatternFindsALeakInText(t *testing.T) {
	key := Generate(APIKey, rand.Reader)
	found := regexp.MustCompile(Pattern).FindString("curl -H 'X-Api-Key: " + key + "' https://api.example")
	if found != key {
		t.Errorf("found %q of %q", found, key)
	}
}

func TestGenerateIsOfTheRandomSource(t *testing.T) {
	source := bytes.Repeat([]byte{7}, 20)
	if a, b := Generate(APIKey, bytes.NewReader(source)), Generate(APIKey, bytes.NewReader(source)); a != b {
		t.Errorf("%q and %q of the same source", a, b)
	}
	if a, b := Generate(APIKey, rand.Reader), Generate(APIKey, rand.Reader); a == b {
		t.Errorf("%q twice", a)
	}
}

func TestH15_GenerateStopsWithoutRandomness(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a secret was made without randomness")
		}
	}()
	Generate(APIKey, bytes.NewReader([]byte("short")))
}

func TestWellFormedRefusesEveryChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "random")
		kind := rapid.SampledFrom([]Kind{ClientSecret, APIKey, RefreshToken}).Draw(t, "kind")
		text := FormatToken(kind, "01hz", NewSecret(bytes.NewReader(random)))
		if kind != RefreshToken {
			text = Generate(kind, bytes.NewReader(random))
		}
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		to := rapid.Byte().Draw(t, "to")
		changed := text[:at] + string([]byte{to}) + text[at+1:]
		if _, ok := WellFormed(changed); ok != (changed == text) {
			t.Fatalf("WellFormed(%q) = %v, made from %q", changed, ok, text)
		}
	})
}

func TestWellFormedRefuses(t *testing.T) {
	body := NewSecret(rand.Reader)
	for name, text := range map[string]string{
		"nothing":           "",
		"the mark alone":    withSum("clv_"),
		"no body":           withSum("clv_sec_"),
		"another kind":      withSum("clv_abc_" + body),
		"another mark":      withSum("xyz_sec_" + body),
		"a short body":      withSum("clv_sec_" + body[1:]),
		"a long body":       withSum("clv_sec_" + body + "0"),
		"upper case":        withSum("clv_sec_" + strings.ToUpper(body[:31]) + "A"),
		"a line end":        withSum("clv_sec_" + body[:31] + "\n"),
		"a key as token":    withSum("clv_key_01hz." + body),
		"a token as secret": withSum("clv_rt_" + body),
	} {
		if kind, ok := WellFormed(text); ok {
			t.Errorf("%s: %q is well-formed as %q", name, text, kind)
		}
	}
}
