package registry_test

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/askaround/askaround-go/credprovider/credprovidertest"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

var _ credprovidertest.Account = (*registry.Registry)(nil)

// TestCredentialsProvider: one registry serves the credentials provider too.
func TestCredentialsProvider(t *testing.T) {
	f := newFleet(t)
	ctx := t.Context()
	const role = "arn:aws:iam::123456789012:role/r"
	e := credprovidertest.New(t, func(o *credprovidertest.Options) { o.Account, o.CA = f.Registry, f.CA() })
	must(t, e.PutRole(credprovidertest.Role{ARN: role}))
	_, err := f.CreateRoleAlias(ctx, registry.RoleAlias{Name: "alias", RoleARN: role, CredentialDuration: 900})
	must(t, err)
	c, keys, err := f.CreateKeysAndCertificate(ctx, true)
	must(t, err)
	must(t, f.AttachThingPrincipal(ctx, "thing1", c.ARN, ""))
	pair, err := tls.X509KeyPair([]byte(c.PEM), []byte(keys.PrivateKey))
	must(t, err)

	ask := func(thing string) (int, string) {
		t.Helper()
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: f.CA().Pool(), Certificates: []tls.Certificate{pair}}}
		defer transport.CloseIdleConnections()
		request, err := http.NewRequestWithContext(ctx, "GET", "https://"+e.Address()+"/role-aliases/alias/credentials", nil)
		must(t, err)
		request.Header.Set("x-amzn-iot-thingname", thing)
		response, err := transport.RoundTrip(request)
		must(t, err)
		defer response.Body.Close()
		var body struct {
			Message     string
			Credentials struct{ AccessKeyID string }
		}
		must(t, json.NewDecoder(response.Body).Decode(&body))
		if s, ok := e.Session(body.Credentials.AccessKeyID); ok && (s.ThingName != thing || s.RoleARN != role || s.CertificateID != c.ID) {
			t.Errorf("the session is %+v", s)
		}
		return response.StatusCode, body.Message
	}
	for _, step := range []struct {
		name, thing string
		change      func() error
		status      int
		message     string
	}{
		{"no policy", "thing1", nil, 403, "Access Denied"},
		{"a policy", "thing1", func() error { return f.AttachPolicy(ctx, "p", c.ARN) }, 200, ""},
		{"another's thing", "thing2", nil, 403, "Invalid thing name passed"},
		{"inactive", "thing1", func() error { return f.UpdateCertificate(ctx, c.ID, registry.Inactive) }, 403, "Certificate is invalid on this endpoint"},
		{"active again", "thing1", func() error { return f.UpdateCertificate(ctx, c.ID, registry.Active) }, 200, ""},
		{"no alias", "thing1", func() error { return f.DeleteRoleAlias(ctx, "alias") }, 404, "Role alias does not exist"},
	} {
		if step.change != nil {
			must(t, step.change())
		}
		if status, message := ask(step.thing); status != step.status || message != step.message {
			t.Errorf("%s: %d %q, want %d %q", step.name, status, message, step.status, step.message)
		}
	}
}
