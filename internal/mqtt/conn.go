package mqtt

import (
	"bufio"
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/nonblock"
	"github.com/askaround/askaround-go/internal/rate"
)

const (
	// lingerTime bounds the orderly end of a connection: how long a client may take to read
	// a last packet and close.
	lingerTime = 500 * time.Millisecond
	// replyBytes bounds the answers that wait to be written to a client that does not read.
	replyBytes = 1 << 20
)

// A conn is one client's connection. One goroutine, that of Handle, reads; one writes, and so
// does the program that publishes to a client that is idle.
type conn struct {
	broker *Broker
	net    net.Conn
	r      *bufio.Reader
	ctx    context.Context // ends with the connection
	cancel context.CancelFunc

	protocol  byte
	clientID  string
	key       string // of the session: see sessionKey
	client    Client
	session   *session
	source    Source
	sessionID string
	keepAlive time.Duration
	maxPacket int // the client's own limit in bytes
	window    int // QoS 1 messages that it may have unacknowledged
	version   uint64

	publishRate, throughput      *rate.Bucket
	redelivery, redeliveryShared *rate.Bucket

	writing   sync.Mutex // held by who writes to a session's client
	greeting  bool       // the CONNACK comes first
	try       nonblock.Writer
	kept      bool   // something is to be written before all else, by try or of held
	held      []byte // what try did not take
	lastWrite time.Time
	known     outboundAliases

	// Used only by the goroutine that reads.
	packet  packets.Packet
	scratch [64]byte
	aliases []string      // by topic alias - 1
	heard   chan struct{} // closed when listen has returned; nil where it was not called

	lastRead atomic.Int64 // when the last whole packet came, since the broker's beginning
	waiting  atomic.Int32 // replies that wait for the store; changed under mu
	watchdog struct {
		sync.Mutex
		timer *time.Timer
	}

	wake      chan struct{} // capacity 1: something below, or the session's queue, has changed
	over      chan struct{} // closed when the connection is to end
	left      chan struct{} // closed when the session has been left
	announced chan struct{} // closed when the world knows of the connection
	answered  chan struct{} // capacity 1: waiting has become less

	mu      sync.Mutex
	replies []byte // to be written before deliveries
	spare   []byte // what replies was before
	why     *ending

	deadMu   sync.Mutex // orders deadlines against the end
	deadline time.Time  // of writes
	ended    bool
	greeted  bool // the CONNECT was read: there is somebody to tell of the end
}

func newConn(ctx context.Context, b *Broker, nc net.Conn) *conn {
	c := &conn{
		broker: b, net: nonblock.Wrap(nc), greeting: true,
		wake: make(chan struct{}, 1), over: make(chan struct{}), left: make(chan struct{}), announced: make(chan struct{}), answered: make(chan struct{}, 1),
		publishRate:      rate.New(b.limits.PublishRate),
		throughput:       rate.New(b.limits.throughput()),
		redelivery:       rate.New(b.limits.RedeliveryRate),
		redeliveryShared: rate.New(2 * b.limits.RedeliveryRate),
		window:           b.limits.InflightOutbound,
	}
	c.ctx, c.cancel = context.WithCancel(ctx)
	c.try, _ = c.net.(nonblock.Writer)
	c.lastRead.Store(int64(time.Since(b.began)))
	c.source.RemoteAddr = nc.RemoteAddr().String()
	c.r = bufio.NewReaderSize(input{c}, 4<<10)
	return c
}

// input is what the client sends, until the connection is to end; then it swallows the rest.
type input struct{ *conn }

func (in input) Read(p []byte) (int, error) {
	for {
		n, err := in.net.Read(p)
		if !in.isOver() {
			return n, err
		}
		if err != nil {
			return 0, io.EOF
		}
	}
}

// patience is how long the client may be silent.
func (c *conn) patience() time.Duration {
	switch c.keepAlive {
	case 0:
		return c.broker.limits.ConnectTimeout
	case noKeepAlive:
		return noKeepAlive
	}
	return c.keepAlive + c.keepAlive/2
}

// watch ends the connection when the client is silent for too long. A timer that looks
// once in a while costs less than a deadline for each packet.
func (c *conn) watch() {
	c.watchdog.Lock()
	defer c.watchdog.Unlock()
	patience := c.patience()
	c.watchdog.timer = time.AfterFunc(patience, func() {
		c.watchdog.Lock()
		defer c.watchdog.Unlock()
		silence := time.Since(c.broker.began) - time.Duration(c.lastRead.Load())
		if silence >= patience {
			c.end(endKeepAlive)
		} else if c.watchdog.timer != nil {
			c.watchdog.timer.Reset(patience - silence)
		}
	})
}

func (c *conn) unwatch() {
	c.watchdog.Lock()
	defer c.watchdog.Unlock()
	c.watchdog.timer.Stop()
	c.watchdog.timer = nil
}

func (c *conn) isOver() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

// end asks for the end of the connection and reports whether its reason is the first, which
// counts. It does not block. What
// reads and what writes has lingerTime left: the read is not interrupted, because a
// WebSocket does not survive that and the client is to be told.
func (c *conn) end(e ending) (first bool) {
	c.mu.Lock()
	first = c.why == nil
	if first {
		c.why = &e
		close(c.over)
	}
	c.mu.Unlock()
	if !first {
		return false
	}
	c.deadMu.Lock()
	c.ended = true
	if c.greeted {
		_ = c.net.SetDeadline(time.Now().Add(lingerTime))
	} else {
		_ = c.net.Close()
	}
	c.deadMu.Unlock()
	c.cancel()
	c.signal()
	return true
}

// greet notes that the CONNECT was read, in whatever state.
func (c *conn) greet() {
	c.deadMu.Lock()
	defer c.deadMu.Unlock()
	c.greeted = true
}

// reason is why the connection ends; nil while it does not.
func (c *conn) reason() *ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}

func (c *conn) signal() {
	select {
	case c.wake <- struct{}{}:
	default: // the writer has not looked yet and will see this too
	}
}

// goodbye says that nothing more will be sent. The reading side then ends by itself, at the
// latest after lingerTime. Closing at once instead would, where the client has sent
// something that was not read, make its system discard what was sent last.
func (c *conn) goodbye() {
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	_ = c.net.Close()
}

// close closes the connection and waits for listen.
func (c *conn) close() {
	_ = c.net.Close()
	if c.heard != nil {
		<-c.heard
	}
}

// drain reads to the end after goodbye, behind listen: a stream is read by one goroutine.
func (c *conn) drain() {
	if c.heard != nil {
		<-c.heard
	}
	_, _ = io.Copy(io.Discard, input{c})
}

// write writes whole packets, and before them what an attempt has kept.
func (c *conn) write(p []byte) error {
	c.armWrite(time.Now())
	if len(c.held) > 0 {
		p = append(c.held, p...)
		c.held = nil
	}
	c.kept = false
	_, err := c.net.Write(p)
	return err
}

// armWrite sees to the deadline of the write that follows. It is set anew when a quarter has
// passed, because to set it for each of many small writes costs more than to encode them.
func (c *conn) armWrite(now time.Time) {
	c.deadMu.Lock()
	defer c.deadMu.Unlock()
	most := c.broker.options.WriteTimeout
	if !c.ended && c.deadline.Sub(now) < most-most/4 {
		c.deadline = now.Add(most)
		_ = c.net.SetWriteDeadline(c.deadline)
	}
}

// reply sends a packet, which it copies, once the store has reached p. Replies go out in
// the order of the calls.
func (c *conn) reply(packet []byte, p Position) {
	c.mu.Lock()
	if p > 0 || c.waiting.Load() > 0 {
		c.waiting.Add(1)
		c.broker.commits.add(commit{conn: c, packet: append([]byte(nil), packet...), position: p})
		c.mu.Unlock()
		return
	}
	c.sendLocked(packet)
}

// committed sends what reply was given, in the order of the replies.
func (c *conn) committed(packet []byte) {
	c.mu.Lock()
	c.waiting.Add(-1)
	c.sendLocked(packet)
	select {
	case c.answered <- struct{}{}:
	default:
	}
}

// sendLocked gives a packet to the writer, and unlocks.
func (c *conn) sendLocked(packet []byte) {
	c.replies = append(c.replies, packet...)
	tooMuch := len(c.replies) > replyBytes
	c.mu.Unlock()
	if tooMuch {
		c.end(endSlow)
	}
	c.signal()
}

// takeReplies returns what was replied since the last call; it is good until the next.
func (c *conn) takeReplies() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.replies
	c.replies, c.spare = c.spare[:0], taken
	return taken
}
