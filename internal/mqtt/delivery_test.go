package mqtt_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

func (s *server) publish(t testing.TB, topic, payload string, qos byte) {
	t.Helper()
	if err := s.Publish(context.Background(), mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: qos}); err != nil {
		t.Fatal(err)
	}
}

// TestOverlap: a message that matches by several filters comes once, with the highest QoS.
func TestOverlap(t *testing.T) {
	s := serve(t)
	p := s.join(t, v5, "c")
	p.Subscribe(0, "a/+", "#")
	p.Subscribe(1, "a/b")
	s.publish(t, "a/b", "x", 1)
	if pk := p.Message("a/b", "x"); pk.FixedHeader.Qos != 1 {
		t.Errorf("QoS %d", pk.FixedHeader.Qos)
	}
	p.Alive()
}

func TestSubscriptionOptions(t *testing.T) {
	s := serve(t)
	p := s.join(t, v5, "c")
	s.join(t, v5, "pub").Publish("r", "old", 1, mqttest.Retain)
	handling := func(n byte) packets.Subscription { return packets.Subscription{Filter: "r", Qos: 1, RetainHandling: n} }
	p.SubscribeTo(handling(2))
	p.Alive()
	p.SubscribeTo(handling(1)) // there is a subscription
	p.Alive()
	p.SubscribeTo(handling(0))
	p.Message("r", "old")
	p.Unsubscribe("r")
	p.SubscribeTo(handling(1))
	p.Message("r", "old")
	p.Subscribe(1, "+", "#", "$share/g/r") // wildcards and groups get none
	p.Alive()

	p = s.join(t, v5, "options")
	p.SubscribeTo(packets.Subscription{Filter: "n", NoLocal: true}, packets.Subscription{Filter: "p/#", RetainAsPublished: true}, packets.Subscription{Filter: "q/#"})
	p.Publish("n", "own", 0)
	p.Alive()
	s.publish(t, "n", "another's", 0)
	p.Message("n", "another's")
	p.Publish("p/1", "x", 0, mqttest.Retain)
	if !p.Message("p/1", "x").FixedHeader.Retain {
		t.Error("retain as published: without the flag")
	}
	p.Publish("q/1", "x", 0, mqttest.Retain)
	if p.Message("q/1", "x").FixedHeader.Retain {
		t.Error("with the retain flag")
	}
}

// TestProperties: what a publisher of MQTT 5 says about a message reaches one of MQTT 5, also
// by way of a retained message and a will, and does not disturb one of MQTT 3.1.1.
func TestProperties(t *testing.T) {
	s := serve(t)
	five, three := s.join(t, v5, "five"), s.join(t, v4, "three")
	props := packets.Properties{
		PayloadFormat: 1, PayloadFormatFlag: true, ContentType: "text/plain", ResponseTopic: "answer/to", CorrelationData: []byte{1, 2},
		User: []packets.UserProperty{{Key: "a", Val: "1"}, {Key: "a", Val: "2"}, {Key: "", Val: ""}}, MessageExpiryInterval: 100,
	}
	check := func(pk packet) {
		t.Helper()
		if fmt.Sprint(pk.Properties) != fmt.Sprint(props) {
			t.Errorf("properties %+v\nwant %+v", pk.Properties, props)
		}
	}
	five.Subscribe(1, "a", "will")
	three.Subscribe(1, "a", "will")
	five.Publish("a", "x", 0, mqttest.Retain, func(pk *packet) { pk.Properties = props })
	check(five.Message("a", "x"))
	three.Message("a", "x")
	five.Subscribe(1, "a")
	check(five.Message("a", "x"))
	dying := s.join(t, v5, "dying", mqttest.Will("will", "w", 1, false, 0), func(pk *packet) {
		pk.Connect.WillProperties = props
		pk.Mods.AllowResponseInfo = true
	})
	_ = dying.Close()
	check(five.Message("will", "w"))
	three.Message("will", "w")
}

// TestWindow: no more than Receive Maximum is unacknowledged, and no packet is larger than
// the client wants.
func TestWindow(t *testing.T) {
	s := serve(t)
	p := s.join(t, v5, "c", func(pk *packet) { pk.Properties.ReceiveMaximum, pk.Properties.MaximumPacketSize = 3, 60 })
	p.Subscribe(1, "a")
	for i := range 10 {
		if i == 5 {
			s.publish(t, "a", topicOf(100), 1) // too large: never sent
		}
		s.publish(t, "a", fmt.Sprint(i), 1)
	}
	var ids []uint16
	for i := range 3 {
		pk := p.Receive(packets.Publish)
		if string(pk.Payload) != fmt.Sprint(i) {
			t.Fatalf("got %q, want %d", pk.Payload, i)
		}
		ids = append(ids, pk.PacketID)
	}
	p.Alive()
	p.Acknowledge(9999) // nothing is in flight by that id
	p.Acknowledge(ids[1])
	p.Message("a", "3")
	p.Message("a", "4")
	p.Message("a", "5")
	p.Acknowledge(ids[0])
	p.Acknowledge(ids[0]) // again
	p.Acknowledge(ids[2])
	for i := 6; i < 10; i++ {
		p.Message("a", fmt.Sprint(i))
	}
	p.Alive()
	if n := s.Stats().Queued; n != 0 {
		t.Errorf("%d are queued", n)
	}
}

// TestReceive: a policy is asked on each delivery.
func TestReceive(t *testing.T) {
	s := serve(t)
	p := s.join(t, v5, "c", func(pk *packet) { pk.Properties.ReceiveMaximum = 1 })
	p.Subscribe(1, "#")
	for range 5 {
		s.publish(t, "hidden", "x", 1) // takes no room in the window
	}
	s.publish(t, "seen", "x", 1)
	p.Message("seen", "x")
	if n := s.Stats().PublishOutDenied; n != 5 {
		t.Errorf("%d were denied", n)
	}
}

// TestShared: each message goes to one member, in the end to every one that is there; when
// none is, it waits for one that comes back.
func TestShared(t *testing.T) {
	s := serve(t)
	const messages = 60
	counts := map[int]int{}
	var members []*mqttest.Peer
	for i := range 3 {
		p := s.join(t, v4+byte(i%2), fmt.Sprint("m", i), mqttest.Persistent(100))
		p.Subscribe(1, "$share/g/a/+")
		members = append(members, p)
	}
	other := s.join(t, v5, "other")
	other.Subscribe(0, "$share/h/#")
	for i := range messages {
		s.publish(t, "a/x", fmt.Sprint(i), 1)
		other.Message("a/x", fmt.Sprint(i))
	}
	for i, p := range members {
		last := -1
		for _, pk := range p.Drain() {
			var n int
			if _, err := fmt.Sscan(string(pk.Payload), &n); err != nil || n <= last {
				t.Errorf("%d after %d, %v", n, last, err)
			}
			last = n
			counts[i]++
		}
	}
	if n := counts[0] + counts[1] + counts[2]; n != messages {
		t.Errorf("%d of %d messages came: %v", n, messages, counts)
	}
	if len(counts) != 3 {
		t.Errorf("not every member had some: %v", counts)
	}
	members[1].Disconnect()
	for i := range 10 { // only to who is there
		s.publish(t, "a/y", fmt.Sprint(i), 1)
	}
	if n := len(members[0].Drain()) + len(members[2].Drain()); n != 10 {
		t.Errorf("%d of 10 came to those who are there", n)
	}
	members[0].Disconnect()
	members[2].Disconnect()
	s.publish(t, "a/z", "waits", 1)
	s.publish(t, "a/z", "QoS 0 does not", 0)
	came := 0
	for i := range members {
		p := s.join(t, v5, fmt.Sprint("m", i), mqttest.Persistent(100))
		came += len(p.Drain())
	}
	if came != 1 {
		t.Errorf("%d came of what waited for one of the group", came)
	}
}

// TestSlow: who does not read is cut off, with bounded memory, and others are served on.
func TestSlow(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.Limits.QueuedBytes = 1 << 20 })
	slow, quick := s.join(t, v5, "slow"), s.join(t, v5, "quick")
	slow.Subscribe(0, "a")
	quick.Subscribe(0, "b")
	for i := range 2000 { // 200 MB
		s.publish(t, "a", topicOf(100<<10), 0)
		if i%100 == 0 {
			s.publish(t, "b", "x", 0)
			quick.Message("b", "x")
		}
	}
	eventually(t, "the slow client is gone", func() bool { return s.Stats().Connections == 1 })
	if st := s.Stats(); st.SlowClients != 1 || st.Queued != 0 {
		t.Errorf("%+v", st)
	}
}

// TestAbsentQueue: what waits for an absent session is bounded, and what does not fit is
// counted.
func TestAbsentQueue(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.Limits.QueuedMessages = 10 })
	p := s.join(t, v5, "c", mqttest.Persistent(100))
	p.Subscribe(1, "a")
	p.Disconnect()
	for i := range 15 {
		s.publish(t, "a", fmt.Sprint(i), 1)
	}
	if st := s.Stats(); st.Queued != 10 || st.Dropped != 5 {
		t.Errorf("%+v", st)
	}
	p = s.join(t, v5, "c", mqttest.Persistent(100))
	for i := range 10 {
		p.Message("a", fmt.Sprint(i))
	}
	p.Alive()
}

// TestRetainedLimit: there is a bound for retained messages too.
func TestRetainedLimit(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.Limits.RetainedMessages = 2 })
	for _, protocol := range []byte{v4, v5} {
		p := s.join(t, protocol, "c")
		p.Publish("a", "1", 1, mqttest.Retain)
		p.Publish("b", "1", 1, mqttest.Retain)
		if protocol == v5 {
			if code := p.Publish("c", "1", 1, mqttest.Retain); code != 0x97 {
				t.Errorf("PUBACK %#x", code)
			}
		} else {
			p.Send(mqttest.PublishPacket("c", "1", 1, 77, mqttest.Retain)) // not acknowledged
		}
		p.Publish("a", "2", 1, mqttest.Retain)
		p.Publish("b", "", 1, mqttest.Retain)
		p.Publish("c", "1", 1, mqttest.Retain)
		p.Publish("c", "", 1, mqttest.Retain)
	}
	if err := s.Publish(t.Context(), mqtt.Message{Topic: "x", Payload: []byte("1"), Retain: true}); err != nil {
		t.Error(err)
	}
	if err := s.Publish(t.Context(), mqtt.Message{Topic: "y", Payload: []byte("1"), Retain: true}); !errors.Is(err, mqtt.ErrThrottled) {
		t.Errorf("error %v", err)
	}
}

// TestPubackWaits: a PUBACK is not sent before the store has what it promises; what comes
// later waits behind it, and the client is held to its window.
func TestPubackWaits(t *testing.T) {
	for _, protocol := range []byte{v4, v5} {
		t.Run(fmt.Sprintf("v%d", protocol), func(t *testing.T) { testPubackWaits(t, protocol) })
	}
}

func testPubackWaits(t *testing.T, protocol byte) {
	store := newJournaled()
	s := serve(t, func(o *mqtt.Options) { o.Store, o.Limits.InflightInbound = store, 5 })
	sub := s.join(t, v5, "sub", mqttest.Persistent(100))
	sub.Subscribe(1, "a")
	pub := s.join(t, protocol, "pub")
	hold := make(chan struct{})
	store.mu.Lock()
	store.hold = hold
	store.mu.Unlock()
	for i := range 5 {
		topic := "a"
		if i == 3 {
			topic = "nobody is there, but the PUBACK waits its turn"
		}
		pub.Send(mqttest.PublishPacket(topic, fmt.Sprint(i), 1, uint16(i+1)))
	}
	for _, i := range []int{0, 1, 2, 4} {
		sub.Message("a", fmt.Sprint(i)) // deliveries need not wait
	}
	_ = pub.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := pub.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Fatal("a PUBACK before the store has the message")
	}
	pub.Send(mqttest.PublishPacket("a", "5", 1, 6))
	if protocol == v5 {
		close(hold)
		for i := range 5 {
			if pk, _ := pub.Next(); pk.FixedHeader.Type == packets.Disconnect {
				if pk.ReasonCode != packets.ErrReceiveMaximum.Code {
					t.Errorf("DISCONNECT %#x", pk.ReasonCode)
				}
				break
			} else if int(pk.PacketID) != i+1 {
				t.Errorf("PUBACK for %d", pk.PacketID)
			}
		}
		return
	}
	close(hold)
	for i := range 6 {
		if ack := pub.Receive(packets.Puback); int(ack.PacketID) != i+1 {
			t.Errorf("PUBACK for %d", ack.PacketID)
		}
	}
}

// TestStoreFails: nothing is promised that the store cannot keep.
func TestStoreFails(t *testing.T) {
	store := newJournaled()
	s := serve(t, func(o *mqtt.Options) { o.Store = store })
	sub := s.join(t, v5, "sub", mqttest.Persistent(100))
	sub.Subscribe(1, "a")
	pub := s.join(t, v5, "pub")
	store.die()
	pub.Send(mqttest.PublishPacket("a", "x", 1, 1))
	pub.Dismissed(packets.ErrServerUnavailable)
	p := mqttest.Dial(t, s.address, v5)
	p.Refused(0x88, "new", mqttest.Persistent(100))
	if err := s.Publish(t.Context(), mqtt.Message{Topic: "a", QoS: 1}); !errors.Is(err, errDead) {
		t.Errorf("error %v", err)
	}
}

// TestRestart: sessions, their queues with packet ids, retained messages and delayed wills
// are there again.
func TestRestart(t *testing.T) {
	store := newJournaled()
	s := serve(t, func(o *mqtt.Options) { o.Store = store })
	sub := s.join(t, v5, "sub", mqttest.Persistent(100), mqttest.Will("will", "w", 1, false, 0))
	sub.Subscribe(1, "a/#", "$share/g/s")
	watch := s.join(t, v5, "watch", mqttest.Persistent(100))
	watch.Subscribe(1, "will")
	pub := s.join(t, v5, "pub")
	for i := range 4 {
		pub.Publish("a/b", fmt.Sprint(i), 1)
	}
	pub.Publish("r", "kept", 1, mqttest.Retain)
	pub.Publish("s", "shared", 1)
	sub.Message("a/b", "0")
	sent := sub.Receive(packets.Publish)
	for range 3 {
		sub.Receive(packets.Publish)
	}
	sub.Alive()
	next := store.die()
	_ = s.Shutdown(t.Context())

	s = serve(t, func(o *mqtt.Options) { o.Store = next })
	if st := s.Stats(); st.Sessions != 2 || st.Subscriptions != 3 || st.Retained != 1 {
		t.Errorf("after the restart: %+v", st)
	}
	sub = mqttest.Dial(t, s.address, v5)
	if ack := sub.Connect("sub", mqttest.Persistent(100)); !ack.SessionPresent {
		t.Fatal("no session present")
	}
	first := sub.Receive(packets.Publish)
	if string(first.Payload) == "0" { // its Dequeue was not waited for
		sub.Acknowledge(first.PacketID)
		first = sub.Receive(packets.Publish)
	}
	if string(first.Payload) != "1" || first.PacketID != sent.PacketID || !first.FixedHeader.Dup {
		t.Errorf("first is %q with id %d, DUP %v; was %d", first.Payload, first.PacketID, first.FixedHeader.Dup, sent.PacketID)
	}
	sub.Message("a/b", "2")
	sub.Message("a/b", "3")
	sub.Message("s", "shared")
	sub.Subscribe(1, "r")
	sub.Message("r", "kept")
	watch = mqttest.Dial(t, s.address, v5)
	watch.Connect("watch", mqttest.Persistent(100))
	watch.Message("will", "w")
	if _, err := next.state(); err != nil {
		t.Error(err)
	}
}

// TestDisconnectAPI: DeleteConnection and its options.
func TestDisconnectAPI(t *testing.T) {
	s := serve(t)
	watch := s.join(t, v4, "watch")
	watch.Subscribe(1, "w")
	join := func() *mqttest.Peer {
		return s.join(t, v5, "c", mqttest.Persistent(100), mqttest.Will("w", "will", 0, false, 0))
	}
	if s.Disconnect("nobody", mqtt.AdministrativeEnd, mqtt.DisconnectOptions{}) {
		t.Error("a client that is not there was disconnected")
	}
	for _, row := range []struct {
		o        mqtt.DisconnectOptions
		sessions int
	}{{mqtt.DisconnectOptions{}, 2}, {mqtt.DisconnectOptions{NoWill: true}, 2}, {mqtt.DisconnectOptions{CleanSession: true}, 1}} {
		p := join()
		if !s.Disconnect("c", mqtt.AdministrativeEnd, row.o) {
			t.Error("was not disconnected")
		}
		p.Dismissed(packets.ErrAdministrativeAction)
		if !row.o.NoWill {
			watch.Message("w", "will")
		}
		watch.Alive()
		if n := s.Stats().Sessions; n != row.sessions {
			t.Errorf("%+v: %d sessions", row.o, n)
		}
		if s.Disconnect("c", mqtt.AdministrativeEnd, mqtt.DisconnectOptions{}) {
			t.Error("was disconnected again")
		}
	}
}

// TestDisconnectLater: what admitted a client may end its connection.
func TestDisconnectLater(t *testing.T) {
	var later func(mqtt.Reason)
	s := serveAs(t, func(ctx context.Context, c *mqtt.Connect) (mqtt.Client, error) {
		if c.ClientID == "now" {
			c.Disconnect(mqtt.MaximumConnectTime)
		}
		later = c.Disconnect
		return anyone{}, nil
	})
	p := mqttest.Dial(t, s.address, v5)
	p.Refused(0xA0, "now")
	p = s.join(t, v5, "later")
	later(mqtt.MaximumConnectTime)
	later(mqtt.Throttled)
	p.Dismissed(packets.ErrMaxConnectTime)
}

// TestTap: rules see what is accepted, and basic ingest is for them alone.
func TestTap(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	s := serve(t, func(o *mqtt.Options) {
		o.Tap = func(_ context.Context, from mqtt.Source, m *mqtt.Message) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprintf("%s/%s %s %s", from.ClientID, from.Principal, m.Topic, m.Payload))
		}
	})
	p := s.join(t, v4, "c", mqttest.Will("will", "w", 0, false, 0))
	p.Subscribe(1, "#", "$aws/rules/#")
	p.Publish("a", "1", 0)
	p.Message("a", "1")
	p.Publish("$aws/rules/r/b", "2", 1)
	p.Alive()
	_ = p.Close()
	eventually(t, "the client is gone", func() bool { return s.Stats().Connections == 0 })
	if err := s.PublishFrom(t.Context(), mqtt.Source{Principal: "http"}, mqtt.Message{Topic: "h", Payload: []byte("3")}); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if got, want := fmt.Sprint(seen), "[c/principal-of-c a 1 c/principal-of-c $aws/rules/r/b 2 c/principal-of-c will w /http h 3]"; got != want {
		t.Errorf("saw %s\nwant %s", got, want)
	}
}

// TestTakeoverStorm: many connections of a few client ids at once; in the end each has one
// and works.
func TestTakeoverStorm(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.Store, o.NoEvents = newJournaled(), false })
	var storm sync.WaitGroup
	for i := range 8 {
		storm.Go(func() {
			for j := range 25 {
				p, err := dialRaw(s.address, v4+byte((i+j)%2))
				if err != nil {
					t.Error(err)
					return
				}
				_ = p.connect(fmt.Sprint("id-", j%3))
				p.send(subscribePacket("a"))
				if j%4 == 0 {
					_ = p.receive()
				}
				_ = p.Close()
			}
		})
	}
	storm.Wait()
	for i := range 3 {
		p := s.join(t, v5, fmt.Sprint("id-", i), mqttest.Persistent(100))
		p.Subscribe(1, "b")
		s.publish(t, "b", "x", 1)
		p.Message("b", "x")
		p.Alive()
	}
	eventually(t, "only the last connections are left", func() bool { return s.Stats().Connections == 3 })
	if st := s.Stats(); st.Sessions != 3 || st.Subscriptions > 6 {
		t.Errorf("%+v", st)
	}
}

// TestShutdown: a client is told, and nothing is accepted afterwards.
func TestShutdown(t *testing.T) {
	s := serve(t)
	five, three := s.join(t, v5, "five"), s.join(t, v4, "three")
	silent := mqttest.Dial(t, s.address, v4)
	eventually(t, "all are connected", func() bool { return s.Stats().Connections == 3 })
	ended := make(chan error)
	go func() { ended <- s.Shutdown(t.Context()) }()
	five.Dismissed(packets.ErrServerShuttingDown)
	three.Ended()
	silent.Ended()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	late := mqttest.Dial(t, s.address, v4)
	late.Ended()
	if err := s.Publish(t.Context(), mqtt.Message{Topic: "a"}); !errors.Is(err, mqtt.ErrClosed) {
		t.Errorf("error %v", err)
	}
}

// TestShutdownInTime: a client that neither reads nor closes does not hold it up.
func TestShutdownInTime(t *testing.T) {
	s := serve(t)
	stuck := s.join(t, v5, "stuck")
	stuck.Subscribe(0, "a")
	for range 100 {
		s.publish(t, "a", topicOf(100<<10), 0)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// TestConnectionLimit: one connection too many is closed at once.
func TestConnectionLimit(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.Limits.Connections = 2 })
	first := s.join(t, v5, "a")
	s.join(t, v5, "b")
	mqttest.Dial(t, s.address, v5).Ended()
	first.Disconnect()
	eventually(t, "there is room", func() bool { return s.Stats().Connections == 1 })
	s.join(t, v5, "c").Alive()
}
