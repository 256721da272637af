package app

import (
	"context"
	"errors"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/internal/broker"
)

// admit lets MQTT clients in with the token that they use for the API.
func admit(verifier *httpapi.Verifier) func(context.Context, broker.Connect) (broker.Session, error) {
	return func(ctx context.Context, c broker.Connect) (broker.Session, error) {
		identity, err := verifier.Verify(ctx, c.Token)
		switch {
		case err == nil:
		case errors.Is(err, httpapi.ErrKeysUnavailable):
			return broker.Session{}, broker.ErrUnavailable
		default:
			return broker.Session{}, broker.ErrBadCredentials
		}
		return broker.Session{
			Subject:      string(identity.Account),
			Expires:      identity.Expires,
			CanSubscribe: func(filter string) bool { return readable(identity.Account, filter) },
		}, nil
	}
}

// readable reports whether account may subscribe to filter: what users may receive, every
// place and question, the system's notices, and its own account's topic. Wildcards parse as
// no topic.
func readable(account askaround.AccountID, filter string) bool {
	t, err := topic.Parse(filter)
	return err == nil && topic.RoleUser.MayReceive(string(account), t)
}
