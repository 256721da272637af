package iotauth

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/foreign"
)

// run runs a program and returns what it prints.
func run(t *testing.T, stdin string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = strings.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// foreignTokens are signed by one side and verified by the other.
var foreignTokens = []string{"allow", "Grüße ☂", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ", strings.Repeat("t", MaxToken)}

// TestOpenSSL follows the source post: keys and signature by openssl's commands. Then the
// other way round.
func TestOpenSSL(t *testing.T) {
	openssl := foreign.Need(t, "openssl")
	dir := t.TempDir()
	private, public, raw := filepath.Join(dir, "private.pem"), filepath.Join(dir, "public.pem"), filepath.Join(dir, "signature")
	run(t, "", openssl, "genrsa", "-out", private, "2048")
	run(t, "", openssl, "rsa", "-in", private, "-pubout", "-out", public)

	publicKey, err := ParsePublicKey(readFile(t, public))
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifier([]*rsa.PublicKey{publicKey})
	if err != nil {
		t.Fatal(err)
	}
	privateKey, err := ParsePrivateKey(readFile(t, private))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := NewSigner(privateKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range foreignTokens {
		binary := run(t, token, openssl, "dgst", "-sha256", "-sign", private)
		theirs := run(t, binary, openssl, "base64")
		if !strings.Contains(theirs[:len(theirs)-1], "\n") {
			t.Fatal("openssl prints one line: the test tries nothing")
		}
		if err := v.Verify(token, theirs); err != nil {
			t.Errorf("%.16q: openssl's signature: %v", token, err)
		}
		ours, err := signer.Sign(token)
		if err != nil {
			t.Fatal(err)
		}
		if ours != strings.ReplaceAll(theirs, "\n", "") {
			t.Errorf("%.16q: openssl signs otherwise", token)
		}
		decoded := run(t, ours, openssl, "base64", "-d", "-A")
		if err := os.WriteFile(raw, []byte(decoded), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := run(t, token, openssl, "dgst", "-sha256", "-verify", public, "-signature", raw); !strings.Contains(got, "Verified OK") {
			t.Errorf("%.16q: openssl says %s", token, got)
		}
	}
}

// keyFiles writes the first key and its public one, and returns the files.
func keyFiles(t *testing.T) (private, public string) {
	t.Helper()
	dir := t.TempDir()
	private, public = filepath.Join(dir, "private.pem"), filepath.Join(dir, "public.pem")
	privatePEM, err1 := MarshalPrivateKey(key(t, 0))
	publicPEM, err2 := MarshalPublicKey(&key(t, 0).PublicKey)
	err3 := os.WriteFile(private, privatePEM, 0o600)
	err4 := os.WriteFile(public, publicPEM, 0o644)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return private, public
}

// TestOpenSSLReadsOurKeys has openssl check and convert the PEM that we write.
func TestOpenSSLReadsOurKeys(t *testing.T) {
	openssl := foreign.Need(t, "openssl")
	file, publicFile := keyFiles(t)
	private, public := readFile(t, file), readFile(t, publicFile)
	if got := run(t, "", openssl, "pkey", "-in", file, "-check", "-noout"); !strings.Contains(got, "Key is valid") {
		t.Errorf("openssl says %s", got)
	}
	if got := run(t, "", openssl, "pkey", "-in", file, "-pubout"); got != string(public) {
		t.Errorf("openssl derives another public key:\n%s%s", got, public)
	}
	certificate := run(t, "", openssl, "req", "-x509", "-new", "-key", file, "-subj", "/CN=test", "-days", "1")
	for why, text := range map[string]string{
		"PKCS #8":     string(private),
		"PKCS #1":     run(t, "", openssl, "rsa", "-in", file, "-traditional"),
		"PKIX":        string(public),
		"PKCS #1 pub": run(t, "", openssl, "rsa", "-in", file, "-RSAPublicKey_out"),
		"certificate": certificate,
	} {
		parsed, err := ParsePublicKey([]byte(text))
		if strings.Contains(text, "PRIVATE") {
			var k *rsa.PrivateKey
			if k, err = ParsePrivateKey([]byte(text)); err == nil {
				parsed = &k.PublicKey
			}
		}
		if err != nil || !parsed.Equal(&key(t, 0).PublicKey) {
			t.Errorf("%s: %v", why, err)
		}
	}
	for why, args := range map[string][]string{
		"encrypted PKCS #8": {"pkcs8", "-topk8", "-in", file, "-passout", "pass:secret"},
		"encrypted PKCS #1": {"rsa", "-in", file, "-traditional", "-aes128", "-passout", "pass:secret"},
		"an elliptic curve": {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
		"1,024 bits":        {"genrsa", "1024"},
	} {
		if _, err := ParsePrivateKey([]byte(run(t, "", openssl, args...))); err == nil {
			t.Errorf("%s was accepted", why)
		} else {
			t.Logf("%s: %v", why, err)
		}
	}
}

// nodeScript reads "sign|verify" from its arguments, as code of devices has it.
const nodeScript = `
const crypto = require('crypto'), fs = require('fs');
const [, what, file, token, signature] = process.argv;
const pem = fs.readFileSync(file);
if (what === 'sign') {
  process.stdout.write(crypto.createSign('RSA-SHA256').update(token, 'utf8').sign(pem, 'base64'));
} else {
  process.stdout.write(String(crypto.createVerify('RSA-SHA256').update(token, 'utf8').verify(pem, signature, 'base64')));
}`

func TestNode(t *testing.T) {
	node := foreign.Need(t, "node")
	private, public := keyFiles(t)
	for _, token := range foreignTokens {
		theirs := run(t, "", node, "-e", nodeScript, "sign", private, token)
		if err := verifier(t, 0, 0).Verify(token, theirs); err != nil {
			t.Errorf("%.16q: node's signature: %v", token, err)
		}
		if got := run(t, "", node, "-e", nodeScript, "verify", public, token, sign(t, 0, token)); got != "true" {
			t.Errorf("%.16q: node refuses our signature", token)
		}
	}
}

// TestNodeReadsOurQuery has the WHATWG URL decoder, which takes "+" for a space, read what
// we write, and ours read what it writes.
func TestNodeReadsOurQuery(t *testing.T) {
	node := foreign.Need(t, "node")
	c := hard(t)
	query, err := c.Query()
	if err != nil {
		t.Fatal(err)
	}
	const script = `
const p = new URLSearchParams(process.argv[1]);
process.stdout.write(JSON.stringify([p.get(process.argv[2]), p.get('x-amz-customauthorizer-signature')]) + '\n' + p.toString());`
	out := run(t, "", node, "-e", script, query, c.TokenKey)
	read, written, _ := strings.Cut(out, "\n")
	if want := fmt.Sprintf("[%q,%q]", c.Token, c.Signature); read != want {
		t.Errorf("node reads %s, want %s", read, want)
	}
	p, err := ParseQuery(written)
	if err != nil {
		t.Fatal(err)
	}
	// Node writes spaces as "+": only the signature, where that can be told, is as before.
	if got, err := p.Credentials(c.TokenKey); err != nil || got.Signature != c.Signature || got.Authorizer != c.Authorizer {
		t.Errorf("we read %#v of node's %s, %v", got, written, err)
	}
}

func readFile(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
