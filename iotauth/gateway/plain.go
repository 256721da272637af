package gateway

import (
	"errors"
	"fmt"
	"net"
)

// Why a connection was refused for its first byte.
var (
	errNotPlain = errors.New("this is neither MQTT's CONNECT nor HTTP; the plain door has no TLS")
	errNotHTTP  = errors.New("this is not HTTP; clients that speak MQTT must name a protocol in TLS (ALPN): mqtt for a custom authorizer, x-amzn-mqtt-ca for a certificate")
)

// peek looks at the first byte of a client that may speak HTTP, with TLS, or either, without:
// that of CONNECT is 0x10, that of a method a capital letter.
func (v *visitor) peek() error {
	var first [1]byte
	if _, err := v.Conn.Read(first[:]); err != nil {
		return fmt.Errorf("first byte: %w", err)
	}
	switch {
	case 'A' <= first[0] && first[0] <= 'Z':
		v.route.http = true
	case v.tls != nil:
		return errNotHTTP
	case first[0] != 0x10:
		return errNotPlain
	}
	v.Conn = &unread{Conn: v.Conn, byte: first[0]}
	return nil
}

// unread is a connection whose first byte was read already.
type unread struct {
	net.Conn
	byte byte
	gone bool
}

func (u *unread) Read(p []byte) (int, error) {
	if u.gone || len(p) == 0 {
		return u.Conn.Read(p)
	}
	u.gone, p[0] = true, u.byte
	return 1, nil
}

// CloseWrite is that of the connection, which has one: TCP and TLS do.
func (u *unread) CloseWrite() error { return closeWrite(u.Conn) }

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}
