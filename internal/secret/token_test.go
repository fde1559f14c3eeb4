package secret

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFormatTokenAndParseTokenAreReverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Token{
			Kind:     rapid.SampledFrom([]Kind{RefreshToken, AuthorizationCode, Session, PushedRequest}).Draw(t, "kind"),
			Selector: rapid.StringMatching(`[0-9A-Za-z_-]{1,64}`).Draw(t, "selector"),
			Secret:   NewSecret(bytes.NewReader(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "random"))),
		}
		got, err := ParseToken(want.Kind, FormatToken(want.Kind, want.Selector, want.Secret))
		if err != nil || got != want {
			t.Fatalf("got %#v, %v; want %#v", got, err, want)
		}
	})
}

func TestParseTokenNeverTakesWhatFormatTokenDoesNotWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`clv_rt_[0-9a-z._]{0,60}`)).Draw(t, "text")
		for _, text := range []string{text, withSum(text)} {
			token, err := ParseToken(RefreshToken, text)
			if err == nil && FormatToken(token.Kind, token.Selector, token.Secret) != text {
				t.Fatalf("%q was taken as %v", text, token)
			}
		}
	})
}

func TestParseTokenRefuses(t *testing.T) {
	secret := NewSecret(rand.Reader)
	for name, text := range map[string]string{
		"nothing":         "",
		"no selector":     FormatToken(RefreshToken, "", secret),
		"long selector":   FormatToken(RefreshToken, strings.Repeat("a", 65), secret),
		"selector of SQL": FormatToken(RefreshToken, "a' or 1", secret),
		"another kind":    FormatToken(APIKey, "a", secret),
		"a code":          FormatToken(AuthorizationCode, "a", secret), // B07
		"no secret":       FormatToken(RefreshToken, "a", ""),
		"two dots":        FormatToken(RefreshToken, "a.b", secret),
		"no dot":          withSum("clv_rt_" + secret),
		"wrong checksum":  "clv_rt_a." + secret + "0000000",
		"1 MB":            FormatToken(RefreshToken, strings.Repeat("a", 1<<20), secret),
	} {
		if token, err := ParseToken(RefreshToken, text); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, %v", name, token, err)
		}
	}
}

func TestD02_TokenComparesItsHash(t *testing.T) {
	token := Token{RefreshToken, "s", NewSecret(rand.Reader)}
	other := Token{RefreshToken, "s", NewSecret(rand.Reader)}
	if !token.Equal(token.Hash()) {
		t.Error("a token does not equal its own hash")
	}
	if token.Equal(other.Hash()) || token.Equal(nil) || token.Equal(token.Hash()[:31]) || token.Equal([]byte(token.Secret)) {
		t.Error("a token equals something else")
	}
}

func TestDeriveGivesARetryTheSameSuccessor(t *testing.T) {
	key, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	token := Token{RefreshToken, "a", NewSecret(rand.Reader)}
	first := Derive(key, token, "b")
	if first != Derive(key, token, "b") {
		t.Error("a retry got another successor")
	}
	if !isSecret(first) {
		t.Errorf("%q is no secret of 160 bits", first)
	}
	if _, err := ParseToken(RefreshToken, FormatToken(RefreshToken, "b", first)); err != nil {
		t.Errorf("the successor does not parse: %v", err)
	}
	for name, different := range map[string]string{
		"another key":      Derive(other, token, "b"),
		"another selector": Derive(key, token, "c"),
		"another token":    Derive(key, Token{RefreshToken, "a", NewSecret(rand.Reader)}, "b"),
		"moved boundary":   Derive(key, Token{Secret: token.Secret + "b"}, ""),
	} {
		if different == first {
			t.Errorf("%s gives the same successor", name)
		}
	}
}

func TestDeriveNeedsAKey(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a secret was derived under no key")
		}
	}()
	Derive(nil, Token{}, "b")
}

func TestH13_TokenDoesNotShowItsSecret(t *testing.T) {
	token := Token{RefreshToken, "sel", NewSecret(rand.Reader)}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", token)
	for _, text := range []string{fmt.Sprint(token), fmt.Sprintf("%v %+v %#v %s %q", token, token, token, token, token), log.String()} {
		if strings.Contains(text, token.Secret) || !strings.Contains(text, "sel") {
			t.Errorf("shown as %s", text)
		}
	}
	if raw, _ := json.Marshal(token); strings.Contains(string(raw), token.Secret) {
		t.Errorf("marshalled as %s", raw)
	}
}
