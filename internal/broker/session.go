package broker

import (
	"math"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// batchBytes bounds what is written to a client at once.
const batchBytes = 64 << 10

// session delivers messages to one connected client.
//
// Delivery is not left to mochi. Its queue drops what does not fit; where a
// client of MQTT 5 sets a Receive Maximum it sends the messages beyond in random
// order (it sorts them by seconds), never gives back the quota that those used,
// and takes a read lock twice, which can deadlock (inflight.go, NextImmediate, in
// v2.7.9). Here is one queue in order, a window of unacknowledged messages, and
// one goroutine that writes.
type session struct {
	Session
	clientID  string
	client    *mqtt.Client
	conn      *conn
	protocol  byte
	window    int // QoS 1 messages that may be unacknowledged
	maxPacket int // the client's own limit in bytes
	maxQueue  int // messages
	maxBytes  int // bytes of payload
	stats     *counters

	// Used only by the goroutine that reads this client's packets.
	verdicts map[string]byte // granted QoS or reason code of each filter of the SUBSCRIBE in hand
	suback   []byte          // the same in the order of the filters
	topics   map[string]struct{}

	started bool // run was started

	wake chan struct{} // capacity 1: something below changed
	done chan struct{} // closed when run has returned

	mu       sync.Mutex
	queue    []delivery // waiting, in order, from head
	head     int
	bytes    int                 // of payload in the queue
	inflight map[uint16]struct{} // packet ids sent at QoS 1, not acknowledged
	lastID   uint16
	ending   *packets.Code // why the connection is to end, once it is
	gone     bool          // the connection is over
}

// delivery is one message to one session.
type delivery struct {
	message *message
	qos     byte
}

// enqueue adds m behind what waits already. It never blocks. A client that has
// too much waiting is disconnected: it must notice that it misses something.
func (s *session) enqueue(m *message, qos byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending != nil || s.gone {
		return
	}
	if len(s.queue)-s.head >= s.maxQueue || s.bytes+len(m.payload) > s.maxBytes {
		s.stats.slow.Add(1)
		s.endLocked(packets.ErrPendingClientWritesExceeded)
		return
	}
	s.queue = append(s.queue, delivery{m, qos})
	s.bytes += len(m.payload)
	s.signal()
}

// end asks for the end of the connection with a reason. It does not block.
func (s *session) end(code packets.Code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(code)
}

func (s *session) endLocked(code packets.Code) {
	if s.ending != nil || s.gone {
		return
	}
	s.ending = &code
	s.conn.end(code)
	s.queue, s.head, s.bytes = nil, 0, 0
	s.conn.hurry()
	s.signal()
}

// endAndWait is end for the goroutine that reads: it returns when the client has
// been told and is gone, or after lingerTime.
func (s *session) endAndWait(code packets.Code) {
	s.end(code)
	<-s.done
	s.conn.drain()
}

// stop ends run without a word, because the connection is over.
func (s *session) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	s.signal()
}

func (s *session) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // run has not looked yet and will see this too
	}
}

// acknowledge takes a PUBACK. An id that is not in flight is ignored.
func (s *session) acknowledge(id uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.inflight[id]; ok {
		delete(s.inflight, id)
		if s.head < len(s.queue) { // something may have waited for this
			s.signal()
		}
	}
}

// run writes what is queued until the connection ends.
func (s *session) run() {
	defer close(s.done)
	if !s.Expires.IsZero() {
		timer := time.AfterFunc(time.Until(s.Expires), func() { s.end(packets.ErrMaxConnectTime) })
		defer timer.Stop()
	}
	var buf []byte
	for {
		var ending *packets.Code
		var gone bool
		buf, ending, gone = s.next(buf[:0])
		switch {
		case gone:
			return
		case ending != nil:
			s.disconnect(*ending)
			return
		case len(buf) > 0:
			if _, err := s.conn.Write(buf); err != nil {
				s.conn.end(err)
				_ = s.conn.Close()
				return
			}
			continue
		}
		<-s.wake
	}
}

// next appends the packets that may be sent now.
func (s *session) next(buf []byte) (packet []byte, ending *packets.Code, gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending != nil || s.gone {
		return nil, s.ending, s.gone
	}
	for s.head < len(s.queue) && len(buf) < batchBytes {
		d := s.queue[s.head]
		if publishSize(d.message, d.qos, s.protocol) > s.maxPacket {
			s.pop() // as if it had been sent: MQTT 5, section 3.1.2.11.4
			continue
		}
		var id uint16
		if d.qos > 0 {
			if len(s.inflight) >= s.window {
				break
			}
			id = s.nextID()
		}
		buf = appendPublish(buf, d.message, d.qos, s.protocol, id)
		s.stats.sent.Add(1)
		s.pop()
	}
	return buf, nil, false
}

func (s *session) pop() {
	s.bytes -= len(s.queue[s.head].message.payload)
	s.queue[s.head] = delivery{} // let the message go
	s.head++
	switch {
	case s.head == len(s.queue):
		s.queue, s.head = s.queue[:0], 0
	case s.head >= 1024 && s.head >= len(s.queue)/2:
		n := copy(s.queue, s.queue[s.head:])
		clear(s.queue[n:])
		s.queue, s.head = s.queue[:n], 0
	}
}

// nextID returns a packet id that is not in flight. There is one: the window is
// smaller than the number of ids.
func (s *session) nextID() uint16 {
	for {
		s.lastID++
		if _, used := s.inflight[s.lastID]; !used && s.lastID != 0 {
			s.inflight[s.lastID] = struct{}{}
			return s.lastID
		}
	}
}

// disconnect says why (in MQTT 5; an MQTT 3.1.1 server cannot) and ends.
func (s *session) disconnect(code packets.Code) {
	s.conn.goodbye(func() {
		if s.protocol == 5 {
			_ = s.client.WritePacket(packets.Packet{
				FixedHeader: packets.FixedHeader{Type: packets.Disconnect},
				ReasonCode:  code.Code,
				Properties:  packets.Properties{ReasonString: code.Reason},
			})
		}
	})
}

// newSession prepares the delivery to an admitted client.
func newSession(c *conn, cl *mqtt.Client, granted Session, o *Options, stats *counters) *session {
	s := &session{
		Session:   granted,
		clientID:  cl.ID,
		client:    cl,
		conn:      c,
		protocol:  cl.Properties.ProtocolVersion,
		window:    o.MaxInflight,
		maxPacket: math.MaxInt,
		maxQueue:  o.QueueMessages,
		maxBytes:  o.QueueBytes,
		stats:     stats,
		topics:    map[string]struct{}{},
		wake:      make(chan struct{}, 1),
		done:      make(chan struct{}),
		inflight:  map[uint16]struct{}{},
	}
	if wish := int(cl.Properties.Props.ReceiveMaximum); wish > 0 {
		s.window = min(s.window, wish)
	}
	if limit := cl.Properties.Props.MaximumPacketSize; limit > 0 {
		s.maxPacket = int(limit)
	}
	return s
}
