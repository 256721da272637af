package sigv4

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Secret is text that no log and no error shows: every way to print it gives "[secret]".
// Convert it to a string to use it.
type Secret string

const redacted = "[secret]"

// LogValue implements [slog.LogValuer].
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Format implements [fmt.Formatter] for every verb.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// MarshalText implements [encoding.TextMarshaler], for loggers that write JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Credentials are what belongs to an access key id.
type Credentials struct {
	// SecretAccessKey signs.
	SecretAccessKey Secret
	// SessionToken must come with every request where it is not empty.
	SessionToken Secret
	// Expires ends a session. Zero: never.
	Expires time.Time
}

// Provider returns the credentials of an access key id, and [ErrUnknownKey] where it knows
// none. Another error makes Verify fail with it. It is called concurrently.
type Provider func(ctx context.Context, accessKeyID string) (Credentials, error)

// Static holds credentials by access key id.
type Static map[string]Credentials

// Retrieve is a [Provider].
func (s Static) Retrieve(_ context.Context, accessKeyID string) (Credentials, error) {
	c, ok := s[accessKeyID]
	if !ok {
		return Credentials{}, ErrUnknownKey
	}
	return c, nil
}
