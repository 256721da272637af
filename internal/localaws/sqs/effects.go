package sqs

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A record is a run of effects, each with its type in front. All are absolute: replaying
// one that the state already contains changes nothing but what it says.
const (
	effectQueue    byte = 1 + iota // a queue's definition
	effectDrop                     // the end of a queue
	effectMessage                  // a message, whole
	effectState                    // a message's state
	effectDelete                   // the end of a message
	effectMove                     // a message's move to another queue, with its state
	effectSequence                 // the last sequence number given out
	effectFIFO                     // a message with deduplication id, whole
	effectSent                     // a deduplication id in use
	effectAttempt                  // a receive request attempt id in use
)

var errRecord = errors.New("sqs: corrupt journal record")

// The methods below change the state and note the effect.

func (t *tx) define(q *queue) {
	text, err := json.Marshal(q.definition)
	if err != nil {
		panic(err) // strings and numbers alone: cannot fail
	}
	t.record = appendText(append(t.record, effectQueue), string(text))
}

func (t *tx) drop(q *queue) {
	t.Engine.forget(q)
	t.record = binary.AppendUvarint(append(t.record, effectDrop), q.ID)
}

func (t *tx) add(q *queue, m *message) {
	q.add(m)
	t.record = appendMessage(t.record, q, m)
}

func (t *tx) delete(q *queue, m *message) {
	q.remove(m)
	t.record = binary.AppendUvarint(append(t.record, effectDelete), q.ID)
	t.record = binary.AppendUvarint(t.record, m.sequence)
}

// set gives m, which must be displaced, a state and its place.
func (t *tx) set(q *queue, m *message, s state, visible int64) {
	m.state, m.visible = s, visible
	q.place(m)
	t.record = binary.AppendUvarint(append(t.record, effectState), q.ID)
	t.record = appendState(t.record, m)
}

// move takes m to a dead-letter queue.
func (t *tx) move(from, to *queue, m *message) {
	if to.fifo != nil {
		t.moveFIFO(from, to, m)
		return
	}
	from.remove(m)
	m.state, m.visible = ready, t.now
	m.receivesBefore, m.deadLetterOf = m.receives, t.arn(from.Name)
	to.add(m)
	t.record = binary.AppendUvarint(append(t.record, effectMove), from.ID)
	t.record = binary.AppendUvarint(t.record, to.ID)
	t.record = appendState(t.record, m)
}

// moveFIFO gives m a place of its own in the order of to, and another deduplication id:
// the time of a message in a FIFO dead-letter queue is that of its move, and two that had
// the same id do not exclude each other there (Developer Guide, "Learn how to configure a
// dead-letter queue redrive").
func (t *tx) moveFIFO(from, to *queue, m *message) {
	c, moved := *m.content, *m
	c.dedup, c.sent = c.id, t.now
	t.delete(from, m)
	t.sequence++
	moved.content, moved.sequence, moved.state, moved.visible = &c, t.sequence, ready, t.now
	moved.receivesBefore, moved.deadLetterOf = m.receives, t.arn(from.Name)
	t.add(to, &moved)
}

func (t *tx) noteSent(q *queue, key string, at int64, o original) {
	q.fifo.sent.put(key, at, o)
	t.record = appendSent(t.record, q, key, at, o)
}

func (t *tx) noteAttempt(q *queue, id string, at int64, a attempt) {
	q.fifo.attempts.put(id, at, a)
	t.record = appendAttempt(t.record, q, id, at, a)
}

func appendSent(dst []byte, q *queue, key string, at int64, o original) []byte {
	dst = binary.AppendUvarint(append(dst, effectSent), q.ID)
	dst = binary.AppendVarint(appendText(dst, key), at)
	return binary.AppendUvarint(appendText(dst, o.id), o.sequence)
}

func appendAttempt(dst []byte, q *queue, id string, at int64, a attempt) []byte {
	dst = binary.AppendUvarint(append(dst, effectAttempt), q.ID)
	dst = binary.AppendVarint(binary.AppendVarint(appendText(dst, id), at), a.until)
	dst = binary.AppendUvarint(dst, uint64(len(a.receipts)))
	for _, r := range a.receipts {
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, r.sequence), r.receives)
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendMessage(dst []byte, q *queue, m *message) []byte {
	if m.dedup == "" {
		dst = append(dst, effectMessage)
	} else {
		dst = appendText(append(dst, effectFIFO), m.dedup)
	}
	dst = binary.AppendUvarint(dst, q.ID)
	for _, s := range []string{m.id, m.body, m.md5, m.trace, m.group, m.sender} {
		dst = appendText(dst, s)
	}
	dst = binary.AppendVarint(dst, m.sent)
	dst = binary.AppendUvarint(dst, uint64(len(m.attributes)))
	if len(m.attributes) == 0 {
		return appendState(dst, m)
	}
	for _, name := range slices.Sorted(maps.Keys(m.attributes)) {
		a := m.attributes[name]
		binaryFlag := byte(0)
		if a.binary {
			binaryFlag = 1
		}
		dst = append(appendText(appendText(appendText(dst, name), a.dataType), a.value), binaryFlag)
	}
	return appendState(dst, m)
}

func appendState(dst []byte, m *message) []byte {
	dst = append(binary.AppendUvarint(dst, m.sequence), byte(m.state))
	dst = binary.AppendVarint(dst, m.visible)
	dst = binary.AppendUvarint(binary.AppendUvarint(dst, m.receives), m.receivesBefore)
	dst = binary.AppendVarint(binary.AppendVarint(dst, m.firstReceived), m.lastReceived)
	return appendText(dst, m.deadLetterOf)
}

// decoder reads what the functions above wrote. After a failure it returns zeros.
type decoder struct {
	data []byte
	err  error
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.data)) {
		d.data, d.err = nil, errRecord
		return nil
	}
	head := d.data[:n]
	d.data = d.data[n:]
	return head
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.data, d.err = nil, errRecord
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		d.data, d.err = nil, errRecord
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) text() string { return string(d.take(d.uvarint())) }

func (d *decoder) content() *content {
	c := &content{id: d.text(), body: d.text(), md5: d.text(), trace: d.text(), group: d.text(), sender: d.text(), sent: d.varint()}
	for n := d.uvarint(); n > 0 && d.err == nil; n-- {
		if c.attributes == nil {
			c.attributes = map[string]attribute{}
		}
		name := d.text()
		c.attributes[name] = attribute{dataType: d.text(), value: d.text(), binary: d.byte() == 1}
	}
	return c
}

func (d *decoder) attempt() attempt {
	a := attempt{until: d.varint()}
	for n := d.uvarint(); n > 0 && d.err == nil; n-- {
		a.receipts = append(a.receipts, receipt{d.uvarint(), d.uvarint()})
	}
	return a
}

// state reads into a message without content.
func (d *decoder) state() *message {
	m := &message{sequence: d.uvarint(), state: state(d.byte()), visible: d.varint(), receives: d.uvarint(),
		receivesBefore: d.uvarint(), firstReceived: d.varint(), lastReceived: d.varint(), deadLetterOf: d.text()}
	if m.state > inFlight {
		d.data, d.err = nil, errRecord
	}
	return m
}

// Replay applies one record of the journal. It must not be called once operations run.
func (e *Engine) Replay(record []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := &decoder{data: record}
	for len(d.data) > 0 {
		if err := e.replayEffect(d); err != nil {
			return err
		}
	}
	return d.err
}

func (e *Engine) replayEffect(d *decoder) error {
	switch effect := d.byte(); effect {
	case effectQueue:
		return e.replayQueue(d.text(), d.err)
	case effectDrop:
		if q := e.byID[d.uvarint()]; q != nil {
			e.forget(q)
		}
	case effectMessage:
		e.replayMessage(d, "")
	case effectFIFO:
		e.replayMessage(d, d.text())
	case effectSent:
		f, key, at, o := e.fifo(d.uvarint()), d.text(), d.varint(), original{d.text(), d.uvarint()}
		if f != nil && d.err == nil {
			f.sent.put(key, at, o)
		}
	case effectAttempt:
		f, id, at, a := e.fifo(d.uvarint()), d.text(), d.varint(), d.attempt()
		if f != nil && d.err == nil {
			f.attempts.put(id, at, a)
		}
	case effectState:
		if q, m := e.byID[d.uvarint()], d.state(); d.err == nil {
			e.replayState(q, m)
		}
	case effectDelete:
		q, sequence := e.byID[d.uvarint()], d.uvarint()
		if q != nil && q.messages[sequence] != nil {
			q.remove(q.messages[sequence])
		}
	case effectMove:
		from, to, m := e.byID[d.uvarint()], e.byID[d.uvarint()], d.state()
		if d.err == nil {
			e.replayMove(from, to, m)
		}
	case effectSequence:
		e.sequence = max(e.sequence, d.uvarint())
	default:
		return fmt.Errorf("%w: effect %d", errRecord, effect)
	}
	return d.err
}

// fifo returns the FIFO part of a queue, nil where there is none.
func (e *Engine) fifo(id uint64) *fifo {
	if q := e.byID[id]; q != nil {
		return q.fifo
	}
	return nil
}

func (e *Engine) replayMove(from, to *queue, m *message) {
	if from != nil && from.messages[m.sequence] != nil {
		m.content = from.messages[m.sequence].content
		from.remove(from.messages[m.sequence])
	}
	e.replayState(to, m)
}

func (e *Engine) replayMessage(d *decoder, dedup string) {
	q, c, m := e.byID[d.uvarint()], d.content(), d.state()
	c.dedup, m.content = dedup, c
	if d.err == nil {
		e.replayState(q, m)
	}
}

// replayState makes q's message what m says. Without q, or without content here and
// there, the message's end follows in the log.
func (e *Engine) replayState(q *queue, m *message) {
	e.sequence = max(e.sequence, m.sequence)
	if q == nil {
		return
	}
	if old := q.messages[m.sequence]; old != nil {
		m.content = old.content
		q.remove(old)
	}
	if m.content != nil {
		q.add(m)
	}
}

func (e *Engine) replayQueue(text string, err error) error {
	if err != nil {
		return err
	}
	var d definition
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return fmt.Errorf("%w: %w", errRecord, err)
	}
	s, err := parseSettings(d.Attributes)
	if err != nil {
		return fmt.Errorf("%w: queue %s: %w", errRecord, d.Name, err)
	}
	e.sequence = max(e.sequence, d.ID)
	if q := e.byID[d.ID]; q != nil {
		if s.fifo != q.settings.fifo {
			return fmt.Errorf("%w: queue %s changes its type", errRecord, d.Name)
		}
		q.definition, q.settings = d, s
		e.follow(q)
		e.queues[d.Name] = q // an overlap may have had the name for an earlier queue
		return nil
	}
	e.remember(newQueue(d, s))
	return nil
}

func (e *Engine) remember(q *queue) {
	e.queues[q.Name], e.byID[q.ID] = q, q
	e.follow(q)
}

func (e *Engine) forget(q *queue) {
	q.gone = true
	delete(e.byID, q.ID)
	delete(e.moving, q.ID)
	if e.queues[q.Name] == q {
		delete(e.queues, q.Name)
	}
}

// copied is a queue as a snapshot finds it.
type copied struct {
	queue    *queue // its ID alone is used
	define   []byte
	messages []message
	retries  []byte // what its windows remember
}

func (e *Engine) copy(q *queue) copied {
	t := &tx{Engine: e}
	t.define(q)
	c := copied{queue: q, define: t.record, messages: make([]message, 0, len(q.messages))}
	for _, m := range q.messages {
		c.messages = append(c.messages, *m)
	}
	if q.fifo != nil {
		for key, s := range q.fifo.sent.entries {
			c.retries = appendSent(c.retries, q, key, s.at, s.value)
		}
		for id, a := range q.fifo.attempts.entries {
			c.retries = appendAttempt(c.retries, q, id, a.at, a.value)
		}
	}
	return c
}

// emit hands c over, message by message.
func (c *copied) emit(emit func(record []byte) error) error {
	if err := emit(c.define); err != nil {
		return err
	}
	for i := range c.messages {
		if err := emit(appendMessage(nil, c.queue, &c.messages[i])); err != nil {
			return err
		}
	}
	if len(c.retries) == 0 {
		return nil
	}
	return emit(c.retries)
}

// Snapshot emits the present state: the sequence, then queue by queue. The lock is held
// only while messages, not their contents, are copied.
func (e *Engine) Snapshot(emit func(record []byte) error) error {
	e.mu.Lock()
	sequence := binary.AppendUvarint([]byte{effectSequence}, e.sequence)
	var all []copied
	for _, q := range e.queues {
		all = append(all, e.copy(q))
	}
	e.mu.Unlock()

	if err := emit(sequence); err != nil {
		return err
	}
	for _, c := range all {
		if err := c.emit(emit); err != nil {
			return err
		}
	}
	return nil
}
