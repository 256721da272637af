// Package function decides about the tokens of this example. It is the same in process, as
// a Lambda function and behind HTTP.
package function

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// Topic is the one that the tokens are about.
const Topic = "customauthtesting"

// ErrToken: neither "allow" nor "deny".
var ErrToken = errors.New("invalid token")

// Authorize is an iotauth.HandlerFunc. The token "allow" may publish to Topic, "deny" may
// not; of any other nothing is known. In an application this is where the identity provider
// is asked.
func Authorize(_ context.Context, request *iotauth.Request) (*iotauth.Response, error) {
	statement := policy.Allow(policy.Publish)
	switch strings.ToLower(request.Token) {
	case "allow":
	case "deny":
		statement = policy.Deny(policy.Publish)
	default:
		return nil, ErrToken
	}
	return &iotauth.Response{
		IsAuthenticated: true,
		PrincipalID:     "principalId",
		PolicyDocuments: []*policy.Document{policy.New(statement.On("arn:aws:iot:us-east-1:123456789012:topic/" + Topic))},
		DisconnectAfter: time.Hour,
		RefreshAfter:    10 * time.Minute,
	}, nil
}
