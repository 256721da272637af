package sqs

import (
	"container/heap"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

const (
	// fifoSuffix ends the names of FIFO queues, and of no others.
	fifoSuffix = ".fifo"
	// retryWindow is how long a deduplication id and a receive request attempt id are
	// remembered (Developer Guide, "Exactly-once processing in Amazon SQS").
	retryWindow = 5 * time.Minute
	// firstSequence gives SequenceNumbers their 20 digits.
	firstSequence = 10_000_000_000_000_000_000
)

// fifo is what makes a queue first-in-first-out.
type fifo struct {
	groups   map[string]*group // those with messages ready or in flight
	open     groupHeap         // those of which a message can be received
	sent     window[original]  // by deduplication key
	attempts window[attempt]   // by receive request attempt id
}

// group is the messages of one MessageGroupId. While one is in flight no other is
// received.
type group struct {
	name     string
	ready    messageHeap // by sequence
	inFlight int
	openI    int // in fifo.open, -1 when it is not
}

// original is what a duplicate is answered with.
type original struct {
	id       string
	sequence uint64
}

// attempt is what a ReceiveMessage with an attempt id got.
type attempt struct {
	until    int64 // Unix ms: when the messages become visible
	receipts []receipt
}

// receipt is the receives'th receiving of a message.
type receipt struct{ sequence, receives uint64 }

func newFIFO() *fifo { return &fifo{groups: map[string]*group{}} }

func (f *fifo) group(name string) *group {
	g := f.groups[name]
	if g == nil {
		g = &group{name: name, openI: -1, ready: messageHeap{
			key: func(m *message) int64 { return int64(m.sequence) }, index: func(m *message) *int { return &m.visibleI }}}
		f.groups[name] = g
	}
	return g
}

// count notes that a message of a state came (1) or went (-1), after it did.
func (f *fifo) count(m *message, by int) {
	g := f.group(m.group)
	if m.state == inFlight {
		g.inFlight += by
	}
	if g.openI >= 0 {
		heap.Remove(&f.open, g.openI)
	}
	switch {
	case g.isOpen():
		heap.Push(&f.open, g)
	case g.inFlight == 0:
		delete(f.groups, g.name)
	}
}

func (g *group) isOpen() bool { return g.inFlight == 0 && len(g.ready.items) > 0 }

// next returns the first message that can be received: of the group of last as long as
// it has one, so that other receivers find the other groups.
func (f *fifo) next(last *message) *message {
	if last != nil {
		if g := f.groups[last.group]; g != nil && g.isOpen() {
			return g.ready.items[0]
		}
	}
	if len(f.open) == 0 {
		return nil
	}
	return f.open[0].ready.items[0]
}

// deduplication returns the deduplication id of c, "" when it has none and the queue
// makes none.
func (q *queue) deduplication(c *content) string {
	if c.dedup != "" || !q.settings.contentBased {
		return c.dedup
	}
	sum := sha256.Sum256([]byte(c.body))
	return hex.EncodeToString(sum[:])
}

// deduplicationKey is what must be equal of duplicates.
func (q *queue) deduplicationKey(c *content) string {
	if q.settings.perGroup {
		return c.group + "\x00" + c.dedup
	}
	return "\x00" + c.dedup
}

// checkFIFO holds a message and its delay (seconds) to the rules of the queue's type,
// and completes its deduplication id.
func (q *queue) checkFIFO(c *content, delay *int) error {
	switch {
	case q.fifo == nil && c.dedup != "":
		return wrongType(c.dedup, "MessageDeduplicationId")
	case q.fifo == nil:
		return nil
	case c.group == "":
		return missingParameter("MessageGroupId")
	case delay != nil && *delay != 0:
		return wrongType(strconv.Itoa(*delay), "DelaySeconds")
	}
	if c.dedup = q.deduplication(c); c.dedup == "" {
		return invalidParameter("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	return nil
}

// wrongType is AWS's sentence, as it is, for a parameter of the other type of queue.
func wrongType(value, parameter string) *Error {
	return outOfRange(shorten(value), parameter, "The request include parameter that is not valid for this queue type")
}

// again returns what the attempt id got before, with the same handles and hidden anew:
// nil when that is too long ago, or one of the messages has changed since.
func (t *tx) again(q *queue, id string, visibility time.Duration) []delivery {
	at, a, ok := q.fifo.attempts.get(id)
	if !ok {
		return nil
	}
	var got []*message
	for _, r := range a.receipts {
		m := q.messages[r.sequence]
		if m == nil || m.state != inFlight || m.receives != r.receives || m.visible != a.until {
			return nil
		}
		got = append(got, m)
	}
	for _, m := range got {
		q.displace(m)
	}
	deliveries := t.deliver(q, got, visibility)
	t.keep(q, id, at, deliveries)
	return deliveries
}

// keep notes what the attempt id got, first received at a time.
func (t *tx) keep(q *queue, id string, at int64, got []delivery) {
	a := attempt{until: got[0].visible}
	for _, d := range got {
		a.receipts = append(a.receipts, receipt{d.sequence, d.receives})
	}
	t.noteAttempt(q, id, at, a)
}

// retime gives messages that were never received the queue's delay, which of FIFO
// queues also holds for what is there already (Developer Guide, "Amazon SQS delay queues").
func (t *tx) retime(q *queue) {
	for _, m := range q.messages {
		if m.state == inFlight || m.receives > m.receivesBefore {
			continue
		}
		due, s := m.sent+q.settings.delay.Milliseconds(), ready
		if due > t.now {
			s = delayed
		}
		if s == delayed || m.state == delayed {
			q.displace(m)
			t.set(q, m, s, due)
		}
	}
}

func isFIFO(name string) bool { return strings.HasSuffix(name, fifoSuffix) }

// groupHeap is a min-heap by the time at which a group's first message became visible.
type groupHeap []*group

func (h groupHeap) Len() int { return len(h) }
func (h groupHeap) Less(i, j int) bool {
	a, b := h[i].ready.items[0], h[j].ready.items[0]
	if a.visible != b.visible {
		return a.visible < b.visible
	}
	return a.sequence < b.sequence
}
func (h groupHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].openI, h[j].openI = i, j
}
func (h *groupHeap) Push(x any) {
	g := x.(*group)
	g.openI = len(*h)
	*h = append(*h, g)
}
func (h *groupHeap) Pop() any {
	last := len(*h) - 1
	g := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	g.openI = -1
	return g
}
