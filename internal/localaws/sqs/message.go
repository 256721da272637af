package sqs

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// content is what was sent. It never changes.
type content struct {
	id         string // MessageId, a UUID
	body       string
	md5        string // of the body, hex
	attributes map[string]attribute
	trace      string // AWSTraceHeader
	group      string
	dedup      string // MessageDeduplicationId, in a FIFO queue
	sender     string
	sent       int64 // Unix ms
}

// attribute is a message attribute. value is text, or bytes when the type is Binary.
type attribute struct {
	dataType string
	value    string
	binary   bool
}

type state uint8

const (
	ready    state = iota
	delayed        // never yet received
	inFlight       // received, and neither deleted nor visible again
)

// message is a content's life in one queue. The engine's lock guards it.
type message struct {
	*content
	sequence        uint64 // engine-wide, ascending: also the SequenceNumber
	state           state
	visible         int64  // Unix ms: since when it is ready, or when it will be
	receives        uint64 // over all queues
	receivesBefore  uint64 // in the queues that it was moved from
	firstReceived   int64  // Unix ms
	lastReceived    int64
	deadLetterOf    string // ARN of the queue it was moved from
	visibleI, sentI int    // in the queue's heaps
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s)) // a checksum that the protocol prescribes, no secret
	return hex.EncodeToString(sum[:])
}

// attributesMD5 is MD5OfMessageAttributes, "" without attributes. The algorithm is in
// the SQS Developer Guide, "Calculating the MD5 message digest for message attributes".
func attributesMD5(attributes map[string]attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	hash := md5.New()
	text := func(s string) {
		hash.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
		hash.Write([]byte(s))
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		text(name)
		text(a.dataType)
		if a.binary {
			hash.Write([]byte{2})
		} else {
			hash.Write([]byte{1})
		}
		text(a.value)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// size is what counts against MaximumMessageSize, in bytes.
func (c *content) size() int {
	n := len(c.body)
	for name, a := range c.attributes {
		n += len(name) + len(a.dataType) + len(a.value)
	}
	return n
}
