package gateway

import (
	"net"
	"sync"
)

// sockets are the connections that a Gateway has open, and the goroutines that serve them.
type sockets struct {
	most    int
	running sync.WaitGroup // one for each connection, and each Serve

	mu     sync.Mutex
	closed bool
	open   map[net.Conn]bool // whether somebody ends it in order; the others may be cut
}

// begin counts a Serve in. It reports whether it may run: false after Shutdown.
func (s *sockets) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Add(1)
	}
	return !s.closed
}

// reserve counts a connection in, until leave. It reports whether there is a place; then add
// follows, or running.Done.
func (s *sockets) reserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.open) >= s.most {
		return false
	}
	s.running.Add(1)
	return true
}

// add names a connection for which a place was reserved.
func (s *sockets) add(c net.Conn, settled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[c] = settled
	if s.closed && !settled {
		_ = c.Close()
	}
}

// settle says that a connection has begun something, and that somebody will end it.
func (s *sockets) settle(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.open[c]; ok {
		s.open[c] = true
	}
}

// leave is called once for each that has entered, by the goroutine that serves it, last.
func (s *sockets) leave(c net.Conn) {
	s.mu.Lock()
	delete(s.open, c)
	s.mu.Unlock()
	s.running.Done()
}

// close lets nobody in any more, and cuts the connections that have begun nothing.
func (s *sockets) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c, settled := range s.open {
		if !settled {
			_ = c.Close() // a socket's, which does not block
		}
	}
}

// cut cuts what is left.
func (s *sockets) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		_ = c.Close()
	}
}

// number of those that are open.
func (s *sockets) number() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}
