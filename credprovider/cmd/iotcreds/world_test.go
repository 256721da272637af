package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/credprovider/credprovidertest"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/access"
	"github.com/askaround/askaround-go/internal/safebuffer"
	"github.com/askaround/askaround-go/internal/sigv4"
)

var update = flag.Bool("update", false, "write the golden files")

// runAsCommand is a variable of the environment that makes the test binary the command.
const runAsCommand = "IOTCREDS_RUN_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(runAsCommand) != "" {
		os.Unsetenv(runAsCommand) // for the programs that exec runs
		main()
	}
	os.Unsetenv("AWS_CA_BUNDLE") // breaks AWS configurations with an HTTP client of their own
	os.Exit(m.Run())
}

const (
	account  = "123456789012"
	alias    = "Thermostat-dynamodb-access-role-alias"
	roleARN  = "arn:aws:iam::123456789012:role/dynamodb-access-role"
	thing    = "MyHomeThermostat"
	another  = "AnothersThermostat"
	mayDoAll = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": "*"}]}`
	ownTable = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
		"Action": ["dynamodb:PutItem", "dynamodb:GetItem"],
		"Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/${credentials-iot:ThingName}"}]}`
)

// world is an account with one thermostat, whose identity lies in files.
type world struct {
	*credprovidertest.Endpoint
	t                testing.TB
	device           credprovidertest.Device
	dir              string
	cert, key, ca    string
	keyPEM, password string // secrets
}

func newWorld(t testing.TB, optFns ...func(*credprovidertest.Options)) *world {
	t.Helper()
	e := credprovidertest.New(t, optFns...)
	must(t, errors.Join(
		e.PutThing(credprovidertest.Thing{Name: thing, TypeName: "thermostat"}),
		e.PutRole(credprovidertest.Role{ARN: roleARN, AccessPolicies: []string{ownTable}}),
		e.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: roleARN}),
	))
	w := &world{Endpoint: e, t: t, dir: t.TempDir()}
	device, err := e.Register(credprovidertest.CertificateSpec{Thing: thing, Policies: []string{mayDoAll}})
	must(t, err)
	w.ca = w.write("ca.pem", e.CA.PEM(), 0o644)
	w.use(device)
	return w
}

// use writes the device's files.
func (w *world) use(device credprovidertest.Device) {
	w.t.Helper()
	cert, key, err := device.PEM()
	must(w.t, err)
	w.device, w.keyPEM = device, string(key)
	w.cert, w.key = w.write("device.pem", cert, 0o644), w.write("device.key", key, 0o600)
}

func (w *world) write(name string, content []byte, mode os.FileMode) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	must(w.t, os.WriteFile(path, content, mode))
	return path
}

// flags are those of the thermostat, behind the name of a command.
func (w *world) flags(command string, more ...string) []string {
	return append([]string{command, "-endpoint", w.Address(), "-role-alias", alias, "-thing", thing, "-cert", w.cert, "-key", w.key, "-ca", w.ca, "-timeout", "5s"}, more...)
}

// run runs a command in this process.
func (w *world) run(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, errs safebuffer.Buffer // exec writes to them while its program does
	status = (&program{stdin: strings.NewReader(""), stdout: &out, stderr: &errs}).main(ctx, args)
	w.keepsSecrets(errs.String())
	return status, out.String(), errs.String()
}

// keepsSecrets fails where text, or a base64 line of the key, holds a secret.
func (w *world) keepsSecrets(text string) {
	w.t.Helper()
	secrets := []string{strings.Split(w.keyPEM, "\n")[1]}
	if w.password != "" {
		secrets = append(secrets, w.password)
	}
	for _, s := range w.Sessions() {
		secrets = append(secrets, s.SecretAccessKey, s.SessionToken)
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			w.t.Errorf("a secret is told: %s", text)
		}
	}
}

// clean is the environment without settings of AWS.
func clean(more ...string) []string {
	environment := slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "AWS_") || strings.HasPrefix(s, "IOTCREDS_") })
	return append(environment, append([]string{"AWS_DEFAULT_REGION=us-east-1", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull}, more...)...)
}

// process is iotcreds in a process of its own.
type process struct {
	*exec.Cmd
	stdout, stderr safebuffer.Buffer
}

// start starts iotcreds. It is killed when the test ends, if it runs then.
func (w *world) start(environment []string, args ...string) *process {
	w.t.Helper()
	self, err := os.Executable()
	must(w.t, err)
	p := &process{Cmd: exec.Command(self, args...)}
	p.Env = append(slices.Clone(environment), runAsCommand+"=1")
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	p.WaitDelay = 10 * time.Second
	must(w.t, p.Start())
	w.t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
		w.keepsSecrets(p.stderr.String())
	})
	return p
}

// status waits for the end.
func (p *process) status() int {
	_ = p.Wait() // ProcessState says it
	return p.ProcessState.ExitCode()
}

// serve starts iotcreds serve and returns what it says to have in the environment.
func (w *world) serve(more ...string) (*process, []string) {
	w.t.Helper()
	p := w.start(clean(), w.flags("serve", append([]string{"-listen", "127.0.0.1:0"}, more...)...)...)
	eventually(w.t, func() bool { return strings.Contains(p.stdout.String(), "# iotcreds serves at") }, &p.stderr)
	var environment []string
	for line := range strings.Lines(p.stdout.String()) {
		if !strings.HasPrefix(line, "#") {
			environment = append(environment, strings.TrimSpace(line))
		}
	}
	return p, environment
}

// value is that of a variable in an environment.
func value(environment []string, name string) string {
	return (&program{environ: environment}).getenv(name)
}

func eventually(t testing.TB, condition func() bool, says fmt.Stringer) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not happen within a minute: %s", says)
		}
	}
}

// farSide serves the local DynamoDB, which knows what the endpoint handed out. Both
// tables exist.
func (w *world) farSide() (url string, stored func() []map[string]types.AttributeValue) {
	w.t.Helper()
	sessions := func(_ context.Context, accessKeyID string) (sigv4.Credentials, error) {
		s, ok := w.Session(accessKeyID)
		if !ok {
			return sigv4.Credentials{}, sigv4.ErrUnknownKey
		}
		return sigv4.Credentials{SecretAccessKey: sigv4.Secret(s.SecretAccessKey), SessionToken: sigv4.Secret(s.SessionToken), Expires: s.Expires}, nil
	}
	local, err := localaws.Open(context.Background(), func(o *localaws.Options) { o.Credentials, o.AccountID = sessions, account })
	must(w.t, err)
	w.t.Cleanup(func() { must(w.t, local.Close()) })
	handler, err := access.Guard(local.Handler(), sessions, func(r access.Request) (string, bool) {
		s, _ := w.Session(r.AccessKeyID)
		return s.PrincipalARN(), w.Authorize(r.AccessKeyID, r.Action, r.Resource, r.Context)
	}, func(o *access.Options) { o.AccountID = account })
	must(w.t, err)
	server := httptest.NewServer(handler)
	w.t.Cleanup(server.Close)
	admin := dynamodb.NewFromConfig(local.Config())
	for _, table := range []string{thing, another} {
		_, err := admin.CreateTable(w.t.Context(), &dynamodb.CreateTableInput{
			TableName: &table, BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("serial_number"), AttributeType: "S"}, {AttributeName: aws.String("timestamp"), AttributeType: "S"}},
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("serial_number"), KeyType: "HASH"}, {AttributeName: aws.String("timestamp"), KeyType: "RANGE"}},
		})
		must(w.t, err)
	}
	return server.URL, func() []map[string]types.AttributeValue {
		out, err := admin.Scan(context.Background(), &dynamodb.ScanInput{TableName: aws.String(thing)})
		must(w.t, err)
		return out.Items
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
