package localca_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/internal/localca"
)

var (
	from  = time.Now().Add(-time.Hour)
	until = time.Now().Add(time.Hour)
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fresh() (*localca.CA, error) { return localca.New("test", from, until) }

func newCA(t testing.TB) *localca.CA {
	t.Helper()
	ca, err := fresh()
	must(t, err)
	return ca
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

// TestHandshake: a server and a device with certificates of one authority trust each
// other, and nobody else's.
func TestHandshake(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	server, err := ca.Server([]string{"localhost", "127.0.0.1"}, from, until)
	must(t, err)
	device := func(ca *localca.CA) tls.Certificate {
		key := newKey(t)
		leaf, err := ca.Device("device", key.Public(), from, until)
		must(t, err)
		return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
	}
	for _, test := range []struct {
		name        string
		roots       *localca.CA
		certificate tls.Certificate
		host        string
		works       bool
	}{
		{"both know each other", ca, device(ca), "localhost", true},
		{"by address", ca, device(ca), "127.0.0.1", true},
		{"another host", ca, device(ca), "example.com", false},
		{"another authority's device", ca, device(other), "localhost", false},
		{"another authority's server", other, device(ca), "localhost", false},
		{"a server is no device", ca, server, "localhost", false},
	} {
		err := handshake(
			&tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.Pool()},
			&tls.Config{Certificates: []tls.Certificate{test.certificate}, RootCAs: test.roots.Pool(), ServerName: test.host})
		if test.works != (err == nil) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func handshake(server, client *tls.Config) error {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	done := make(chan error, 1)
	go func() { // ends with the pipe
		err := tls.Server(a, server).Handshake()
		_ = a.Close()
		done <- err
	}()
	conn := tls.Client(b, client)
	err := conn.Handshake()
	if err == nil {
		// A client of TLS 1.3 learns that it is refused when it reads.
		if _, readErr := conn.Read(make([]byte, 1)); readErr != nil && strings.Contains(readErr.Error(), "remote error") {
			err = readErr
		}
	}
	_ = b.Close()
	return errors.Join(err, <-done)
}

// TestSign: a request's subject and key are the certificate's, as they were encoded.
func TestSign(t *testing.T) {
	ca := newCA(t)
	key := newKey(t)
	subject := pkix.Name{CommonName: "device 7", Organization: []string{"A", "B"}, ExtraNames: []pkix.AttributeTypeAndValue{{
		Type: asn1.ObjectIdentifier{2, 5, 4, 46}, Value: "qualifier", // dnQualifier
	}}}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject, DNSNames: []string{"not.wanted"}}, key)
	must(t, err)
	request, err := x509.ParseCertificateRequest(der)
	must(t, err)
	leaf, err := ca.Sign(request, from, until)
	must(t, err)
	if !bytes.Equal(leaf.RawSubject, request.RawSubject) || !key.PublicKey.Equal(leaf.PublicKey) || len(leaf.DNSNames) != 0 || leaf.IsCA {
		t.Errorf("the certificate: %v %v", leaf.Subject, leaf.DNSNames)
	}
	request.Signature[8] ^= 1
	if _, err := ca.Sign(request, from, until); err == nil {
		t.Error("a request that its key did not sign was taken")
	}
}

// TestOpen: the same authority comes out of a file again.
func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.pem")
	first, err := localca.Open(path, fresh)
	must(t, err)
	leaf, err := first.Device("device", newKey(t).Public(), from, until)
	must(t, err)
	again, err := localca.Open(path, func() (*localca.CA, error) { return nil, errors.New("there is one") })
	must(t, err)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: again.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	if _, err := again.Device("device", newKey(t).Public(), from, until); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left over: %v, %v", entries, err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	must(t, os.Chmod(path, 0o640))
	if _, err := localca.Open(path, fresh); !errors.Is(err, localca.ErrFile) {
		t.Errorf("a file that others can read: %v", err)
	}
}

// TestOpenRefuses: a file that holds something else is left as it is.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "ca.pem")
	_, err := localca.Open(path, fresh)
	must(t, err)
	whole, err := os.ReadFile(path)
	must(t, err)
	other := filepath.Join(dir, "other.pem")
	_, err = localca.Open(other, fresh)
	must(t, err)
	foreignText, err := os.ReadFile(other)
	must(t, err)
	half := bytes.Index(whole, []byte("-----BEGIN PRIVATE KEY"))
	foreignHalf := bytes.Index(foreignText, []byte("-----BEGIN PRIVATE KEY"))
	leaf, err := newCA(t).Device("device", newKey(t).Public(), from, until)
	must(t, err)
	for name, text := range map[string][]byte{
		"empty":                {},
		"no key":               whole[:half],
		"no certificate":       whole[half:],
		"another's key":        append(bytes.Clone(whole[:half]), foreignText[foreignHalf:]...),
		"a leaf":               append(localca.EncodeCertificate(leaf), whole[half:]...),
		"a broken key":         append(bytes.Clone(whole[:half]), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"...),
		"a broken certificate": []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
	} {
		must(t, os.WriteFile(path, text, 0o600))
		if _, err := localca.Open(path, fresh); !errors.Is(err, localca.ErrFile) {
			t.Errorf("%s: %v", name, err)
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(now, text) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	failure := errors.New("no entropy")
	if _, err := localca.Open(filepath.Join(dir, "new.pem"), func() (*localca.CA, error) { return nil, failure }); !errors.Is(err, failure) {
		t.Errorf("an authority that cannot be made: %v", err)
	}
}

// TestOpenSSL asks openssl what it thinks of the chain, and for a request to sign.
func TestOpenSSL(t *testing.T) {
	openssl := foreign.Need(t, "openssl")
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		command := exec.Command(openssl, args...)
		command.Dir = dir
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	ca := newCA(t)
	run("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "device.key", "-out", "device.csr", "-outform", "DER", "-subj", "/O=Askaround/CN=device")
	der, err := os.ReadFile(filepath.Join(dir, "device.csr"))
	must(t, err)
	request, err := x509.ParseCertificateRequest(der)
	must(t, err)
	leaf, err := ca.Sign(request, from, until)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "ca.crt"), ca.PEM(), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "device.crt"), localca.EncodeCertificate(leaf), 0o600))
	if out := run("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", "ca.crt", "device.crt"); !strings.Contains(out, "OK") {
		t.Error(out)
	}
	out := run("x509", "-in", "device.crt", "-noout", "-subject", "-fingerprint", "-sha256")
	if !strings.Contains(out, "Askaround") || !strings.Contains(strings.ToLower(strings.ReplaceAll(out, ":", "")), localca.CertificateID(leaf)) {
		t.Error(out)
	}
}

func Example() {
	ca, err := localca.New("local devices", time.Now().Add(-time.Hour), localca.Forever)
	if err != nil {
		panic(err)
	}
	server, err := ca.Server([]string{"localhost"}, time.Now(), localca.Forever)
	if err != nil {
		panic(err)
	}
	_, err = server.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: "localhost"})
	fmt.Println(server.Leaf.Issuer.CommonName, err)
	// Output: local devices <nil>
}
