package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// ErrInvalid says that a message cannot be published (its topic, size or properties), or
// that a limit cannot be kept.
var ErrInvalid = errors.New("mqtt: invalid")

// ErrThrottled says that no more messages can be retained, or no more connections be open.
var ErrThrottled = errors.New("mqtt: throttled")

// ErrClosed says that the broker was shut down.
var ErrClosed = errors.New("mqtt: the broker is shut down")

// A Source is who published a message; zero for the broker's own.
type Source struct {
	ClientID   string // "" where it came by HTTPS
	Principal  string
	RemoteAddr string
}

// DisconnectOptions are those of AWS IoT's DeleteConnection.
type DisconnectOptions struct {
	CleanSession bool // end the session too
	NoWill       bool // do not publish the will
}

// A Broker serves MQTT. It is safe for concurrent use.
type Broker struct {
	options  Options
	limits   Limits
	began    time.Time
	store    Store
	logger   *slog.Logger
	index    index
	retained retained
	commits  commits
	schedule schedule
	stats    counters

	messageID atomic.Uint64 // the last given
	closing   atomic.Bool

	mu         sync.Mutex // before that of a session
	sessions   map[string]*session
	conns      map[*conn]struct{}
	seen       map[string]*sighting // of client ids
	seenEnough int                  // how many are too many
	idle       chan struct{}        // closed when closing and no connection is left

	stop    context.CancelFunc // of the goroutines below
	running sync.WaitGroup
}

// New returns a Broker with what its store has kept. It starts goroutines, which Shutdown
// ends; without a store and with NoSessions there are none. Options and limits that cannot be
// kept are ErrInvalid.
func New(o Options) (*Broker, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	b := &Broker{
		options:  o,
		limits:   o.Limits,
		began:    time.Now(),
		store:    o.Store,
		logger:   o.Logger,
		retained: retained{messages: map[string]*message{}},
		commits:  commits{wake: make(chan struct{}, 1)},
		schedule: schedule{wake: make(chan struct{}, 1)},
		sessions: map[string]*session{},
		conns:    map[*conn]struct{}{},
		seen:     map[string]*sighting{},
		idle:     make(chan struct{}),
	}
	if o.NoTopicAliases {
		b.limits.TopicAliasMax = 0
	}
	if err := b.restore(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	b.stop = stop
	kept := b.store != Store(noStore{})
	if kept {
		b.running.Go(func() { b.commits.run(ctx, b.store) })
	}
	if kept || !o.NoSessions {
		b.running.Go(func() { b.schedule.run(ctx, b.due) })
	}
	return b, nil
}

// Ready returns what Handle would say to another connection now: nil, ErrClosed or
// ErrThrottled.
func (b *Broker) Ready() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ready()
}

func (b *Broker) ready() error {
	if b.closing.Load() {
		return ErrClosed
	}
	if len(b.conns) >= b.limits.Connections {
		return fmt.Errorf("%w: %d connections are open", ErrThrottled, len(b.conns))
	}
	return nil
}

// enter counts a connection in, unless the broker is shut down or full.
func (b *Broker) enter(c *conn) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.ready(); err != nil {
		return err
	}
	b.conns[c] = struct{}{}
	return nil
}

func (b *Broker) exit(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
	if b.closing.Load() && len(b.conns) == 0 {
		close(b.idle)
	}
}

// Publish is PublishFrom by the broker itself.
func (b *Broker) Publish(ctx context.Context, m Message) error {
	return b.PublishFrom(ctx, Source{}, m)
}

// Disconnect ends the connection of a client of no account and reports whether there was one.
func (b *Broker) Disconnect(clientID string, why Reason, o DisconnectOptions) bool {
	b.mu.Lock()
	s := b.sessions[clientID]
	b.mu.Unlock()
	if s == nil {
		return false
	}
	c := s.connection()
	if c == nil {
		return false
	}
	end := why.ending()
	end.noState, end.noWill = o.CleanSession, o.NoWill
	c.end(end)
	return true
}

// Shutdown refuses new connections, ends those that are open and waits for them, until ctx
// ends; then it closes the store. A second call waits in the same way and returns ErrClosed.
func (b *Broker) Shutdown(ctx context.Context) error {
	b.mu.Lock()
	again := b.closing.Swap(true)
	open := make([]*conn, 0, len(b.conns))
	for c := range b.conns {
		open = append(open, c)
	}
	if len(open) == 0 && !again {
		close(b.idle)
	}
	b.mu.Unlock()
	for _, c := range open {
		c.end(endShutdown)
	}
	var err error
	select {
	case <-b.idle:
	case <-ctx.Done():
		err = ctx.Err()
		for _, c := range open {
			_ = c.net.Close()
		}
		<-b.idle
	}
	if again {
		return errors.Join(err, ErrClosed)
	}
	b.stop()
	b.running.Wait()
	return errors.Join(err, b.store.Close())
}

// noStore keeps nothing.
type noStore struct{}

func (noStore) Load(StoreSink) error                             { return nil }
func (noStore) PutSession(SessionRecord) Position                { return 0 }
func (noStore) DeleteSession(string) Position                    { return 0 }
func (noStore) PutMessage(MessageID, *Message) Position          { return 0 }
func (noStore) Enqueue(string, Queued) Position                  { return 0 }
func (noStore) Dequeue(string, uint64) Position                  { return 0 }
func (noStore) ReleaseMessage(MessageID)                         {}
func (noStore) PutRetained(string, *Message, time.Time) Position { return 0 }
func (noStore) Wait(context.Context, Position) error             { return nil }
func (noStore) Close() error                                     { return nil }
