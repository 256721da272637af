// Package httpapi serves the HTTP API of Ask Around Me: the contract of
// api/askaround over the domain of package askaround.
//
//	verifier, err := httpapi.NewVerifier("https://tenant.auth0.com/", "https://askaround.example")
//	handler, err := httpapi.New(service, verifier)
//	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
//
// # What a request goes through
//
//  1. Path and method: 404, 405 with Allow. OPTIONS is answered, HEAD is GET.
//  2. The bearer token: 401, 403; then the account's rate: 429.
//  3. The contract, compiled from the OpenAPI document: 406, 415, 400, 408, 413, 422.
//  4. The domain, through [Service].
//
// # What is guaranteed
//
//   - Every error is application/problem+json with a type of the contract, and is
//     written in one place. What the client sends never makes a status of 5xx: 503
//     means that the domain, its stores or the token's issuer did not answer, or
//     that a handler panicked, which the log has.
//   - A request is answered within [Options].Deadline, less than 29 s, as long as the
//     Service honours its context. How long a client may take to read the answer is
//     for the http.Server to say (WriteTimeout).
//   - No response holds the id of a user, except that GET /live tells callers their
//     own account topic.
//   - The access log has neither tokens nor places.
//
// Requests that net/http refuses itself (a malformed request line, headers beyond its
// limit) never reach the handler and are answered by it in plain text.
//
// # Tokens
//
// A [Verifier] takes the JWTs of one OpenID Connect issuer: its metadata and keys are
// discovered and cached, so that another issuer is another configuration. It serves
// MQTT connections as well: [Identity] tells the account and when the token ends.
//
// The handler and the Verifier are safe for concurrent use.
package httpapi
