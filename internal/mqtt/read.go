package mqtt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// pubackSize is the length of a PUBACK without a reason, which says that all is well.
const pubackSize = 4

// readPuback takes a PUBACK of the shortest form, which is all that most clients send. It
// reports whether there was one; otherwise nothing was read.
func (c *conn) readPuback() bool {
	p, err := c.r.Peek(2) // there is no shorter packet
	if err != nil || p[0] != packets.Puback<<4 || p[1] != pubackSize-2 {
		return false
	}
	if p, err = c.r.Peek(pubackSize); err != nil {
		return false
	}
	c.lastRead.Store(int64(time.Since(c.broker.began)))
	c.session.acknowledge(c, binary.BigEndian.Uint16(p[2:]))
	_, _ = c.r.Discard(pubackSize)
	return true
}

// readPacket reads and decodes the next packet into c.packet and returns its size. What a
// PUBLISH, SUBSCRIBE or CONNECT says is kept by strings into the packet's own memory.
func (c *conn) readPacket() (size int, err error) {
	first, err := c.r.ReadByte()
	if err != nil {
		return 0, err
	}
	c.packet = packets.Packet{ProtocolVersion: c.protocol}
	header := &c.packet.FixedHeader
	if first>>4 == packets.Publish && first>>1&3 == 3 {
		return 0, packets.ErrMalformedFlags // QoS 3: MQTT 5, section 3.3.1.2
	}
	if err := header.Decode(first); err != nil {
		return 0, err
	}
	remaining, lengthBytes, err := c.readLength()
	if err != nil {
		return 0, err
	}
	header.Remaining = remaining
	if size = 1 + lengthBytes + remaining; size > c.broker.options.MaximumPacketSize {
		return 0, packets.ErrPacketTooLarge
	}
	body, err := c.readBody(header.Type, remaining)
	if err != nil {
		return 0, err
	}
	c.lastRead.Store(int64(time.Since(c.broker.began)))
	return size, c.decode(body)
}

// readBody reads the rest of a packet. Who has not been admitted gets no more memory than
// twice what it has sent.
func (c *conn) readBody(kind byte, length int) (body []byte, err error) {
	switch {
	case c.session == nil:
		body, err = io.ReadAll(io.LimitReader(c.r, int64(length)))
		if err == nil && len(body) < length {
			err = io.ErrUnexpectedEOF
		}
		return body, err
	case kind == packets.Puback && length <= len(c.scratch):
		body = c.scratch[:length]
	default:
		body = make([]byte, length)
	}
	_, err = io.ReadFull(c.r, body)
	return body, err
}

// readLength reads a Variable Byte Integer of at most four bytes (MQTT 5, section 1.5.5).
func (c *conn) readLength() (value, size int, err error) {
	for shift := 0; shift < 28; shift += 7 {
		b, err := c.r.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		value |= int(b&0x7F) << shift
		if b < 0x80 {
			return value, shift/7 + 1, nil
		}
	}
	return 0, 0, packets.ErrMalformedVariableByteInteger
}

// decode decodes the rest of c.packet. mochi's decoder panics on some packets that are cut
// short; that is what the client has sent, and nothing is wrong with this process.
func (c *conn) decode(body []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.broker.stats.panics.Add(1)
			c.broker.logger.Warn("decoder_panicked", "panic", p, "stack", string(debug.Stack()))
			err = packets.ErrMalformedPacket
		}
	}()
	pk := &c.packet
	switch pk.FixedHeader.Type {
	case packets.Connect:
		return pk.ConnectDecode(body)
	case packets.Publish:
		return pk.PublishDecode(body)
	case packets.Puback:
		return pk.PubackDecode(body)
	case packets.Subscribe:
		return pk.SubscribeDecode(body)
	case packets.Unsubscribe:
		return pk.UnsubscribeDecode(body)
	case packets.Disconnect:
		return pk.DisconnectDecode(body)
	case packets.Pingreq:
		if len(body) > 0 {
			return packets.ErrMalformedPacket
		}
		return nil
	}
	// What only a server sends, QoS 2 and AUTH.
	return packets.ErrProtocolViolation
}

// readError is the end of a connection by an error of readPacket.
func readError(err error) ending {
	var code packets.Code
	if errors.As(err, &code) {
		e := clientError(code)
		e.cause = fmt.Errorf("mqtt: %w", err)
		return e
	}
	return lost(err)
}
