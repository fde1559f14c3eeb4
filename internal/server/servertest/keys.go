package servertest

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"io"
	"log/slog"
	"math/big"

	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/server"
	"claviger/internal/store"
)

// putKeys migrates a database and puts signing keys into it before a server
// opens it, so that no test waits for RSA.
func putKeys(ctx context.Context, settings *config.Config, records []core.SigningKey) error {
	clock := &Clock{now: Start}
	db, err := server.OpenStore(ctx, settings, server.Environment{
		Log: slog.New(slog.DiscardHandler), Now: clock.Now, Rand: newRandom("signing keys"),
	})
	if err != nil {
		return err
	}
	defer db.Close()
	if _, _, err := db.Migrate(ctx); err != nil {
		return err
	}
	return db.Write(ctx, func(tx *store.Tx) error {
		for i := range records {
			if err := tx.PutSigningKey(&records[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// repeatableKeys are the keys for ID tokens, the same in every run. The server
// makes the one for access tokens itself.
func repeatableKeys() ([]core.SigningKey, error) {
	master, err := keys.ParseMasterKey(masterKey)
	if err != nil {
		return nil, err
	}
	random := newRandom("signing keys of ID tokens")
	ed, err := keys.Generate(keys.EdDSA, random)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(repeatableRSA(random))
	if err != nil {
		return nil, err
	}
	rs, err := keys.FromPKCS8(der)
	if err != nil {
		return nil, err
	}
	var records []core.SigningKey
	for _, key := range []*keys.Key{ed, rs} {
		fresh, err := keys.Rotation{}.Introduce(records, key, Start, master, random)
		if err != nil {
			return nil, err
		}
		records = append(records, fresh...)
	}
	return records, nil
}

// repeatableRSA makes an RSA key of 2048 bits from random alone, which the
// standard library does not: its keys differ from run to run.
func repeatableRSA(random io.Reader) *rsa.PrivateKey {
	const exponent = 65537
	one, e := big.NewInt(1), big.NewInt(exponent)
	for {
		p, q := prime(random), prime(random)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(e, phi)
		if d == nil || p.Cmp(q) == 0 {
			continue
		}
		key := &rsa.PrivateKey{
			PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: exponent}, D: d, Primes: []*big.Int{p, q},
		}
		key.Precompute()
		return key
	}
}

// prime draws primes of 1024 bits whose product has 2048.
func prime(random io.Reader) *big.Int {
	raw := make([]byte, 128)
	for {
		_, _ = random.Read(raw)
		raw[0] |= 0xc0
		raw[len(raw)-1] |= 1
		if p := new(big.Int).SetBytes(raw); p.ProbablyPrime(8) {
			return p
		}
	}
}
