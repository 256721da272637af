package iotauth

import "errors"

// Conditions. Compare with errors.Is. None of their messages holds a token, a signature
// or a key.
var (
	// ErrKey: a key is no RSA key, is shorter than [MinKeyBits], or cannot be read.
	ErrKey = errors.New("iotauth: unusable key")
	// ErrToken: a token is empty, longer than [MaxToken], or not of the form asked for.
	ErrToken = errors.New("iotauth: unusable token")
	// ErrSignature: a signature is not the token's by any of the keys, or is no base64.
	ErrSignature = errors.New("iotauth: signature refused")
	// ErrCredentials: what a client sent, or is to send, cannot be read or written in the
	// form asked for.
	ErrCredentials = errors.New("iotauth: unusable credentials")
	// ErrOptions: a constructor was given what cannot work.
	ErrOptions = errors.New("iotauth: invalid options")
)
