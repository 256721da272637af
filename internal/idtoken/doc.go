// Package idtoken verifies the JSON Web Tokens of one OpenID Connect issuer for one
// audience: those with which people call the HTTP API, and those with which devices come
// to a custom authorizer.
//
// The issuer's keys are discovered at the first token and then kept: a token is checked
// without asking the network, except when keys are older than MaxAge or a token names a
// key that is not among them, and then at most once in Cooldown. While the issuer cannot
// be reached the keys at hand stay in use.
//
// A token whose signature was verified is remembered, by its digest and until there are
// other keys, since it comes with every request of its bearer. Its claims are checked each
// time.
//
// OpenID Connect Discovery 1.0: https://openid.net/specs/openid-connect-discovery-1_0.html.
// JSON Web Token Best Current Practices: RFC 8725.
package idtoken
