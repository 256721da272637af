package mqtt_test

import (
	"fmt"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

type packet = packets.Packet

func TestPublishSubscribe(t *testing.T) {
	for _, protocol := range []byte{v4, v5} {
		for qos := range byte(2) {
			t.Run(fmt.Sprintf("v%d/qos%d", protocol, qos), func(t *testing.T) {
				s := serve(t)
				sub := s.join(t, protocol, "sub")
				pub := s.join(t, protocol, "pub")
				if codes := sub.Subscribe(qos, "a/+", "b/#"); string(codes) != string([]byte{qos, qos}) {
					t.Fatalf("SUBACK %v", codes)
				}
				for i := range 300 {
					pub.Publish("a/x", fmt.Sprint(i), qos)
					if got := sub.Message("a/x", fmt.Sprint(i)); got.FixedHeader.Qos != qos || got.FixedHeader.Retain || got.FixedHeader.Dup {
						t.Fatalf("header %+v", got.FixedHeader)
					}
				}
				pub.Publish("b", "not matched", qos)
				pub.Publish("b/", "matched", qos)
				sub.Message("b/", "matched")
				sub.Alive()
				sub.Disconnect()
			})
		}
	}
}

func TestPersistentSession(t *testing.T) {
	for _, protocol := range []byte{v4, v5} {
		t.Run(fmt.Sprintf("v%d", protocol), func(t *testing.T) {
			s := serve(t)
			pub := s.join(t, protocol, "pub")
			sub := s.join(t, protocol, "sub", mqttest.Persistent(3600))
			sub.Subscribe(1, "a")
			for i := range 5 {
				pub.Publish("a", fmt.Sprint("sent ", i), 1)
			}
			var ids []uint16
			for i := range 5 {
				pk := sub.Receive(packets.Publish)
				ids = append(ids, pk.PacketID)
				if i == 1 {
					sub.Acknowledge(pk.PacketID)
				}
			}
			sub.Alive() // the PUBACK has been taken
			_ = sub.Close()
			eventually(t, "sub is gone", func() bool { return s.Stats().Connections == 1 })
			pub.Publish("a", "QoS 0 is not kept", 0)
			for i := range 200 {
				pub.Publish("a", fmt.Sprint("kept ", i), 1)
			}
			sub = mqttest.Dial(t, s.address, protocol)
			if ack := sub.Connect("sub", mqttest.Persistent(3600)); !ack.SessionPresent {
				t.Fatal("no session present")
			}
			for _, i := range []int{0, 2, 3, 4} {
				if pk := sub.Message("a", fmt.Sprint("sent ", i)); !pk.FixedHeader.Dup || pk.PacketID != ids[i] {
					t.Fatalf("message %d again: %+v, packet id %d, was %d", i, pk.FixedHeader, pk.PacketID, ids[i])
				}
			}
			for i := range 200 {
				if pk := sub.Message("a", fmt.Sprint("kept ", i)); pk.FixedHeader.Dup {
					t.Fatal("DUP of a message that was never sent")
				}
			}
			sub.Alive()
			sub.Disconnect()
			sub = mqttest.Dial(t, s.address, protocol)
			if ack := sub.Connect("sub"); ack.SessionPresent {
				t.Fatal("a clean start with a session")
			}
			pub.Publish("a", "nobody is subscribed", 1)
			sub.Alive()
			if n := s.Stats().Queued; n != 0 {
				t.Errorf("%d messages are queued", n)
			}
		})
	}
}

func TestRetainedAndWill(t *testing.T) {
	s := serve(t)
	pub := s.join(t, v5, "pub")
	pub.Publish("r", "one", 1, mqttest.Retain)
	pub.Publish("r", "two", 1, mqttest.Retain)
	sub := s.join(t, v4, "sub")
	sub.Subscribe(1, "r")
	if pk := sub.Message("r", "two"); !pk.FixedHeader.Retain {
		t.Error("a retained message without its flag")
	}
	sub.Subscribe(1, "#")
	pub.Publish("r", "", 1, mqttest.Retain)
	if pk := sub.Message("r", ""); pk.FixedHeader.Retain {
		t.Error("a live message with the retain flag")
	}
	if n := s.Stats().Retained; n != 0 {
		t.Errorf("%d retained", n)
	}
	dying := s.join(t, v5, "dying", mqttest.Will("w", "dead", 1, true, 0))
	_ = dying.Close()
	sub.Message("w", "dead")
	parting := s.join(t, v4, "parting", mqttest.Will("w", "not said", 1, false, 0))
	parting.Disconnect()
	taken := s.join(t, v5, "taken", mqttest.Will("w", "taken", 0, false, 0))
	s.join(t, v5, "taken")
	taken.Dismissed(packets.ErrSessionTakenOver)
	sub.Message("w", "taken")
	sub.Alive()
}
