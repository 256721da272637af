package localca

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrFile is a file that holds no authority, or one that others can read.
var ErrFile = errors.New("localca: unusable file")

// Open reads the authority in a file: its certificate and its private key, in PEM. Where
// there is no file it makes one of what fresh returns, readable by its owner alone, and on
// disk before Open returns. Two processes must not open the same new file at once.
// Errors: [ErrFile], that of fresh, and what the file system says.
func Open(path string, fresh func() (*CA, error)) (*CA, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		ca, err := fresh()
		if err != nil {
			return nil, err
		}
		return ca, ca.save(path)
	}
	if err != nil {
		return nil, err
	}
	if err := private(path); err != nil {
		return nil, err
	}
	ca, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrFile, path, err)
	}
	return ca, nil
}

// parse reads a certificate and its key, in either order.
func parse(text []byte) (*CA, error) {
	ca := new(CA)
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, err
			}
			ca.Certificate = certificate
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, errors.New("the private key cannot be read")
			}
			ca.key, _ = key.(*ecdsa.PrivateKey)
		}
	}
	switch {
	case ca.Certificate == nil || ca.key == nil:
		return nil, errors.New("a certificate and an ECDSA key are needed")
	case !ca.key.PublicKey.Equal(ca.Certificate.PublicKey):
		return nil, errors.New("the key is not the certificate's")
	case !ca.Certificate.IsCA:
		return nil, errors.New("the certificate is no authority's")
	}
	return ca, nil
}

// save writes the whole file under another name first, so that a crash leaves all or
// nothing.
func (ca *CA) save(path string) (err error) {
	der, err := x509.MarshalPKCS8PrivateKey(ca.key)
	if err != nil {
		return err
	}
	text := append(ca.PEM(), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	f, err := os.CreateTemp(filepath.Dir(path), ".ca-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
