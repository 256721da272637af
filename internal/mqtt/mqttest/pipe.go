package mqttest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Pipe returns the two ends of a connection in memory that takes up to capacity bytes each
// way before a Write waits, and that can be closed for writing only. It works in a bubble of
// testing/synctest.
func Pipe(capacity int) (client, server net.Conn) {
	a, b := newHalf(capacity), newHalf(capacity)
	return &pipeEnd{in: a, out: b, name: "client:1"}, &pipeEnd{in: b, out: a, name: "server:1"}
}

// half is one direction.
type half struct {
	capacity int

	mu            sync.Mutex
	changed       *sync.Cond
	buf           []byte
	done          bool // no more will be written
	broken        bool // nobody reads
	readBy, write deadline
}

type deadline struct {
	passed bool
	timer  *time.Timer
}

func newHalf(capacity int) *half {
	h := &half{capacity: capacity}
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *half) set(d *deadline, t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.passed = false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		d.passed = true
		h.changed.Broadcast()
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(wait, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if d.timer == timer {
			d.passed = true
			h.changed.Broadcast()
		}
	})
	d.timer = timer
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.broken:
			return 0, net.ErrClosed
		case h.readBy.passed:
			return 0, os.ErrDeadlineExceeded
		case len(h.buf) > 0:
			n := copy(p, h.buf)
			h.buf = h.buf[n:]
			h.changed.Broadcast()
			return n, nil
		case h.done:
			return 0, io.EOF
		}
		h.changed.Wait()
	}
}

func (h *half) writeAll(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.done:
			return n, net.ErrClosed
		case h.broken:
			return n, io.ErrClosedPipe
		case h.write.passed:
			return n, os.ErrDeadlineExceeded
		}
		room := min(h.capacity-len(h.buf), len(p))
		h.buf = append(h.buf, p[:room]...)
		p, n = p[room:], n+room
		h.changed.Broadcast()
		if len(p) == 0 {
			return n, nil
		}
		h.changed.Wait()
	}
}

func (h *half) end(done, broken bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done, h.broken = h.done || done, h.broken || broken
	h.changed.Broadcast()
}

type pipeEnd struct {
	in, out *half
	name    string
}

func (e *pipeEnd) Read(p []byte) (int, error)  { return e.in.read(p) }
func (e *pipeEnd) Write(p []byte) (int, error) { return e.out.writeAll(p) }

// CloseWrite lets the other end read what was written, and then the end.
func (e *pipeEnd) CloseWrite() error {
	e.out.end(true, false)
	return nil
}

func (e *pipeEnd) Close() error {
	e.out.end(true, false)
	e.in.end(false, true)
	e.in.set(&e.in.readBy, time.Time{}) // no timer outlives the connection
	e.out.set(&e.out.write, time.Time{})
	return nil
}

func (e *pipeEnd) LocalAddr() net.Addr  { return pipeAddr(e.name) }
func (e *pipeEnd) RemoteAddr() net.Addr { return pipeAddr("192.0.2.7:4711") }

func (e *pipeEnd) SetDeadline(t time.Time) error {
	_ = e.SetReadDeadline(t)
	return e.SetWriteDeadline(t)
}

func (e *pipeEnd) SetReadDeadline(t time.Time) error {
	e.in.set(&e.in.readBy, t)
	return nil
}

func (e *pipeEnd) SetWriteDeadline(t time.Time) error {
	e.out.set(&e.out.write, t)
	return nil
}

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }
