package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// socket is the client's end of a WebSocket with whole binary messages in one frame each,
// as the broker sends them. A library, with what it does for everybody else, would take more
// of the processor for a message than the broker does.
type socket struct {
	net.Conn
	in      *bufio.Reader
	message []byte // in hand
	out     []byte // frame to write
}

// Bits of a frame's first two bytes, and the opcodes that come (RFC 6455, section 5.2).
const (
	final       = 0x80
	binaryFrame = 0x02
	masked      = 0x80
	in16Bits    = 126 // in place of a length
	in64Bits    = 127
)

var errFrame = errors.New("a frame that is no whole binary message")

// dial opens a WebSocket for MQTT.
func dial(ctx context.Context, host string) (*socket, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	s := &socket{Conn: c, in: bufio.NewReaderSize(c, 1<<10)}
	if err := s.upgrade(host); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return s, nil
}

func (s *socket) upgrade(host string) error {
	_, err := fmt.Fprintf(s, "GET /mqtt HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n", host)
	if err != nil {
		return err
	}
	response, err := http.ReadResponse(s.in, nil)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("no WebSocket: %s", response.Status)
	}
	return nil
}

// read returns the next message; it is good until the next call.
func (s *socket) read() ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		return nil, err
	}
	if head[0] != final|binaryFrame || head[1] >= in64Bits {
		return nil, errFrame
	}
	length := int(head[1])
	if length == in16Bits {
		var long [2]byte
		if _, err := io.ReadFull(s.in, long[:]); err != nil {
			return nil, err
		}
		length = int(binary.BigEndian.Uint16(long[:]))
	}
	if cap(s.message) < length {
		s.message = make([]byte, length)
	}
	s.message = s.message[:length]
	_, err := io.ReadFull(s.in, s.message)
	return s.message, err
}

// write sends a message of less than 64 KiB. Its mask is zero, which the other end cannot
// tell from a random one.
func (s *socket) write(message []byte) error {
	s.out = append(s.out[:0], final|binaryFrame)
	if len(message) < in16Bits {
		s.out = append(s.out, masked|byte(len(message)))
	} else {
		s.out = binary.BigEndian.AppendUint16(append(s.out, masked|in16Bits), uint16(len(message)))
	}
	s.out = append(append(s.out, 0, 0, 0, 0), message...)
	_, err := s.Conn.Write(s.out)
	return err
}
