// Package oidcauth is a custom authorizer for the tokens of an OpenID Connect issuer: it
// verifies a client's token and maps the claims in it to policies.
//
// Policies are templates. In a resource, or in the value of a condition, ${claim:NAME}
// stands for what the token says:
//
//	grants := []oidcauth.Grant{
//		{Policy: policy.New(policy.Allow(policy.Publish).On(policy.Topic("users/${claim:sub}/*")))},
//		{Policy: operators, Claim: "groups", Value: "operators"}, // for some only
//	}
//	authorizer, err := oidcauth.New("https://issuer.example", "my-audience", grants)
//	lambdaFunction, err := iotauth.Lambda(authorizer)
//
// A claim that is a list multiplies the resource: one for each element. Variables of AWS
// IoT, such as ${iot:ClientId}, stay for the gateway.
//
// # What is guaranteed
//
//   - A claim says one level of a topic, and no more: one with "/", "+", "#", "*", "?", "$"
//     or a control character refuses the client, for it would say more than the template.
//   - So does a claim that the template names and the token lacks. No statement is left out
//     for want of a value, because it may be one that denies. A list without elements is
//     a value: a statement about the resources of nothing is about nothing.
//   - Who is refused gets a plain &iotauth.Response{}; why is in the log, without the token.
//   - A connection ends with its token, as nearly as AWS IoT can: not before 5 minutes have
//     passed, and within 24 hours.
//
// The issuer's keys are fetched at the first token, then kept; see [New].
package oidcauth
