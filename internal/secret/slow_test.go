package secret

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// Vectors: the Argon2 reference implementation, Openwall's crypt_blowfish, RFC
// 7914 §11 and §12, passlib's and Django's own tests.
var vectors = []struct{ name, stored, password string }{
	{"argon2id", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
	{"bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
	{"bcrypt 2b", "$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"},
	{"bcrypt 2y", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"},
	{"scrypt", "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw", "pleaseletmein"},
	{"pbkdf2", "$pbkdf2-sha256$i=80000$TmFDbA$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1Y", "Password"},
	{"pbkdf2 of passlib", "$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ", "password"},
	{"pbkdf2 of Django", "pbkdf2_sha256$12000$seasalt$Ybw8zsFxqja97tY/o6G+Fy1ksY4U/Hw3DRrGED6Up4s=", "lètmein"},
	{"scrypt of Django", "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==", "lètmein"},
}

func TestSlowFormsMatchPublishedVectors(t *testing.T) {
	for _, v := range vectors {
		slow, err := parseSlow(v.stored)
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		if !slow.equal(v.password) {
			t.Errorf("%s: the right password is refused", v.name)
		}
		if slow.equal(v.password+"x") || slow.equal("") {
			t.Errorf("%s: a wrong password is taken", v.name)
		}
	}
}

func TestE13_ImportedFormsTakeTheWholePassword(t *testing.T) {
	long := strings.Repeat("x", 72)
	of72, err := bcrypt.GenerateFromPassword([]byte(long), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, stored, right, wrong string }{
		{"bcrypt beyond 72 bytes", string(of72), long, long + "y"},
		{"bcrypt in a circle", vectors[1].stored, vectors[1].password, "U*U\x00U*U"},
		{"bcrypt and NUL", vectors[1].stored, vectors[1].password, "U*U\x00"},
		{"pbkdf2 and NUL", vectors[5].stored, vectors[5].password, "Password\x00"},
		{"scrypt and NUL", vectors[4].stored, vectors[4].password, "pleaseletmein\x00"},
	}
	for _, test := range tests {
		slow, err := parseSlow(test.stored)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if !slow.equal(test.right) {
			t.Errorf("%s: the right password is refused", test.name)
		}
		if slow.equal(test.wrong) {
			t.Errorf("%s: taken for another password", test.name)
		}
	}
}

func TestE13_ARefusedPasswordIsNotTheEmptyOne(t *testing.T) {
	empty, err := bcrypt.GenerateFromPassword(nil, bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := parseSlow(string(empty))
	if err != nil {
		t.Fatal(err)
	}
	if slow.equal(strings.Repeat("x", 73)) {
		t.Error("a password that bcrypt would cut is taken for the empty one")
	}
}

func TestRecogniseBoundsTheCost(t *testing.T) {
	const salt, key = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	blowfish := "$" + strings.Repeat("C", 53)
	refused := map[string]string{
		"nothing":                  "",
		"clear text":               "hunter2",
		"argon2id of 8 GiB":        "$argon2id$v=19$m=8388608,t=2,p=1$" + salt + "$" + key,
		"argon2id of 256 MiB":      "$argon2id$v=19$m=262144,t=2,p=1$" + salt + "$" + key,
		"argon2id, many passes":    "$argon2id$v=19$m=19456,t=999,p=1$" + salt + "$" + key,
		"argon2id, no pass":        "$argon2id$v=19$m=19456,t=0,p=1$" + salt + "$" + key,
		"argon2id, no lane":        "$argon2id$v=19$m=19456,t=2,p=0$" + salt + "$" + key,
		"argon2id, 256 lanes":      "$argon2id$v=19$m=19456,t=2,p=256$" + salt + "$" + key,
		"argon2id of version 16":   "$argon2id$v=16$m=19456,t=2,p=1$" + salt + "$" + key,
		"argon2id, no hash":        "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$AA",
		"argon2id and more":        vectors[0].stored + "$x",
		"argon2i":                  "$argon2i$v=19$m=19456,t=2,p=1$" + salt + "$" + key,
		"bcrypt, cost 31":          "$2a$31" + blowfish,
		"bcrypt, cost 15":          "$2a$15" + blowfish,
		"bcrypt, cost 3":           "$2a$03" + blowfish,
		"bcrypt cut":               vectors[1].stored[:59],
		"scrypt of 1 GiB":          "$scrypt$ln=20,r=8,p=1$" + salt + "$" + key,
		"scrypt, ln 63":            "$scrypt$ln=63,r=8,p=1$" + salt + "$" + key,
		"scrypt, p 4096":           "$scrypt$ln=15,r=8,p=4096$" + salt + "$" + key,
		"scrypt, N no power of 2":  "scrypt$16383$seasalt$8$1$" + key + "=",
		"pbkdf2, many iterations":  "$pbkdf2-sha256$i=99999999$" + salt + "$" + key,
		"pbkdf2, no iteration":     "$pbkdf2-sha256$i=0$" + salt + "$" + key,
		"pbkdf2 of SHA-1":          "$pbkdf2-sha1$i=1000$" + salt + "$" + key,
		"pbkdf2, key too long":     "$pbkdf2-sha256$i=1000$" + salt + "$" + strings.Repeat("AAAA", 16),
		"Django, many iterations":  "pbkdf2_sha256$99999999$seasalt$" + key + "=",
		"sha256 cut":               "sha256:" + strings.Repeat("a", 63),
		"a digest cut":             "hmac-sha256:AAAA",
		"a hash that ends in LF":   vectors[0].stored + "\n",
		"a digest of other digits": "sha256:" + strings.Repeat("g", 64),
	}
	for name, stored := range refused {
		if err := Recognise(stored); !errors.Is(err, ErrStoredForm) {
			t.Errorf("%s: Recognise(%q) = %v", name, stored, err)
		}
	}
	taken := map[string]string{
		"argon2id of 64 MiB, 4 lanes": "$argon2id$v=19$m=65536,t=3,p=4$" + salt + "$" + key,
		"scrypt of OWASP":             "$scrypt$ln=17,r=8,p=1$" + salt + "$" + key,
		"pbkdf2 of Django 6":          "pbkdf2_sha256$1200000$seasalt$" + key + "=",
		"sha256":                      "sha256:" + strings.Repeat("aF", 32),
		"a digest":                    newHasher().Digest("x"),
	}
	for _, v := range vectors {
		taken[v.name] = v.stored
	}
	for name, stored := range taken {
		if err := Recognise(stored); err != nil {
			t.Errorf("%s: Recognise(%q) = %v", name, stored, err)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	for _, v := range vectors {
		f.Add(v.stored)
	}
	f.Fuzz(func(t *testing.T, stored string) {
		if Recognise(stored) == nil && strings.TrimSpace(stored) == "" {
			t.Errorf("%q recognised", stored)
		}
	})
}
