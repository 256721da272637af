package registry_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/askaround/askaround-go/iotauth/gateway/registry"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// A device gets its certificate, and may connect under its own name.
func Example() {
	reg, err := registry.Open("") // in memory
	if err != nil {
		panic(err)
	}
	defer reg.Close()
	ctx := context.Background()

	thing, err := reg.CreateThing(ctx, registry.Thing{Name: "thermostat7"})
	if err != nil {
		panic(err)
	}
	certificate, keys, err := reg.CreateKeysAndCertificate(ctx, true)
	if err != nil {
		panic(err)
	}
	document := policy.New(policy.Allow(policy.Connect).On(policy.Client("${iot:Connection.Thing.ThingName}"))).String()
	if _, err := reg.CreatePolicy(ctx, "devices", document); err != nil {
		panic(err)
	}
	if err := reg.AttachPolicy(ctx, "devices", certificate.ARN); err != nil {
		panic(err)
	}
	if err := reg.AttachThingPrincipal(ctx, thing.Name, certificate.ARN, ""); err != nil {
		panic(err)
	}

	for _, clientID := range []string{"thermostat7", "thermostat8"} {
		results, err := reg.TestAuthorization(registry.AuthorizationQuery{
			Principal: certificate.ARN, ClientID: clientID,
			Infos: []registry.AuthInfo{{Action: policy.Connect, Resources: []string{"arn:aws:iot:us-east-1:123456789012:client/" + clientID}}},
		})
		if err != nil {
			panic(err)
		}
		fmt.Println(clientID, results[0].Verdict)
	}
	fmt.Println(thing.ARN, keys)
	// Output:
	// thermostat7 ALLOWED
	// thermostat8 IMPLICIT_DENY
	// arn:aws:iot:us-east-1:123456789012:thing/thermostat7 [key pair]
}

// The AWS CLI and the SDKs speak to the control plane:
//
//	aws iot create-thing --thing-name lamp3 --endpoint-url http://127.0.0.1:4566
func ExampleHandler() {
	reg, err := registry.Open("")
	if err != nil {
		panic(err)
	}
	defer reg.Close()
	h, err := registry.Handler(reg)
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()

	response, err := http.Post(server.URL+"/things/lamp3", "application/json", strings.NewReader(`{"attributePayload": {"attributes": {"room": "hall"}}}`))
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	lamp, err := reg.DescribeThing("lamp3")
	fmt.Println(response.StatusCode, lamp.Attributes, err)
	// Output: 200 map[room:hall] <nil>
}
