package gateway

import "github.com/askaround/askaround-go/iotauth/gateway/internal/core"

// Limits bound what clients may do. A zero value means AWS IoT's default, which stands
// behind each field.
type Limits = core.Limits

// A Message is one that is published.
type Message = core.Message

// A Source is who published a message; zero for [Gateway.Publish].
type Source = core.Source
