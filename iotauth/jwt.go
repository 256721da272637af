package iotauth

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// SplitJWT splits a JSON Web Token that is signed with RS256 into a token (its header and
// payload, with the point between them) and the token's signature, in standard base64.
// RS256 is the very algorithm of AWS IoT, so that who issues the JWT need sign nothing
// else: the authorizer's public key is then the issuer's.
//
// Nothing is verified: neither the signature nor a claim. Errors are an [ErrToken].
func SplitJWT(jwt string) (token, signature string, err error) {
	dot := strings.LastIndexByte(jwt, '.')
	if dot < 0 || strings.Count(jwt, ".") != 2 {
		return "", "", fmt.Errorf("%w: a JWT has three parts", ErrToken)
	}
	token = jwt[:dot]
	if err := checkToken(token); err != nil {
		return "", "", err
	}
	header, _, _ := strings.Cut(token, ".")
	data, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		return "", "", fmt.Errorf("%w: the JWT's header is no base64url", ErrToken)
	}
	var parsed struct {
		Algorithm string `json:"alg"`
	}
	if err := json.Unmarshal(data, &parsed); err != nil {
		return "", "", fmt.Errorf("%w: the JWT's header is no JSON object", ErrToken)
	}
	if parsed.Algorithm != "RS256" {
		return "", "", fmt.Errorf("%w: the JWT is signed with %.16q; AWS IoT verifies RS256", ErrToken, parsed.Algorithm)
	}
	raw, err := base64.RawURLEncoding.DecodeString(jwt[dot+1:])
	if err != nil || len(raw) == 0 {
		return "", "", fmt.Errorf("%w: the JWT's signature is no base64url", ErrToken)
	}
	return token, base64.StdEncoding.EncodeToString(raw), nil
}

// JoinJWT puts together again what [SplitJWT] split. Errors: [ErrSignature].
func JoinJWT(token, signature string) (string, error) {
	raw, err := decodeSignature(signature)
	if err != nil {
		return "", err
	}
	return token + "." + base64.RawURLEncoding.EncodeToString(raw), nil
}
