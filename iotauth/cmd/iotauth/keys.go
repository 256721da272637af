package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/askaround/askaround-go/iotauth"
)

// maxKeyBits bounds what keygen makes: larger keys take minutes, and sign slowly.
const maxKeyBits = 8192

func runKeygen(_ context.Context, p *program, args []string) error {
	set := p.flags("keygen", "")
	out := set.String("o", "private.pem", "`file` of the private key; it must not exist")
	public := set.String("public", "public.pem", "`file` of the public key; it must not exist")
	bits := set.Int("bits", iotauth.MinKeyBits, "size of the key")
	if _, err := parse(set, args, 0, 0); err != nil {
		return err
	}
	if *bits < iotauth.MinKeyBits || *bits > maxKeyBits {
		return p.wrong(set, "-bits %d is not within %d to %d", *bits, iotauth.MinKeyBits, maxKeyBits)
	}
	key, err := rsa.GenerateKey(rand.Reader, *bits)
	if err != nil {
		return err
	}
	privatePEM, err := iotauth.MarshalPrivateKey(key)
	if err != nil {
		return err
	}
	publicPEM, err := iotauth.MarshalPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := writeNew(*public, publicPEM, 0o644); err != nil {
		return err
	}
	if err := writeNew(*out, privatePEM, 0o600); err != nil {
		return errors.Join(err, os.Remove(*public))
	}
	fmt.Fprintf(p.stdout, "%s  private key, %d bits: keep it secret\n%s  public key: for the authorizer's tokenSigningPublicKeys\n", *out, *bits, *public)
	return nil
}

// writeNew writes a file that does not exist: a key that is overwritten is lost.
func writeNew(name string, data []byte, mode os.FileMode) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// readVerifier reads the public keys of a list of files.
func readVerifier(list string) (*iotauth.Verifier, error) {
	var keys []*rsa.PublicKey
	for name := range strings.SplitSeq(list, ",") {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		key, err := iotauth.ParsePublicKey(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		keys = append(keys, key)
	}
	return iotauth.NewVerifier(keys)
}

// operand returns a token: the operand, or the standard input.
func (p *program) operand(arg string) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	text, err := io.ReadAll(io.LimitReader(p.stdin, iotauth.MaxToken+3)) // and a line break
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}
