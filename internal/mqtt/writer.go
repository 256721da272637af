package mqtt

import (
	"bytes"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// writeBuffers are lent to connections that have something to write.
var writeBuffers = sync.Pool{New: func() any { return new(writeBuffer) }}

type writeBuffer struct {
	packets []byte
	batch   []delivery
}

// keepBytes bounds what a pooled buffer holds on to.
const keepBytes = 4 * batchBytes

func (b *writeBuffer) free() {
	clear(b.batch)
	b.batch = b.batch[:0]
	if b.packets = b.packets[:0]; cap(b.packets) <= keepBytes {
		writeBuffers.Put(b)
	}
}

// run writes replies and deliveries until the connection ends.
func (c *conn) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wrote, wait, err := c.writeSome()
		switch {
		case err != nil:
			c.end(lost(err))
			return
		case c.isOver():
			c.broker.leave(c)
			c.dismiss()
			return
		case wrote:
			continue
		}
		if wait <= 0 {
			wait = time.Hour
		}
		timer.Reset(wait)
		select {
		case <-c.wake:
		case <-timer.C:
		}
	}
}

// writeSome writes what may be written now. If there was nothing it says for how long there
// will be nothing, unless the connection is woken before.
func (c *conn) writeSome() (wrote bool, wait time.Duration, err error) {
	buf := writeBuffers.Get().(*writeBuffer)
	defer buf.free()
	buf.packets = append(buf.packets, c.takeReplies()...)
	now := time.Now()
	if wait = c.throughput.Wait(now, 0); wait == 0 {
		buf.batch, wait = c.session.pull(c, buf.batch, now)
		for i := range buf.batch {
			buf.packets = c.appendDelivery(buf.packets, &buf.batch[i], now)
		}
	}
	if len(buf.packets) == 0 {
		return len(buf.batch) > 0, wait, nil
	}
	if err := c.write(buf.packets); err != nil {
		return false, 0, err
	}
	c.throughput.Spend(now, len(buf.packets))
	return true, 0, nil
}

// appendDelivery appends a delivery's packet, unless it may not or cannot be sent.
func (c *conn) appendDelivery(dst []byte, d *delivery, now time.Time) []byte {
	m, stats := d.message, &c.broker.stats
	switch {
	case m.expired(now):
		stats.expired.Add(1)
	case !c.client.MayReceive(m.Topic, d.group):
		stats.publishOutDenied.Add(1)
	case c.maxPacket > 0 && publishSize(m, address{topic: m.Topic}, d.qos, c.protocol) > c.maxPacket:
		// As if it had been sent: MQTT 5, section 3.1.2.11.4.
	default:
		stats.publishOut.Add(1)
		if d.dup {
			stats.retries.Add(1)
		}
		return appendPublish(dst, m, c.address(d), publishFlags(d.qos, d.retain, d.dup), c.protocol, d.packetID(), now)
	}
	if d.qos > 0 {
		c.session.skip(c, d.number)
	}
	return dst
}

// address is how a delivery that is written now names its topic.
func (c *conn) address(d *delivery) address {
	in := address{d.message.Topic, 1}
	if c.known.most == 0 || c.maxPacket > 0 && publishSize(d.message, in, d.qos, c.protocol) > c.maxPacket {
		return address{topic: d.message.Topic}
	}
	return c.known.address(d.message.Topic)
}

// dismiss tells a client that is still there why its connection ends; MQTT 3.1.1 cannot.
func (c *conn) dismiss() {
	why := c.reason()
	if why.gone || why.wished {
		return
	}
	last := c.takeReplies()
	if c.protocol == 5 {
		packet := encodeDisconnect(why.code.Code, why.code.Reason)
		if c.maxPacket > 0 && len(packet) > c.maxPacket {
			packet = encodeDisconnect(why.code.Code, "")
		}
		last = append(last, packet...)
	}
	if len(last) > 0 && c.write(last) != nil {
		return
	}
	c.goodbye()
}

func encodeDisconnect(code byte, reason string) []byte {
	return encode(packets.Packet{
		FixedHeader:     packets.FixedHeader{Type: packets.Disconnect},
		ProtocolVersion: 5,
		ReasonCode:      code,
		Properties:      packets.Properties{ReasonString: reason},
	}, (*packets.Packet).DisconnectEncode)
}

// encode uses one of mochi's encoders, which fail only without a packet id.
func encode(pk packets.Packet, with func(*packets.Packet, *bytes.Buffer) error) []byte {
	var buf bytes.Buffer
	_ = with(&pk, &buf)
	return buf.Bytes()
}
