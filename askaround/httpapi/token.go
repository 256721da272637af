package httpapi

import (
	"encoding/json"
	"errors"
	"strings"
)

// TokenError is a reason to refuse a token. Compare with errors.Is.
type TokenError string

// The reasons. What is wrong in more than one way has the first reason that applies.
const (
	ErrTokenMalformed   TokenError = "malformed token"
	ErrTokenSignature   TokenError = "signature is not the issuer's"
	ErrTokenIssuer      TokenError = "token of another issuer"
	ErrTokenAudience    TokenError = "token for another audience"
	ErrTokenExpired     TokenError = "token has expired"
	ErrTokenNotYetValid TokenError = "token is not valid yet"
	ErrTokenScope       TokenError = "token lacks the scope"
)

func (e TokenError) Error() string { return "httpapi: " + string(e) }

// Kind returns how a client is told: "invalid-token", "expired-token" or
// "insufficient-scope", the last part of a problem type.
func (e TokenError) Kind() string {
	switch e {
	case ErrTokenExpired:
		return "expired-token"
	case ErrTokenScope:
		return "insufficient-scope"
	}
	return "invalid-token"
}

var (
	// ErrKeysUnavailable: the issuer does not answer, so that no token can be checked.
	// Try again later; the token may be good.
	ErrKeysUnavailable = errors.New("httpapi: the issuer's keys cannot be fetched")
	// ErrOptions: a constructor was given what cannot work.
	ErrOptions = errors.New("httpapi: invalid options")
)

// scopes reads the claim "scp", which is a list or one string with spaces.
type scopes []string

// UnmarshalJSON takes either form.
func (s *scopes) UnmarshalJSON(data []byte) error {
	var list []string
	if err := json.Unmarshal(data, &list); err == nil {
		*s = list
		return nil
	}
	var one string
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*s = strings.Fields(one)
	return nil
}
