package mqtt

import (
	"sort"
	"strings"
	"sync"
	"time"
)

// batchBytes and batchMessages bound what is written to a client at once.
const (
	batchBytes    = 64 << 10
	batchMessages = 256
)

// A session is what the broker knows of a client: its subscriptions and the messages that
// it has yet to acknowledge. It ends with its connection or, when it is persistent, some
// time later.
//
// There is one queue in order. What was sent at QoS 1 stays in inflight until it is
// acknowledged; after a reconnection inflight is sent again, then the queue goes on. The
// packet id follows from the message's number, so that it is the same again, also after
// the death of the process.
type session struct {
	key    string // see sessionKey
	broker *Broker

	mu         sync.Mutex
	conn       *conn // nil while absent
	gone       bool  // ended; nothing is added to it
	persistent bool
	principal  string
	expiry     time.Duration
	ends       time.Time // zero while connected
	subs       map[string]Subscription
	version    uint64 // of lifecycle events

	will      *message // waits for the end of the connection, or for willAt
	willDelay time.Duration
	willAt    time.Time // zero while connected
	willFrom  Source

	queue       fifo[delivery] // not sent yet
	inflight    fifo[delivery] // sent at QoS 1, not acknowledged; of rising numbers
	resend      int            // of inflight, those before are sent on this connection
	outstanding int            // sent on this connection, not acknowledged
	unacked     int            // of inflight
	bytes       int            // of messages in queue and inflight
	unsent      int            // bytes of payloads in queue
	stored      int            // of what waits, from the front, to be paced
	number      uint64         // of the last QoS 1 message

	// Of the schedule, and under its lock.
	due   time.Time
	place int // in its heap, from 1; 0 is nowhere
}

// sessionKey names a session: client ids belong to an account. They have no NUL, so that no
// two names are one.
func sessionKey(account, clientID string) string {
	if account == "" {
		return clientID
	}
	return account + "\x00" + clientID
}

// clientIDOf is the client id of a session's key.
func clientIDOf(key string) string { return key[strings.LastIndexByte(key, 0)+1:] }

// A delivery is a message to a session.
type delivery struct {
	message *message // nil once acknowledged
	number  uint64   // 0 at QoS 0
	group   string
	sent    time.Time
	qos     byte
	retain  bool
	dup     bool
}

// packetIDs is how many there are.
const packetIDs = 1<<16 - 1

func (d *delivery) packetID() uint16 { return uint16(d.number%packetIDs) + 1 }

// enqueue adds a message behind what waits already. It never blocks. The caller tells the
// connection, if there is one.
func (s *session) enqueue(m *message, qos byte, retain bool, group string) (to *conn, p Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || qos == 0 && s.conn == nil {
		return nil, 0
	}
	if s.full(m) {
		s.overflow()
		return nil, 0
	}
	d := delivery{message: m, qos: qos, retain: retain, group: group}
	if qos > 0 {
		s.number++
		d.number = s.number
		if s.persistent {
			p = s.store(&d)
		}
	}
	s.queue.push(d)
	s.bytes += m.size()
	s.unsent += len(m.Payload)
	return s.conn, p
}

// store tells the store of a delivery, and of its message where that is the first.
func (s *session) store(d *delivery) Position {
	store := s.broker.store
	var p Position
	if d.message.id == 0 {
		d.message.id = MessageID(s.broker.messageID.Add(1))
		p = store.PutMessage(d.message.id, &d.message.Message)
	}
	return max(p, store.Enqueue(s.key, Queued{Number: d.number, Message: d.message.id, Expires: d.message.expires, Group: d.group, Retain: d.retain}))
}

// full reports whether m does not fit, when what has expired is gone.
func (s *session) full(m *message) bool {
	limits := &s.broker.limits
	over := func() bool {
		if s.broker.options.CountUnsent {
			return s.queue.len() >= limits.QueuedMessages || s.unsent+len(m.Payload) > limits.QueuedBytes
		}
		return s.queue.len()+s.unacked >= limits.QueuedMessages || s.bytes+m.size() > limits.QueuedBytes
	}
	if !over() {
		return false
	}
	now := time.Now()
	s.queue.keep(func(d *delivery) bool {
		if !d.message.expired(now) {
			return true
		}
		s.broker.stats.expired.Add(1)
		s.unsent -= len(d.message.Payload)
		s.forget(d)
		return false
	})
	return over()
}

// overflow is called for a message that does not fit. A client that is there must notice
// that it misses something.
func (s *session) overflow() {
	s.broker.stats.dropped.Add(1)
	if s.conn != nil && s.conn.end(endSlow) {
		s.broker.stats.slow.Add(1)
	}
}

// forget takes the account of a delivery that leaves the session.
func (s *session) forget(d *delivery) {
	s.bytes -= d.message.size()
	if d.qos > 0 && s.persistent {
		s.broker.store.Dequeue(s.key, d.number)
	}
}

// connect makes c the connection of the session. What waits is stored.
func (s *session) connect(c *conn) {
	s.conn = c
	s.ends = time.Time{}
	s.broker.schedule.remove(s)
	s.resend, s.outstanding = 0, 0
	s.stored = s.unacked + s.queue.len()
}

// leave is the reverse. What was to be sent at QoS 0 is lost.
func (s *session) leave() {
	s.conn = nil
	s.resend, s.outstanding = 0, 0
	s.queue.keep(func(d *delivery) bool {
		if d.qos == 0 {
			s.bytes -= d.message.size()
			s.unsent -= len(d.message.Payload)
		}
		return d.qos > 0
	})
}

// end makes the session one that nothing is added to. The caller removes its subscriptions.
func (s *session) end() Position {
	s.gone = true
	s.conn = nil
	s.broker.schedule.remove(s)
	s.queue.clear()
	s.inflight.clear()
	s.unacked, s.bytes, s.unsent, s.stored = 0, 0, 0, 0
	if !s.persistent {
		return 0
	}
	return s.broker.store.DeleteSession(s.key)
}

// alarm schedules what an absent session has to do next.
func (s *session) alarm() {
	at := s.ends
	if s.will != nil && s.willAt.Before(at) {
		at = s.willAt
	}
	s.broker.schedule.set(at, s)
}

// save tells the store of all but the queue.
func (s *session) save() Position {
	if !s.persistent || s.gone {
		return 0
	}
	r := SessionRecord{
		ClientID: s.key, Principal: s.principal, Expiry: s.expiry, Ends: s.ends,
		Version: s.version, WillDelay: s.willDelay, WillAt: s.willAt,
		Subscriptions: make(map[string]Subscription, len(s.subs)),
	}
	for f, sub := range s.subs {
		r.Subscriptions[f] = sub
	}
	if s.will != nil {
		r.Will = &s.will.Message
	}
	return s.broker.store.PutSession(r)
}

// pull takes what c may send now, in order, and adds it to batch. It says whether there may
// be more and, where something must wait for a time and not for the client, for how long.
func (s *session) pull(c *conn, batch []delivery, now time.Time) (_ []delivery, more bool, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c {
		return batch, false, 0
	}
	for size := 0; len(batch) < batchMessages && size < batchBytes; {
		d := s.nextResend()
		again := d != nil
		if !again {
			if s.queue.len() == 0 {
				return batch, false, 0
			}
			d = s.queue.at(0)
		}
		if d.qos > 0 && (s.outstanding >= c.window || d.number-s.oldest(d.number) >= packetIDs) {
			return batch, false, s.giveUp(now)
		}
		if wait = s.pace(c, d, now); wait > 0 {
			return batch, false, wait
		}
		if again {
			d.sent, d.dup = now, true
			s.resend++
			s.outstanding++
			batch = append(batch, *d)
		} else {
			batch = append(batch, s.send(now))
		}
		size += batch[len(batch)-1].message.size()
	}
	return batch, true, 0
}

// send takes the first of the queue, which is sent now for the first time.
func (s *session) send(now time.Time) delivery {
	next := s.queue.pop()
	next.sent = now
	s.unsent -= len(next.message.Payload)
	if next.qos == 0 {
		s.bytes -= next.message.size()
		return next
	}
	s.inflight.push(next)
	s.resend++
	s.unacked++
	s.outstanding++
	return next
}

// nextResend is the next of inflight that was not sent on this connection, or nil.
func (s *session) nextResend() *delivery {
	for ; s.resend < s.inflight.len(); s.resend++ {
		if d := s.inflight.at(s.resend); d.message != nil {
			return d
		}
	}
	return nil
}

// oldest is the smallest number in flight, or number.
func (s *session) oldest(number uint64) uint64 {
	if s.inflight.len() == 0 {
		return number
	}
	return s.inflight.at(0).number
}

// pace says how long d must wait for the limits of rate.
func (s *session) pace(c *conn, d *delivery, now time.Time) time.Duration {
	if wait := c.publishRate.Wait(now, 1); wait > 0 {
		return wait
	}
	if s.stored > 0 {
		redelivery := c.redelivery
		if d.group != "" {
			redelivery = c.redeliveryShared
		}
		if wait := redelivery.Take(now); wait > 0 {
			return wait
		}
		s.stored--
	}
	c.publishRate.Spend(now, 1)
	return 0
}

// giveUp drops the oldest message where it waits for its acknowledgment for too long, or
// says when that will be.
func (s *session) giveUp(now time.Time) time.Duration {
	after := s.broker.options.RetryTimeout
	if after < 0 {
		return 0
	}
	for i := range s.resend {
		d := s.inflight.at(i)
		if d.message == nil {
			continue
		}
		if wait := after - now.Sub(d.sent); wait > 0 {
			return wait
		}
		s.broker.stats.expired.Add(1)
		s.done(i)
		return time.Microsecond
	}
	return 0
}

// acknowledge takes a PUBACK. An id that is not in flight is ignored.
func (s *session) acknowledge(c *conn, id uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c || s.inflight.len() == 0 {
		return
	}
	first := s.inflight.at(0).number
	distance := (uint64(id-1) + packetIDs - first%packetIDs) % packetIDs
	if i := s.position(first + distance); i >= 0 && i < s.resend {
		s.done(i)
	}
}

// position is where in inflight the number is, or -1.
func (s *session) position(number uint64) int {
	n, first := s.inflight.len(), s.inflight.at(0).number
	if number < first {
		return -1
	}
	i := int(number - first) // right where no number is missing
	if i >= n || s.inflight.at(i).number != number {
		i = sort.Search(n, func(i int) bool { return s.inflight.at(i).number >= number })
	}
	if i == n || s.inflight.at(i).number != number || s.inflight.at(i).message == nil {
		return -1
	}
	return i
}

// skip takes a delivery that was pulled and is not to be sent as acknowledged.
func (s *session) skip(c *conn, number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c || s.inflight.len() == 0 {
		return
	}
	if i := s.position(number); i >= 0 {
		s.done(i)
	}
}

// done takes the i-th of inflight, which was sent on this connection, out.
func (s *session) done(i int) {
	d := s.inflight.at(i)
	s.forget(d)
	d.message = nil
	s.unacked--
	if s.outstanding == s.conn.window || s.queue.len() > 0 {
		s.conn.signal()
	}
	s.outstanding--
	for s.inflight.len() > 0 && s.inflight.at(0).message == nil {
		s.inflight.pop()
		s.resend--
	}
}
