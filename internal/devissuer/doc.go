// Package devissuer is an OpenID Connect issuer for development: it gives a token to
// anybody who asks, for any user name.
//
// NEVER serve it where strangers can reach it. It exists so that a program which
// verifies tokens of a real issuer, by discovery and JWKS, runs without one: the code
// that verifies is the same.
//
//	GET  /.well-known/openid-configuration
//	GET  /jwks.json
//	POST /token   user=NAME (form) or {"user":"NAME"} (JSON)
//	GET  /authorize   always an error: discovery requires the endpoint, and there is no login
//
// The token's answer is that of OAuth 2.0: {"access_token", "token_type", "expires_in"}.
package devissuer
