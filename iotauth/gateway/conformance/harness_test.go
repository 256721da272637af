package conformance

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/local"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
	"github.com/askaround/askaround-go/iotauth/policy"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE") // breaks the SDKs
	os.Exit(m.Run())
}

const (
	functionARN  = "arn:aws:lambda:us-east-1:123456789012:function:authorizer"
	accessKey    = "AKIDEXAMPLE"
	secret       = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	sessionToken = "a/session+token=="
)

// document is the policy of every client here: sensors may be used, nothing else.
const document = `{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Action": "iot:Connect", "Resource": "arn:aws:iot:us-east-1:123456789012:client/*"},
	{"Effect": "Allow", "Action": ["iot:Publish", "iot:Receive"], "Resource": "arn:aws:iot:us-east-1:123456789012:topic/sensors/*"},
	{"Effect": "Allow", "Action": "iot:Subscribe", "Resource": "arn:aws:iot:us-east-1:123456789012:topicfilter/sensors/*"}]}`

// site is an account with an authorizer, a device, and a key, and the files of these.
type site struct {
	*local.Account
	dir              string
	device           local.Device
	token, signature string
}

func newSite(t *testing.T, optFns ...func(*local.Options)) *site {
	t.Helper()
	doc, err := policy.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	authorize := iotauth.HandlerFunc(func(context.Context, *iotauth.Request) (*iotauth.Response, error) {
		return &iotauth.Response{IsAuthenticated: true, PrincipalID: "sensor7", PolicyDocuments: []*policy.Document{doc}, DisconnectAfter: time.Hour, RefreshAfter: time.Hour}, nil
	})
	s := &site{dir: t.TempDir(), token: "a.token", Account: local.New(t, append([]func(*local.Options){func(o *local.Options) {
		o.Functions = map[string]iotauth.Handler{functionARN: authorize}
		o.Keys = gateway.StaticKeys{accessKey: {Secret: secret, SessionToken: sessionToken, Principal: "user", Policies: []*policy.Document{doc}}}
		o.Gateway = func(o *gateway.Options) { o.Limits.ConnectRate = 1e6 } // tests connect one after the other
	}}, optFns...)...)}
	if s.device, err = s.NewDevice(t.Context(), "sensor7", document); err != nil {
		t.Fatal(err)
	}
	s.makeAuthorizer(t)
	for name, text := range map[string][]byte{"ca.pem": s.CA(), "cert.pem": s.device.Certificate, "key.pem": s.device.PrivateKey} {
		if err := os.WriteFile(s.file(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *site) file(name string) string { return filepath.Join(s.dir, name) }

func (s *site) makeAuthorizer(t *testing.T) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, iotauth.MinKeyBits)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := iotauth.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	if s.signature, err = signer.Sign(s.token); err != nil {
		t.Fatal(err)
	}
	public, err := iotauth.MarshalPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Registry.CreateAuthorizer(t.Context(), registry.Authorizer{
		Name: "Custom", FunctionARN: functionARN, TokenKeyName: "Token", Status: registry.Active,
		TokenSigningPublicKeys: map[string]string{"one": string(public)},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// on443 serves the door of port 443 on that very port, which some clients insist on.
func (s *site) on443(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:443")
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EADDRINUSE) {
		foreign.Missing(t, "this client wants port 443, which this test may not have here: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Gateway.Serve(ctx, l, gateway.Port443) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

func port(address string) string {
	_, p, _ := net.SplitHostPort(address)
	return p
}

// report is what a client found out.
type report struct {
	Subscribed []int
	Published  int
	Topic      string
	Payload    string
	Denied     *int
	Refused    *int
	Error      string
}

// slow skips what takes a minute: a process for each door.
func slow(t *testing.T) {
	t.Helper()
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("starts a client for each door; ASKAROUND_SLOW=1 runs it")
	}
}

// run runs a client until it has told its report.
func run(t *testing.T, env []string, program string, args ...string) report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.Env = append(os.Environ(), env...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		said = append(said, lines.Text())
		if r, ok := parse(lines.Bytes()); ok {
			// The SDK for JavaScript does not end by itself after a refusal, and with static
			// credentials its native part aborts at the end of the process.
			_ = command.Process.Kill()
			_ = command.Wait()
			return r
		}
	}
	t.Fatalf("no report: %v\n%s\n%s", command.Wait(), strings.Join(said, "\n"), &stderr)
	return report{}
}

func parse(line []byte) (r report, ok bool) {
	return r, bytes.HasPrefix(line, []byte("{")) && json.Unmarshal(line, &r) == nil
}
