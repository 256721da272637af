// Package iotauth is the custom authorizer of AWS IoT: tokens and their signatures, the
// ways in which clients carry them, and the function that decides about a client.
//
// A [Signer] signs the tokens that devices are given, a [Verifier] checks them.
// [Credentials] go into headers, a query, or the MQTT user name:
//
//	signature, err := signer.Sign(token)
//	c := iotauth.Credentials{Authorizer: "MyAuthorizer", TokenKey: "AuthToken", Token: token, Signature: signature}
//	username, err := c.Username("sensor7") // for MQTT on port 443, ALPN "mqtt"
//	err = c.SetHeader(request.Header)      // for POST /topics/…, and for WebSockets
//
// A [Handler] decides: it reads a [Request] and returns a [Response] with policies of
// package policy. The same one runs in process, as a Lambda function, and behind HTTP:
//
//	authorizer, err := iotauth.NewAuthorizer("MyAuthorizer", "AuthToken", handler, …)
//	fn, err := iotauth.Lambda(handler) // lambda.Start(fn)
//	hook, err := iotauth.NewWebhook(handler)
//
// Package oidcauth has one that is ready, for the tokens of an OpenID Connect issuer.
//
// # What is guaranteed
//
//   - Signatures are those of openssl: base64 of RSASSA-PKCS1-v1_5 with SHA-256. They are
//     accepted in every spelling in which they arrive, see [Verifier.Verify].
//   - What a carrier was given is what is read from it: plus signs, percent signs and
//     ampersands survive. A parameter that is given twice is refused.
//   - With a bad signature the handler is not called. Its panics, its silence and its
//     invalid answers are errors, each a refusal; an error names the field at fault.
//   - No error holds a token, a signature or a key.
//
// # What is not
//
// Nothing here listens: connections, the evaluation of policies, and the two times of an
// answer are a gateway's business. A Verifier does not know when a token expires: that is
// the handler's to say.
//
// The package imports the standard library, and package policy which does the same.
//
// Custom authentication: https://docs.aws.amazon.com/iot/latest/developerguide/custom-authentication.html
package iotauth
