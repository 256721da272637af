//go:build unix

package nonblock

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

// pair returns both ends of a TCP connection, the first wrapped.
func pair(t *testing.T) (Writer, net.Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	wrapped := Wrap(conn)
	t.Cleanup(func() {
		_ = wrapped.Close()
		_ = peer.Close()
	})
	return wrapped.(Writer), wrapped, peer
}

// What is written arrives whole and in order, whatever part of it had to wait.
func TestTryWrite(t *testing.T) {
	const seed = 3
	random := rand.New(rand.NewPCG(seed, seed))
	try, conn, peer := pair(t)
	var want bytes.Buffer
	write := func(kept bool) bool {
		p := make([]byte, 1+random.IntN(200_000))
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		want.Write(p)
		if kept {
			if _, err := conn.Write(p); err != nil {
				t.Error(err)
			}
			return false
		}
		kept, err := try.TryWrite(p)
		if err != nil {
			t.Fatal(err)
		}
		return kept
	}
	for i := 0; !write(false); i++ { // nobody reads
		if i > 1000 {
			t.Fatal("200 MB were taken at once")
		}
	}
	if !write(false) { // behind what is kept already
		t.Error("more was taken than what had to wait before")
	}
	got := make(chan []byte)
	go func() {
		all, err := io.ReadAll(peer)
		if err != nil {
			t.Error(err)
		}
		got <- all
	}()
	write(true)
	if _, err := conn.Write(nil); err != nil {
		t.Error(err)
	}
	for range 50 {
		write(write(false))
	}
	if _, err := conn.Write(nil); err != nil {
		t.Error(err)
	}
	if err := conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Error(err)
	}
	if all := <-got; !bytes.Equal(all, want.Bytes()) {
		t.Errorf("seed %d: %d bytes arrived, not the %d that were written", seed, len(all), want.Len())
	}
}

// A deadline that has passed, and an end, are errors.
func TestTryWriteFails(t *testing.T) {
	try, conn, peer := pair(t)
	_ = conn.SetWriteDeadline(time.Now().Add(-time.Second))
	if _, err := try.TryWrite([]byte("late")); err == nil || !err.(net.Error).Timeout() {
		t.Errorf("after the deadline: %v", err)
	}
	_ = conn.SetWriteDeadline(time.Time{})
	if kept, err := try.TryWrite([]byte("in time")); err != nil || kept {
		t.Errorf("before: kept %v, %v", kept, err)
	}
	if got, err := io.ReadAll(io.LimitReader(peer, 7)); string(got) != "in time" {
		t.Errorf("the peer read %q, %v", got, err)
	}
	_ = conn.Close()
	if _, err := try.TryWrite([]byte("x")); err == nil {
		t.Error("a closed connection was written to")
	}
}

// What is no TCP connection itself is left as it is.
func TestWrapOthers(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if Wrap(a) != a {
		t.Error("a pipe was wrapped")
	}
}
