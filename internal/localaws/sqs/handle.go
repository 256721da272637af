package sqs

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
)

// handle is what a receipt handle says: the receipt'th receiving of a message.
type handle struct {
	queue, message, receipt uint64
}

func (h handle) String() string {
	b := binary.BigEndian.AppendUint64(nil, h.queue)
	b = binary.BigEndian.AppendUint64(b, h.message)
	b = binary.BigEndian.AppendUint64(b, h.receipt)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)) // against typing errors
	return base64.StdEncoding.EncodeToString(b)
}

func parseHandle(s string) (handle, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != 28 || crc32.ChecksumIEEE(b[:24]) != binary.BigEndian.Uint32(b[24:]) {
		return handle{}, false
	}
	return handle{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])}, true
}

// find returns the message of a receipt handle, nil when it is gone. As on AWS the
// handle of an earlier receiving still serves, but not in a FIFO queue.
func (q *queue) find(receipt string) (*message, error) {
	h, ok := parseHandle(receipt)
	if !ok || h.queue != q.ID {
		return nil, invalidHandle(receipt)
	}
	m := q.messages[h.message]
	switch {
	case m == nil:
		return nil, nil
	case h.receipt == 0 || h.receipt > m.receives:
		return nil, invalidHandle(receipt)
	case q.fifo != nil && (h.receipt != m.receives || m.state != inFlight):
		return nil, outOfRange(shorten(receipt), "ReceiptHandle", "The receipt handle has expired")
	}
	return m, nil
}
