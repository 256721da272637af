// Package tpmkey is a device's key in a TPM 2.0, as a [crypto.Signer]:
//
//	tpm, err := linuxtpm.Open("/dev/tpmrm0")
//	key, err := tpmkey.New(tpm)
//	defer key.Close()
//	identity, err := credprovider.FromSigner(key, certificate)
//
// The key is the TPM's primary key on P-256 below the owner's seed. The same TPM makes the
// same key each time, until its owner clears it, so that nothing is stored, and nobody can
// take it out.
package tpmkey

import (
	"crypto"
	"crypto/ecdsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"sync"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
)

// Key signs inside a TPM. It is safe for concurrent use: a TPM does one thing at a time.
type Key struct {
	public *ecdsa.PublicKey

	mu     sync.Mutex
	tpm    transport.TPM
	handle tpm2.NamedHandle
}

// template is a key that signs, and cannot leave its TPM.
var template = tpm2.TPMTPublic{
	Type: tpm2.TPMAlgECC, NameAlg: tpm2.TPMAlgSHA256,
	ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, SensitiveDataOrigin: true, UserWithAuth: true, NoDA: true, SignEncrypt: true},
	Parameters: tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{
		CurveID: tpm2.TPMECCNistP256,
		Scheme: tpm2.TPMTECCScheme{Scheme: tpm2.TPMAlgECDSA,
			Details: tpm2.NewTPMUAsymScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSigSchemeECDSA{HashAlg: tpm2.TPMAlgSHA256})},
	}),
}

// New makes the key, which takes a TPM up to a second. The caller calls Close.
func New(tpm transport.TPM) (*Key, error) {
	made, err := tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(template)}.Execute(tpm)
	if err != nil {
		return nil, fmt.Errorf("tpmkey: create: %w", err)
	}
	k := &Key{tpm: tpm, handle: tpm2.NamedHandle{Handle: made.ObjectHandle, Name: made.Name}}
	contents, err := made.OutPublic.Contents()
	if err == nil {
		var public crypto.PublicKey
		if public, err = tpm2.Pub(*contents); err == nil {
			k.public = public.(*ecdsa.PublicKey) // as the template says
			return k, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("tpmkey: public key: %w", err), k.Close())
}

// Public returns an *[ecdsa.PublicKey].
func (k *Key) Public() crypto.PublicKey { return k.public }

// Sign signs a SHA-256 digest. The TPM has its own random numbers.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != crypto.SHA256 || len(digest) != crypto.SHA256.Size() {
		return nil, fmt.Errorf("tpmkey: the key signs SHA-256, not %v", opts.HashFunc())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	signed, err := tpm2.Sign{
		KeyHandle: k.handle, Digest: tpm2.TPM2BDigest{Buffer: digest},
		InScheme: tpm2.TPMTSigScheme{Scheme: tpm2.TPMAlgECDSA,
			Details: tpm2.NewTPMUSigScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSchemeHash{HashAlg: tpm2.TPMAlgSHA256})},
		Validation: tpm2.TPMTTKHashCheck{Tag: tpm2.TPMSTHashCheck},
	}.Execute(k.tpm)
	if err != nil {
		return nil, fmt.Errorf("tpmkey: sign: %w", err)
	}
	signature, err := signed.Signature.Signature.ECDSA()
	if err != nil {
		return nil, fmt.Errorf("tpmkey: sign: %w", err)
	}
	return asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(signature.SignatureR.Buffer), new(big.Int).SetBytes(signature.SignatureS.Buffer),
	})
}

// Close frees the TPM's memory of the key, not the connection to the TPM.
func (k *Key) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := (tpm2.FlushContext{FlushHandle: k.handle.Handle}).Execute(k.tpm); err != nil {
		return fmt.Errorf("tpmkey: close: %w", err)
	}
	return nil
}
