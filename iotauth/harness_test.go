package iotauth

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"
)

// key returns the n-th of two RSA keys that all tests share: making one takes a while.
func key(t testing.TB, n int) *rsa.PrivateKey {
	t.Helper()
	k, err := keys[n]()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func generate() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, MinKeyBits) }

var keys = [2]func() (*rsa.PrivateKey, error){sync.OnceValues(generate), sync.OnceValues(generate)}

// sign returns the signature of token by key n.
func sign(t testing.TB, n int, token string) string {
	t.Helper()
	signer, err := NewSigner(key(t, n))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign(token)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// verifier returns a Verifier by the keys of those numbers.
func verifier(t testing.TB, cacheSize int, numbers ...int) *Verifier {
	t.Helper()
	var public []*rsa.PublicKey
	for _, n := range numbers {
		public = append(public, &key(t, n).PublicKey)
	}
	v, err := NewVerifier(public, func(o *VerifierOptions) { o.CacheSize = cacheSize })
	if err != nil {
		t.Fatal(err)
	}
	return v
}
