package iotauth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// A Signer signs tokens. It is safe for concurrent use where its key is.
type Signer struct {
	key    crypto.Signer
	public *rsa.PublicKey
	// foreign: the key is not Go's own, which checks what it made. A device or a service
	// may be set to another algorithm, and the signature would be refused only in the field.
	foreign bool
}

// NewSigner returns a Signer with key: an *[rsa.PrivateKey], or any other holder of an RSA
// key of at least [MinKeyBits] bits, such as a security module. Errors are an [ErrKey].
func NewSigner(key crypto.Signer) (*Signer, error) {
	if key == nil {
		return nil, fmt.Errorf("%w: no key", ErrKey)
	}
	public := key.Public()
	if err := checkKey(public); err != nil {
		return nil, err
	}
	_, own := key.(*rsa.PrivateKey)
	return &Signer{key: key, public: public.(*rsa.PublicKey), foreign: !own}, nil
}

// Public returns the key that verifies, for [NewVerifier] and [MarshalPublicKey].
func (s *Signer) Public() *rsa.PublicKey { return s.public }

// Sign returns the signature of token: base64, in one line, of RSASSA-PKCS1-v1_5 with
// SHA-256 over its bytes. The same token has the same signature each time.
// Errors: [ErrToken], [ErrKey] when the key does not sign, or signs otherwise.
func (s *Signer) Sign(token string) (string, error) {
	if err := checkToken(token); err != nil {
		return "", err
	}
	digest := sha256.Sum256([]byte(token))
	signature, err := s.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrKey, err)
	}
	if s.foreign && rsa.VerifyPKCS1v15(s.public, crypto.SHA256, digest[:], signature) != nil {
		return "", fmt.Errorf("%w: %T does not sign with RSASSA-PKCS1-v1_5 and SHA-256", ErrKey, s.key)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

func checkToken(token string) error {
	if token == "" || len(token) > MaxToken {
		return fmt.Errorf("%w: %d bytes, of 1 to %d", ErrToken, len(token), MaxToken)
	}
	return nil
}
