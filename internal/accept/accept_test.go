package accept

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// listener gives what is in results, one after the other.
type listener struct {
	results chan result
	closed  chan struct{}
}

type result struct {
	conn net.Conn
	err  error
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case r := <-l.results:
		return r.conn, r.err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { close(l.closed); return nil }
func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

// TestLoop: too many open files are waited for, with growing pauses; connections are
// served; the end of ctx is no error, and closes the listener.
func TestLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{results: make(chan result, 8), closed: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		served, ended := make(chan net.Conn, 1), make(chan error, 1)
		begun := time.Now()
		go func() { ended <- Loop(ctx, l, slog.New(slog.DiscardHandler), func(c net.Conn) { served <- c }) }()
		conn, other := net.Pipe()
		defer other.Close()
		for range 3 {
			l.results <- result{err: &net.OpError{Op: "accept", Err: syscall.EMFILE}}
		}
		l.results <- result{conn: conn}
		if got := <-served; got != conn || time.Since(begun) != 35*time.Millisecond {
			t.Errorf("served %v after %v", got, time.Since(begun))
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		<-l.closed
	})
}

// TestLoopFails: an error that does not pass is returned.
func TestLoopFails(t *testing.T) {
	l := &listener{results: make(chan result, 1), closed: make(chan struct{})}
	broken := errors.New("broken")
	l.results <- result{err: broken}
	if err := Loop(t.Context(), l, slog.New(slog.DiscardHandler), nil); err != broken {
		t.Errorf("error %v", err)
	}
	select {
	case <-l.closed:
	case <-time.After(time.Minute):
		t.Error("the listener is open")
	}
}
