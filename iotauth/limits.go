package iotauth

import (
	"time"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// Names under which credentials travel, as HTTP headers and as query parameters alike.
// The token travels under the authorizer's token key name.
const (
	AuthorizerNameKey = "x-amz-customauthorizer-name"
	SignatureKey      = "x-amz-customauthorizer-signature"
)

// Limits of AWS IoT.
const (
	// MinKeyBits is the smallest RSA key that signs tokens (CreateAuthorizer).
	MinKeyBits = 2048
	// MaxKeys is how many public keys an authorizer has: two, so that one can replace
	// the other while tokens of both are about.
	MaxKeys = 2
	// MaxToken is the longest token in bytes (TestInvokeAuthorizer; 1,024 in 2018).
	MaxToken = 6144
	// MaxSignature is the longest signature in base64 characters (TestInvokeAuthorizer).
	MaxSignature = 2560
	// MaxName is the longest authorizer name and token key name (CreateAuthorizer).
	MaxName = 128
	// MaxUsername is the longest MQTT user name and password in bytes (MQTT 5, section 1.5.4).
	MaxUsername = 65535
	// MaxQuery is the longest query string (TestInvokeAuthorizer).
	MaxQuery = 4096

	// MaxPrincipalID is the longest principal id, of letters and digits.
	MaxPrincipalID = 128
	// MaxPolicyDocuments is how many documents an answer holds.
	MaxPolicyDocuments = 10
	// MaxPolicyDocument is the longest of them in characters. Whether white space counts
	// is not documented; here it counts.
	MaxPolicyDocument = policy.MaxSize
	// MinSeconds and MaxSeconds bound DisconnectAfterInSeconds and RefreshAfterInSeconds.
	MinSeconds = 300
	MaxSeconds = 86400

	// InvokeTimeout is how long AWS IoT waits for an authorizer's function.
	InvokeTimeout = 5 * time.Second
)
