package gateway

import "github.com/askaround/askaround-go/internal/mqtt"

// Limits bound what clients may do. A zero value means AWS IoT's default, which stands
// behind each field.
type Limits = mqtt.Limits

// A Message is one that is published.
type Message = mqtt.Message

// A Source is who published a message; zero for [Gateway.Publish].
type Source = mqtt.Source
