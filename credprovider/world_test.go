package credprovider_test

import (
	"context"
	"errors"
	"testing"

	"github.com/askaround/askaround-go/credprovider"
	"github.com/askaround/askaround-go/credprovider/credprovidertest"
)

const (
	alias    = "Thermostat-dynamodb-access-role-alias"
	roleARN  = "arn:aws:iam::123456789012:role/dynamodb-access-role"
	thing    = "MyHomeThermostat"
	mayDoAll = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": "*"}]}`
	// ownTable is the post's access policy.
	ownTable = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
		"Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"],
		"Resource": ["arn:aws:dynamodb:us-east-1:123456789012:table/${credentials-iot:ThingName}"]}]}`
)

// world is the post's account with one thermostat.
type world struct {
	*credprovidertest.Endpoint
	device credprovidertest.Device
}

func newWorld(t testing.TB, optFns ...func(*credprovidertest.Options)) world {
	t.Helper()
	e := credprovidertest.New(t, optFns...)
	err := errors.Join(
		e.PutThing(credprovidertest.Thing{Name: thing, TypeName: "thermostat", Attributes: map[string]string{"owner": "Alice"}}),
		e.PutRole(credprovidertest.Role{ARN: roleARN, AccessPolicies: []string{ownTable}}),
		e.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: roleARN}),
	)
	if err != nil {
		t.Fatal(err)
	}
	device, err := e.Register(credprovidertest.CertificateSpec{Thing: thing, Policies: []string{mayDoAll}})
	if err != nil {
		t.Fatal(err)
	}
	return world{e, device}
}

// provider is the thermostat's.
func (w world) provider(t testing.TB, optFns ...func(*credprovider.Options)) *credprovider.Provider {
	t.Helper()
	identity, err := credprovider.FromCertificate(w.device.TLS)
	if err != nil {
		t.Fatal(err)
	}
	return w.providerOf(t, identity, optFns...)
}

func (w world) providerOf(t testing.TB, identity credprovider.Identity, optFns ...func(*credprovider.Options)) *credprovider.Provider {
	t.Helper()
	p, err := credprovider.New(w.Address(), alias, identity, append([]func(*credprovider.Options){func(o *credprovider.Options) {
		o.ThingName, o.RootCAs = thing, w.CA.Pool()
	}}, optFns...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// retrieve must succeed.
func retrieve(t testing.TB, p *credprovider.Provider) {
	t.Helper()
	c, err := p.Retrieve(context.Background())
	if err != nil || !c.HasKeys() {
		t.Fatal(err)
	}
}
