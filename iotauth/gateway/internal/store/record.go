package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
)

var (
	// ErrRecord says that a record cannot be read, though its checksum is right.
	ErrRecord = errors.New("store: bad record")
	// ErrVersion says that a newer program wrote a record: start that one.
	ErrVersion = errors.New("store: a record has a newer version")
)

// recordVersion is in the high four bits of a record's first byte.
const recordVersion = 1

// What a record says, in the low four bits of its first byte.
const (
	opSession = 1 + iota
	opGone
	opMessage
	opEnqueue
	opDequeue
	opRetained
	opCleared
)

// A record is one call of the store. Which fields count depends on op.
type record struct {
	op       byte
	session  mqtt.SessionRecord // opSession
	clientID string             // opGone, opEnqueue, opDequeue
	queued   mqtt.Queued        // opEnqueue; its Number: opDequeue
	id       mqtt.MessageID     // opMessage
	message  *mqtt.Message      // opMessage, opRetained
	topic    string             // opRetained, opCleared
	at       time.Time          // opRetained
}

// append adds the record's bytes to b.
func (r record) append(b []byte) []byte {
	e := encoder(append(b, recordVersion<<4|r.op))
	switch r.op {
	case opSession:
		e.session(r.session)
	case opGone:
		e.string(r.clientID)
	case opMessage:
		e.uint(uint64(r.id))
		e.string(r.message.Topic)
		e.message(r.message)
	case opEnqueue:
		e.string(r.clientID)
		e.queued(r.queued)
	case opDequeue:
		e.string(r.clientID)
		e.uint(r.queued.Number)
	case opRetained:
		e.string(r.topic)
		e.time(r.at)
		e.message(r.message)
	case opCleared:
		e.string(r.topic)
	}
	return e
}

// parse reads a record, and keeps b: payloads are parts of it.
func parse(b []byte) (record, error) {
	if len(b) == 0 {
		return record{}, fmt.Errorf("%w: empty", ErrRecord)
	}
	if v := b[0] >> 4; v > recordVersion {
		return record{}, fmt.Errorf("%w: %d, this program reads up to %d", ErrVersion, v, recordVersion)
	} else if v == 0 {
		return record{}, fmt.Errorf("%w: version 0", ErrRecord)
	}
	r, d := record{op: b[0] & 0xF}, decoder{rest: b[1:]}
	switch r.op {
	case opSession:
		r.session = d.session()
	case opGone:
		r.clientID = d.string()
	case opMessage:
		r.id = mqtt.MessageID(d.uint())
		r.message = d.message(d.string())
	case opEnqueue:
		r.clientID, r.queued = d.string(), d.queued()
	case opDequeue:
		r.clientID, r.queued.Number = d.string(), d.uint()
	case opRetained:
		r.topic, r.at = d.string(), d.time()
		r.message = d.message(r.topic)
	case opCleared:
		r.topic = d.string()
	default:
		return record{}, fmt.Errorf("%w: it says %d", ErrRecord, r.op)
	}
	if d.bad || len(d.rest) > 0 {
		return record{}, fmt.Errorf("%w: %d bytes that say %d", ErrRecord, len(b), r.op)
	}
	return r, nil
}

// What a message has, beside topic and payload.
const (
	hasQoS1 = 1 << iota
	hasRetain
	hasUTF8
	hasContentType
	hasResponseTopic
	hasCorrelation
	hasUserProperties
	hasExpiry
)

// encoder is a record in the making.
type encoder []byte

func (e *encoder) uint(n uint64)        { *e = binary.AppendUvarint(*e, n) }
func (e *encoder) string(s string)      { e.uint(uint64(len(s))); *e = append(*e, s...) }
func (e *encoder) bytes(b []byte)       { e.uint(uint64(len(b))); *e = append(*e, b...) }
func (e *encoder) span(d time.Duration) { *e = binary.AppendVarint(*e, int64(d)) }
func (e *encoder) byte(b byte)          { *e = append(*e, b) }

func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.span(0)
		return
	}
	e.span(time.Duration(t.UnixNano()))
}

func (e *encoder) session(s mqtt.SessionRecord) {
	e.string(s.ClientID)
	e.string(s.Principal)
	e.span(s.Expiry)
	e.time(s.Ends)
	e.uint(s.Version)
	e.uint(uint64(len(s.Subscriptions)))
	for _, filter := range slices.Sorted(maps.Keys(s.Subscriptions)) {
		e.string(filter)
		e.subscription(s.Subscriptions[filter])
	}
	if s.Will == nil {
		e.byte(0)
		return
	}
	e.byte(1)
	e.span(s.WillDelay)
	e.time(s.WillAt)
	e.string(s.Will.Topic)
	e.message(s.Will)
}

// The options of a subscription are where SUBSCRIBE of MQTT 5 has them.
const (
	subQoS               = 3
	subNoLocal           = 1 << 2
	subRetainAsPublished = 1 << 3
)

func (e *encoder) subscription(s mqtt.Subscription) {
	b := s.QoS & subQoS
	if s.NoLocal {
		b |= subNoLocal
	}
	if s.RetainAsPublished {
		b |= subRetainAsPublished
	}
	e.byte(b)
}

// Of an entry, whether it is delivered with the retain flag, and whether its group follows.
const (
	queuedRetain = 1 << iota
	queuedGroup
)

func (e *encoder) queued(q mqtt.Queued) {
	e.uint(q.Number)
	e.uint(uint64(q.Message))
	e.time(q.Expires)
	flags := byte(0)
	if q.Retain {
		flags |= queuedRetain
	}
	if q.Group == "" {
		e.byte(flags)
		return
	}
	e.byte(flags | queuedGroup)
	e.string(q.Group)
}

func (e *encoder) message(m *mqtt.Message) {
	flags := flagsOf(m)
	e.byte(flags)
	e.bytes(m.Payload)
	if flags&hasContentType != 0 {
		e.string(m.ContentType)
	}
	if flags&hasResponseTopic != 0 {
		e.string(m.ResponseTopic)
	}
	if flags&hasCorrelation != 0 {
		e.bytes(m.CorrelationData)
	}
	if flags&hasUserProperties != 0 {
		e.uint(uint64(len(m.UserProperties)))
		for _, p := range m.UserProperties {
			e.string(p[0])
			e.string(p[1])
		}
	}
	if flags&hasExpiry != 0 {
		e.span(m.Expiry)
	}
}

func flagsOf(m *mqtt.Message) (flags byte) {
	for _, f := range []struct {
		flag byte
		has  bool
	}{
		{hasQoS1, m.QoS > 0}, {hasRetain, m.Retain}, {hasUTF8, m.PayloadFormatUTF8},
		{hasContentType, m.ContentType != ""}, {hasResponseTopic, m.ResponseTopic != ""},
		{hasCorrelation, m.CorrelationData != nil}, {hasUserProperties, len(m.UserProperties) > 0},
		{hasExpiry, m.Expiry != 0},
	} {
		if f.has {
			flags |= f.flag
		}
	}
	return flags
}

// decoder reads what encoder wrote. The first fault makes it bad; everything is then
// zero. What it allocates is bounded by the bytes that are there.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) fail() { d.rest, d.bad = nil, true }

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) span() time.Duration {
	n, size := binary.Varint(d.rest)
	if size <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[size:]
	return time.Duration(n)
}

func (d *decoder) time() time.Time {
	if n := d.span(); n != 0 {
		return time.Unix(0, int64(n))
	}
	return time.Time{}
}

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		d.fail()
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

// bytes returns a part of the record.
func (d *decoder) bytes() []byte {
	n := d.uint()
	if n > uint64(len(d.rest)) {
		d.fail()
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) string() string { return string(d.bytes()) }

// count reads how many follow, of which each has at least size bytes.
func (d *decoder) count(size uint64) int {
	n := d.uint()
	if n > uint64(len(d.rest))/size {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) session() mqtt.SessionRecord {
	s := mqtt.SessionRecord{ClientID: d.string(), Principal: d.string(), Expiry: d.span(), Ends: d.time(), Version: d.uint()}
	n := d.count(2)
	s.Subscriptions = make(map[string]mqtt.Subscription, n)
	for range n {
		filter := d.string()
		s.Subscriptions[filter] = d.subscription()
	}
	switch d.byte() {
	case 0:
	case 1:
		s.WillDelay, s.WillAt = d.span(), d.time()
		s.Will = d.message(d.string())
	default:
		d.fail()
	}
	return s
}

func (d *decoder) subscription() mqtt.Subscription {
	b := d.byte()
	if b&^(subQoS|subNoLocal|subRetainAsPublished) != 0 {
		d.fail()
	}
	return mqtt.Subscription{QoS: b & subQoS, NoLocal: b&subNoLocal != 0, RetainAsPublished: b&subRetainAsPublished != 0}
}

func (d *decoder) queued() mqtt.Queued {
	q := mqtt.Queued{Number: d.uint(), Message: mqtt.MessageID(d.uint()), Expires: d.time()}
	flags := d.byte()
	if flags&^(queuedRetain|queuedGroup) != 0 {
		d.fail()
	}
	q.Retain = flags&queuedRetain != 0
	if flags&queuedGroup != 0 {
		q.Group = d.string()
	}
	return q
}

func (d *decoder) message(topic string) *mqtt.Message {
	flags := d.byte()
	m := &mqtt.Message{Topic: topic, Payload: d.bytes(), QoS: flags & hasQoS1,
		Retain: flags&hasRetain != 0, PayloadFormatUTF8: flags&hasUTF8 != 0}
	if flags&hasContentType != 0 {
		m.ContentType = d.string()
	}
	if flags&hasResponseTopic != 0 {
		m.ResponseTopic = d.string()
	}
	if flags&hasCorrelation != 0 {
		m.CorrelationData = d.bytes()
	}
	if flags&hasUserProperties != 0 {
		n := d.count(2)
		m.UserProperties = make([][2]string, 0, n)
		for range n {
			m.UserProperties = append(m.UserProperties, [2]string{d.string(), d.string()})
		}
	}
	if flags&hasExpiry != 0 {
		m.Expiry = d.span()
	}
	return m
}
