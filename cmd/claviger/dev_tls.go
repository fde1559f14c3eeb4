package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tlsSelfSigned is the value of --tls that makes a certificate.
const tlsSelfSigned = "self-signed"

// Files of the certificate in the data directory. They are kept, so that a
// browser that was told to trust the certificate does so the next time, too.
const (
	tlsCertificateFile = "dev-tls.crt"
	tlsKeyFile         = "dev-tls.key"
)

const (
	certificateLife = 397 * 24 * time.Hour // the longest that browsers take
	certificateRest = 24 * time.Hour       // with less left, a new one is made
)

// devNames are what the certificate is for.
var (
	devNames     = []string{"localhost"}
	devAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
)

// certificate returns the certificate of dev: the one in the data directory, or a
// new one when there is none that can still be used. Without TLS it is nil.
func (a *devCommand) certificate(c *command) (*tls.Certificate, error) {
	if a.TLS != tlsSelfSigned {
		return nil, nil
	}
	certificateFile, keyFile := filepath.Join(a.Data, tlsCertificateFile), filepath.Join(a.Data, tlsKeyFile)
	kept, err := tls.LoadX509KeyPair(certificateFile, keyFile)
	if err == nil && usable(kept.Leaf, c.now()) {
		return &kept, os.Chmod(keyFile, 0o600)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, failed("the certificate in %s cannot be used (%v); remove %s and %s, and dev makes another",
			a.Data, err, tlsCertificateFile, tlsKeyFile)
	}
	certificate, key, err := selfSigned(c)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(replaceFile(keyFile, key, 0o600), replaceFile(certificateFile, certificate, 0o644)); err != nil {
		return nil, err
	}
	made, err := tls.X509KeyPair(certificate, key)
	return &made, err
}

func usable(leaf *x509.Certificate, now time.Time) bool {
	return now.After(leaf.NotBefore) && now.Add(certificateRest).Before(leaf.NotAfter) && leaf.VerifyHostname(devNames[0]) == nil
}

// selfSigned makes a certificate and its key, as PEM.
func selfSigned(c *command) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), c.rand)
	if err != nil {
		return nil, nil, err
	}
	serial := make([]byte, 16)
	if _, err := c.rand.Read(serial); err != nil {
		return nil, nil, err
	}
	serial[0] &= 0x7f // positive (RFC 5280 §4.1.2.2)
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial), Subject: pkix.Name{CommonName: "claviger dev on this machine"},
		NotBefore: c.now().Add(-time.Hour), NotAfter: c.now().Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, DNSNames: devNames, IPAddresses: devAddresses,
	}
	der, err := x509.CreateCertificate(c.rand, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), nil
}

// replaceFile writes a file anew, so that its mode is the one that is meant.
func replaceFile(path string, data []byte, mode fs.FileMode) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, data, mode)
}

// fingerprint is the SHA-256 of a certificate as browsers show it.
func fingerprint(certificate *tls.Certificate) string {
	sum := sha256.Sum256(certificate.Certificate[0])
	pairs := make([]string, len(sum))
	for i := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString(sum[i : i+1]))
	}
	return strings.Join(pairs, ":")
}

// trustOf returns what a client needs to trust the certificate alone.
func trustOf(certificate *tls.Certificate) *tls.Config {
	if certificate == nil {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate.Leaf)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// overTLS puts TLS around a listener; without a certificate it stays as it is.
func overTLS(listener net.Listener, certificate *tls.Certificate) net.Listener {
	if certificate == nil {
		return listener
	}
	return tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	})
}
