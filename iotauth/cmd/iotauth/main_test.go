package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

var update = flag.Bool("update", false, "write the golden files")

// runAsCommand is a variable of the environment that makes the test binary the command.
const runAsCommand = "IOTAUTH_RUN_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(runAsCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// session runs commands with the same directory, input and environment.
type session struct {
	t     *testing.T
	dir   string
	stdin string
	env   map[string]string
}

func newSession(t *testing.T) *session { return &session{t: t, dir: t.TempDir()} }

func (s *session) run(args ...string) (status int, stdout, stderr string) {
	s.t.Helper()
	var out, errs bytes.Buffer
	p := &program{stdin: strings.NewReader(s.stdin), stdout: &out, stderr: &errs, getenv: func(name string) string { return s.env[name] }}
	status = p.main(s.t.Context(), args)
	return status, out.String(), errs.String()
}

// must runs a command that succeeds and returns what it prints.
func (s *session) must(args ...string) string {
	s.t.Helper()
	status, stdout, stderr := s.run(args...)
	if status != 0 {
		s.t.Fatalf("iotauth %s: status %d, %s%s", strings.Join(args, " "), status, stdout, stderr)
	}
	return stdout
}

// file is a path in the session's directory.
func (s *session) file(name string) string { return filepath.Join(s.dir, name) }

// pairs are two key pairs that all tests share, by name: making one takes a while.
var pairs = map[string]func() (*rsa.PrivateKey, error){"a": sync.OnceValues(generate), "b": sync.OnceValues(generate)}

func generate() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, iotauth.MinKeyBits) }

// keys writes one of the pairs and returns its files.
func (s *session) keys(name string) (private, public string) {
	s.t.Helper()
	private, public = s.file(name+".pem"), s.file(name+".pub")
	key, err := pairs[name]()
	if err != nil {
		s.t.Fatal(err)
	}
	privatePEM, err1 := iotauth.MarshalPrivateKey(key)
	publicPEM, err2 := iotauth.MarshalPublicKey(&key.PublicKey)
	if err := errors.Join(err1, err2, os.WriteFile(private, privatePEM, 0o600), os.WriteFile(public, publicPEM, 0o644)); err != nil {
		s.t.Fatal(err)
	}
	return private, public
}

// golden compares what a command did with a file.
func golden(t *testing.T, name string, status int, stdout, stderr string) {
	t.Helper()
	got := fmt.Sprintf("status %d\n--- stdout\n%s--- stderr\n%s", status, stdout, stderr)
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestKeygen(t *testing.T) {
	s := newSession(t)
	private, public := s.file("a.pem"), s.file("a.pub")
	s.must("keygen", "-o", private, "-public", public)
	signature := strings.TrimSpace(s.must("sign", "-key", private, "allow"))
	s.must("verify", "-key", public, "-signature", signature, "allow")
	if runtime.GOOS != "windows" {
		for file, want := range map[string]os.FileMode{private: 0o600, public: 0o644} {
			if info, err := os.Stat(file); err != nil || info.Mode().Perm()&^want != 0 {
				t.Errorf("%s: %v, %v", file, info.Mode(), err)
			}
		}
	}
	before, err := os.ReadFile(private)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, _ := s.run("keygen", "-o", private, "-public", s.file("b.pub")); status != 1 {
		t.Errorf("a second time: status %d", status)
	}
	after, err := os.ReadFile(private)
	if err != nil || !bytes.Equal(before, after) {
		t.Error("the key was overwritten")
	}
	if _, err := os.Stat(s.file("b.pub")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a public key without its private one is left: %v", err)
	}
	if status, _, _ := s.run("keygen", "-o", s.file("c.pem"), "-public", public); status != 1 {
		t.Errorf("the public file exists: status %d", status)
	}
}

// TestSignAndVerify goes through each form in which sign prints and verify reads.
func TestSignAndVerify(t *testing.T) {
	s := newSession(t)
	private, public := s.keys("a")
	private2, public2 := s.keys("b")
	signature := strings.TrimSpace(s.must("sign", "-key", private, "allow"))
	for why, row := range map[string]struct {
		args []string
		want int
	}{
		"good":             {[]string{"-key", public, "-signature", signature, "allow"}, 0},
		"another token":    {[]string{"-key", public, "-signature", signature, "deny"}, 3},
		"another key":      {[]string{"-key", public2, "-signature", signature, "allow"}, 3},
		"one of two keys":  {[]string{"-key", public2 + "," + public, "-signature", signature, "allow"}, 0},
		"three keys":       {[]string{"-key", public + "," + public + "," + public, "-signature", signature, "allow"}, 1},
		"no base64":        {[]string{"-key", public, "-signature", "*", "allow"}, 3},
		"empty token":      {[]string{"-key", public, "-signature", signature, ""}, 1},
		"no key":           {[]string{"-key", s.file("none"), "-signature", signature, "allow"}, 1},
		"the private key":  {[]string{"-key", private, "-signature", signature, "allow"}, 1},
		"no signature":     {[]string{"-key", public, "allow"}, 2},
		"both":             {[]string{"-key", public, "-signature", signature, "-jwt", "allow"}, 2},
		"no token":         {[]string{"-key", public, "-signature", signature}, 2},
		"jwt that is none": {[]string{"-key", public, "-jwt", "a.b.c"}, 1},
	} {
		if status, stdout, stderr := s.run(append([]string{"verify"}, row.args...)...); status != row.want {
			t.Errorf("%s: status %d, want %d: %s%s", why, status, row.want, stdout, stderr)
		}
	}
	jwt := jwtOf(s, private2)
	if got := s.must("verify", "-key", public2, "-jwt", jwt); !strings.Contains(got, "good") {
		t.Errorf("a JWT: %s", got)
	}
	for _, end := range []string{"", "\n", "\r\n"} {
		s.stdin = "allow" + end
		if got := s.must("sign", "-key", private, "-"); got != signature+"\n" {
			t.Errorf("from the standard input with %q: %s", end, got)
		}
	}
}

// jwtOf returns a JWT that the command signed.
func jwtOf(s *session, private string) string {
	part := base64.RawURLEncoding.EncodeToString
	token := part([]byte(`{"alg":"RS256"}`)) + "." + part([]byte(`{"sub":"ann"}`))
	jwt, err := iotauth.JoinJWT(token, s.must("sign", "-key", private, token))
	if err != nil {
		s.t.Fatal(err)
	}
	return jwt
}

func TestSignAs(t *testing.T) {
	s := newSession(t)
	private, _ := s.keys("a")
	flags := []string{"sign", "-key", private, "-token-key", "Tok", "-authorizer", "A", "-user", "bot"}
	want := iotauth.Credentials{Authorizer: "A", TokenKey: "Tok", Token: "a b", Signature: strings.TrimSpace(s.must("sign", "-key", private, "a b"))}
	query, err := iotauth.ParseQuery(strings.TrimSpace(s.must(append(flags, "-as", "query", "a b")...)))
	if err != nil {
		t.Fatal(err)
	}
	user, username, err := iotauth.ParseUsername(strings.TrimSpace(s.must(append(flags, "-as", "username", "a b")...)))
	if err != nil || user != "bot" {
		t.Fatal(user, err)
	}
	for _, p := range []iotauth.Params{query, username} {
		if got, err := p.Credentials("Tok"); err != nil || got != want {
			t.Errorf("got %#v, %v", got, err)
		}
	}
	header := s.must(append(flags, "-as", "header", "a b")...)
	if want := "Tok: a b\nX-Amz-Customauthorizer-Name: A\nX-Amz-Customauthorizer-Signature: " + want.Signature + "\n"; header != want {
		t.Errorf("header:\n%swant:\n%s", header, want)
	}
	for why, row := range map[string]struct {
		args []string
		want int
	}{
		"a form that is none":    {[]string{"sign", "-key", private, "-as", "cookie", "t"}, 2},
		"a header without name":  {[]string{"sign", "-key", private, "-as", "header", "t"}, 2},
		"a name that is none":    {[]string{"sign", "-key", private, "-as", "query", "-token-key", "a b", "t"}, 1},
		"a token for no header":  {[]string{"sign", "-key", private, "-as", "header", "-token-key", "k", "a\nb"}, 1},
		"a key that is none":     {[]string{"sign", "-key", os.Args[0], "t"}, 1},
		"a token that is longer": {[]string{"sign", "-key", private, strings.Repeat("t", iotauth.MaxToken+1)}, 1},
	} {
		if status, _, stderr := s.run(row.args...); status != row.want || stderr == "" {
			t.Errorf("%s: status %d, want %d: %s", why, status, row.want, stderr)
		}
	}
	s.stdin = strings.Repeat("t", 2*iotauth.MaxToken)
	if status, _, _ := s.run("sign", "-key", private, "-"); status != 1 {
		t.Errorf("a long standard input: status %d", status)
	}
}

// TestOpenSSL is a person with openssl's commands on the other side.
func TestOpenSSL(t *testing.T) {
	openssl := foreign.Need(t, "openssl")
	s := newSession(t)
	private, public := s.keys("a")
	shell := exec.CommandContext(t.Context(), "sh", "-c", `printf %s allow | "$1" dgst -sha256 -sign "$2" | "$1" base64`, "sh", openssl, private)
	theirs, err := shell.Output()
	if err != nil {
		t.Fatal(err)
	}
	s.must("verify", "-key", public, "-signature", string(theirs), "allow")
	if ours := s.must("sign", "-key", private, "allow"); strings.TrimSpace(ours) != strings.ReplaceAll(string(theirs), "\n", "") {
		t.Errorf("openssl signs %s, iotauth %s", theirs, ours)
	}
}

// TestCurl has curl send what sign prints, as a device's script would.
func TestCurl(t *testing.T) {
	curl := foreign.Need(t, "curl")
	s := newSession(t)
	private, _ := s.keys("a")
	want := iotauth.Credentials{Authorizer: "A", TokenKey: "Tok", Token: "a +b", Signature: strings.TrimSpace(s.must("sign", "-key", private, "a +b"))}
	got := make(chan [2]iotauth.Params, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header, _ := iotauth.ParseHeader(r.Header)
		query, _ := iotauth.ParseQuery(r.URL.RawQuery)
		got <- [2]iotauth.Params{header, query}
	}))
	defer server.Close()
	sign := []string{"sign", "-key", private, "-token-key", "Tok", "-authorizer", "A"}
	if err := os.WriteFile(s.file("headers"), []byte(s.must(append(sign, "-as", "header", "a +b")...)), 0o600); err != nil {
		t.Fatal(err)
	}
	query := strings.TrimSpace(s.must(append(sign, "-as", "query", "a +b")...))
	if out, err := exec.CommandContext(t.Context(), curl, "-sSf", "-H", "@"+s.file("headers"), server.URL+"/topics/x?"+query).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, p := range <-got {
		if c, err := p.Credentials("Tok"); err != nil || c != want {
			t.Errorf("curl sent %#v, %v", c, err)
		}
	}
}

// handler answers as the source post's function.
func handler(_ context.Context, r *iotauth.Request) (*iotauth.Response, error) {
	switch r.Token {
	case "allow":
		return &iotauth.Response{
			IsAuthenticated: true, PrincipalID: "principalId", DisconnectAfter: time.Hour, RefreshAfter: 10 * time.Minute,
			PolicyDocuments: []*policy.Document{policy.New(policy.Allow(policy.Publish).On("arn:aws:iot:us-east-1:123456789012:topic/customauthtesting"))},
		}, nil
	case "deny":
		return &iotauth.Response{}, nil
	}
	if d := r.ProtocolData; d.MQTT != nil && d.HTTP != nil && string(d.MQTT.Password) == "pw" && d.MQTT.ClientID == "c" && d.MQTT.Username == "u" &&
		d.HTTP.Headers["X-A"] == "b" && d.HTTP.QueryString == "?q" && d.TLS.ServerName == "host" && len(r.Protocols) == 3 {
		return &iotauth.Response{}, nil
	}
	return nil, errors.New("Invalid token")
}

func TestTestInvoke(t *testing.T) {
	hook, err := iotauth.NewWebhook(iotauth.HandlerFunc(handler), func(o *iotauth.WebhookOptions) { o.Secret = "hush" })
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(hook)
	defer server.Close()
	s := newSession(t)
	s.env = map[string]string{secretVariable: "hush"}
	private, public := s.keys("a")
	signed := func(token string) []string {
		return []string{"-key", public, "-signature", s.must("sign", "-key", private, token), token}
	}
	for name, args := range map[string][]string{
		"invoke-allow":     signed("allow"),
		"invoke-deny":      signed("deny"),
		"invoke-error":     signed("other"),
		"invoke-signature": {"-key", public, "-signature", "AAAA", "allow"},
	} {
		status, stdout, stderr := s.run(append([]string{"test-invoke", "-timeout", "1m", "-url", server.URL}, args...)...)
		golden(t, name, status, stdout, stderr)
	}
	full := []string{
		"test-invoke", "-url", server.URL, "-server-name", "host", "-header", "x-a: b", "-query", "?q",
		"-client-id", "c", "-username", "u", "-password", "pw",
	}
	if status, stdout, stderr := s.run(full...); status != 3 {
		t.Errorf("an event with everything: status %d, %s%s", status, stdout, stderr)
	}
	delete(s.env, secretVariable)
	for why, row := range map[string]struct {
		args []string
		want int
	}{
		"no secret":              {[]string{"-url", server.URL, "allow"}, 1},
		"no url":                 {[]string{"allow"}, 2},
		"a url that is none":     {[]string{"-url", "x", "allow"}, 1},
		"a header that is none":  {[]string{"-url", server.URL, "-header", "x", "allow"}, 2},
		"a key that is missing":  {[]string{"-url", server.URL, "-key", s.file("none"), "allow"}, 1},
		"nobody is there":        {[]string{"-url", "http://127.0.0.1:1", "allow"}, 1},
		"a token that is longer": {[]string{"-url", server.URL, strings.Repeat("t", iotauth.MaxToken+1)}, 1},
	} {
		if status, _, stderr := s.run(append([]string{"test-invoke"}, row.args...)...); status != row.want || stderr == "" {
			t.Errorf("%s: status %d, want %d: %s", why, status, row.want, stderr)
		}
	}
}

func TestGolden(t *testing.T) {
	const sensor = "testdata/sensor.json"
	for name, args := range map[string][]string{
		"usage":            {},
		"help":             {"help"},
		"unknown":          {"policy", "fly"},
		"sign-help":        {"sign", "-h"},
		"eval-help":        {"policy", "eval", "-h"},
		"eval-allowed":     {"policy", "eval", "-action", "Publish", "-resource", "sensors/7/t", "-client-id", "7", sensor},
		"eval-json":        {"policy", "eval", "-json", "-action", "iot:Publish", "-resource", "sensors/7/admin", "-client-id", "7", sensor},
		"eval-https":       {"policy", "eval", "-action", "Publish", "-resource", "sensors/7/t", "-client-id", "7", "-https", sensor},
		"eval-thing":       {"policy", "eval", "-action", "Connect", "-resource", "7", "-client-id", "7", "-thing", "7", sensor},
		"eval-two":         {"policy", "eval", "-action", "Publish", "-resource", "sensors/7/t", "-client-id", "7", sensor, sensor},
		"eval-no-action":   {"policy", "eval", "-action", "Fly", "-resource", "x", sensor},
		"eval-no-resource": {"policy", "eval", "-action", "Publish", sensor},
		"eval-broken":      {"policy", "eval", "-action", "Publish", "-resource", "x", "testdata/broken.json"},
		"prove":            {"policy", "prove", "testdata/own.json", sensor},
		"prove-not":        {"policy", "prove", "-both", "testdata/own.json", sensor},
		"prove-help":       {"policy", "prove", "-h"},
		"prove-broken":     {"policy", "prove", sensor, "testdata/broken.json"},
		"lint":             {"policy", "lint", sensor, "testdata/traps.json"},
		"lint-json":        {"policy", "lint", "-json", "-level", "critical", "testdata/traps.json"},
		"lint-clean":       {"policy", "lint", "../../../api/policies/robot.json"},
		"lint-json-clean":  {"policy", "lint", "-json", "-level=critical", sensor},
		"lint-level":       {"policy", "lint", "-level", "fatal", sensor},
		"lint-broken":      {"policy", "lint", "testdata/broken.json"},
		"derive":           {"policy", "derive", "-role", "lamp", "testdata/rooms.json"},
		"derive-no-role":   {"policy", "derive", "testdata/rooms.json"},
		"derive-unknown":   {"policy", "derive", "-role", "cat", "testdata/rooms.json"},
		"derive-check-not": {"policy", "derive", "-role", "lamp", "-check", sensor, "testdata/rooms.json"},
		"derive-broken":    {"policy", "derive", "-role", "lamp", sensor},
		"explain":          {"policy", "explain", "-action", "Publish", "-resource", "sensors/8/t", "-client-id", "7", sensor},
		"explain-line":     {"policy", "explain", "-line", "-action", "Publish", "-resource", "sensors/7/admin", "-client-id", "7", sensor},
	} {
		status, stdout, stderr := newSession(t).run(args...)
		golden(t, name, status, stdout, stderr)
	}
}

// TestDeriveAndCheck: what derive makes is what check wants.
func TestDeriveAndCheck(t *testing.T) {
	s := newSession(t)
	const model = "testdata/rooms.json"
	for _, role := range []string{"lamp", "app"} {
		file := s.file(role + ".json")
		if err := os.WriteFile(file, []byte(s.must("policy", "derive", "-role", role, model)), 0o600); err != nil {
			t.Fatal(err)
		}
		s.must("policy", "derive", "-role", role, "-check", file, model)
	}
	if status, _, _ := s.run("policy", "derive", "-role", "lamp", "-check", s.file("app.json"), model); status != 3 {
		t.Errorf("an app's policy for a lamp: status %d", status)
	}
	if status, _, _ := s.run("policy", "derive", "-role", "lamp", "-check", s.file("none"), model); status != 1 {
		t.Errorf("no policy: status %d", status)
	}
	if status, _, _ := s.run("policy", "derive", "-role", "lamp", s.file("none")); status != 1 {
		t.Errorf("no model: status %d", status)
	}
}

// TestContext gives every flag that says something about the client a statement that wants
// it, and takes the flag away again.
func TestContext(t *testing.T) {
	s := newSession(t)
	for why, row := range map[string]struct{ operator, key, value, flags string }{
		"source":     {"IpAddress", "aws:SourceIp", "10.0.0.0/8", "-source-ip=10.1.2.3"},
		"domain":     {"StringEquals", "iot:DomainName", "iot.example", "-domain-name=iot.example"},
		"thing type": {"StringEquals", "iot:Connection.Thing.ThingTypeName", "lamp", "-thing=c -thing-type=lamp"},
		"exclusive":  {"StringEquals", "iot:Connection.Thing.ThingName", "lamp", "-thing=lamp -exclusive"},
		"attributes": {"ForAnyValue:StringEquals", "iot:ConnectAttributes", "LastWill", "-connect-attributes=PersistentConnect,LastWill"},
		"will":       {"ArnEquals", "iot:LastWillTopic", "arn:aws:iot:eu-west-1:1:topic/w", "-last-will-topic=w -region=eu-west-1 -account=1"},
		"context":    {"ForAllValues:StringEquals", "my:key", "x", "-context=my:key=x -context=my:key=x"},
	} {
		document := policy.New(policy.Allow(policy.Connect).On("*").When(row.operator, row.key, row.value).When("Null", row.key, "false"))
		s.stdin = document.String()
		args := []string{"policy", "eval", "-action", "Connect", "-resource", "c", "-client-id", "c"}
		if status, stdout, stderr := s.run(append(append(args, strings.Fields(row.flags)...), "-")...); status != 0 {
			t.Errorf("%s: status %d, %s%s", why, status, stdout, stderr)
		}
		if status, stdout, _ := s.run(append(args, "-")...); status != 3 {
			t.Errorf("%s is not there: status %d, %s", why, status, stdout)
		}
	}
	for _, flags := range []string{"-source-ip=x", "-certificate=/nowhere", "-certificate=testdata/sensor.json", "-context=x", "-action=ListRetainedMessages -x"} {
		args := append([]string{"policy", "eval", "-action", "Connect", "-resource", "c"}, strings.Fields(flags)...)
		if status, _, _ := s.run(append(args, "testdata/sensor.json")...); status != 2 {
			t.Errorf("%s: status %d", flags, status)
		}
	}
	if status, _, _ := s.run("policy", "eval", "-action", "ListRetainedMessages", "testdata/sensor.json"); status != 3 {
		t.Errorf("an action without resource: status %d", status)
	}
}

// TestCertificate has openssl make one.
func TestCertificate(t *testing.T) {
	openssl := foreign.Need(t, "openssl")
	s := newSession(t)
	private, _ := s.keys("a")
	certificate := s.file("cert.pem")
	if out, err := exec.CommandContext(t.Context(), openssl, "req", "-x509", "-new", "-key", private, "-subj", "/CN=sensor7", "-days", "1", "-out", certificate).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.stdin = policy.New(policy.Allow(policy.Publish).On(policy.Topic("${iot:Certificate.Subject.CommonName}"))).String()
	s.must("policy", "eval", "-action", "Publish", "-resource", "sensor7", "-certificate", certificate, "-")
}

// TestProcess runs the program itself: its status, and its real streams.
func TestProcess(t *testing.T) {
	command := exec.CommandContext(t.Context(), os.Args[0], "policy", "eval", "-action", "Connect", "-resource", "c", "-")
	command.Env = append(os.Environ(), runAsCommand+"=1")
	command.Stdin = strings.NewReader(policy.New(policy.Deny(policy.Connect).On("*")).String())
	out, err := command.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || string(out) != "EXPLICIT_DENY\n" {
		t.Errorf("%q, %v", out, err)
	}
}
