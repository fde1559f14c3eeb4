package keys

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const masterHex = "9f2c1b7de04a83566c51f8a7d3420e9b17c6a5f4830d2e6b71589ccab4de3f08"

func mustParse(t testing.TB, text string) MasterKey {
	t.Helper()
	key, err := ParseMasterKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestParseMasterKeyTakesEveryUsualForm(t *testing.T) {
	raw, _ := hex.DecodeString(masterHex)
	want := mustParse(t, masterHex).Derive("x")
	for _, text := range []string{
		strings.ToUpper(masterHex), " " + masterHex + "\n",
		base64.StdEncoding.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw) + "\n",
	} {
		if got := mustParse(t, text).Derive("x"); !bytes.Equal(got, want) {
			t.Errorf("%q is another key", text)
		}
	}
}

func TestF10_ParseMasterKeyRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"nothing":               {"", ErrMasterKeyText},
		"31 bytes":              {masterHex[2:], ErrMasterKeyText},
		"33 bytes":              {masterHex + "00", ErrMasterKeyText},
		"a passphrase":          {"correct horse battery staple", ErrMasterKeyText},
		"zeros":                 {strings.Repeat("00", 32), ErrMasterKeyWeak},
		"a word over and over":  {hex.EncodeToString([]byte(strings.Repeat("changeme", 4))), ErrMasterKeyWeak},
		"a counter":             {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", ErrMasterKeyWeak},
		"digits over and over":  {strings.Repeat("0123456789abcdef", 4), ErrMasterKeyWeak},
		"a counter by elevens":  {strings.Repeat("00112233445566778899aabbccddeeff", 2), ErrMasterKeyWeak},
		"the placeholder of us": {base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("x"), 32)), ErrMasterKeyWeak},
	} {
		if _, err := ParseMasterKey(test.text); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if _, err := ParseMasterKey(test.text); test.text != "" && strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: the error shows the key", name)
		}
	}
	for range 200 { // and never a random one
		raw := make([]byte, 32)
		mustRead(rand.Reader, raw)
		mustParse(t, hex.EncodeToString(raw))
	}
}

func TestSealOpensUnderTheSameKeyAndDataAlone(t *testing.T) {
	key, other := mustParse(t, masterHex), NewMasterKey(rand.Reader)
	sealed := key.Seal(rand.Reader, []byte("private"), []byte("kid"))
	if got, err := key.Open(sealed, []byte("kid")); err != nil || string(got) != "private" {
		t.Fatalf("%q, %v", got, err)
	}
	if bytes.Contains(sealed, []byte("private")) {
		t.Error("sealed in clear")
	}
	if bytes.Equal(sealed, key.Seal(rand.Reader, []byte("private"), []byte("kid"))) {
		t.Error("the nonce is not random")
	}
	if _, err := other.Open(sealed, []byte("kid")); !errors.Is(err, ErrSealed) {
		t.Errorf("another key: %v", err)
	}
	if _, err := key.Open(sealed, []byte("another kid")); !errors.Is(err, ErrSealed) {
		t.Errorf("other data: %v", err)
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := key.Open(altered, []byte("kid")); !errors.Is(err, ErrSealed) {
			t.Errorf("byte %d altered: %v", i, err)
		}
		if _, err := key.Open(sealed[:i], []byte("kid")); !errors.Is(err, ErrSealed) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
}

// RFC 5869 gives no vector with an empty salt and a label, so the value is the
// definition written out: one block of HKDF is two HMACs.
func TestDeriveIsHKDFByLabel(t *testing.T) {
	key := mustParse(t, masterHex)
	a, b := key.Derive("digest"), key.Derive("refresh")
	if len(a) != 32 || bytes.Equal(a, b) || !bytes.Equal(a, key.Derive("digest")) {
		t.Errorf("%x and %x", a, b)
	}
	const want = "2c9332b19393a91a7cc09a1653b71aab35b0a6204a6716f0709ddfe65ad3aaa7"
	if got := hex.EncodeToString(a); got != want {
		t.Errorf("digest key %s, want %s: what was stored under it is lost", got, want)
	}
	defer func() {
		if recover() == nil {
			t.Error("a key was derived from no master key")
		}
	}()
	MasterKey{}.Derive("x")
}

func TestH13_MasterKeyDoesNotShowItself(t *testing.T) {
	key := mustParse(t, masterHex)
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("x", "key", key, "in", struct{ Key MasterKey }{key})
	marshalled, _ := json.Marshal(key)
	text := fmt.Sprintf("%v %+v %#v %s %x %d %q", key, key, key, key, key, key, key) + log.String() + string(marshalled)
	raw, _ := hex.DecodeString(masterHex)
	for _, secret := range []string{masterHex, strings.ToUpper(masterHex), string(raw), "159 44 27", base64.StdEncoding.EncodeToString(raw)} {
		if strings.Contains(text, secret) {
			t.Errorf("shown as %s", text)
		}
	}
}

func TestCreateMasterKeyIsLoadedAgainAndNeverReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	created, err := CreateMasterKey(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	loaded, err := LoadMasterKey(path)
	if err != nil || !bytes.Equal(loaded.Derive("x"), created.Derive("x")) {
		t.Errorf("loaded another key: %v", err)
	}
	if _, err := CreateMasterKey(path, rand.Reader); !errors.Is(err, os.ErrExist) {
		t.Errorf("created again: %v", err)
	}
	if again, err := LoadMasterKey(path); err != nil || !bytes.Equal(again.Derive("x"), created.Derive("x")) {
		t.Errorf("the key was replaced: %v", err)
	}
}

func TestR32_LoadMasterKeySaysWhatIsWrong(t *testing.T) {
	directory := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(directory, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, test := range map[string]struct{ path, want string }{
		"missing":           {filepath.Join(directory, "none"), "no such file"},
		"readable by group": {write("group", masterHex, 0o640), "chmod 600"},
		"readable by all":   {write("all", masterHex, 0o604), "chmod 600"},
		"empty":             {write("empty", "", 0o600), "32 random bytes"},
		"torn":              {write("torn", masterHex[:40], 0o600), "32 random bytes"},
		"a directory":       {directory, "not a regular file"},
		"huge":              {write("huge", strings.Repeat("a", 1<<20), 0o600), "32 random bytes"},
	} {
		_, err := LoadMasterKey(test.path)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), masterHex[:20]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := LoadMasterKey(write("strict", masterHex, 0o400)); err != nil {
		t.Errorf("mode 0400: %v", err)
	}
}
