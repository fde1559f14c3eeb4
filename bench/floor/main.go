package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"fmt"
	"log"
	"net/http"
	"strings"
	"sync/atomic"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "host and port")
	sign := flag.Bool("sign", false, "sign a token for each answer")
	flag.Parse()
	answer, err := plain, error(nil)
	if *sign {
		answer, err = signing()
	}
	if err == nil {
		http.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
		http.HandleFunc("POST /token", handler(answer))
		err = http.ListenAndServe(*listen, nil)
	}
	log.Fatal(err)
}

func handler(answer func() ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.PostForm.Get("client_id") == "" {
			http.Error(w, "no client_id", http.StatusBadRequest)
			return
		}
		body, err := answer()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}
}

// body is 600 bytes.
var body = []byte(fmt.Sprintf(`{"access_token":"%s","token_type":"Bearer","expires_in":3600,"scope":"read"}`, strings.Repeat("x", 522)))

func plain() ([]byte, error) { return body, nil }

// Of the size of what the server signs for a client.
const (
	header = `{"alg":"ES256","kid":"gp1oLxtls88kt78Np_SWudAEQiKOXVzLTPT03Bdyo2s","typ":"at+jwt"}`
	claims = `{"iss":"http://127.0.0.1:8080","sub":"bench-client","aud":"http://127.0.0.1:8080","exp":1772444700,` +
		`"iat":1772443800,"jti":"%032d","client_id":"bench-client","scope":"read",` +
		`"grant_id":"gnt_06eavrghr12h1zcxk6sfpam8r0","subject_type":"client","organisation_id":"org_06eavrghr2ft0m1g2t5s6mfahg"}`
)

// signing returns what makes answers with a token each, by the same use of
// crypto/ecdsa as the server's: no source of randomness (RFC 6979), ASN.1 out,
// 64 bytes in the token.
func signing() (func() ([]byte, error), error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	encoded := base64.RawURLEncoding.EncodeToString([]byte(header)) + "."
	var count atomic.Int64
	return func() ([]byte, error) {
		token := base64.RawURLEncoding.AppendEncode([]byte(encoded), fmt.Appendf(nil, claims, count.Add(1)))
		sum := sha256.Sum256(token)
		der, err := key.Sign(nil, sum[:], crypto.SHA256)
		if err != nil {
			return nil, err
		}
		token = base64.RawURLEncoding.AppendEncode(append(token, '.'), raw(der))
		return fmt.Appendf(nil, `{"access_token":"%s","token_type":"Bearer","expires_in":3600,"scope":"read"}`, token), nil
	}, nil
}

// raw takes r and s out of their ASN.1 form, whose lengths are one byte each.
func raw(der []byte) []byte {
	var out [64]byte
	rest := der[2:]
	for half := range 2 {
		length := int(rest[1])
		number := rest[2 : 2+length]
		if length > 32 { // a zero before a number that would look negative
			number = number[length-32:]
		}
		end := 32 * (half + 1)
		copy(out[end-len(number):end], number)
		rest = rest[2+length:]
	}
	return out[:]
}
