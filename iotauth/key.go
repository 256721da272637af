package iotauth

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ParsePrivateKey reads an RSA private key in PEM: PKCS #8 ("PRIVATE KEY", which openssl
// writes today) or PKCS #1 ("RSA PRIVATE KEY"). Errors are an [ErrKey].
func ParsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	key, err := parsePEM(text, map[string]func(*pem.Block) (any, error){
		"PRIVATE KEY":           func(b *pem.Block) (any, error) { return x509.ParsePKCS8PrivateKey(b.Bytes) },
		"RSA PRIVATE KEY":       parsePKCS1,
		"ENCRYPTED PRIVATE KEY": func(*pem.Block) (any, error) { return nil, errEncrypted },
	})
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: %T is no RSA key", ErrKey, key)
	}
	return private, checkKey(&private.PublicKey)
}

var errEncrypted = errors.New("it is encrypted; decrypt it first: openssl pkey -in KEY -out PLAIN")

func parsePKCS1(b *pem.Block) (any, error) {
	if b.Headers["DEK-Info"] != "" {
		return nil, errEncrypted
	}
	return x509.ParsePKCS1PrivateKey(b.Bytes)
}

// ParsePublicKey reads an RSA public key in PEM: "PUBLIC KEY" (which CreateAuthorizer
// takes), "RSA PUBLIC KEY", or that of a "CERTIFICATE". Errors are an [ErrKey].
func ParsePublicKey(text []byte) (*rsa.PublicKey, error) {
	key, err := parsePEM(text, map[string]func(*pem.Block) (any, error){
		"PUBLIC KEY":     func(b *pem.Block) (any, error) { return x509.ParsePKIXPublicKey(b.Bytes) },
		"RSA PUBLIC KEY": func(b *pem.Block) (any, error) { return x509.ParsePKCS1PublicKey(b.Bytes) },
		"CERTIFICATE":    parseCertificateKey,
	})
	if err != nil {
		return nil, err
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: %T is no RSA key", ErrKey, key)
	}
	return public, checkKey(public)
}

func parseCertificateKey(b *pem.Block) (any, error) {
	certificate, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		return nil, err
	}
	return certificate.PublicKey, nil
}

// parsePEM parses the first block of text by the parser for its type.
func parsePEM(text []byte, parsers map[string]func(*pem.Block) (any, error)) (any, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%w: no PEM block", ErrKey)
	}
	parse, ok := parsers[block.Type]
	if !ok {
		kinds := slices.Sorted(maps.Keys(parsers))
		return nil, fmt.Errorf("%w: a PEM block %.32q, none of %q", ErrKey, block.Type, kinds)
	}
	key, err := parse(block)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return key, nil
}

// MarshalPrivateKey returns key in PEM, as PKCS #8. Keep it where only its owner reads.
func MarshalPrivateKey(key *rsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// MarshalPublicKey returns key in PEM, in the form that CreateAuthorizer takes.
func MarshalPublicKey(key *rsa.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// checkKey refuses keys with which AWS IoT would not take a token.
func checkKey(key crypto.PublicKey) error {
	public, ok := key.(*rsa.PublicKey)
	switch {
	case !ok:
		return fmt.Errorf("%w: %T is no RSA key", ErrKey, key)
	case public == nil || public.N == nil:
		return fmt.Errorf("%w: no key", ErrKey)
	case public.N.BitLen() < MinKeyBits:
		return fmt.Errorf("%w: %d bits, of which AWS IoT wants at least %d", ErrKey, public.N.BitLen(), MinKeyBits)
	case base64.StdEncoding.EncodedLen(public.Size()) > MaxSignature:
		return fmt.Errorf("%w: signatures of %d bits are longer than %d characters", ErrKey, public.N.BitLen(), MaxSignature)
	}
	return nil
}
