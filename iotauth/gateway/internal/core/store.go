package core

import (
	"context"
	"time"
)

// A Store keeps what outlives a connection: persistent sessions with their subscriptions
// and queues, and retained messages. Each call is absolute (it says what is true
// afterwards), does no I/O, and is made under the lock that orders the effects; what was
// told is on disk when Wait returns. The zero Position needs no waiting.
//
// A message that is queued for many sessions is told once, by PutMessage before the first
// Enqueue that names it, and is kept until no session holds it.
type Store interface {
	// Load calls the sink with everything that was kept. It is called once, first.
	Load(sink StoreSink) error

	PutSession(s SessionRecord) Position // creates or replaces all but the queue
	DeleteSession(clientID string) Position
	PutMessage(id MessageID, m *Message) Position
	// Enqueue adds a message to the end of a session's queue, under a number that only grows
	// within the session. Dequeue takes out what has been acknowledged or has expired.
	Enqueue(clientID string, number uint64, id MessageID, expires time.Time) Position
	Dequeue(clientID string, number uint64) Position
	PutRetained(topic string, m *Message, at time.Time) Position // a nil message removes

	Wait(ctx context.Context, p Position) error
	Close() error
}

// A MessageID names a message in the store; it is unique and only grows.
type MessageID uint64

// A Position is a place in the order of what a Store was told.
type Position uint64

// A SessionRecord is a persistent session without its queue.
type SessionRecord struct {
	ClientID      string
	Principal     string
	Expiry        time.Duration   // after the connection's end
	Ends          time.Time       // when it expires; zero while connected
	Subscriptions map[string]byte // filter, as spelt, to granted QoS
	Options       map[string]byte // filter to MQTT 5 subscription options (no-local, retain-as-published, retain-handling)
}

// A StoreSink receives what was kept: messages before queues, queues in order.
type StoreSink struct {
	Session  func(SessionRecord)
	Message  func(MessageID, *Message)
	Enqueue  func(clientID string, number uint64, id MessageID, expires time.Time)
	Retained func(topic string, m *Message, at time.Time)
}
