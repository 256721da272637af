package iotauth

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
)

// ParsePrivateKey reads an RSA private key in PEM: PKCS #8 ("PRIVATE KEY", which openssl
// writes today) or PKCS #1 ("RSA PRIVATE KEY"). Errors are an [ErrKey].
func ParsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%w: no PEM block", ErrKey)
	}
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		if block.Headers["DEK-Info"] != "" {
			return nil, fmt.Errorf("%w: it is encrypted, decrypt it first: openssl rsa -in KEY -out PLAIN", ErrKey)
		}
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, fmt.Errorf("%w: it is encrypted, decrypt it first: openssl pkcs8 -in KEY -out PLAIN", ErrKey)
	default:
		return nil, fmt.Errorf("%w: a PEM block %q holds no private key", ErrKey, block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: %T is no RSA key", ErrKey, key)
	}
	return private, checkKey(&private.PublicKey)
}

// ParsePublicKey reads an RSA public key in PEM: "PUBLIC KEY" (which CreateAuthorizer
// takes), "RSA PUBLIC KEY", or that of a "CERTIFICATE". Errors are an [ErrKey].
func ParsePublicKey(text []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%w: no PEM block", ErrKey)
	}
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = certificate.PublicKey
		}
	default:
		return nil, fmt.Errorf("%w: a PEM block %q holds no public key", ErrKey, block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	public, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: %T is no RSA key", ErrKey, key)
	}
	return public, checkKey(public)
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
