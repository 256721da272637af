package localaws

import (
	"cmp"
	"container/list"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// connections bounds how many are open at a time.
//
// A connection stands in one of two lists while it waits for its client, longest first:
// strangers have had no answer yet, regulars have. It stands in none while its request is
// worked on.
type connections struct {
	most    int
	serving sync.WaitGroup // for what the server does with them

	mu        sync.Mutex
	open      map[net.Conn]*connection
	strangers list.List // of *connection
	regulars  list.List
	bodies    int // bytes of the bodies that came so far, of requests without an answer
}

// mostBodies bounds what bodies take in memory while they come, in bytes. Beyond it the
// connection is closed whose body has been coming longest.
const mostBodies = 256 << 20

// connection is one of them. The mutex of its connections guards it.
type connection struct {
	conn    net.Conn
	regular bool
	body    int           // bytes that came
	waiting *list.Element // nil while it is worked on
}

func newConnections(most int) *connections {
	return &connections{most: most, open: map[net.Conn]*connection{}}
}

// changed is the ConnState of a server.
func (cs *connections) changed(conn net.Conn, state http.ConnState) {
	cs.mu.Lock()
	victim := cs.changeLocked(conn, state)
	cs.mu.Unlock()
	if victim != nil {
		_ = victim.Close() // its server notices
	}
}

// changeLocked returns a connection to close, if any.
func (cs *connections) changeLocked(conn net.Conn, state http.ConnState) (victim net.Conn) {
	switch state {
	case http.StateNew:
		cs.serving.Add(1)
		if len(cs.open) >= cs.most {
			victim = cs.longestLocked(conn)
		}
		c := &connection{conn: conn}
		cs.open[conn] = c
		cs.waitLocked(c)
	case http.StateIdle:
		if c := cs.open[conn]; c != nil {
			cs.bodies, c.body = cs.bodies-c.body, 0
			c.regular = true
			cs.waitLocked(c)
		}
	case http.StateClosed: // none is hijacked
		cs.forgetLocked(conn)
		cs.serving.Done()
	}
	return victim
}

// longestLocked gives up the connection that waits for its client longest, or newcomer
// where all are worked on. Strangers go first where they are more than half: a flood of
// them cannot displace the regulars, nor can regulars that hold on to their connections
// keep strangers from getting an answer.
func (cs *connections) longestLocked(newcomer net.Conn) net.Conn {
	first, second := cs.regulars.Front(), cs.strangers.Front()
	if 2*cs.strangers.Len() > cs.most {
		first, second = second, first
	}
	front := cmp.Or(first, second)
	if front == nil {
		return newcomer
	}
	victim := front.Value.(*connection).conn
	cs.forgetLocked(victim)
	return victim
}

func (cs *connections) waitLocked(c *connection) {
	cs.workLocked(c)
	queue := &cs.strangers
	if c.regular {
		queue = &cs.regulars
	}
	c.waiting = queue.PushBack(c)
}

func (cs *connections) workLocked(c *connection) {
	if c.waiting != nil {
		cs.strangers.Remove(c.waiting) // a list removes only what is its own
		cs.regulars.Remove(c.waiting)
		c.waiting = nil
	}
}

func (cs *connections) forgetLocked(conn net.Conn) {
	if c := cs.open[conn]; c != nil {
		cs.workLocked(c)
		cs.bodies -= c.body
		delete(cs.open, conn)
	}
}

// connectionKey finds the net.Conn in the context of a request.
type connectionKey struct{}

// context is the ConnContext of a server.
func (cs *connections) context(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, conn)
}

func connectionOf(r *http.Request) net.Conn {
	conn, _ := r.Context().Value(connectionKey{}).(net.Conn)
	return conn
}

// received counts n bytes of a body that came on conn.
func (cs *connections) received(conn net.Conn, n int) {
	cs.mu.Lock()
	var victim net.Conn
	if c := cs.open[conn]; c != nil {
		cs.bodies, c.body = cs.bodies+n, c.body+n
		if cs.bodies > mostBodies {
			victim = cs.hoarderLocked()
		}
	}
	cs.mu.Unlock()
	if victim != nil {
		_ = victim.Close()
	}
}

// hoarderLocked gives up the connection whose body has been coming longest, if any.
func (cs *connections) hoarderLocked() net.Conn {
	for _, queue := range []*list.List{&cs.strangers, &cs.regulars} {
		for e := queue.Front(); e != nil; e = e.Next() {
			if c := e.Value.(*connection); c.body > 0 {
				cs.forgetLocked(c.conn)
				return c.conn
			}
		}
	}
	return nil
}

// worked says that the request on conn has come to its end and is worked on.
func (cs *connections) worked(conn net.Conn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c := cs.open[conn]; c != nil {
		cs.workLocked(c)
	}
}

// patient gives the client of a request a while to send each piece of its body, and a
// longer one for all of it. Until the end the connection counts as waiting.
func (cs *connections) patient(patience time.Duration, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := connectionOf(r)
		if r.Body == nil || r.Body == http.NoBody {
			cs.worked(conn)
			h.ServeHTTP(w, r)
			return
		}
		body := &timedBody{ReadCloser: r.Body, connections: cs, conn: conn, control: http.NewResponseController(w), patience: patience, latest: time.Now().Add(bodyPatience * patience)}
		body.extend() // also for a body that nobody reads: the server skips it
		r.Body = body
		h.ServeHTTP(w, r)
	})
}

// timedBody moves the deadline of its connection with every read.
type timedBody struct {
	io.ReadCloser
	connections *connections
	conn        net.Conn
	control     *http.ResponseController
	patience    time.Duration
	latest      time.Time
	ended       bool
}

func (b *timedBody) extend() {
	deadline := time.Now().Add(b.patience)
	if deadline.After(b.latest) {
		deadline = b.latest
	}
	_ = b.control.SetReadDeadline(deadline) // a closed connection fails the next read
}

func (b *timedBody) Read(p []byte) (int, error) {
	if !b.ended {
		b.extend()
	}
	n, err := b.ReadCloser.Read(p)
	b.connections.received(b.conn, n)
	if err == io.EOF && !b.ended {
		b.ended = true
		_ = b.control.SetReadDeadline(time.Time{}) // a long poll may be silent
		b.connections.worked(b.conn)
	}
	return n, err
}
