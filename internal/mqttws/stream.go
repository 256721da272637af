package mqttws

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/askaround/askaround-go/internal/nonblock"
)

// Opcodes of frames (RFC 6455, section 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// Status codes of the frame that closes (RFC 6455, section 7.4.1).
const (
	statusNormal      = 1000
	statusProtocol    = 1002
	statusUnsupported = 1003
)

// maxControl is the longest payload of a control frame.
const maxControl = 125

const (
	// controlTime is how long an answer of this package may take to be sent.
	controlTime = 10 * time.Second
	// lingerTime is how long the frame that closes may take where nobody waits for it.
	lingerTime = 500 * time.Millisecond
)

var (
	errFrame = errors.New("mqttws: a malformed WebSocket frame")
	errText  = errors.New("mqttws: a text message on an MQTT WebSocket")
)

// A Stream is the server's end of a WebSocket as one stream of bytes: those of the binary
// messages. It keeps nothing of a message, and a read that a deadline has interrupted goes
// on with the next, in the middle of a frame too, as with TCP.
//
// Reads are by one goroutine, writes by any. Over TCP itself, without TLS, it is a
// [nonblock.Writer] that takes what it is given unless a control frame is under way.
type Stream struct {
	net.Conn
	r *bufio.Reader

	header  [14]byte // of the frame being read, as far as it has come
	have    int
	left    uint64 // of its payload
	mask    [4]byte
	masked  int // how much of the mask was used
	opcode  byte
	inside  bool // a message, whose last frame is still to come
	control []byte
	ended   error // what reads return from now on

	writing sync.Mutex
	closed  bool // the frame that closes was sent
	out     []byte
	try     nonblock.Writer // the connection, or nil

	deadMu   sync.Mutex
	deadline time.Time // for writes, as the user has set it
}

func newStream(conn net.Conn, r *bufio.Reader) *Stream {
	s := &Stream{Conn: conn, r: r}
	s.try, _ = conn.(nonblock.Writer)
	return s
}

// Read returns bytes of binary messages. Control frames are answered meanwhile; the one
// that closes is io.EOF.
func (s *Stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for s.ended == nil {
		switch {
		case s.have < s.need():
			if err := s.readHeader(); err != nil {
				return 0, err
			}
		case s.opcode >= opClose:
			if err := s.readControl(); err != nil {
				return 0, err
			}
		case s.left == 0:
			s.have = 0
		default:
			n, err := s.r.Read(p[:min(uint64(len(p)), s.left)])
			s.unmask(p[:n])
			if n > 0 || err != nil {
				return n, err
			}
		}
	}
	return 0, s.ended
}

// need is how long the header is, as far as can be told from what has come.
func (s *Stream) need() int {
	if s.have < 2 {
		return 2
	}
	switch s.header[1] & 0x7F {
	case 126:
		return 2 + 2 + 4
	case 127:
		return 2 + 8 + 4
	}
	return 2 + 4
}

// readHeader reads some of the header, and understands it when it is whole.
func (s *Stream) readHeader() error {
	n, err := s.r.Read(s.header[s.have:s.need()])
	s.have += n
	if s.have >= 2 && s.have == s.need() {
		return s.begin()
	}
	return err
}

// begin understands the header of a frame.
func (s *Stream) begin() error {
	first, length := s.header[0], uint64(s.header[1]&0x7F)
	final := first&0x80 != 0
	s.opcode, s.control, s.masked = first&0x0F, s.control[:0], 0
	switch length {
	case 126:
		length = uint64(binary.BigEndian.Uint16(s.header[2:]))
	case 127:
		length = binary.BigEndian.Uint64(s.header[2:])
	}
	s.left = length
	copy(s.mask[:], s.header[s.have-4:s.have])
	switch {
	case first&0x70 != 0, s.header[1]&0x80 == 0, length>>63 != 0: // extensions; a client must mask
		return s.fail(statusProtocol, errFrame)
	case s.opcode == opText:
		return s.fail(statusUnsupported, errText) // MQTT 5, section 6
	case s.opcode >= opClose && (s.opcode > opPong || !final || length > maxControl):
		return s.fail(statusProtocol, errFrame)
	case s.opcode > opBinary && s.opcode < opClose, s.opcode == opBinary && s.inside, s.opcode == opContinuation && !s.inside:
		return s.fail(statusProtocol, errFrame)
	case s.opcode <= opBinary:
		s.inside = !final
	}
	return nil
}

// readControl reads the rest of a control frame, and answers it when it is whole.
func (s *Stream) readControl() error {
	if s.left > 0 {
		var payload [maxControl]byte
		n, err := s.r.Read(payload[:s.left])
		s.unmask(payload[:n])
		s.control = append(s.control, payload[:n]...)
		if s.left > 0 || err != nil {
			return err
		}
	}
	s.have = 0
	switch s.opcode {
	case opPing:
		return s.answer(opPong, s.control)
	case opClose:
		if len(s.control) == 1 { // half a status code
			return s.fail(statusProtocol, errFrame)
		}
		s.ended = io.EOF
		_ = s.answer(opClose, s.control[:min(len(s.control), 2)]) // its status code; the client may be gone
	}
	return nil
}

// unmask decodes what came of a payload.
func (s *Stream) unmask(p []byte) {
	s.left -= uint64(len(p))
	for s.masked&3 != 0 && len(p) > 0 {
		p[0] ^= s.mask[s.masked&3]
		s.masked, p = s.masked+1, p[1:]
	}
	if len(p) == 0 {
		return
	}
	word := binary.LittleEndian.Uint32(s.mask[:])
	for twice := uint64(word)<<32 | uint64(word); len(p) >= 8; p = p[8:] {
		binary.LittleEndian.PutUint64(p, binary.LittleEndian.Uint64(p)^twice)
	}
	for i := range p {
		p[i] ^= s.mask[i&3]
	}
	s.masked = len(p) & 3
}

// fail ends the WebSocket because of what the client did.
func (s *Stream) fail(status uint16, err error) error {
	s.ended = err
	_ = s.answer(opClose, binary.BigEndian.AppendUint16(nil, status))
	return err
}

// SetDeadline sets both deadlines of the connection.
func (s *Stream) SetDeadline(t time.Time) error {
	return errors.Join(s.SetReadDeadline(t), s.SetWriteDeadline(t))
}

// SetWriteDeadline sets the deadline of writes. Control frames have their own.
func (s *Stream) SetWriteDeadline(t time.Time) error {
	s.deadMu.Lock()
	defer s.deadMu.Unlock()
	s.deadline = t
	return s.Conn.SetWriteDeadline(t)
}

// answer sends a control frame. The deadline of the last write may be long over.
func (s *Stream) answer(opcode byte, payload []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed {
		return nil
	}
	return s.sendControl(controlTime, opcode, payload)
}

// sendControl sends a control frame within some time.
func (s *Stream) sendControl(within time.Duration, opcode byte, payload []byte) error {
	s.deadMu.Lock()
	_ = s.Conn.SetWriteDeadline(time.Now().Add(within))
	s.deadMu.Unlock()
	err := s.write(opcode, payload)
	s.deadMu.Lock()
	_ = s.Conn.SetWriteDeadline(s.deadline)
	s.deadMu.Unlock()
	return err
}

// Write sends p as one message. Of nothing, it sends what TryWrite has kept.
func (s *Stream) Write(p []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.write(opBinary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// TryWrite sends p as one message without waiting; see [nonblock.Writer].
func (s *Stream) TryWrite(p []byte) (kept bool, err error) {
	if s.try == nil || !s.writing.TryLock() {
		return false, nonblock.ErrBusy
	}
	defer s.writing.Unlock()
	if s.closed {
		return false, net.ErrClosed
	}
	kept, err = s.try.TryWrite(s.frame(opBinary, p))
	if err != nil {
		return false, fmt.Errorf("mqttws: %w", err)
	}
	return kept, nil
}

// write sends a frame. After the one that closes none is sent.
func (s *Stream) write(opcode byte, payload []byte) error {
	if s.closed {
		if opcode == opBinary {
			return net.ErrClosed
		}
		return nil
	}
	s.closed = opcode == opClose
	var out []byte
	if opcode != opBinary || len(payload) > 0 {
		out = s.frame(opcode, payload)
	}
	if _, err := s.Conn.Write(out); err != nil {
		return fmt.Errorf("mqttws: %w", err)
	}
	return nil
}

// frame encodes a frame. It is good until the next.
func (s *Stream) frame(opcode byte, payload []byte) []byte {
	if cap(s.out) > 16<<10 { // a large message is rare
		s.out = nil
	}
	s.out = append(s.out[:0], 0x80|opcode)
	switch n := len(payload); {
	case n <= maxControl:
		s.out = append(s.out, byte(n))
	case n <= 0xFFFF:
		s.out = binary.BigEndian.AppendUint16(append(s.out, 126), uint16(n))
	default:
		s.out = binary.BigEndian.AppendUint64(append(s.out, 127), uint64(n))
	}
	s.out = append(s.out, payload...)
	return s.out
}

// CloseWrite tells the client that nothing more will be sent. Its own closing is read as
// io.EOF.
func (s *Stream) CloseWrite() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.write(opClose, binary.BigEndian.AppendUint16(nil, statusNormal))
}

// Close cuts the connection, after the frame that closes where none was sent and nobody is
// writing.
func (s *Stream) Close() error {
	if s.writing.TryLock() {
		if !s.closed {
			_ = s.sendControl(lingerTime, opClose, binary.BigEndian.AppendUint16(nil, statusNormal))
		}
		s.writing.Unlock()
	}
	return s.Conn.Close()
}
