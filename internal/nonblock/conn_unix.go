//go:build unix

package nonblock

import (
	"net"
	"syscall"
)

// Wrap returns conn with a TryWrite, where it is a TCP connection itself; otherwise conn.
func Wrap(conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil { // closed: who writes will notice
		return conn
	}
	c := &tcpConn{TCPConn: tcp, raw: raw}
	c.attempt = c.write
	return c
}

type tcpConn struct {
	*net.TCPConn
	raw     syscall.RawConn
	attempt func(fd uintptr) bool // c.write, made once

	rest []byte // kept

	// Of the attempt under way.
	todo []byte
	err  error
}

func (c *tcpConn) Write(p []byte) (int, error) {
	if len(c.rest) > 0 {
		if _, err := c.TCPConn.Write(c.rest); err != nil {
			return 0, err
		}
		c.rest = nil
	}
	if len(p) == 0 {
		return 0, nil
	}
	return c.TCPConn.Write(p)
}

func (c *tcpConn) TryWrite(p []byte) (kept bool, err error) {
	if len(c.rest) == 0 {
		c.todo, c.err = p, nil
		if err := c.raw.Write(c.attempt); err != nil {
			return false, err
		}
		if c.err != nil {
			return false, &net.OpError{Op: "write", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: c.err}
		}
		p, c.todo = c.todo, nil
	}
	c.rest = append(c.rest, p...)
	return len(c.rest) > 0, nil
}

// write writes what the system takes of todo. It always says that it is done: what is left
// is kept.
func (c *tcpConn) write(fd uintptr) bool {
	for len(c.todo) > 0 {
		n, err := syscall.Write(int(fd), c.todo)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return true
		case err != nil:
			c.err = err
			return true
		default:
			c.todo = c.todo[n:]
		}
	}
	return true
}
