package mqtt

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/nonblock"
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
	c.writing.Lock()
	c.greeting = false
	c.writing.Unlock()
	for {
		more, wait, err := c.turn()
		switch {
		case err != nil:
			c.end(lost(err))
			return
		case c.isOver():
			c.broker.leave(c)
			c.dismiss()
			return
		case more:
		case wait > 0:
			c.rest(wait)
		default:
			<-c.wake
		}
	}
}

// rest waits for some time, or to be woken.
func (c *conn) rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.wake:
	}
}

// turn is writeSome by the connection's own writer, which may wait for the client.
func (c *conn) turn() (more bool, wait time.Duration, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.writeSome(time.Now(), c.write)
}

// writeSome writes what may be written now. It says whether there may be more, or for how
// long there will be nothing unless the connection is woken before; 0 is until then.
func (c *conn) writeSome(now time.Time, write func([]byte) error) (more bool, wait time.Duration, err error) {
	buf := writeBuffers.Get().(*writeBuffer)
	defer buf.free()
	buf.packets = append(buf.packets, c.takeReplies()...)
	if wait = c.throughput.Wait(now, 0); wait == 0 {
		buf.batch, more, wait = c.session.pull(c, buf.batch, now)
		for i := range buf.batch {
			buf.packets = c.appendDelivery(buf.packets, &buf.batch[i], now)
		}
	}
	if len(buf.packets) == 0 && !c.kept {
		return more, wait, nil
	}
	c.lastWrite = now
	if err := write(buf.packets); err != nil {
		return false, 0, err
	}
	c.throughput.Spend(now, len(buf.packets))
	return more, wait, nil
}

// quiet is for how long nothing was written to a client that is written to at once. Who gets
// more than that is better served by its own goroutine, which writes many messages at once.
const quiet = time.Millisecond

// pushed sends what waits in the session, at once and by the caller, where the client has got
// nothing for a while and the system takes it without waiting. It reports whether there is
// nothing left; otherwise the connection's own goroutine is to be woken.
func (c *conn) pushed() bool {
	if c.try == nil || !c.writing.TryLock() {
		return false
	}
	defer c.writing.Unlock()
	now := time.Now()
	if c.greeting || c.kept || c.isOver() || now.Sub(c.lastWrite) < quiet {
		return false
	}
	more, wait, err := c.writeSome(now, c.tryWrite)
	if err != nil {
		c.end(lost(err))
	}
	return err == nil && !more && wait == 0 && !c.kept
}

// tryWrite writes whole packets, now, without waiting. What is left is for the next write.
func (c *conn) tryWrite(p []byte) (err error) {
	c.armWrite(c.lastWrite)
	c.kept, err = c.try.TryWrite(p)
	if errors.Is(err, nonblock.ErrBusy) {
		c.held, c.kept, err = append(c.held, p...), true, nil
	}
	return err
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
	c.writing.Lock()
	defer c.writing.Unlock()
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
	if (len(last) > 0 || c.kept) && c.write(last) != nil {
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
