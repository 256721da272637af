package credprovider

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"sync"

	"software.sslmate.com/src/go-pkcs12"
)

// FromFiles is the identity of a certificate and a key in PEM files, the certificate's
// chain after it. They may be the same file. The files are read before each request, so
// that a certificate is replaced by replacing them: as long as they do not hold a pair,
// as between the replacement of the first and of the second, the pair before is used.
func FromFiles(certFile, keyFile string) Identity {
	return &files{names: []string{certFile, keyFile}, parse: parsePEM}
}

// FromPKCS12 is the identity of a certificate and a key in a .p12 or .pfx file. It is read
// as the files of [FromFiles] are.
func FromPKCS12(file, password string) Identity {
	return &files{names: []string{file}, parse: func(content [][]byte) (tls.Certificate, error) {
		return parsePKCS12(content[0], password)
	}}
}

// files is a pair that may be replaced on disk.
type files struct {
	names []string
	parse func(content [][]byte) (tls.Certificate, error)

	mu   sync.Mutex
	sum  [sha256.Size]byte // of what pair was read from
	pair *tls.Certificate
}

// Certificate implements [Identity].
func (f *files) Certificate(context.Context) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, err := f.read()
	if err != nil {
		return f.pair, identityError(err)
	}
	sum := sha256.Sum256(bytes.Join(content, []byte{0}))
	if f.pair != nil && sum == f.sum {
		return f.pair, nil
	}
	pair, err := f.parse(content)
	if err == nil {
		err = validatePair(&pair)
	}
	if err != nil {
		return f.pair, identityError(fmt.Errorf("%v: %w", f.names, err))
	}
	f.pair, f.sum = &pair, sum
	return f.pair, nil
}

func (f *files) read() ([][]byte, error) {
	content := make([][]byte, len(f.names))
	for i, name := range f.names {
		var err error
		if content[i], err = os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	return content, nil
}

// Format implements [fmt.Formatter]: no verb shows the key or the password.
func (f *files) Format(w fmt.State, _ rune) { fmt.Fprint(w, "identity", f.names) }

func parsePEM(content [][]byte) (tls.Certificate, error) {
	for block, rest := pem.Decode(content[1]); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return tls.Certificate{}, errors.New("the key is encrypted: use a PKCS#12 file, or decrypt it with openssl pkey")
		}
	}
	return tls.X509KeyPair(content[0], content[1])
}

func parsePKCS12(content []byte, password string) (tls.Certificate, error) {
	key, leaf, chain, err := pkcs12.DecodeChain(content, password)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair := tls.Certificate{PrivateKey: key, Certificate: [][]byte{leaf.Raw}}
	for _, c := range chain {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}
