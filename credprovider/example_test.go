package credprovider_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/askaround/askaround-go/credprovider"
	"github.com/askaround/askaround-go/credprovider/credprovidertest"
)

const policy = `{"Version": "2012-10-17", "Statement": [{
	"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate",
	"Resource": "arn:aws:iot:us-east-1:123456789012:rolealias/Thermostat-dynamodb-access-role-alias",
	"Condition": {"StringEquals": {"iot:Connection.Thing.Attributes[owner]": "Alice"}}}]}`

func Example() {
	endpoint, err := credprovidertest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer endpoint.Close()
	const role = "arn:aws:iam::123456789012:role/dynamodb-access-role"
	err = errors.Join(
		endpoint.PutThing(credprovidertest.Thing{Name: "MyHomeThermostat", TypeName: "thermostat", Attributes: map[string]string{"owner": "Alice"}}),
		endpoint.PutRole(credprovidertest.Role{ARN: role}),
		endpoint.PutRoleAlias(credprovidertest.RoleAlias{Name: "Thermostat-dynamodb-access-role-alias", RoleARN: role}),
	)
	if err != nil {
		log.Fatal(err)
	}
	device, err := endpoint.Register(credprovidertest.CertificateSpec{Thing: "MyHomeThermostat", Policies: []string{policy}})
	if err != nil {
		log.Fatal(err)
	}

	identity, err := credprovider.FromCertificate(device.TLS)
	if err != nil {
		log.Fatal(err)
	}
	provider, err := credprovider.New(endpoint.Address(), "Thermostat-dynamodb-access-role-alias", identity, func(o *credprovider.Options) {
		o.ThingName = "MyHomeThermostat"
		o.RootCAs = endpoint.CA.Pool()
	})
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	for range 3 {
		credentials, err := provider.Retrieve(context.Background())
		fmt.Println(credentials.HasKeys(), credentials.Source, err)
	}
	fmt.Println("requests:", endpoint.Counts().Requests)
	// Output:
	// true IoTCredentialsProvider <nil>
	// true IoTCredentialsProvider <nil>
	// true IoTCredentialsProvider <nil>
	// requests: 1
}

func ExampleError() {
	endpoint, err := credprovidertest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer endpoint.Close()
	device, err := endpoint.Register(credprovidertest.CertificateSpec{})
	if err != nil {
		log.Fatal(err)
	}
	identity, err := credprovider.FromCertificate(device.TLS)
	if err != nil {
		log.Fatal(err)
	}
	provider, err := credprovider.New(endpoint.Address(), "alias", identity, func(o *credprovider.Options) { o.RootCAs = endpoint.CA.Pool() })
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	_, err = provider.Retrieve(context.Background())
	fmt.Println(errors.Is(err, credprovider.ErrPolicyDenied))
	var failure *credprovider.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Status, failure.Code, failure.Message, len(failure.RequestID))
		fmt.Println(failure.Mend)
	}
	// Output:
	// true
	// 403 AccessDeniedException Access Denied 36
	// attach an IoT policy to the certificate that allows iot:AssumeRoleWithCertificate on the ARN of the role alias; a new one takes a moment to be known everywhere
}
