package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/credprovider/credprovidertest"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/access"
	"github.com/askaround/askaround-go/internal/sigv4"
)

// The names in the account.
const (
	accountID    = "123456789012"
	region       = "us-east-1"
	thingName    = "MyHomeThermostat"
	othersThing  = "AnothersThermostat"
	roleARN      = "arn:aws:iam::123456789012:role/dynamodb-access-role"
	roleAlias    = "Thermostat-dynamodb-access-role-alias"
	policyName   = "alicethermostatpolicy"
	accessPolicy = "accesspolicyfordynamodb"
)

//go:embed policies
var policies embed.FS

func readPolicy(name string) (string, error) {
	text, err := policies.ReadFile("policies/" + name + ".json")
	return string(text), err
}

// account is an AWS account in this process.
type account struct {
	iot      *credprovidertest.Endpoint
	local    *localaws.Local
	dynamodb *http.Server
	address  string // of DynamoDB
	served   chan struct{}
}

// openAccount starts the services of an account in which nothing is registered.
func openAccount(ctx context.Context) (_ *account, err error) {
	a := &account{served: make(chan struct{})}
	if a.iot, err = credprovidertest.Start(func(o *credprovidertest.Options) { o.Region, o.AccountID = region, accountID }); err != nil {
		return nil, err
	}
	a.local, err = localaws.Open(ctx, func(o *localaws.Options) { o.Credentials, o.AccountID = a.session, accountID })
	if err != nil {
		a.iot.Close()
		return nil, err
	}
	if err := a.serve(ctx); err != nil {
		a.iot.Close()
		return nil, errors.Join(err, a.local.Close())
	}
	return a, nil
}

// serve serves DynamoDB, which verifies who signs with the sessions that AWS IoT handed
// out, and asks the role's access policy.
func (a *account) serve(ctx context.Context) error {
	handler, err := access.Guard(a.local.Handler(), a.session, func(r access.Request) (string, bool) {
		s, _ := a.iot.Session(r.AccessKeyID) // its signature was verified
		return s.PrincipalARN(), a.iot.Authorize(r.AccessKeyID, r.Action, r.Resource, r.Context)
	}, func(o *access.Options) { o.Region, o.AccountID = region, accountID })
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	a.address = "http://" + listener.Addr().String()
	a.dynamodb = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(a.served)
		_ = a.dynamodb.Serve(listener) // close ends it
	}()
	return nil
}

// session is what belongs to an access key id.
func (a *account) session(_ context.Context, accessKeyID string) (sigv4.Credentials, error) {
	s, ok := a.iot.Session(accessKeyID)
	if !ok {
		return sigv4.Credentials{}, sigv4.ErrUnknownKey
	}
	return sigv4.Credentials{SecretAccessKey: sigv4.Secret(s.SecretAccessKey), SessionToken: sigv4.Secret(s.SessionToken), Expires: s.Expires}, nil
}

func (a *account) close() error {
	err := a.dynamodb.Close()
	<-a.served
	a.iot.Close()
	return errors.Join(err, a.local.Close())
}

// setUp does what an administrator does, and leaves the device's files in dir.
func (a *account) setUp(ctx context.Context, dir string, tell *teller) error {
	if err := a.registerThing(tell); err != nil {
		return err
	}
	leaf, authority, err := a.certify(dir)
	if err != nil {
		return err
	}
	tell.step("Certificate", "%s, signed by the owner's own authority, %s", leaf.Subject, authority.Subject)
	if err := a.registerRole(tell); err != nil {
		return err
	}
	document, err := readPolicy(policyName)
	if err != nil {
		return err
	}
	if err := a.iot.RegisterCertificate(leaf, thingName, document); err != nil {
		return err
	}
	tell.step("Policy", "%s lets things of the type thermostat that Alice owns use the alias;", policyName)
	tell.more("the certificate is registered, attached to the thing, and has the policy")
	for _, table := range []string{thingName, othersThing} {
		if err := a.createTable(ctx, table); err != nil {
			return err
		}
	}
	tell.step("Tables", "%s and %s: hash key serial_number, range key timestamp", thingName, othersThing)
	return nil
}

func (a *account) registerThing(tell *teller) error {
	thing := credprovidertest.Thing{Name: thingName, TypeName: "thermostat", Attributes: map[string]string{"owner": "Alice"}}
	if err := a.iot.PutThing(thing); err != nil {
		return err
	}
	tell.step("Thing", "%s of the type %s, owned by %s", thing.Name, thing.TypeName, thing.Attributes["owner"])
	return nil
}

func (a *account) registerRole(tell *teller) error {
	document, err := readPolicy(accessPolicy)
	if err != nil {
		return err
	}
	if err := a.iot.PutRole(credprovidertest.Role{ARN: roleARN, AccessPolicies: []string{document}}); err != nil {
		return err
	}
	tell.step("Role", "%s: %s is for the table that has the thing's name", roleARN, accessPolicy)
	alias := credprovidertest.RoleAlias{Name: roleAlias, RoleARN: roleARN, Duration: time.Hour}
	if err := a.iot.PutRoleAlias(alias); err != nil {
		return err
	}
	tell.step("Role alias", "%s points to it, for tokens of an hour", alias.Name)
	return nil
}

// certify makes an authority, and a certificate of it for the device's new key. Files of
// both, and the authority of the endpoint, are left in dir.
func (a *account) certify(dir string) (leaf, authority *x509.Certificate, err error) {
	now := time.Now()
	ca, err := credprovidertest.NewCA("Alice", now)
	if err != nil {
		return nil, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	leaf, err = ca.Device(thingName, key.Public(), now.Add(-time.Hour), now.AddDate(1, 0, 0))
	if err != nil {
		return nil, nil, err
	}
	device := credprovidertest.Device{TLS: tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}
	certPEM, keyPEM, err := device.PEM()
	if err != nil {
		return nil, nil, err
	}
	return leaf, ca.Certificate, errors.Join(
		os.WriteFile(filepath.Join(dir, certFile), certPEM, 0o644),
		os.WriteFile(filepath.Join(dir, keyFile), keyPEM, 0o600),
		os.WriteFile(filepath.Join(dir, caFile), a.iot.CA.PEM(), 0o644),
	)
}

// The files of a device.
const (
	certFile = "device.pem"
	keyFile  = "device.key"
	caFile   = "endpoint-ca.pem"
)

func (a *account) createTable(ctx context.Context, name string) error {
	_, err := dynamodb.NewFromConfig(a.local.Config()).CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("serial_number"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("timestamp"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("serial_number"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("timestamp"), KeyType: types.KeyTypeRange},
		},
	})
	if err != nil {
		return fmt.Errorf("table %s: %w", name, err)
	}
	return nil
}
