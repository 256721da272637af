package registry_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/internal/localca"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
	"github.com/askaround/askaround-go/iotauth/gateway/rules"
)

// given is what the scripts need besides a control plane.
type given struct {
	KeyID  string `json:"keyID"`
	Secret string `json:"secret"`

	CSR    string `json:"csr"`
	CA     string `json:"ca"`
	Signed string `json:"signed"` // by CA
	Alone  string `json:"alone"`  // by somebody else

	Function        string          `json:"function"`
	PublicKey       string          `json:"publicKey"`
	Token           string          `json:"token"`
	Signature       string          `json:"signature"`
	SignatureOfFail string          `json:"signatureOfFail"`
	Answer          json.RawMessage `json:"answer"`
}

func newGiven(t testing.TB) given {
	t.Helper()
	ca := outsider(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	signer, err := iotauth.NewSigner(key)
	must(t, err)
	public, err := iotauth.MarshalPublicKey(signer.Public())
	must(t, err)
	g := given{
		KeyID: "AKIDEXAMPLE", Secret: "secret",
		CSR: csr(t, nameOf("by request")), CA: string(ca.PEM()), Signed: leafPEM(t, ca), Alone: leafPEM(t, outsider(t)),
		Function: functionARN, PublicKey: string(public), Token: "token=7", Answer: json.RawMessage(answer),
	}
	g.Signature, err = signer.Sign(g.Token)
	must(t, err)
	g.SignatureOfFail, err = signer.Sign("fail")
	must(t, err)
	return g
}

// newAccount is a registry with all that the scripts need, behind signatures.
func newAccount(t testing.TB, g given) string {
	t.Helper()
	engine, err := rules.New(func(o *rules.Options) {
		o.Publish = func(context.Context, rules.Message) error { return nil }
		o.Functions = map[string]rules.Function{functionARN: {Handle: func(context.Context, json.RawMessage) error { return nil }}}
	})
	must(t, err)
	t.Cleanup(func() {
		if err := engine.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	r := open(t, t.TempDir(), withFunction, func(o *registry.Options) { o.Rules = engine })
	return serve(t, r, func(o *registry.HandlerOptions) {
		o.Keys = gateway.StaticKeys{g.KeyID: {Secret: gateway.Secret(g.Secret)}}
		o.Endpoints = map[string]string{"iot:Data-ATS": "localhost:8883"}
	})
}

// TestBoto3 calls every operation by boto3. The script checks every answer against AWS's
// own model of the API.
func TestBoto3(t *testing.T) {
	interpreter := foreign.NeedPython(t, "boto3")
	g := newGiven(t)
	var got struct {
		Called   []string
		Refusals int
	}
	python(t, interpreter, "control.py", g, &got, newAccount(t, g))
	if diff := cmp.Diff(registry.OperationNames(), got.Called); diff != "" {
		t.Errorf("operations without an answer that was checked (-registry, +called):\n%s", diff)
	}
	t.Logf("%d operations, %d refusals", len(got.Called), got.Refusals)
}

// TestCLI runs every command of the AWS CLI that the control plane answers.
func TestCLI(t *testing.T) {
	interpreter := foreign.NeedPython(t, "awscli")
	g := newGiven(t)
	var called []string
	python(t, interpreter, "cli.py", g, &called, newAccount(t, g))
	if diff := cmp.Diff(registry.OperationNames(), called); diff != "" {
		t.Errorf("operations without a command that was run (-registry, +called):\n%s", diff)
	}
}

// TestMoto makes the same random requests of the control plane and of moto, and compares
// the answers.
func TestMoto(t *testing.T) {
	interpreter := foreign.NeedPython(t, "moto", "boto3", "cryptography")
	requests := 200
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		requests = 8000
	}
	in := struct {
		Seed         uint64 `json:"seed"`
		Requests     int    `json:"requests"`
		Certificates []any  `json:"certificates"`
	}{Seed: newSeed(t), Requests: requests}
	ca := outsider(t)
	for range 3 {
		leaf, err := ca.Device("device", newKey(t).Public(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
		must(t, err)
		in.Certificates = append(in.Certificates, map[string]string{"id": localca.CertificateID(leaf), "pem": string(localca.EncodeCertificate(leaf))})
	}
	var got struct{ Operations, Requests, Answered int }
	python(t, interpreter, "differential.py", in, &got, serve(t, open(t, "")))
	t.Logf("%d requests for %d operations, %d answered and %d refused, all alike", got.Requests, got.Operations, got.Answered, got.Requests-got.Answered)
}
