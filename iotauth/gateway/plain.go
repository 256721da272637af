package gateway

import (
	"errors"
	"fmt"
	"net"
)

// errNotPlain is the first byte of TLS, or of nothing that is spoken here.
var errNotPlain = errors.New("neither MQTT nor HTTP begins so; without TLS on this door")

// peek tells MQTT from HTTP by the first byte: that of CONNECT is 0x10, that of a method a
// capital letter.
func (v *visitor) peek() error {
	var first [1]byte
	if _, err := v.socket.Read(first[:]); err != nil {
		return fmt.Errorf("first byte: %w", err)
	}
	switch {
	case first[0] == 0x10:
	case 'A' <= first[0] && first[0] <= 'Z':
		v.route.http = true
	default:
		return errNotPlain
	}
	v.Conn = &unread{Conn: v.socket, byte: first[0]}
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

// CloseWrite is that of TCP.
func (u *unread) CloseWrite() error {
	if half, ok := u.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return u.Conn.Close()
}
