package iotauth

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"slices"
)

// VerifierOptions configure a Verifier.
type VerifierOptions struct {
	// CacheSize is how many accepted pairs of token and signature are remembered, so that
	// they cost no arithmetic again; 0 is 1,024, and -1 remembers none. A pair takes some
	// 600 bytes of memory, and 9 KiB at most. Refusals are not remembered.
	CacheSize int
}

// A Verifier checks the signatures of tokens. It is safe for concurrent use.
type Verifier struct {
	keys  []*rsa.PublicKey
	cache *cache // nil: none
}

// NewVerifier returns a Verifier that accepts what any of keys signed. There are one or
// two: to replace a key, verify with the old and the new one until the last token that
// the old one signed is gone, then with the new one alone.
// Errors: [ErrKey], [ErrOptions].
func NewVerifier(keys []*rsa.PublicKey, optFns ...func(*VerifierOptions)) (*Verifier, error) {
	o := VerifierOptions{}
	for _, fn := range optFns {
		fn(&o)
	}
	if len(keys) < 1 || len(keys) > MaxKeys {
		return nil, fmt.Errorf("%w: %d public keys, of 1 to %d", ErrOptions, len(keys), MaxKeys)
	}
	for _, key := range keys {
		if err := checkKey(key); err != nil {
			return nil, err
		}
	}
	v := &Verifier{keys: slices.Clone(keys)}
	switch {
	case o.CacheSize < -1 || o.CacheSize == 1:
		return nil, fmt.Errorf("%w: CacheSize %d is neither -1, 0 nor at least 2", ErrOptions, o.CacheSize)
	case o.CacheSize == 0:
		v.cache = newCache(1024)
	case o.CacheSize > 0:
		v.cache = newCache(o.CacheSize)
	}
	return v, nil
}

// Verify returns nil when signature is that of token by one of the keys. The signature is
// base64 as [Signer.Sign] makes it; the alphabet of URLs, percent-encoding, line breaks
// and missing padding are accepted, and plus signs that became spaces are understood.
// Errors: [ErrToken], [ErrSignature].
func (v *Verifier) Verify(token, signature string) error {
	if err := checkToken(token); err != nil {
		return err
	}
	if v.cache.has(token, signature) {
		return nil
	}
	decoded, err := decodeSignature(signature)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(token))
	for _, key := range v.keys {
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], decoded) == nil {
			v.cache.add(token, signature)
			return nil
		}
	}
	return fmt.Errorf("%w: not the token's by any of %d keys", ErrSignature, len(v.keys))
}
