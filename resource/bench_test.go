package resource_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"testing"
	"time"

	"claviger/resource"
)

// BenchmarkVerify is offline verification of an access token of the server's
// usual size. Its ratio is to ecdsa.Verify alone, measured in the same moments.
func BenchmarkVerify(b *testing.B) {
	i := newIssuer(b)
	v := i.verifier()
	token := i.token(map[string]any{"account_id": "acc_1", "source_channel": "WEB"})
	bare := bareSignature(b, i)
	if _, err := v.Verify(b.Context(), token); err != nil {
		b.Fatal(err)
	}
	var ours, floor time.Duration
	b.ReportAllocs()
	for b.Loop() {
		started := time.Now()
		if _, err := v.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		if !bare() {
			b.Fatal("not verified")
		}
		ours, floor = ours+between.Sub(started), floor+time.Since(between)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/verify")
	b.ReportMetric(float64(floor.Nanoseconds())/float64(b.N), "ns/ecdsa")
	b.ReportMetric(float64(ours)/float64(floor), "ratio")
}

func bareSignature(b *testing.B, i *issuer) func() bool {
	private, _ := i.signers[0].private.(*ecdsa.PrivateKey)
	sum := sha256.Sum256([]byte(i.token(nil)))
	r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	return func() bool { return ecdsa.Verify(&private.PublicKey, sum[:], r, s) }
}

// BenchmarkAPIKey is a request by an API key that the server has just been asked
// about.
func BenchmarkAPIKey(b *testing.B) {
	i := newIssuer(b)
	i.knowsKey(nil)
	v := i.verifier(online)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.ProveAPIKey(b.Context(), goodKey); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPermit is a decision that is kept.
func BenchmarkPermit(b *testing.B) {
	i := newIssuer(b)
	i.evaluate = func(map[string]any) string { return `{"decision":true}` }
	v := i.verifier(online)
	who := &resource.Caller{Subject: "usr_1", SubjectType: "person"}
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Permit(b.Context(), who, "read", "acc_1"); err != nil {
			b.Fatal(err)
		}
	}
}
