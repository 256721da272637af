package iotauth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// sample is the authorizer of AWS's introduction to custom authorizers: the token "allow"
// may publish on one topic, "deny" may not, and any other is an error. A case ends where
// it ends: the JavaScript of the original falls through, and answers "allow" three times.
func sample(_ context.Context, request *iotauth.Request) (*iotauth.Response, error) {
	statement := policy.Allow(policy.Publish)
	switch strings.ToLower(request.Token) {
	case "allow":
	case "deny":
		statement = policy.Deny(policy.Publish)
	default:
		return nil, errors.New("Invalid token")
	}
	const topic = "arn:aws:iot:us-east-1:123456789012:topic/customauthtesting"
	return &iotauth.Response{
		IsAuthenticated: true,
		PrincipalID:     "principalId",
		PolicyDocuments: []*policy.Document{policy.New(statement.On(topic))},
		DisconnectAfter: time.Hour,
		RefreshAfter:    10 * time.Minute,
	}, nil
}

// The whole way of a token: signed by its issuer, verified, decided about, and the answer's
// policies asked for what the client wants to do.
func Example() {
	key, err := rsa.GenerateKey(rand.Reader, iotauth.MinKeyBits)
	if err != nil {
		fmt.Println(err)
		return
	}
	signer, err := iotauth.NewSigner(key)
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := iotauth.NewVerifier([]*rsa.PublicKey{signer.Public()})
	if err != nil {
		fmt.Println(err)
		return
	}
	authorizer, err := iotauth.NewAuthorizer("CustomAuthorizer", "CustomAuthorizerToken", iotauth.HandlerFunc(sample),
		func(o *iotauth.AuthorizerOptions) { o.Verifier = verifier })
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, token := range []string{"allow", "deny", "other"} {
		signature, err := signer.Sign(token)
		if err != nil {
			fmt.Println(err)
			return
		}
		response, err := authorizer.Invoke(context.Background(), token, signature, iotauth.Request{Protocols: []string{"tls", "http"}})
		if err != nil {
			fmt.Println(token, "-", err)
			continue
		}
		set, err := policy.Compile(response.PolicyDocuments...)
		if err != nil {
			fmt.Println(err)
			return
		}
		decision := set.Evaluate(policy.Request{
			Action:   policy.Publish,
			Resource: "arn:aws:iot:us-east-1:123456789012:topic/customauthtesting",
		})
		fmt.Println(token, "-", decision.Verdict)
	}
	_, err = authorizer.Invoke(context.Background(), "allow", "forged", iotauth.Request{})
	fmt.Println("forged -", errors.Is(err, iotauth.ErrSignature))
	// Output:
	// allow - ALLOWED
	// deny - EXPLICIT_DENY
	// other - iotauth: the authorizer's function failed: Invalid token
	// forged - true
}

// A device that speaks MQTT puts its credentials into the user name.
func ExampleCredentials_Username() {
	c := iotauth.Credentials{Authorizer: "MyAuthorizer", TokenKey: "AuthToken", Token: "a token", Signature: "c2ln+w=="}
	username, err := c.Username("sensor7")
	fmt.Println(username, err)
	user, params, err := iotauth.ParseUsername(username)
	fmt.Println(user, params.Authorizer(), err)
	// Output:
	// sensor7?x-amz-customauthorizer-name=MyAuthorizer&x-amz-customauthorizer-signature=c2ln%2Bw%3D%3D&AuthToken=a%20token <nil>
	// sensor7 MyAuthorizer <nil>
}

// The handler that runs in process runs behind HTTP as well.
func ExampleNewWebhook() {
	hook, err := iotauth.NewWebhook(iotauth.HandlerFunc(sample))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(hook)
	defer server.Close()
	answer, err := http.Post(server.URL, "application/json", strings.NewReader(`{"token":"other"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	fmt.Println(answer.Status)
	// Output: 500 Internal Server Error
}

// An answer that AWS IoT would refuse without a reason says which fields are at fault.
func ExampleResponse_Validate() {
	response := iotauth.Response{IsAuthenticated: true, PrincipalID: "sensor-7", DisconnectAfter: time.Hour, RefreshAfter: time.Minute}
	fmt.Println(response.Validate(nil))
	// Output:
	// iotauth: invalid answer: principalId: other characters than letters and digits
	// iotauth: invalid answer: refreshAfterInSeconds: 1m0s is not a whole number of seconds within 300 to 86400
}
