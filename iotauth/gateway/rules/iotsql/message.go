package iotsql

import (
	"sync"
	"time"
)

// A Message is what a statement is evaluated for. It is not changed while it is in use,
// and can be shared by evaluations that run at once: its payload is decoded once.
type Message struct {
	// Topic is that of topic(): without $aws/rules/{rule}/ where it came so.
	Topic   string
	Payload []byte

	ClientID  string // "" where the message did not come over MQTT
	Principal string // the certificate's id, the user's, or the authorizer's; "" is none
	SourceIP  string // "" is unknown
	TraceID   string // a UUID; "" is none
	Account   string
	Time      time.Time // when the message arrived: timestamp()

	Properties *Properties // of MQTT 5; nil where there are none

	decoded [2]decoded // by version, which treats numbers differently
}

// Properties are those of MQTT 5 that statements can ask for.
type Properties struct {
	PayloadFormatUTF8          bool
	ContentType, ResponseTopic string
	CorrelationData            []byte
	User                       [][2]string
}

type decoded struct {
	once  sync.Once
	value Value
	ok    bool
}

// Copy returns a message that decodes the payload for itself.
func (m *Message) Copy() *Message {
	return &Message{
		Topic: m.Topic, Payload: m.Payload, ClientID: m.ClientID, Principal: m.Principal, SourceIP: m.SourceIP,
		TraceID: m.TraceID, Account: m.Account, Time: m.Time, Properties: m.Properties,
	}
}

// json returns the payload's value; false where it is no JSON.
func (m *Message) json(version Version) (Value, bool) {
	d := &m.decoded[min(version, V2016)]
	d.once.Do(func() { d.value, d.ok = decodeJSON(string(m.Payload), version) })
	return d.value, d.ok
}
