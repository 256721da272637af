package credprovider_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askaround/askaround-go/credprovider"
	"github.com/askaround/askaround-go/credprovider/credprovidertest"
	"github.com/askaround/askaround-go/internal/foreign"
)

// files writes a device's certificate and key.
func files(t testing.TB, dir string, d credprovidertest.Device) (certFile, keyFile string) {
	t.Helper()
	certificate, key, err := d.PEM()
	must(t, err)
	certFile, keyFile = filepath.Join(dir, "device.pem"), filepath.Join(dir, "device.key")
	must(t, os.WriteFile(certFile, certificate, 0o600))
	must(t, os.WriteFile(keyFile, key, 0o600))
	return certFile, keyFile
}

// refresh has the provider ask the service now.
func refresh(t testing.TB, p *credprovider.Provider) {
	t.Helper()
	before := p.Status().AccessKeyID
	p.Invalidate(before)
	retrieve(t, p)
	if p.Status().AccessKeyID == before {
		t.Fatalf("not refreshed: %v", p.Status().Failure)
	}
}

// TestRotation replaces the certificate first and the key later, as a program that writes
// two files does.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	certFile, keyFile := files(t, t.TempDir(), w.device)
	var logged bytes.Buffer
	p := w.providerOf(t, credprovider.FromFiles(certFile, keyFile), func(o *credprovider.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	})
	certificateOf := func() string {
		s, _ := w.Session(p.Status().AccessKeyID)
		return s.CertificateID
	}
	refresh(t, p)
	next, err := w.Register(credprovidertest.CertificateSpec{Thing: thing, Policies: []string{mayDoAll}, NotAfter: time.Now().Add(48 * time.Hour)})
	must(t, err)
	certificate, key, err := next.PEM()
	must(t, err)

	must(t, os.WriteFile(certFile, certificate, 0o600))
	refresh(t, p)
	if certificateOf() != w.device.CertificateID || !strings.Contains(logged.String(), "the one before is used") {
		t.Errorf("a certificate without its key was used, or nobody was told: %s", logged.String())
	}
	must(t, os.WriteFile(keyFile, key, 0o600))
	refresh(t, p)
	if certificateOf() != next.CertificateID {
		t.Error("the pair was not reloaded")
	}
	if n := w.Counts().Handshakes; n != 2 {
		t.Errorf("%d handshakes, want one for each certificate", n)
	}
	if !strings.Contains(logged.String(), "about to expire") || !p.Status().NotAfter.Equal(next.TLS.Leaf.NotAfter) {
		t.Errorf("no warning of the certificate's end: %s", logged.String())
	}

	for _, damage := range []struct{ name, content string }{{"empty", ""}, {"cut", string(certificate[:len(certificate)/2])}, {"a page", "<html>"}} {
		must(t, os.WriteFile(certFile, []byte(damage.content), 0o600))
		refresh(t, p)
		if certificateOf() != next.CertificateID {
			t.Errorf("%s: another certificate", damage.name)
		}
	}
	must(t, os.Remove(certFile))
	refresh(t, p)
	tellsNothing(t, w, logged.String())
	if strings.Contains(logged.String(), "PRIVATE KEY") {
		t.Error("a key in the log")
	}
}

// TestIdentityErrors have a mend and no key in them.
func TestIdentityErrors(t *testing.T) {
	w := newWorld(t)
	other := newWorld(t)
	dir := t.TempDir()
	certFile, keyFile := files(t, dir, w.device)
	_, otherKey := files(t, t.TempDir(), other.device)
	encrypted := filepath.Join(dir, "encrypted.key")
	must(t, os.WriteFile(encrypted, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"), 0o600))
	for _, tt := range []struct {
		name     string
		identity credprovider.Identity
		says     string
	}{
		{"no file", credprovider.FromFiles(filepath.Join(dir, "none"), keyFile), "no such file"},
		{"another's key", credprovider.FromFiles(certFile, otherKey), "private key does not match"},
		{"the key in both places", credprovider.FromFiles(keyFile, keyFile), "certificate"},
		{"an encrypted key", credprovider.FromFiles(certFile, encrypted), "PKCS#12"},
		{"no PKCS#12", credprovider.FromPKCS12(certFile, "secret-word"), "pkcs12"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := w.providerOf(t, tt.identity)
			_, err := p.Retrieve(t.Context())
			if !errors.Is(err, credprovider.ErrIdentity) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
			if text := fmt.Sprintf("%v %+v %#v", tt.identity, tt.identity, tt.identity) + err.Error(); strings.Contains(text, "secret-word") {
				t.Errorf("the password in %s", text)
			}
		})
	}
	if n := w.Counts().Connections; n != 0 {
		t.Errorf("%d connections without an identity", n)
	}
}

func TestPairsAreProved(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	for name, c := range map[string]tls.Certificate{
		"nothing":       {},
		"no key":        {Certificate: w.device.TLS.Certificate},
		"another's key": {Certificate: w.device.TLS.Certificate, PrivateKey: other.device.TLS.PrivateKey},
		"garbage":       {Certificate: [][]byte{{1, 2, 3}}, PrivateKey: w.device.TLS.PrivateKey},
	} {
		if _, err := credprovider.FromCertificate(c); !errors.Is(err, credprovider.ErrIdentity) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := credprovider.FromSigner(nil); !errors.Is(err, credprovider.ErrIdentity) {
		t.Errorf("got %v", err)
	}
	identity, err := credprovider.FromSigner(w.device.TLS.PrivateKey.(crypto.Signer), w.device.TLS.Leaf, w.CA.Certificate)
	must(t, err)
	retrieve(t, w.providerOf(t, identity))
}

// TestPKCS12 reads what OpenSSL writes, in its present form and in the one before 3.0.
func TestPKCS12(t *testing.T) {
	openssl := foreign.Need(t, "openssl")
	w := newWorld(t)
	dir := t.TempDir()
	certFile, keyFile := files(t, dir, w.device)
	caFile := filepath.Join(dir, "ca.pem")
	must(t, os.WriteFile(caFile, w.CA.PEM(), 0o600))
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"present", nil},
		{"with chain", []string{"-certfile", caFile}},
		{"legacy", []string{"-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "device.pfx")
			args := append([]string{"pkcs12", "-export", "-in", certFile, "-inkey", keyFile, "-out", out, "-passout", "pass:the-word"}, tt.args...)
			if text, err := exec.CommandContext(t.Context(), openssl, args...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			retrieve(t, w.providerOf(t, credprovider.FromPKCS12(out, "the-word")))
			fails(t, w.providerOf(t, credprovider.FromPKCS12(out, "another")), credprovider.ErrIdentity, "PKCS#12")
		})
	}
}

// slowKey is a key like a TPM's, and counts its signatures.
type slowKey struct {
	crypto.Signer
	signatures atomic.Int64
}

func (k *slowKey) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	k.signatures.Add(1)
	return k.Signer.Sign(random, digest, opts)
}

// TestOneHandshake: a key signs once, whatever number of connections there are.
func TestOneHandshake(t *testing.T) {
	w := newWorld(t)
	key := &slowKey{Signer: w.device.TLS.PrivateKey.(crypto.Signer)}
	identity, err := credprovider.FromSigner(key, w.device.TLS.Leaf)
	must(t, err)
	p := w.providerOf(t, identity)
	const refreshes = 10
	for range refreshes {
		refresh(t, p)
	}
	counts := w.Counts()
	if counts.Connections != refreshes || counts.Handshakes != 1 || counts.Resumptions != refreshes-1 || key.signatures.Load() != 1 {
		t.Errorf("%+v and %d signatures", counts, key.signatures.Load())
	}
}

// TestIdentityThatChanges is one that somebody else implements.
func TestIdentityThatChanges(t *testing.T) {
	w := newWorld(t)
	second, err := w.Register(credprovidertest.CertificateSpec{Thing: thing, Policies: []string{mayDoAll}})
	must(t, err)
	identity := &changing{now: &w.device.TLS}
	p := w.providerOf(t, identity)
	refresh(t, p)
	identity.now = &second.TLS
	refresh(t, p)
	s, _ := w.Session(p.Status().AccessKeyID)
	if s.CertificateID != second.CertificateID || w.Counts().Handshakes != 2 {
		t.Errorf("session of %s, %+v", s.CertificateID, w.Counts())
	}
	identity.now, identity.err = nil, errors.New("the token is not in its slot")
	p.Invalidate(p.Status().AccessKeyID)
	fails(t, p, credprovider.ErrIdentity, "signer")
}

type changing struct {
	now *tls.Certificate
	err error
}

func (c *changing) Certificate(context.Context) (*tls.Certificate, error) { return c.now, c.err }
