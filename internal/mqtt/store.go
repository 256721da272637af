package mqtt

import (
	"context"
	"time"
)

// A Store keeps what outlives a connection: persistent sessions with their subscriptions
// and queues, and retained messages. Each call is absolute (it says what is true
// afterwards), does no I/O, and is made under the lock that orders the effects on its
// session or topic; what was told is on disk when Wait returns. The zero Position needs no
// waiting. Calls are made concurrently for different sessions and topics. What is passed
// is not changed afterwards by anybody.
//
// A message that is queued for many sessions is told once: PutMessage, an Enqueue for each
// session, ReleaseMessage. It is kept until it was released and no session holds it; a
// restart releases all.
type Store interface {
	// Load calls the sink with everything that was kept. It is called once, first.
	Load(sink StoreSink) error

	PutSession(s SessionRecord) Position    // creates or replaces all but the queue
	DeleteSession(clientID string) Position // with its queue
	PutMessage(id MessageID, m *Message) Position
	// Enqueue adds a message to the end of a session's queue. Dequeue takes out what has been
	// acknowledged or has expired, in any order.
	Enqueue(clientID string, q Queued) Position
	Dequeue(clientID string, number uint64) Position
	ReleaseMessage(id MessageID)
	PutRetained(topic string, m *Message, at time.Time) Position // a nil message removes

	Wait(ctx context.Context, p Position) error
	Close() error
}

// A MessageID names a message in the store; it is unique and only grows.
type MessageID uint64

// A Position is a place in the order of what a Store was told.
type Position uint64

// Queued is a message in the queue of a session.
type Queued struct {
	// Number only grows within the session, as long as the process lives; then it goes on
	// behind the largest that Load has told. The packet id follows from it.
	Number  uint64
	Message MessageID
	Expires time.Time // of the message; zero is never
	Group   string    // of the shared subscription it came by, or ""
	Retain  bool      // the retain flag of the delivery
}

// A SessionRecord is a persistent session without its queue.
type SessionRecord struct {
	ClientID      string
	Principal     string
	Expiry        time.Duration           // after the connection's end
	Ends          time.Time               // when it expires; zero while connected
	Subscriptions map[string]Subscription // by filter, as spelt
	Version       uint64                  // versionNumber of the last lifecycle event
	Will          *Message                // waits for the connection's end, or since then for WillAt; nil where there is none
	WillDelay     time.Duration
	WillAt        time.Time // zero while connected
}

// A Subscription is what a session asked for about one filter.
type Subscription struct {
	QoS               byte // granted: 0 or 1
	NoLocal           bool
	RetainAsPublished bool
}

// A StoreSink receives what was kept: messages before queues, sessions before their
// queues, queues in order.
type StoreSink struct {
	Session  func(SessionRecord)
	Message  func(MessageID, *Message)
	Enqueue  func(clientID string, q Queued)
	Retained func(topic string, m *Message, at time.Time)
}
