package faulttest

import (
	"fmt"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// What follows are defects that mochi-mqtt's server v2.7.9 and its stores have.

const queuedMessages = 300 // within one second, by which mochi sorts them

func payloadOf(n int) string { return fmt.Sprint("message ", n) }

// fill publishes numbered messages and waits until all are acknowledged.
func fill(t *testing.T, address string, from, to int) {
	t.Helper()
	const window = 50
	pub := join(t, address, mqttest.V5, "filler")
	for n := from; n < to+window; n++ {
		if n < to {
			pub.Send(mqttest.PublishPacket("a/b", payloadOf(n), 1, uint16(n+1)))
		}
		if acked := n - window; acked >= from {
			if ack := pub.Receive(packets.Puback); ack.PacketID != uint16(acked+1) || ack.ReasonCode != 0 {
				t.Fatalf("PUBACK %#x for %d, want %d", ack.ReasonCode, ack.PacketID, acked+1)
			}
		}
	}
	pub.Disconnect()
}

// drain expects numbered messages in order, and nothing else.
func drain(t *testing.T, p *mqttest.Peer, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		p.Message("a/b", payloadOf(n))
	}
	p.Alive()
}

// subscribeAndLeave makes a persistent session with a subscription.
func subscribeAndLeave(t *testing.T, address string, protocol byte, clientID string) {
	t.Helper()
	p := join(t, address, protocol, clientID, mqttest.Persistent(3600))
	p.Subscribe(1, "a/b")
	p.Disconnect()
}

var protocols = map[string]byte{"MQTT 3.1.1": mqttest.V311, "MQTT 5": mqttest.V5}

// mochi sorts the messages that wait for a client by the second of their publication, so
// that those of one second come in any order.
func TestQueuedMessagesComeInOrder(t *testing.T) {
	for name, protocol := range protocols {
		t.Run("after a reconnection/"+name, func(t *testing.T) {
			s := serve(t, t.TempDir(), nil)
			subscribeAndLeave(t, s.address, protocol, "sub")
			fill(t, s.address, 0, queuedMessages)
			drain(t, resume(t, s.address, protocol, "sub"), 0, queuedMessages)
		})
		t.Run("after an orderly restart/"+name, func(t *testing.T) {
			dir := t.TempDir()
			s := serve(t, dir, nil)
			subscribeAndLeave(t, s.address, protocol, "sub")
			fill(t, s.address, 0, queuedMessages)
			s.stop()
			s = serve(t, dir, nil)
			fill(t, s.address, queuedMessages, 2*queuedMessages)
			drain(t, resume(t, s.address, protocol, "sub"), 0, 2*queuedMessages)
		})
		t.Run("after kill -9/"+name, func(t *testing.T) {
			dir := t.TempDir()
			broker := start(t, dir)
			subscribeAndLeave(t, broker.address, protocol, "sub")
			fill(t, broker.address, 0, queuedMessages)
			broker.kill()
			broker = start(t, dir)
			fill(t, broker.address, queuedMessages, 2*queuedMessages)
			drain(t, resume(t, broker.address, protocol, "sub"), 0, 2*queuedMessages)
		})
	}
}

// mochi does the same with the messages of a connected client that wait for room in its
// window.
func TestMessagesBeyondTheWindowComeInOrder(t *testing.T) {
	for name, protocol := range protocols {
		t.Run(name, func(t *testing.T) {
			s := serve(t, t.TempDir(), nil)
			const window = 10
			sub := join(t, s.address, protocol, "sub", mqttest.Persistent(3600), func(pk *packet) { pk.Properties.ReceiveMaximum = window })
			sub.Subscribe(1, "a/b")
			fill(t, s.address, 0, queuedMessages)
			drain(t, sub, 0, queuedMessages)
		})
	}
}

// mochi's bolt and redis stores lose the packet id: what was in flight cannot be sent again
// after a restart, and the client is disconnected whenever it comes.
func TestPacketIDsSurviveARestart(t *testing.T) {
	for name, protocol := range protocols {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			broker := start(t, dir)
			sub := join(t, broker.address, protocol, "sub", mqttest.Persistent(3600))
			sub.Subscribe(1, "a/b")
			fill(t, broker.address, 0, 20)
			ids := map[string]uint16{}
			for range 20 {
				pk := sub.Receive(packets.Publish)
				ids[string(pk.Payload)] = pk.PacketID
			}
			broker.kill()
			broker = start(t, dir)
			sub = resume(t, broker.address, protocol, "sub")
			for n := range 20 {
				pk := sub.Message("a/b", payloadOf(n))
				if !pk.FixedHeader.Dup || pk.PacketID == 0 || pk.PacketID != ids[payloadOf(n)] {
					t.Errorf("%q again: packet id %d, DUP %v; it was sent as %d", pk.Payload, pk.PacketID, pk.FixedHeader.Dup, ids[payloadOf(n)])
				}
			}
			sub.Alive()
			fill(t, broker.address, 20, 40) // and the client gets past it
			drain(t, sub, 20, 40)
		})
	}
}

// mochi's pebble store loses sessions, subscriptions and retained messages to kill -9.
func TestKillLosesNothingThatWasAcknowledged(t *testing.T) {
	for name, protocol := range protocols {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			broker := start(t, dir)
			p := join(t, broker.address, protocol, "client", mqttest.Persistent(3600))
			p.Subscribe(1, "a/b", "c/+")
			p.Unsubscribe("c/+")
			p.Publish("state/kept", "kept", 1, mqttest.Retain)
			p.Publish("state/cleared", "cleared", 1, mqttest.Retain)
			p.Publish("state/cleared", "", 1, mqttest.Retain)
			broker.kill()
			broker = start(t, dir)
			p = resume(t, broker.address, protocol, "client")
			other := join(t, broker.address, protocol, "other")
			other.Publish("c/d", "nobody subscribes", 1)
			other.Publish("a/b", "subscribed still", 1)
			p.Message("a/b", "subscribed still")
			p.Alive()
			other.Subscribe(1, "state/cleared")
			other.Alive()
			other.Subscribe(1, "state/kept")
			if pk := other.Message("state/kept", "kept"); !pk.FixedHeader.Retain {
				t.Error("the retained message has lost its flag")
			}
			p.Disconnect()
			p = mqttest.Dial(t, broker.address, protocol)
			p.Connect("client") // a clean start
			p.Disconnect()
			broker.kill()
			broker = start(t, dir)
			p = mqttest.Dial(t, broker.address, protocol)
			if ack := p.Connect("client", mqttest.Persistent(3600)); ack.SessionPresent {
				t.Error("a session that had ended is back")
			}
		})
	}
}

// A session that was to end with its connection ends when that is taken over: a new one,
// which is kept, begins empty, and what it is told after that survives.
func TestTakeoverOfASessionThatIsNotKept(t *testing.T) {
	for name, protocol := range protocols {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			broker := start(t, dir)
			first := join(t, broker.address, protocol, "client")
			first.Subscribe(1, "a/b")
			fill(t, broker.address, 0, 3) // not acknowledged
			second := mqttest.Dial(t, broker.address, protocol)
			if ack := second.Connect("client", mqttest.Persistent(3600)); ack.SessionPresent {
				t.Error("a session is present that was to end with its connection")
			}
			second.Alive()
			second.Subscribe(1, "a/b")
			second.Disconnect()
			fill(t, broker.address, 3, 6)
			broker.kill()
			broker = start(t, dir)
			drain(t, resume(t, broker.address, protocol, "client"), 3, 6)
		})
	}
}
