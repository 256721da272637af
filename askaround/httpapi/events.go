package httpapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// errTooManyStreams: the account has as many streams as it may.
var errTooManyStreams = errors.New("httpapi: too many streams of events")

// Limits of Events.
const (
	maxEvents        = 4096    // kept for those who resume
	maxEventBytes    = 4 << 20 // likewise
	maxStreams       = 10      // of one account
	maxFramesAtOnce  = 64
	eventEpochLength = 8 // bytes
)

// Events passes what is published on to GET /events, and keeps the latest for clients that
// resume. It is an [askaround.Publisher]: give it to the worker, or feed it from a
// subscription where the worker runs elsewhere. See [Publishers] for a worker that
// publishes to a broker as well.
//
// Memory is bounded: 4,096 events and 4 MiB are kept, whatever comes first, and a stream
// that is slow keeps nothing of its own. One that falls behind what is kept is told so by an
// event "reset". Events is safe for concurrent use.
type Events struct {
	epoch string // begins every id: those of another process mean nothing here

	mu      sync.Mutex
	kept    []event
	first   uint64 // the number of kept[0]; numbers begin at 1
	bytes   int
	streams map[string]map[*stream]struct{} // by topic
	count   map[string]int                  // of streams, by account
	closed  chan struct{}
}

// An event is a message as it is sent.
type event struct {
	topic string
	frame []byte
}

// A stream is one client's place among the events.
type stream struct {
	account string
	topics  []string
	wake    chan struct{} // has room for one
	pending uint64        // the first number that may be for it and was not sent; 0: none
}

// NewEvents returns Events without any event.
func NewEvents() *Events {
	epoch := make([]byte, eventEpochLength)
	_, _ = rand.Read(epoch) // never fails
	return &Events{
		epoch: hex.EncodeToString(epoch), first: 1,
		streams: make(map[string]map[*stream]struct{}), count: make(map[string]int), closed: make(chan struct{}),
	}
}

// Publish passes a message of the contract on. It waits for no client. The error says that
// payload is no message.
func (e *Events) Publish(_ context.Context, topic string, payload []byte) error {
	var line bytes.Buffer // an event's data is one line
	if err := json.Compact(&line, payload); err != nil {
		return fmt.Errorf("httpapi: message on %s: %w", topic, err)
	}
	kind, err := typeOf(line.Bytes())
	if err != nil {
		return fmt.Errorf("httpapi: message on %s: %w", topic, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	number := e.last() + 1
	frame := fmt.Appendf(nil, "id: %s\nevent: %s\ndata: %s\n\n", e.id(number), kind, line.Bytes())
	e.keep(event{topic, frame})
	for s := range e.streams[topic] {
		if s.pending == 0 {
			s.pending = number
		}
		select {
		case s.wake <- struct{}{}:
		default: // it is awake
		}
	}
	return nil
}

// typeOf returns the type of a message, which is compact JSON. In those of package
// askaround it comes first, and need not be looked for.
func typeOf(message []byte) (string, error) {
	if rest, ok := bytes.CutPrefix(message, []byte(`{"type":"`)); ok {
		if n := bytes.IndexAny(rest, `"\\`); n > 0 && rest[n] == '"' {
			return string(rest[:n]), nil
		}
	}
	var m struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(message, &m); err != nil {
		return "", err
	}
	if m.Type == "" || strings.ContainsAny(m.Type, "\r\n") {
		return "", errors.New("it has no type")
	}
	return m.Type, nil
}

// keep appends ev and forgets the oldest where there are too many.
func (e *Events) keep(ev event) {
	e.kept = append(e.kept, ev)
	e.bytes += len(ev.frame)
	for len(e.kept) > maxEvents || e.bytes > maxEventBytes && len(e.kept) > 1 {
		e.bytes -= len(e.kept[0].frame)
		e.kept[0] = event{}
		e.kept, e.first = e.kept[1:], e.first+1
	}
}

// last is the number of the newest event, 0 before any.
func (e *Events) last() uint64 { return e.first + uint64(len(e.kept)) - 1 }

func (e *Events) id(number uint64) string { return e.epoch + "-" + strconv.FormatUint(number, 10) }

// Close ends all streams; their clients connect elsewhere. Calling it again does nothing.
func (e *Events) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.closed:
	default:
		close(e.closed)
	}
}

// open returns a stream of topics that goes on after the event with the id after, "" for
// now, and what to send first. The stream must be closed. The error is errTooManyStreams.
func (e *Events) open(account string, topics []string, after string) (*stream, batch, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.count[account] >= maxStreams {
		return nil, batch{}, errTooManyStreams
	}
	e.count[account]++
	s := &stream{account: account, topics: topics, wake: make(chan struct{}, 1)}
	for _, topic := range topics {
		if e.streams[topic] == nil {
			e.streams[topic] = make(map[*stream]struct{})
		}
		e.streams[topic][s] = struct{}{}
	}
	if after == "" {
		return s, batch{position: e.id(e.last())}, nil
	}
	number, ok := e.number(after)
	if !ok || number+1 < e.first || number > e.last() {
		return s, batch{lost: true, position: e.id(e.last())}, nil
	}
	if s.pending = number + 1; s.pending > e.last() {
		s.pending = 0
	}
	return s, e.collect(s), nil
}

// number reads an id of this process.
func (e *Events) number(id string) (uint64, bool) {
	epoch, digits, _ := strings.Cut(id, "-")
	number, err := strconv.ParseUint(digits, 10, 64)
	return number, err == nil && epoch == e.epoch
}

func (e *Events) close(s *stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.count[s.account]--; e.count[s.account] == 0 {
		delete(e.count, s.account)
	}
	for _, topic := range s.topics {
		delete(e.streams[topic], s)
		if len(e.streams[topic]) == 0 {
			delete(e.streams, topic)
		}
	}
}

// A batch is what a stream is to send next.
type batch struct {
	lost     bool     // something was forgotten before it could be sent
	frames   [][]byte // in order
	position string   // the id up to which the client has everything once this is sent
	more     bool     // there may be more at once
}

// next returns what is to be sent now, maybe nothing.
func (e *Events) next(s *stream) batch {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.collect(s)
}

func (e *Events) collect(s *stream) batch {
	switch {
	case s.pending == 0:
		return batch{position: e.id(e.last())}
	case s.pending < e.first:
		s.pending = 0
		return batch{lost: true, position: e.id(e.last())}
	}
	var b batch
	number := s.pending
	for ; number <= e.last() && len(b.frames) < maxFramesAtOnce; number++ {
		if ev := e.kept[number-e.first]; e.isFor(s, ev.topic) {
			b.frames = append(b.frames, ev.frame)
		}
	}
	b.position = e.id(number - 1)
	if s.pending = number; number > e.last() {
		s.pending = 0
	}
	b.more = s.pending != 0
	return b
}

func (e *Events) isFor(s *stream, topic string) bool {
	_, ok := e.streams[topic][s]
	return ok
}
