package broker

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// lingerTime bounds the orderly end of a connection: how long a client may take
// to read a last packet and close.
const lingerTime = 500 * time.Millisecond

// conn is one client's connection as mochi sees it, over TCP or a WebSocket.
//
// Every Write is one or more whole packets and is atomic, so that mochi's
// answers and the session's messages mix. Deadlines are kept on the socket
// itself: mochi sets its keep-alive as a deadline for both directions, of which
// only the reading one is wanted, because a write has its own.
type conn struct {
	net.Conn              // what packets are read from and written to
	socket       net.Conn // what carries it
	leave        func()   // tells the peer that nothing more will be sent
	writeTimeout time.Duration

	session *session              // set by the hooks once admitted; only for the goroutine that reads
	cause   atomic.Pointer[error] // why the connection ended

	writing sync.Mutex
	broken  bool // a write failed midway: no packet may follow

	leaving atomic.Bool // a last packet was sent: what the peer still sends is ignored
	deadMu  sync.Mutex  // orders SetDeadline against goodbye
}

func (c *conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.broken {
		return 0, net.ErrClosed
	}
	c.setWriteDeadline()
	n, err := c.Conn.Write(p)
	if err != nil {
		c.broken = true
	}
	return n, err
}

func (c *conn) setWriteDeadline() {
	c.deadMu.Lock()
	defer c.deadMu.Unlock()
	if !c.leaving.Load() {
		_ = c.socket.SetWriteDeadline(time.Now().Add(c.writeTimeout))
	}
}

// SetDeadline is called by mochi for each packet that it reads.
func (c *conn) SetDeadline(t time.Time) error {
	c.deadMu.Lock()
	defer c.deadMu.Unlock()
	if c.leaving.Load() {
		return nil
	}
	return c.socket.SetReadDeadline(t)
}

// Read returns what the client sends. After goodbye it swallows the rest and
// ends with io.EOF when the client closes, or after lingerTime.
func (c *conn) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		if !c.leaving.Load() {
			return n, err
		}
		if err != nil {
			return 0, io.EOF
		}
	}
}

// Close cuts the connection.
func (c *conn) Close() error {
	return errors.Join(c.socket.Close(), c.Conn.Close())
}

// hurry begins the end: from now on nothing may take longer than lingerTime. It
// does not block, even where a write is stuck.
func (c *conn) hurry() {
	c.deadMu.Lock()
	defer c.deadMu.Unlock()
	if !c.leaving.Swap(true) {
		_ = c.socket.SetDeadline(time.Now().Add(lingerTime))
	}
}

// goodbye sends last, which may be nil, and says that nothing will follow. The
// reading side then ends by itself. Closing at once instead would, where the
// client has sent something that was not read, make its system discard last.
func (c *conn) goodbye(last func()) {
	c.hurry()
	if last != nil {
		last()
	}
	c.leave()
}

// drain reads to the end after goodbye.
func (c *conn) drain() {
	var rest [512]byte
	_, _ = c.Read(rest[:])
}

// end remembers why the connection ends; the first reason counts.
func (c *conn) end(cause error) { c.cause.CompareAndSwap(nil, &cause) }

func tcpConn(socket net.Conn, writeTimeout time.Duration) *conn {
	return &conn{Conn: socket, socket: socket, writeTimeout: writeTimeout, leave: func() {
		if half, ok := socket.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
			return
		}
		_ = socket.Close()
	}}
}
