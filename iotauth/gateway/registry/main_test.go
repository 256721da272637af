package registry_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	cryptorand "crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/localca"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

func TestMain(m *testing.M) {
	_ = os.Unsetenv("AWS_CA_BUNDLE")
	if dir := os.Getenv("REGISTRY_VICTIM"); dir != "" {
		victim(dir)
		return
	}
	os.Exit(m.Run())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newSeed is a new seed, or that of REGISTRY_SEED, and says which.
func newSeed(t testing.TB) uint64 {
	t.Helper()
	seed := rand.Uint64() >> 11 // a number that JSON keeps
	if given := os.Getenv("REGISTRY_SEED"); given != "" {
		var err error
		seed, err = strconv.ParseUint(given, 10, 64)
		must(t, err)
	}
	t.Logf("REGISTRY_SEED=%d", seed)
	return seed
}

// open opens a registry that is closed when the test ends.
func open(t testing.TB, dir string, optFns ...func(*registry.Options)) *registry.Registry {
	t.Helper()
	r, err := registry.Open(dir, optFns...)
	must(t, err)
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// serve serves a registry's control plane, and returns its URL.
func serve(t testing.TB, r *registry.Registry, optFns ...func(*registry.HandlerOptions)) string {
	t.Helper()
	h, err := registry.Handler(r, optFns...)
	must(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// engine is a rules engine that keeps rules and does nothing with them.
type engine struct {
	mu    sync.Mutex
	rules map[string]json.RawMessage
}

func newEngine() *engine { return &engine{rules: map[string]json.RawMessage{}} }

func (e *engine) PutRule(name string, payload json.RawMessage) error {
	var p struct{ SQL string }
	if err := json.Unmarshal(payload, &p); err != nil {
		return err
	}
	if !strings.Contains(p.SQL, "FROM") {
		return &registry.Error{Code: registry.ErrSQL.Code, Message: "FROM is missing"}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rules[name] = payload
	return nil
}

func (e *engine) DeleteRule(name string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.rules, name)
	return nil
}

func (e *engine) Rule(name string) (json.RawMessage, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if payload, ok := e.rules[name]; ok {
		return payload, nil
	}
	return nil, errors.New("no such rule")
}

func (e *engine) Rules() (names []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range e.rules {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (e *engine) EnableRule(name string, enabled bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := map[string]any{}
	if err := json.Unmarshal(e.rules[name], &p); err != nil {
		return err
	}
	p["ruleDisabled"] = !enabled
	payload, err := json.Marshal(p)
	e.rules[name] = payload
	return err
}

// functionARN is that of answering.
const functionARN = "arn:aws:lambda:us-east-1:123456789012:function:Authorizer"

// answer is what answering says to everybody but the token "fail".
const answer = `{
	"isAuthenticated": true, "principalId": "principal7", "refreshAfterInSeconds": 300, "disconnectAfterInSeconds": 3600,
	"policyDocuments": [{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"},
		{"Effect": "Deny", "NotAction": ["iot:Publish", "iot:Connect"], "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}]
}`

func answering(_ context.Context, request *iotauth.Request) (*iotauth.Response, error) {
	if request.Token == "fail" {
		return nil, errors.New("the database is on fire")
	}
	response := new(iotauth.Response)
	return response, json.Unmarshal([]byte(answer), response)
}

func withFunction(o *registry.Options) {
	o.Functions = registry.Functions(map[string]iotauth.Handler{functionARN: iotauth.HandlerFunc(answering)})
}

// python runs a script of testdata with text on its input, and decodes what it prints.
func python(t testing.TB, python, script string, input, output any, args ...string) {
	t.Helper()
	text, err := json.Marshal(input)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, python, append([]string{script}, args...)...)
	command.Dir = "testdata"
	command.Stdin = bytes.NewReader(text)
	command.Env = append(os.Environ(), "AWS_EC2_METADATA_DISABLED=true", "PYTHONDONTWRITEBYTECODE=1", "AWS_DEFAULT_REGION=us-east-1",
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s\n%s", script, err, stderr.Bytes(), stdout.Bytes())
	}
	if err := json.Unmarshal(stdout.Bytes(), output); err != nil {
		t.Fatalf("%s printed %s: %v", script, stdout.Bytes(), err)
	}
}

// outsider is an authority that the registry does not know.
func outsider(t testing.TB) *localca.CA {
	t.Helper()
	ca, err := localca.New("outsider", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	must(t, err)
	return ca
}

// leafPEM is a new certificate of an authority.
func leafPEM(t testing.TB, ca *localca.CA) string {
	t.Helper()
	leaf, err := ca.Device("device", newKey(t).Public(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	must(t, err)
	return string(localca.EncodeCertificate(leaf))
}

func newKey(t testing.TB) *ecdsa.PrivateKey { return newKeyOn(t, elliptic.P256()) }

func newKeyOn(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, cryptorand.Reader)
	must(t, err)
	return key
}

func nameOf(commonName string) pkix.Name { return pkix.Name{CommonName: commonName} }

// parse reads a certificate.
func parse(t testing.TB, text string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	certificate, err := x509.ParseCertificate(block.Bytes)
	must(t, err)
	return certificate
}

// csr is a certificate signing request of a new key.
func csr(t testing.TB, subject pkix.Name) string {
	t.Helper()
	der, err := x509.CreateCertificateRequest(cryptorand.Reader, &x509.CertificateRequest{Subject: subject}, newKey(t))
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}
