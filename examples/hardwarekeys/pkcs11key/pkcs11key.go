// Package pkcs11key is a device's key in a PKCS#11 token, such as a secure element or an
// HSM, as a [crypto.Signer]. It is crypto11 with what a device needs to say; crypto11
// loads the token's library by cgo.
//
//	token, err := pkcs11key.Open("/usr/lib/softhsm/libsofthsm2.so", "device", pin)
//	defer token.Close()
//	key, err := token.Key("thermostat")
//	identity, err := credprovider.FromSigner(key, certificate)
package pkcs11key

import (
	"crypto"
	"fmt"

	"github.com/ThalesGroup/crypto11"
)

// Token is an open token. It is safe for concurrent use.
type Token struct{ context *crypto11.Context }

// Open logs in to the token with a label.
func Open(library, label, pin string) (*Token, error) {
	c, err := crypto11.Configure(&crypto11.Config{Path: library, TokenLabel: label, Pin: pin})
	if err != nil {
		return nil, fmt.Errorf("pkcs11key: open token %q: %w", label, err)
	}
	return &Token{c}, nil
}

// Key finds a key pair by its label.
func (t *Token) Key(label string) (crypto.Signer, error) {
	key, err := t.context.FindKeyPair(nil, []byte(label))
	if err != nil {
		return nil, fmt.Errorf("pkcs11key: find key %q: %w", label, err)
	}
	return key, nil
}

// Close logs out. The token's keys cannot be used after it.
func (t *Token) Close() error { return t.context.Close() }
