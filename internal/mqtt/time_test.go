package mqtt_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// bubble runs a test of time against a broker with AWS IoT's limits, but for that of
// CONNECTs, as far as set does not change them.
func bubble(t *testing.T, set func(*mqtt.Options), test func(t *testing.T, b *bubbled)) {
	synctest.Test(t, func(t *testing.T) {
		o := mqtt.Options{NoEvents: true}
		o.Limits.ConnectRate = math.Inf(1)
		if set != nil {
			set(&o)
		}
		broker, err := mqtt.New(o)
		if err != nil {
			t.Fatal(err)
		}
		b := &bubbled{Broker: broker}
		defer func() {
			if err := broker.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		}()
		test(t, b)
	})
}

type bubbled struct{ *mqtt.Broker }

// dial returns a client, whose connection is served.
func (b *bubbled) dial(t *testing.T, protocol byte) *mqttest.Peer {
	client, server := mqttest.Pipe(64 << 10)
	go func() { _ = b.Handle(t.Context(), server, admitAll) }()
	return mqttest.New(t, client, protocol)
}

func (b *bubbled) join(t *testing.T, protocol byte, clientID string, edit ...func(*packet)) *mqttest.Peer {
	p := b.dial(t, protocol)
	p.Connect(clientID, edit...)
	return p
}

// pass lets time go by.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func keepAlive(seconds uint16) func(*packet) {
	return func(pk *packet) { pk.Connect.Keepalive = seconds }
}

func TestKeepAlive(t *testing.T) {
	for asked, after := range map[uint16]time.Duration{
		30: 45 * time.Second, 10: 45 * time.Second, 100: 150 * time.Second, 0: 1800 * time.Second, 2000: 1800 * time.Second,
	} {
		for _, protocol := range []byte{v4, v5} {
			t.Run(fmt.Sprintf("%d/v%d", asked, protocol), func(t *testing.T) {
				bubble(t, nil, func(t *testing.T, b *bubbled) {
					p := b.join(t, protocol, "c", keepAlive(asked))
					for range 3 { // each packet counts anew
						pass(after - time.Second)
						p.Alive()
					}
					p.SendRaw([]byte{0xC0}) // half a packet does not count
					pass(after - time.Millisecond)
					if n := b.Stats().Connections; n != 1 {
						t.Fatalf("%d connections before the time", n)
					}
					pass(time.Millisecond)
					p.Dismissed(packets.ErrKeepAliveTimeout)
				})
			})
		}
	}
}

func TestConnectTimeout(t *testing.T) {
	bubble(t, nil, func(t *testing.T, b *bubbled) {
		p := b.dial(t, v4)
		p.SendRaw([]byte{0x10})
		pass(30*time.Second - time.Millisecond)
		if n := b.Stats().Connections; n != 1 {
			t.Fatalf("%d connections before the time", n)
		}
		pass(time.Second)
		p.Ended()
	})
}

func TestSessionExpiry(t *testing.T) {
	for _, row := range []struct {
		why      string
		protocol byte
		edit     []func(*packet)
		atEnd    func(*packet)
		lives    time.Duration
	}{
		{"MQTT 3.1.1", v4, []func(*packet){mqttest.Persistent(0)}, nil, time.Hour},
		{"MQTT 5 as asked", v5, []func(*packet){mqttest.Persistent(100)}, nil, 100 * time.Second},
		{"MQTT 5 for ever", v5, []func(*packet){mqttest.Persistent(math.MaxUint32)}, nil, 7 * 24 * time.Hour},
		{"changed by DISCONNECT", v5, []func(*packet){mqttest.Persistent(100)}, func(pk *packet) {
			pk.Properties.SessionExpiryIntervalFlag, pk.Properties.SessionExpiryInterval = true, 200
		}, 200 * time.Second},
	} {
		t.Run(row.why, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, b *bubbled) {
				present := func() bool {
					p := b.dial(t, row.protocol)
					ack := p.Connect("c", row.edit...)
					p.Subscribe(1, "a")
					if row.atEnd != nil {
						p.Disconnect(row.atEnd)
					} else {
						p.Disconnect()
					}
					return ack.SessionPresent
				}
				present()
				pass(row.lives - time.Millisecond)
				if !present() {
					t.Error("the session is gone before the time")
				}
				pass(row.lives)
				if s := b.Stats(); s.Sessions+s.Subscriptions != 0 || s.SessionsExpired != 1 {
					t.Errorf("after the time: %+v", s)
				}
				if present() {
					t.Error("the session is there after the time")
				}
			})
		})
	}
	bubble(t, nil, func(t *testing.T, b *bubbled) {
		p := b.join(t, v5, "c")
		p.Send(packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}, Properties: packets.Properties{SessionExpiryIntervalFlag: true, SessionExpiryInterval: 5}})
		p.Dismissed(packets.ErrProtocolViolation)
		p = b.join(t, v5, "c", mqttest.Persistent(100))
		p.Disconnect(func(pk *packet) { pk.Properties.SessionExpiryIntervalFlag = true })
		if n := b.Stats().Sessions; n != 0 {
			t.Errorf("%d sessions after a DISCONNECT that ends it", n)
		}
	})
}

func TestWillDelay(t *testing.T) {
	will := mqttest.Will("w", "dead", 1, false, 10)
	bubble(t, nil, func(t *testing.T, b *bubbled) {
		sub := b.join(t, v5, "sub", keepAlive(1200))
		sub.Subscribe(1, "w")
		cut := func(edit ...func(*packet)) { _ = b.join(t, v5, "c", edit...).Close(); synctest.Wait() }

		cut(mqttest.Persistent(100), will)
		pass(10*time.Second - time.Millisecond)
		sub.Alive()
		pass(time.Millisecond)
		sub.Message("w", "dead")

		cut(mqttest.Persistent(100), will)
		pass(5 * time.Second)
		back := b.join(t, v5, "c", mqttest.Persistent(100)) // in time: the will is not sent
		pass(20 * time.Second)
		sub.Alive()
		back.Disconnect()

		cut(mqttest.Persistent(5), will) // the session ends before the delay does
		pass(5 * time.Second)
		sub.Message("w", "dead")

		cut(will) // and here with the connection
		sub.Message("w", "dead")

		cut(mqttest.Persistent(100), will)
		b.join(t, v5, "c").Disconnect() // a clean start ends the session
		sub.Message("w", "dead")

		b.join(t, v5, "c", mqttest.Persistent(100), mqttest.Will("w", "asked for", 1, false, 0)).Disconnect(func(pk *packet) {
			pk.ReasonCode = packets.CodeDisconnectWillMessage.Code
		})
		sub.Message("w", "asked for")
		cut(mqttest.Persistent(100), mqttest.Will("forbidden", "x", 1, false, 10))
		pass(time.Minute)
		if n := b.Stats().Wills; n != 5 {
			t.Errorf("%d wills", n)
		}
	})
}

// TestPacing holds that what was stored comes at 10 a second, and through a shared
// subscription at 20, after what a second brings.
func TestPacing(t *testing.T) {
	for filter, rate := range map[string]int{"a": 10, "$share/g/a": 20} {
		t.Run(filter, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, b *bubbled) {
				sub := b.join(t, v5, "sub", mqttest.Persistent(1000))
				sub.Subscribe(1, filter)
				sub.Disconnect()
				for i := range 100 {
					if err := b.Publish(t.Context(), mqtt.Message{Topic: "a", QoS: 1, Payload: fmt.Append(nil, i)}); err != nil {
						t.Fatal(err)
					}
				}
				begin := time.Now()
				sub = b.join(t, v5, "sub", mqttest.Persistent(1000))
				for i := range 100 {
					sub.Message("a", fmt.Sprint(i))
				}
				want := time.Duration(100-rate) * time.Second / time.Duration(rate)
				if took := time.Since(begin).Round(time.Second / 10); took != want {
					t.Errorf("took %v, want %v", took, want)
				}
				sub.Alive()
			})
		})
	}
}

// TestPublishRate holds that what comes in too fast is discarded, without a PUBACK, and
// what goes out waits; both count together.
func TestPublishRate(t *testing.T) {
	bubble(t, nil, func(t *testing.T, b *bubbled) {
		pub := b.join(t, v4, "pub")
		for i := range 150 {
			pub.Send(mqttest.PublishPacket("a", "x", 1, uint16(i+1)))
		}
		for i := range 100 {
			if ack := pub.Receive(packets.Puback); int(ack.PacketID) != i+1 {
				t.Fatalf("PUBACK for %d", ack.PacketID)
			}
		}
		pub.Alive()
		if n := b.Stats().PublishInThrottled; n != 50 {
			t.Errorf("%d were discarded", n)
		}
		pass(500 * time.Millisecond)
		for range 60 {
			pub.Publish("a", "x", 0)
		}
		pub.Alive()
		if n := b.Stats().PublishInThrottled; n != 60 {
			t.Errorf("%d were discarded, half a second later", n)
		}

		sub := b.join(t, v4, "sub")
		sub.Subscribe(0, "b")
		for range 250 {
			if err := b.Publish(t.Context(), mqtt.Message{Topic: "b"}); err != nil {
				t.Fatal(err)
			}
		}
		begin := time.Now()
		for range 250 {
			sub.Message("b", "")
		}
		if took := time.Since(begin).Round(10 * time.Millisecond); took != 1500*time.Millisecond {
			t.Errorf("250 out took %v", took)
		}
		sub.Publish("a", "x", 0)
		sub.Alive()
		if n := b.Stats().PublishInThrottled; n != 61 {
			t.Errorf("%d were discarded: what went out counts too", n)
		}
	})
}

func TestThroughput(t *testing.T) {
	bubble(t, func(o *mqtt.Options) { o.Limits.PublishRate = math.Inf(1) }, func(t *testing.T, b *bubbled) {
		p := b.join(t, v4, "c")
		p.Subscribe(0, "b")
		begin := time.Now()
		payload := topicOf(64 << 10)
		for range 24 { // 1.5 MiB, of which 0.5 come at once
			p.Publish("a", payload, 0)
		}
		p.Alive()
		if took := time.Since(begin); took < 1900*time.Millisecond || took > 2100*time.Millisecond {
			t.Errorf("1.5 MiB in took %v", took)
		}
		pass(time.Minute / 2)
		begin = time.Now()
		for range 24 {
			if err := b.Publish(t.Context(), mqtt.Message{Topic: "b", Payload: []byte(payload)}); err != nil {
				t.Fatal(err)
			}
		}
		for range 24 {
			p.Message("b", payload)
		}
		if took := time.Since(begin); took < 1700*time.Millisecond || took > 2100*time.Millisecond {
			t.Errorf("1.5 MiB out took %v", took)
		}
	})
}

func TestConnectRate(t *testing.T) {
	for _, protocol := range []byte{v4, v5} {
		bubble(t, func(o *mqtt.Options) { o.Limits.ConnectRate = 1 }, func(t *testing.T, b *bubbled) {
			refused := byte(0x97)
			if protocol == v4 {
				refused = 3
			}
			for range 3 { // who is not let in does not count
				p := b.dial(t, protocol)
				code := byte(5)
				if protocol == v5 {
					code = 0x87
				}
				p.Refused(code, "c", mqttest.Login("nobody", ""))
			}
			first := b.join(t, protocol, "c")
			b.join(t, protocol, "another")
			pass(999 * time.Millisecond)
			b.dial(t, protocol).Refused(refused, "c")
			first.Alive()
			pass(time.Millisecond)
			b.join(t, protocol, "c")
			first.Dismissed(packets.ErrSessionTakenOver)
			if n := b.Stats().ConnectsThrottled; n != 1 {
				t.Errorf("%d CONNECTs were throttled", n)
			}
		})
	}
}

func TestMessageExpiry(t *testing.T) {
	bubble(t, func(o *mqtt.Options) { o.Limits.RedeliveryRate = math.Inf(1) }, func(t *testing.T, b *bubbled) {
		expiring := func(seconds uint32) func(*packet) {
			return func(pk *packet) { pk.Properties.MessageExpiryInterval = seconds }
		}
		pub := b.join(t, v5, "pub", keepAlive(1200))
		sub := b.join(t, v5, "sub", mqttest.Persistent(math.MaxUint32))
		sub.Subscribe(1, "a", "r")
		sub.Disconnect()
		pub.Publish("a", "short", 1, expiring(10))
		pub.Publish("a", "long", 1, expiring(100))
		pub.Publish("a", "longest", 1, expiring(math.MaxUint32))
		pub.Publish("a", "for ever", 1)
		pub.Publish("r", "retained", 1, expiring(50), mqttest.Retain)
		pass(40*time.Second + time.Millisecond)
		sub = b.join(t, v5, "sub", mqttest.Persistent(1000))
		for _, want := range []struct {
			payload string
			left    uint32
		}{{"long", 60}, {"longest", 604760}, {"for ever", 0}} {
			if got := sub.Message("a", want.payload).Properties.MessageExpiryInterval; got != want.left {
				t.Errorf("%s: %d s are left, want %d", want.payload, got, want.left)
			}
		}
		sub.Message("r", "retained")
		sub.Subscribe(1, "r")
		sub.Message("r", "retained")
		pass(10 * time.Second)
		sub.Subscribe(1, "r")
		sub.Alive()
		if n := b.Stats().Expired; n != 1 {
			t.Errorf("%d expired", n)
		}
	})
}

// TestUnacknowledged holds that a client that never acknowledges does not block its session
// for ever.
func TestUnacknowledged(t *testing.T) {
	bubble(t, func(o *mqtt.Options) { o.Limits.PublishRate = math.Inf(1) }, func(t *testing.T, b *bubbled) {
		p := b.join(t, v5, "c", func(pk *packet) { pk.Properties.ReceiveMaximum = 2 }, keepAlive(1200))
		p.Subscribe(1, "a")
		for i := range 3 {
			if err := b.Publish(t.Context(), mqtt.Message{Topic: "a", QoS: 1, Payload: fmt.Append(nil, i)}); err != nil {
				t.Fatal(err)
			}
		}
		p.Receive(packets.Publish)
		p.Receive(packets.Publish)
		p.Alive() // the window is full
		for range 3 {
			pass(20*time.Minute - time.Millisecond)
			p.Alive()
		}
		pass(3 * time.Millisecond)
		p.Message("a", "2")
	})
}

// TestLifecycleEvents holds the JSON of the events.
func TestLifecycleEvents(t *testing.T) {
	bubble(t, func(o *mqtt.Options) { o.NoEvents = false }, func(t *testing.T, b *bubbled) {
		watcher := b.join(t, v5, "watcher")
		watcher.Subscribe(1, "$aws/events/presence/+/c", "$aws/events/subscriptions/+/c", "$aws/events/presence/+/other")
		var session any
		expect := func(topic string, want map[string]any) {
			t.Helper()
			pk := watcher.Receive(packets.Publish)
			watcher.Acknowledge(pk.PacketID)
			var got map[string]any
			if err := json.Unmarshal(pk.Payload, &got); err != nil {
				t.Fatal(err)
			}
			if want["eventType"] == "connected" {
				session = got["sessionIdentifier"]
			}
			want["clientId"], want["principalIdentifier"] = "c", "principal-of-c"
			want["sessionIdentifier"], want["timestamp"] = session, float64(time.Now().UnixMilli())
			if pk.TopicName != "$aws/events/"+topic+"/c" || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("on %s\n%v, want\n%v", pk.TopicName, got, want)
			}
		}
		c := b.join(t, v5, "c")
		expect("presence/connected", map[string]any{"eventType": "connected", "ipAddress": "192.0.2.7", "versionNumber": 0})
		c.Subscribe(1, "a", "forbidden", "b/#")
		expect("subscriptions/subscribed", map[string]any{"eventType": "subscribed", "topics": []any{"a", "b/#"}})
		c.Unsubscribe("a")
		expect("subscriptions/unsubscribed", map[string]any{"eventType": "unsubscribed", "topics": []any{"a"}})
		c.Disconnect()
		left := func(reason string, byClient bool, version int) {
			t.Helper()
			expect("presence/disconnected", map[string]any{"eventType": "disconnected", "clientInitiatedDisconnect": byClient, "disconnectReason": reason, "versionNumber": version})
		}
		left("CLIENT_INITIATED_DISCONNECT", true, 0)
		for version, row := range []struct {
			reason string
			end    func(c *mqttest.Peer)
		}{
			{"CONNECTION_LOST", func(c *mqttest.Peer) { _ = c.Close() }},
			{"CLIENT_ERROR", func(c *mqttest.Peer) { c.SendRaw([]byte{0xF0, 0}) }},
			{"FORBIDDEN_ACCESS", func(c *mqttest.Peer) { c.Publish("forbidden", "", 0) }},
			{"SERVER_INITIATED_DISCONNECT", func(*mqttest.Peer) { b.Disconnect("c", mqtt.AdministrativeEnd, mqtt.DisconnectOptions{}) }},
			{"CUSTOMAUTH_TTL_EXPIRATION", func(*mqttest.Peer) { b.Disconnect("c", mqtt.MaximumConnectTime, mqtt.DisconnectOptions{}) }},
			{"WEBSOCKET_TTL_EXPIRATION", func(*mqttest.Peer) { b.Disconnect("c", mqtt.WebSocketEnd, mqtt.DisconnectOptions{}) }},
			{"AUTH_ERROR", func(*mqttest.Peer) { b.Disconnect("c", mqtt.NotAuthorized, mqtt.DisconnectOptions{}) }},
			{"MQTT_KEEP_ALIVE_TIMEOUT", func(*mqttest.Peer) { pass(45 * time.Second) }},
		} {
			c := b.join(t, v5, "c", keepAlive(30))
			expect("presence/connected", map[string]any{"eventType": "connected", "ipAddress": "192.0.2.7", "versionNumber": version + 1})
			row.end(c)
			left(row.reason, false, version+1)
			_ = c.Close()
		}
		first := b.join(t, v5, "c")
		expect("presence/connected", map[string]any{"eventType": "connected", "ipAddress": "192.0.2.7", "versionNumber": 9})
		b.join(t, v5, "c")
		left("DUPLICATE_CLIENTID", false, 9)
		expect("presence/connected", map[string]any{"eventType": "connected", "ipAddress": "192.0.2.7", "versionNumber": 10})
		_ = first.Close()
		b.join(t, v5, "with+wildcard")
		watcher.Alive()
	})
}

// TestAdmitTimeout holds that an authorizer has as long as a client may take to CONNECT, and
// is told when the client is not waited for any more.
func TestAdmitTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := mqtt.New(mqtt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		client, server := mqttest.Pipe(64 << 10)
		asked := make(chan time.Duration, 1)
		go func() {
			_ = b.Handle(t.Context(), server, func(ctx context.Context, _ *mqtt.Connect) (mqtt.Client, error) {
				begin := time.Now()
				<-ctx.Done()
				asked <- time.Since(begin)
				return nil, ctx.Err()
			})
		}()
		p := mqttest.New(t, client, v5)
		p.Send(mqttest.ConnectPacket("c"))
		if took := <-asked; took > 30*time.Second {
			t.Errorf("admit had %v", took)
		}
		if pk := p.Receive(packets.Connack); pk.ReasonCode != 0x87 {
			t.Errorf("CONNACK %#x", pk.ReasonCode)
		}
		p.Ended()
		if err := b.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestAdmitForNobody holds that admit is told when its client has gone.
func TestAdmitForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, err := mqtt.New(mqtt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		client, server := mqttest.Pipe(64 << 10)
		begin, handled := time.Now(), make(chan error)
		go func() {
			handled <- b.Handle(t.Context(), server, func(ctx context.Context, _ *mqtt.Connect) (mqtt.Client, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
		}()
		p := mqttest.New(t, client, v5)
		p.Send(mqttest.ConnectPacket("c"))
		pass(time.Second)
		_ = p.Close()
		if err := <-handled; err == nil || time.Since(begin) != time.Second {
			t.Errorf("ended after %v: %v", time.Since(begin), err)
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
