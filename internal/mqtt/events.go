package mqtt

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"time"
)

// An event is a lifecycle event. Source: "Lifecycle events",
// https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
type event struct {
	ClientID      string   `json:"clientId"`
	Timestamp     int64    `json:"timestamp"` // milliseconds since 1970
	EventType     string   `json:"eventType"`
	ByClient      *bool    `json:"clientInitiatedDisconnect,omitempty"`
	SessionID     string   `json:"sessionIdentifier"`
	Principal     string   `json:"principalIdentifier"`
	IPAddress     string   `json:"ipAddress,omitempty"`
	Reason        string   `json:"disconnectReason,omitempty"`
	VersionNumber *uint64  `json:"versionNumber,omitempty"`
	Topics        []string `json:"topics,omitempty"`
}

// announce publishes a lifecycle event of c's client. There is none for a client id that
// cannot be part of a topic.
func (b *Broker) announce(c *conn, kind string, e event) {
	if b.options.NoEvents || strings.ContainsAny(c.clientID, "+#") {
		return
	}
	e.ClientID, e.SessionID, e.Principal = c.clientID, c.sessionID, c.source.Principal
	e.Timestamp = time.Now().UnixMilli()
	payload, err := json.Marshal(e)
	if err != nil { // of strings and numbers: cannot be
		b.logger.Error("lifecycle_event_failed", "error", err)
		return
	}
	m := Message{Topic: eventsPrefix + kind + "/" + e.EventType + "/" + c.clientID, Payload: payload, QoS: 1}
	b.accept(context.Background(), Source{}, nil, newMessage(m))
}

func (b *Broker) announceConnected(c *conn) {
	address, _, err := net.SplitHostPort(c.source.RemoteAddr)
	if err != nil {
		address = c.source.RemoteAddr
	}
	b.announce(c, "presence", event{EventType: "connected", IPAddress: address, VersionNumber: &c.version})
}

func (b *Broker) announceDisconnected(c *conn, why *ending) {
	<-c.announced // it may be taken over at once
	byClient := why.event == eventClient
	b.announce(c, "presence", event{EventType: "disconnected", ByClient: &byClient, Reason: why.event, VersionNumber: &c.version})
}

func (b *Broker) announceSubscriptions(c *conn, kind string, topics []string) {
	b.announce(c, "subscriptions", event{EventType: kind, Topics: topics})
}
