package oidcauth_test

import (
	"context"
	"fmt"

	"github.com/askaround/askaround-go/internal/devissuer"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/oidcauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

func Example() {
	// An issuer for development; in production, that of your identity provider.
	issuer, err := devissuer.New("https://issuer.example")
	if err != nil {
		fmt.Println(err)
		return
	}
	grants := []oidcauth.Grant{{Policy: policy.New(
		policy.Allow(policy.Connect).On(policy.Client("${claim:sub}")),
		policy.Allow(policy.Publish).On(policy.Topic("users/${claim:sub}/*")),
	)}}
	authorizer, err := oidcauth.New(issuer.URL(), "askaround", grants, func(o *oidcauth.Options) { o.HTTPClient = issuer.Client() })
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, user := range []string{"ann", "*"} {
		token, err := issuer.Mint(user)
		if err != nil {
			fmt.Println(err)
			return
		}
		response, err := authorizer.Authorize(context.Background(), &iotauth.Request{Token: token})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(user, response.IsAuthenticated)
		for _, d := range response.PolicyDocuments {
			fmt.Println(d.Statements[1].Resource)
		}
	}
	// Output:
	// ann true
	// [arn:aws:iot:*:*:topic/users/ann/*]
	// * false
}
