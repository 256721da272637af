package mqtt

import (
	"context"
	"net"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// Handle serves one connection until it ends, and closes it. The error says why it ended
// otherwise than by its client's wish, for the log.
//
// conn may be any stream. Where it has a method CloseWrite that is called after the last
// packet, and the client has a moment to read it and to close.
func (b *Broker) Handle(ctx context.Context, nc net.Conn, admit Admit) error {
	c := newConn(ctx, b, nc)
	defer c.cancel()
	if err := b.enter(c); err != nil {
		_ = nc.Close()
		return err
	}
	defer b.exit(c)
	defer c.close()
	stop := context.AfterFunc(ctx, func() { c.end(endShutdown) })
	defer stop()
	c.watch()
	defer c.unwatch()
	if err := c.connect(admit); err != nil {
		return err
	}
	c.unwatch()
	c.watch() // for the keep-alive now
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.run()
	}()
	c.end(c.serve())
	<-written
	b.leave(c)
	if why := c.reason(); !why.gone && !why.wished {
		c.drain()
	}
	c.close()
	<-c.left // by whoever has taken the session over
	c.client.Closed()
	if why := c.reason(); why.event != eventClient {
		return why
	}
	return nil
}

// serve handles packets until the connection is to end.
func (c *conn) serve() ending {
	<-c.heard
	for {
		size := pubackSize
		if !c.readPuback() {
			var err error
			if size, err = c.readPacket(); err != nil {
				return readError(err)
			}
			if end := c.handle(); end != nil {
				return *end
			}
		}
		if c.throughput == nil {
			continue
		}
		if wait := c.throughput.Spend(time.Now(), size); wait > 0 {
			c.sleep(wait)
		}
	}
}

// sleep waits, unless the connection ends.
func (c *conn) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.over:
	}
}

// handle handles c.packet. It returns why the connection must end.
func (c *conn) handle() *ending {
	switch c.packet.FixedHeader.Type {
	case packets.Publish:
		return c.publish()
	case packets.Puback:
		c.session.acknowledge(c, c.packet.PacketID)
		return nil
	case packets.Subscribe:
		return c.subscribe()
	case packets.Unsubscribe:
		return c.unsubscribe()
	case packets.Pingreq:
		c.reply([]byte{packets.Pingresp << 4, 0}, 0)
		return nil
	case packets.Disconnect:
		return c.disconnect()
	}
	return endWith(clientError(packets.ErrProtocolViolation)) // a second CONNECT
}

func endWith(e ending) *ending { return &e }

// disconnect takes a DISCONNECT, which may change how long the session lives.
func (c *conn) disconnect() *ending {
	pk := &c.packet
	end := ending{code: packets.CodeDisconnect, event: eventClient, gone: true, wished: true}
	if pk.ReasonCode == packets.CodeDisconnectWillMessage.Code {
		end.wished = false
		end.code = packets.CodeDisconnectWillMessage
	}
	if pk.Properties.SessionExpiryIntervalFlag && !c.session.setExpiry(c, c.broker.limits.sessionExpiry(pk.Properties.SessionExpiryInterval)) {
		return endWith(clientError(packets.ErrProtocolViolationZeroNonZeroExpiry))
	}
	return &end
}
