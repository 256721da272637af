package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
)

// Server is where snapshots come from: an [*askaround.Service], or a
// [github.com/askaround/askaround-go/askaround/remote.Server] over the HTTP API.
type Server interface {
	Nearby(context.Context, askaround.NearbyInput) (askaround.QuestionPage, error)
}

// Broker is a connection for messages that renews itself; [MQTT] is one.
type Broker interface {
	// Run connects, and connects again whenever the connection breaks, until ctx ends; then
	// it returns nil. It tells h of both. Subscriptions end with their connection.
	Run(ctx context.Context, h Handler) error
	// Subscribe returns when the filters, at most topic.MaxFiltersPerSubscribe, are in force
	// on the present connection, or with an error when some are not.
	Subscribe(ctx context.Context, filters []string) error
	// Unsubscribe ends subscriptions.
	Unsubscribe(ctx context.Context, filters []string) error
}

// Handler is told of a connection. Its methods may block, and are called one at a time.
type Handler interface {
	Up()
	Down()
	Message(topic string, payload []byte)
}

// Defaults of Options.
const (
	DefaultSlack  geoindex.Meters = 500
	DefaultResync                 = 5 * time.Minute
)

// MaxFollowed is how many questions can be followed at a time: what the cells of a disc
// and two more topics leave of a connection's subscriptions.
const MaxFollowed = 16

// Options configure a Watcher.
type Options struct {
	// Radius of the view: askaround.DefaultRadius unless set. With the slack it is at most
	// askaround.MaxLiveRadius.
	Radius geoindex.Meters
	// Slack is how far the position may stray before the snapshot is renewed, and how far
	// behind a cell is kept: DefaultSlack unless set. It should be several times the error
	// of the positions.
	Slack geoindex.Meters
	// Resync is the time between snapshots while nothing else asks for one: DefaultResync
	// unless set.
	Resync time.Duration
	// Start is the first position; nil waits for Move.
	Start *askaround.Location
	// OnChange is told of each change of the view, in order, by the goroutine of Run.
	OnChange func(Change)
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes what no caller sees: failed snapshots, messages that cannot be read.
	// nil discards.
	Logger *slog.Logger
}

// Watcher is a live view. It is safe for concurrent use.
type Watcher struct {
	server Server
	broker Broker
	o      Options

	inbox chan func(*loop) // what happened, for Run's goroutine

	mu     sync.Mutex
	moved  *askaround.Location // the latest position that Run has not seen
	follow map[askaround.QuestionID]bool
	list   []Nearby
	live   bool
	wake   chan struct{} // buffered: there is something in moved or follow
}

// New returns a Watcher. It does no I/O. Options out of range are an
// [askaround.ErrOptions].
func New(server Server, broker Broker, optFns ...func(*Options)) (*Watcher, error) {
	o := Options{Radius: askaround.DefaultRadius, Slack: DefaultSlack, Resync: DefaultResync, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)}
	for _, fn := range optFns {
		fn(&o)
	}
	switch {
	case server == nil || broker == nil:
		return nil, fmt.Errorf("%w: no server or no broker", askaround.ErrOptions)
	case o.Resync <= 0 || o.Clock == nil || o.Logger == nil:
		return nil, fmt.Errorf("%w: resync, clock or logger", askaround.ErrOptions)
	case !(o.Radius > 0 && o.Slack > 0 && o.Radius+o.Slack <= askaround.MaxLiveRadius):
		return nil, fmt.Errorf("%w: radius %v and slack %v: both more than 0, and together at most %v",
			askaround.ErrOptions, float64(o.Radius), float64(o.Slack), float64(askaround.MaxLiveRadius))
	}
	w := &Watcher{server: server, broker: broker, o: o, inbox: make(chan func(*loop)), wake: make(chan struct{}, 1), list: []Nearby{}}
	if o.Start != nil {
		if err := w.Move(*o.Start); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Move moves the position. It does not block. A place that is none is an
// [askaround.ErrInvalid].
func (w *Watcher) Move(to askaround.Location) error {
	if err := to.LatLng().Validate(); err != nil {
		return fmt.Errorf("%w: %w", askaround.ErrInvalid, err)
	}
	w.mu.Lock()
	w.moved = &to
	w.mu.Unlock()
	w.notify()
	return nil
}

// Follow replaces the questions whose sums are kept up to date, at most MaxFollowed: those
// on the screen, say. Others have the sums of the last snapshot. It does not block.
func (w *Watcher) Follow(ids ...askaround.QuestionID) error {
	follow := make(map[askaround.QuestionID]bool, len(ids))
	for _, id := range ids {
		if _, err := askaround.ParseQuestionID(string(id)); err != nil {
			return err
		}
		follow[id] = true
	}
	if len(follow) > MaxFollowed {
		return fmt.Errorf("%w: %d questions to follow, at most %d", askaround.ErrInvalid, len(follow), MaxFollowed)
	}
	w.mu.Lock()
	w.follow = follow
	w.mu.Unlock()
	w.notify()
	return nil
}

func (w *Watcher) notify() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Questions returns the view, nearest first. The slice is the caller's.
func (w *Watcher) Questions() []Nearby {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Nearby{}, w.list...)
}

// Live reports whether the view is up to date: connected, subscribed, and merged with a
// snapshot around the present position.
func (w *Watcher) Live() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.live
}

// Run keeps the view until ctx ends, then returns nil; or with the broker's error. It is
// called once.
func (w *Watcher) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	l := &loop{Watcher: w, ctx: ctx, view: newView(w.o.Radius, w.o.Radius+w.o.Slack), have: map[string]bool{}}
	ended := make(chan error, 1)
	go func() { ended <- w.broker.Run(ctx, handler{w, ctx}) }()
	err := l.run(ended)
	cancel()
	l.syncs.Wait()
	return err
}

// handler brings the broker's news to Run's goroutine.
type handler struct {
	w   *Watcher
	ctx context.Context
}

func (h handler) send(do func(*loop)) {
	select {
	case h.w.inbox <- do:
	case <-h.ctx.Done():
	}
}

func (h handler) Up()   { h.send((*loop).up) }
func (h handler) Down() { h.send((*loop).down) }
func (h handler) Message(name string, payload []byte) {
	h.send(func(l *loop) { l.message(name, payload) })
}

// loop is the state of Run's goroutine.
type loop struct {
	*Watcher
	ctx  context.Context
	view *view

	connected bool
	placed    bool
	strayed   bool                          // the position has moved: so have the distances
	have      map[string]bool               // filters in force on this connection
	followed  map[askaround.QuestionID]bool // as of the last look
	dirty     bool                          // a sync is needed
	failures  int                           // of syncs, in a row
	retry     time.Time                     // not before
	synced    time.Time                     // when the last sync was merged
	running   int                           // number of the sync under way, 0 for none
	stop      context.CancelFunc            // of that sync
	syncs     sync.WaitGroup
}

func (l *loop) run(ended <-chan error) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := l.o.Clock()
		l.look(now)
		if l.dirty && l.connected && l.placed && l.running == 0 && !l.retry.After(now) {
			l.start(now)
		}
		timer.Reset(max(0, l.publish(now).Sub(now)))
		select {
		case do := <-l.inbox:
			do(l)
		case <-l.wake:
		case <-timer.C:
		case err := <-ended:
			if l.ctx.Err() != nil {
				return nil
			}
			if err == nil {
				err = errors.New("watch: the broker ended by itself")
			}
			return err
		}
	}
}

// look sees what Move and Follow have left.
func (l *loop) look(now time.Time) {
	l.mu.Lock()
	moved, follow := l.moved, l.follow
	l.moved = nil
	l.mu.Unlock()
	if moved != nil {
		l.view.move(*moved)
		l.strayed = true
		if !l.placed || l.running == 0 && l.left() {
			l.placed, l.dirty = true, true
		}
	}
	for id := range follow {
		if !l.followed[id] {
			l.dirty = true
		}
	}
	l.followed = follow
	if !l.synced.IsZero() && !now.Before(l.synced.Add(l.o.Resync)) {
		l.dirty = true
	}
}

// left reports whether the position has left what the last sync was good for: the cells
// that were subscribed, or the slack of the snapshot.
func (l *loop) left() bool {
	return distance(l.view.position, l.view.anchor) > l.o.Slack || !covered(l.have, l.view.position, l.o.Radius)
}

// publish makes the view's changes known, and returns when there will be something to do
// again even if nothing happens.
func (l *loop) publish(now time.Time) time.Time {
	next := now.Add(l.o.Resync)
	if expiry := l.view.expire(now); !expiry.IsZero() && expiry.Before(next) {
		next = expiry
	}
	if l.dirty && l.retry.After(now) && l.retry.Before(next) {
		next = l.retry
	}
	changes := l.view.take()
	l.mu.Lock()
	l.live = l.connected && l.placed && !l.dirty && l.running == 0
	if len(changes) > 0 || l.strayed {
		l.list = l.view.list()
		l.strayed = false
	}
	l.mu.Unlock()
	if l.o.OnChange != nil {
		for _, c := range changes {
			l.o.OnChange(c)
		}
	}
	return next
}

func (l *loop) up() {
	l.cancel()
	l.connected, l.dirty = true, true
	l.failures, l.retry = 0, time.Time{}
	clear(l.have)
}

func (l *loop) down() {
	l.cancel()
	l.connected, l.dirty = false, true
}

// cancel gives up the sync under way.
func (l *loop) cancel() {
	if l.running != 0 {
		l.stop()
		l.running = 0
	}
}

// message applies a message. What cannot be read is left out.
func (l *loop) message(name string, payload []byte) {
	var m struct {
		Type string `json:"type"`
	}
	err := json.Unmarshal(payload, &m)
	switch {
	case err != nil:
	case m.Type == askaround.TypeQuestion:
		var q askaround.QuestionMessage
		if err = json.Unmarshal(payload, &q); err == nil && l.placed && l.view.question(q.Question, l.o.Clock()) {
			l.dirty = true
		}
	case m.Type == askaround.TypeSummary:
		var s askaround.SummaryMessage
		if err = json.Unmarshal(payload, &s); err == nil {
			l.view.summary(s.Question, s.Summary)
		}
	}
	if err != nil {
		l.o.Logger.Warn("message left out", "topic", name, "error", err)
	}
}

// start begins a sync: subscriptions first, then a snapshot.
func (l *loop) start(now time.Time) {
	l.dirty = false
	l.view.begin(l.view.position, now)
	anchor, reach := l.view.anchor, l.view.reach
	p, err := planFor(anchor, l.o.Radius, l.o.Slack, l.followed, l.have)
	if err != nil { // of no place and no radius that New and Move let pass
		l.failed(now, err)
		return
	}
	ctx, stop := context.WithCancel(l.ctx)
	l.stop = stop
	number := l.view.sync
	l.running = number
	l.syncs.Go(func() {
		defer stop()
		subscribed, questions, err := l.sync(ctx, p, anchor, reach)
		handler{l.Watcher, ctx}.send(func(l *loop) {
			if number == l.running {
				l.merge(p, subscribed, questions, err)
			}
		})
	})
}

// sync subscribes and reads a snapshot. It returns how many of p.add are in force, and
// drops p.drop when all went well.
func (w *Watcher) sync(ctx context.Context, p plan, anchor askaround.Location, reach geoindex.Meters) (subscribed int, questions []askaround.Question, err error) {
	for subscribed < len(p.add) {
		some := p.add[subscribed:min(len(p.add), subscribed+topic.MaxFiltersPerSubscribe)]
		if err := w.broker.Subscribe(ctx, some); err != nil {
			return subscribed, nil, fmt.Errorf("watch: subscribe: %w", err)
		}
		subscribed += len(some)
	}
	in := askaround.NearbyInput{Center: anchor, Radius: reach, Limit: askaround.MaxLimit}
	for {
		page, err := w.server.Nearby(ctx, in)
		if err != nil {
			return subscribed, nil, fmt.Errorf("watch: snapshot: %w", err)
		}
		for _, q := range page.Questions {
			questions = append(questions, q.Question)
		}
		if in.Cursor = page.Next; in.Cursor == "" {
			break
		}
	}
	for dropped := 0; dropped < len(p.drop); dropped += topic.MaxFiltersPerSubscribe {
		some := p.drop[dropped:min(len(p.drop), dropped+topic.MaxFiltersPerSubscribe)]
		if err := w.broker.Unsubscribe(ctx, some); err != nil {
			return subscribed, nil, fmt.Errorf("watch: unsubscribe: %w", err)
		}
	}
	return subscribed, questions, nil
}

// merge takes over what a sync has brought.
func (l *loop) merge(p plan, subscribed int, questions []askaround.Question, err error) {
	now := l.o.Clock()
	l.running = 0
	for _, f := range p.add[:subscribed] {
		l.have[f] = true
	}
	if err != nil {
		l.failed(now, err)
		return
	}
	for _, f := range p.drop {
		delete(l.have, f)
	}
	l.failures, l.synced = 0, now
	if l.view.merge(questions, now) {
		l.dirty = true
	}
	if l.left() {
		l.dirty = true // it moved on meanwhile
	}
}

// maxBackoff bounds the time between two attempts at a sync.
const maxBackoff = 30 * time.Second

func (l *loop) failed(now time.Time, err error) {
	backoff := min(maxBackoff, 250*time.Millisecond<<min(l.failures, 10))
	l.failures++
	l.dirty = true
	l.retry = now.Add(backoff/2 + rand.N(backoff/2))
	l.o.Logger.Warn("snapshot will be tried again", "failures", l.failures, "error", err)
}
