package credprovidertest_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/credprovider/credprovidertest"
	"github.com/askaround/askaround-go/internal/foreign"
)

const (
	alias   = "Thermostat-dynamodb-access-role-alias"
	roleARN = "arn:aws:iam::123456789012:role/dynamodb-access-role"
	// alice is the post's policy: things of Alice's of the type thermostat, attached to
	// their certificate, may use the alias.
	alice = `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate",
		"Resource": "arn:aws:iot:us-east-1:123456789012:rolealias/Thermostat-dynamodb-access-role-alias",
		"Condition": {
			"StringEquals": {"iot:Connection.Thing.Attributes[owner]": "Alice", "iot:Connection.Thing.ThingTypeName": "thermostat"},
			"Bool": {"iot:Connection.Thing.IsAttached": "true"}}}]}`
)

// newEndpoint is the post's account.
func newEndpoint(t testing.TB, optFns ...func(*credprovidertest.Options)) (*credprovidertest.Endpoint, credprovidertest.Device) {
	t.Helper()
	e := credprovidertest.New(t, optFns...)
	err := errors.Join(
		e.PutThing(credprovidertest.Thing{Name: "MyHomeThermostat", TypeName: "thermostat", Attributes: map[string]string{"owner": "Alice"}}),
		e.PutThing(credprovidertest.Thing{Name: "BobsThermostat", TypeName: "thermostat", Attributes: map[string]string{"owner": "Bob"}}),
		e.PutThing(credprovidertest.Thing{Name: "Lamp", TypeName: "lamp", Attributes: map[string]string{"owner": "Alice"}}),
		e.PutRole(credprovidertest.Role{ARN: roleARN, AccessPolicies: []string{`{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
			"Action": "dynamodb:PutItem", "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/${credentials-iot:ThingName}"}}`}}),
		e.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: roleARN}),
	)
	must(t, err)
	d, err := e.Register(credprovidertest.CertificateSpec{Thing: "MyHomeThermostat", Policies: []string{alice}})
	must(t, err)
	return e, d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type answer struct {
	Status      int
	ErrorType   string
	RequestID   string
	Message     string            `json:"message"`
	Credentials map[string]string `json:"credentials"`
}

// get asks with a client of the standard library.
func get(t testing.TB, e *credprovidertest.Endpoint, d credprovidertest.Device, path, thing string) answer {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: e.CA.Pool(), Certificates: []tls.Certificate{d.TLS}}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+e.Address()+path, nil)
	must(t, err)
	if thing != "" {
		request.Header.Set("x-amzn-iot-thingname", thing)
	}
	response, err := transport.RoundTrip(request)
	must(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	a := answer{Status: response.StatusCode, ErrorType: response.Header.Get("x-amzn-ErrorType"), RequestID: response.Header.Get("x-amzn-RequestId")}
	must(t, json.Unmarshal(body, &a))
	return a
}

// TestDecisions are made in the service's order, each with its words.
func TestDecisions(t *testing.T) {
	path := "/role-aliases/" + alias + "/credentials"
	denied := answer{Status: 403, ErrorType: "AccessDeniedException", Message: "Access Denied"}
	badThing := answer{Status: 403, ErrorType: "AccessDeniedException", Message: "Invalid thing name passed"}
	noRole := answer{Status: 400, ErrorType: "InvalidRequestException", Message: "Unable to assume the role, or the role to assume does not exist"}
	for _, tt := range []struct {
		name   string
		thing  string
		path   string
		change func(*credprovidertest.Endpoint, credprovidertest.Device) error
		want   answer
	}{
		{name: "Alice's thermostat", thing: "MyHomeThermostat", want: answer{Status: 200}},
		{name: "without a thing's name the variables have no value", thing: "", want: denied},
		{name: "a thing that does not exist", thing: "Nobody", want: badThing},
		{name: "a thing that is not attached", thing: "BobsThermostat", want: badThing},
		{name: "another owner", thing: "BobsThermostat", want: denied, change: func(e *credprovidertest.Endpoint, d credprovidertest.Device) error {
			return e.AttachThing(d.CertificateID, "BobsThermostat")
		}},
		{name: "another type", thing: "Lamp", want: denied, change: func(e *credprovidertest.Endpoint, d credprovidertest.Device) error {
			return e.AttachThing(d.CertificateID, "Lamp")
		}},
		{name: "another alias", thing: "MyHomeThermostat", path: "/role-aliases/another/credentials", want: denied},
		{name: "an alias that does not exist, to who may use all", thing: "MyHomeThermostat", path: "/role-aliases/another/credentials",
			want: answer{Status: 404, ErrorType: "ResourceNotFoundException", Message: "Role alias does not exist"},
			change: func(e *credprovidertest.Endpoint, d credprovidertest.Device) error {
				return e.SetPolicies(d.CertificateID, strings.Replace(alice, alias, "*", 1))
			}},
		{name: "a deny beside the allow", thing: "MyHomeThermostat", want: denied, change: func(e *credprovidertest.Endpoint, d credprovidertest.Device) error {
			return e.SetPolicies(d.CertificateID, alice, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iot:*","Resource":"*"}]}`)
		}},
		{name: "a certificate that was revoked", thing: "MyHomeThermostat",
			want: answer{Status: 403, ErrorType: "AccessDeniedException", Message: "Certificate is invalid on this endpoint"},
			change: func(e *credprovidertest.Endpoint, d credprovidertest.Device) error {
				return e.SetStatus(d.CertificateID, credprovidertest.Revoked)
			}},
		{name: "no role", thing: "MyHomeThermostat", want: noRole, change: func(e *credprovidertest.Endpoint, _ credprovidertest.Device) error {
			e.DeleteRole(roleARN)
			return nil
		}},
		{name: "a role that does not trust", thing: "MyHomeThermostat", want: noRole, change: func(e *credprovidertest.Endpoint, _ credprovidertest.Device) error {
			return e.PutRole(credprovidertest.Role{ARN: roleARN, Untrusting: true})
		}},
		{name: "too long", thing: "MyHomeThermostat",
			want: answer{Status: 400, ErrorType: "InvalidRequestException", Message: "The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the role"},
			change: func(e *credprovidertest.Endpoint, _ credprovidertest.Device) error {
				return e.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: roleARN, Duration: 3601 * time.Second})
			}},
		{name: "another path", thing: "MyHomeThermostat", path: "/", want: answer{Status: 404, ErrorType: "ResourceNotFoundException", Message: "Not Found"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, d := newEndpoint(t)
			if tt.change != nil {
				must(t, tt.change(e, d))
			}
			if tt.path == "" {
				tt.path = path
			}
			got := get(t, e, d, tt.path, tt.thing)
			if len(got.RequestID) != 36 {
				t.Errorf("request id %q", got.RequestID)
			}
			credentials := got.Credentials
			got.RequestID, got.Credentials = "", nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatal(diff)
			}
			if (credentials != nil) != (tt.want.Status == 200) {
				t.Errorf("credentials %v", credentials)
			}
		})
	}
}

// TestSession: what was handed out can be looked up, with what the token says.
func TestSession(t *testing.T) {
	e, d := newEndpoint(t)
	got := get(t, e, d, "/role-aliases/"+alias+"/credentials", "MyHomeThermostat").Credentials
	s, ok := e.Session(got["accessKeyId"])
	want := credprovidertest.Session{
		AccessKeyID: got["accessKeyId"], SecretAccessKey: got["secretAccessKey"], SessionToken: got["sessionToken"],
		RoleARN: roleARN, CertificateID: d.CertificateID, ThingName: "MyHomeThermostat", ThingTypeName: "thermostat",
	}
	expires, err := time.Parse("2006-01-02T15:04:05Z", got["expiration"])
	must(t, err)
	want.Expires = expires
	if diff := cmp.Diff(want, s); diff != "" || !ok {
		t.Error(diff)
	}
	if left := time.Until(expires); left > time.Hour || left < 59*time.Minute {
		t.Errorf("expires in %v", left)
	}
	if s.PrincipalARN() != "arn:aws:sts::123456789012:assumed-role/dynamodb-access-role/"+d.CertificateID {
		t.Errorf("principal %s", s.PrincipalARN())
	}
	const own = "arn:aws:dynamodb:us-east-1:123456789012:table/MyHomeThermostat"
	for _, tt := range []struct {
		name, key, action, resource string
		context                     map[string][]string
		want                        bool
	}{
		{"its own table", s.AccessKeyID, "dynamodb:PutItem", own, nil, true},
		{"another action", s.AccessKeyID, "dynamodb:DeleteTable", own, nil, false},
		{"another table", s.AccessKeyID, "dynamodb:PutItem", own + "2", nil, false},
		{"who says to be another thing", s.AccessKeyID, "dynamodb:PutItem", own + "2", map[string][]string{"Credentials-IoT:thingname": {"MyHomeThermostat2"}}, false},
		{"nobody", "ASIANOBODY", "dynamodb:PutItem", own, nil, false},
	} {
		if got := e.Authorize(tt.key, tt.action, tt.resource, tt.context); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}

// TestSessionEnds, and with it what it may do.
func TestSessionEnds(t *testing.T) {
	now := time.Now()
	e, d := newEndpoint(t, func(o *credprovidertest.Options) { o.Clock = func() time.Time { return now } })
	got := get(t, e, d, "/role-aliases/"+alias+"/credentials", "MyHomeThermostat").Credentials
	may := func() bool {
		return e.Authorize(got["accessKeyId"], "dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:123456789012:table/MyHomeThermostat", nil)
	}
	before := may()
	now = now.Add(time.Hour)
	if !before || may() {
		t.Errorf("before %t, afterwards %t", before, may())
	}
}

// TestRules refuses what AWS would not register.
func TestRules(t *testing.T) {
	e, d := newEndpoint(t)
	for name, err := range map[string]error{
		"thing":               e.PutThing(credprovidertest.Thing{Name: "a thing"}),
		"thing type":          e.PutThing(credprovidertest.Thing{Name: "thing", TypeName: "/"}),
		"alias":               e.PutRoleAlias(credprovidertest.RoleAlias{Name: "a/b", RoleARN: roleARN}),
		"short duration":      e.PutRoleAlias(credprovidertest.RoleAlias{Name: "a", RoleARN: roleARN, Duration: 899 * time.Second}),
		"long duration":       e.PutRoleAlias(credprovidertest.RoleAlias{Name: "a", RoleARN: roleARN, Duration: 43201 * time.Second}),
		"role":                e.PutRole(credprovidertest.Role{ARN: "dynamodb-access-role"}),
		"session":             e.PutRole(credprovidertest.Role{ARN: roleARN, MaxSession: time.Minute}),
		"access policy":       e.PutRole(credprovidertest.Role{ARN: roleARN, AccessPolicies: []string{"{"}}),
		"policy":              e.SetPolicies(d.CertificateID, `{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Action":"*","Resource":"*"}]}`),
		"status":              e.SetStatus(d.CertificateID, "ASLEEP"),
		"unknown certificate": e.SetStatus("none", credprovidertest.Active),
		"unknown thing":       e.AttachThing(d.CertificateID, "Nobody"),
	} {
		if !errors.Is(err, credprovidertest.ErrInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestCurl is the post's command: curl, with a certificate that OpenSSL made.
func TestCurl(t *testing.T) {
	curl, openssl := foreign.Need(t, "curl"), foreign.Need(t, "openssl")
	e, _ := newEndpoint(t)
	dir := t.TempDir()
	run := func(name string, args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		return string(out)
	}
	key, crt, pfx, ca := filepath.Join(dir, "device.key"), filepath.Join(dir, "device.pem"), filepath.Join(dir, "device.pfx"), filepath.Join(dir, "ca.pem")
	run(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=thermostat", "-keyout", key, "-out", crt)
	run(openssl, "pkcs12", "-export", "-in", crt, "-inkey", key, "-passout", "pass:the-word", "-out", pfx)
	must(t, os.WriteFile(ca, e.CA.PEM(), 0o600))
	pair, err := tls.LoadX509KeyPair(crt, key)
	must(t, err)
	must(t, e.RegisterCertificate(pair.Leaf, "MyHomeThermostat", alice))
	url := "https://" + e.Address() + "/role-aliases/" + alias + "/credentials"
	for _, certificate := range [][]string{{"--cert", crt, "--key", key}, {"--cert-type", "P12", "--cert", pfx + ":the-word"}} {
		args := append(certificate, "--silent", "--show-error", "--cacert", ca, "-H", "x-amzn-iot-thingname: MyHomeThermostat", url)
		var got answer
		must(t, json.Unmarshal([]byte(run(curl, args...)), &got))
		if _, ok := e.Session(got.Credentials["accessKeyId"]); !ok {
			t.Errorf("got %+v", got)
		}
	}
}
