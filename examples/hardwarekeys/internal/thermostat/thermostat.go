// Package thermostat is the device that the tests of the keys share.
package thermostat

import (
	"crypto"
	"errors"
	"testing"

	"github.com/askaround/askaround-go/credprovider"
	"github.com/askaround/askaround-go/credprovider/credprovidertest"
)

// Retrieve gets credentials twice with a certificate for key: the second time without a
// handshake, which would take a slow key its time.
func Retrieve(t *testing.T, key crypto.Signer) {
	t.Helper()
	const alias, role = "thermostats", "arn:aws:iam::123456789012:role/thermostat"
	endpoint := credprovidertest.New(t)
	device, err := endpoint.Register(credprovidertest.CertificateSpec{Key: key, Policies: []string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:AssumeRoleWithCertificate","Resource":"arn:aws:iot:us-east-1:123456789012:rolealias/thermostats"}]}`}})
	err = errors.Join(err, endpoint.PutRole(credprovidertest.Role{ARN: role}), endpoint.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: role}))
	if err != nil {
		t.Fatal(err)
	}
	identity, err := credprovider.FromSigner(key, device.TLS.Leaf)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := credprovider.New(endpoint.Address(), alias, identity, func(o *credprovider.Options) { o.RootCAs = endpoint.CA.Pool() })
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	for range 2 {
		c, err := provider.Retrieve(t.Context())
		if err != nil || !c.HasKeys() {
			t.Fatal(err)
		}
		provider.Invalidate(c.AccessKeyID)
	}
	if got := endpoint.Counts(); got.Requests != 2 || got.Handshakes != 1 {
		t.Errorf("%+v", got)
	}
}
