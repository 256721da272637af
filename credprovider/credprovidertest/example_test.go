package credprovidertest_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/askaround/askaround-go/credprovider/credprovidertest"
)

// Example has a plain HTTP client ask for credentials, and a service ask what they may do.
func Example() {
	endpoint, err := credprovidertest.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer endpoint.Close()
	const role = "arn:aws:iam::123456789012:role/thermostat"
	err = errors.Join(
		endpoint.PutThing(credprovidertest.Thing{Name: "Kitchen", TypeName: "thermostat"}),
		endpoint.PutRoleAlias(credprovidertest.RoleAlias{Name: "thermostats", RoleARN: role}),
		endpoint.PutRole(credprovidertest.Role{ARN: role, AccessPolicies: []string{`{"Version": "2012-10-17", "Statement": {
			"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "arn:aws:dynamodb:*:*:table/${credentials-iot:ThingName}"}}`}}),
	)
	if err != nil {
		log.Fatal(err)
	}
	device, err := endpoint.Register(credprovidertest.CertificateSpec{Thing: "Kitchen", Policies: []string{`{"Version": "2012-10-17", "Statement": {
		"Effect": "Allow", "Action": "iot:AssumeRoleWithCertificate", "Resource": "arn:aws:iot:us-east-1:123456789012:rolealias/thermostats",
		"Condition": {"StringEquals": {"iot:Connection.Thing.ThingTypeName": "thermostat"}}}}`}})
	if err != nil {
		log.Fatal(err)
	}

	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: endpoint.CA.Pool(), Certificates: []tls.Certificate{device.TLS},
	}}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequest(http.MethodGet, "https://"+endpoint.Address()+"/role-aliases/thermostats/credentials", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("x-amzn-iot-thingname", "Kitchen")
	response, err := client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Credentials struct{ AccessKeyID string }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	id := answer.Credentials.AccessKeyID
	for _, table := range []string{"Kitchen", "Bedroom"} {
		fmt.Println(table, endpoint.Authorize(id, "dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:123456789012:table/"+table, nil))
	}
	// Output:
	// Kitchen true
	// Bedroom false
}
