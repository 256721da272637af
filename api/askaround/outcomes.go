package askaround

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"github.com/askaround/askaround-go/internal/apiclient"
)

// A Subscriber receives MQTT messages, with whatever MQTT client a program uses.
type Subscriber interface {
	// Subscribe subscribes to topic, at QoS 1, calls ready once the subscription is in
	// force, and receive with the payload of every message on it, until ctx ends or the
	// connection does. It returns why it ended. It is called again after a while then.
	Subscribe(ctx context.Context, topic string, ready func(), receive func(payload []byte)) error
}

// outcomes tells those who wait what became of their operations. While anybody waits, one
// goroutine follows the news.
type outcomes struct {
	follow func(context.Context, sink) error

	mu      sync.Mutex
	session *session // nil: nobody waits
}

// A sink takes the news.
type sink struct {
	ready func() // it is told what happens from now on
	tell  func(Operation)
}

// A session is the time from the first that waits to the last.
type session struct {
	live   atomic.Bool // what happens is told
	cancel context.CancelFunc
	ended  chan struct{}

	mu      sync.Mutex
	waiting map[*listener]struct{}
}

// A listener waits for one operation.
type listener struct {
	id      OperationID
	from    *outcomes
	session *session
	outcome chan Operation // has room for one
	resumed chan struct{}  // likewise
}

// join begins to listen for an outcome. The listener must leave.
func (s *outcomes) join(ctx context.Context, id OperationID) *listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &listener{id: id, from: s, outcome: make(chan Operation, 1), resumed: make(chan struct{}, 1)}
	if s.session == nil {
		// It outlives the wait that happened to start it: others join.
		following, cancel := context.WithCancel(context.WithoutCancel(ctx))
		s.session = &session{cancel: cancel, ended: make(chan struct{}), waiting: make(map[*listener]struct{})}
		go s.session.run(following, s.follow)
	}
	l.session = s.session
	l.session.mu.Lock()
	defer l.session.mu.Unlock()
	l.session.waiting[l] = struct{}{}
	if l.session.live.Load() {
		l.resumed <- struct{}{} // it may have ended before anybody listened
	}
	return l
}

// leave ends the session with its last listener, and waits for that end.
func (l *listener) leave() {
	l.from.mu.Lock()
	l.session.mu.Lock()
	delete(l.session.waiting, l)
	last := len(l.session.waiting) == 0
	l.session.mu.Unlock()
	if last {
		l.from.session = nil
	}
	l.from.mu.Unlock()
	if last {
		l.session.cancel()
		<-l.session.ended
	}
}

// mostPoll is how rarely one may ask.
func (l *listener) mostPoll() time.Duration {
	if l.session.live.Load() {
		return mostPollQuiet
	}
	return mostPoll
}

// pause is the time between two attempts to follow the news.
const pause = 5 * time.Second

func (s *session) run(ctx context.Context, follow func(context.Context, sink) error) {
	defer close(s.ended)
	for ctx.Err() == nil {
		err := follow(ctx, sink{s.ready, s.tell})
		s.live.Store(false)
		if err != nil && final(err) {
			return // asking must do
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

func (s *session) ready() {
	s.live.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.waiting {
		select {
		case l.resumed <- struct{}{}:
		default:
		}
	}
}

func (s *session) tell(o Operation) {
	if o.Status == OperationStatusPending {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.waiting {
		if l.id == o.ID {
			select {
			case l.outcome <- o:
			default: // told already
			}
		}
	}
}

// followEvents follows the news by server-sent events.
func (c *Client) followEvents(ctx context.Context, to sink) error {
	s := c.stream(StreamEventsParams{})
	s.Opened = func(resumed bool) {
		if !resumed {
			to.ready()
		}
	}
	return c.transport.Follow(ctx, s, func(e apiclient.Event) bool {
		if e.Type == EventReset {
			to.ready()
		}
		to.message(e.Data)
		return true
	})
}

// followTopic follows the news by MQTT.
func (c *Client) followTopic(ctx context.Context, push Subscriber, to sink) error {
	account, err := c.GetAccount(ctx)
	if err != nil {
		return err
	}
	return push.Subscribe(ctx, account.Topics.Account, to.ready, to.message)
}

// message takes a live message; those of other types are for others.
func (to sink) message(payload []byte) {
	var m OperationMessage
	if json.Unmarshal(payload, &m) == nil && m.Type == OperationMessageTypeOperation {
		to.tell(m.Operation)
	}
}
