package mqtt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// listenersOnly are the options of a broker for clients that only listen.
func listenersOnly(o *mqtt.Options) {
	o.NoSessions, o.NoRetained, o.NoTopicAliases, o.ExactTopics, o.GrantLess = true, true, true, true, true
}

func TestOptionsOutOfRange(t *testing.T) {
	for _, row := range []struct {
		why string
		set func(*mqtt.Options)
	}{
		{"a negative packet", func(o *mqtt.Options) { o.MaximumPacketSize = -1 }},
		{"a packet beyond MQTT", func(o *mqtt.Options) { o.MaximumPacketSize = 1 << 28 }},
		{"a payload beyond MQTT", func(o *mqtt.Options) { o.Limits.Payload = 1 << 28 }},
		{"a negative time to write", func(o *mqtt.Options) { o.WriteTimeout = -1 }},
	} {
		var o mqtt.Options
		row.set(&o)
		if _, err := mqtt.New(o); !errors.Is(err, mqtt.ErrInvalid) {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

// What a broker does not have it announces in MQTT 5.
func TestConnackOfFewerFeatures(t *testing.T) {
	s := serve(t, listenersOnly, func(o *mqtt.Options) { o.MaximumPacketSize = 4096 })
	got := mqttest.Dial(t, s.address, v5).Connect("c", mqttest.Persistent(60)).Properties
	want := packets.Properties{
		ReceiveMaximum: 100, MaximumQosFlag: true, MaximumQos: 1, RetainAvailableFlag: true, MaximumPacketSize: 4096,
		ServerKeepAliveFlag: true, ServerKeepAlive: 60,
		WildcardSubAvailableFlag: true, SubIDAvailableFlag: true, SharedSubAvailableFlag: true,
		SessionExpiryIntervalFlag: true, // 0: none
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("CONNACK\n%+v, want\n%+v", got, want)
	}
}

func TestMaximumPacketSize(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.MaximumPacketSize = 100 })
	p := s.join(t, v5, "c")
	p.Publish("a", strings.Repeat("x", 50), 0)
	p.Alive()
	p.Publish("a", strings.Repeat("x", 100), 0)
	p.Dismissed(packets.ErrPacketTooLarge)
	if err := s.Publish(context.Background(), mqtt.Message{Topic: "a", Payload: make([]byte, 1000)}); err != nil {
		t.Errorf("it holds for the broker's own messages: %v", err)
	}
}

// A session ends with its connection, whatever the client asks for, and there is no memory
// of it.
func TestNoSessions(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.NoSessions = true })
	for _, protocol := range []byte{v4, v5} {
		p := s.join(t, protocol, "c", mqttest.Persistent(3600))
		p.Subscribe(1, "a")
		_ = p.Close()
		eventually(t, "the session is gone", func() bool { n := s.Stats(); return n.Sessions+n.Subscriptions == 0 })
		again := mqttest.Dial(t, s.address, protocol)
		if again.Connect("c", mqttest.Persistent(3600)).SessionPresent {
			t.Errorf("MQTT %d: a session was there", protocol)
		}
		_ = again.Close()
		eventually(t, "the session is gone again", func() bool { return s.Stats().Sessions == 0 })
	}
}

// Without retained messages a client that wants one retained is told so.
func TestNoRetained(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.NoRetained = true })
	for _, protocol := range []byte{v4, v5} {
		p := s.join(t, protocol, "c")
		p.Send(mqttest.PublishPacket("a", "x", 1, 7, mqttest.Retain))
		p.Dismissed(packets.ErrRetainNotSupported)
	}
	mqttest.Dial(t, s.address, v5).Refused(packets.ErrRetainNotSupported.Code, "w", mqttest.Will("a", "x", 1, true, 0))
	if err := s.Publish(context.Background(), mqtt.Message{Topic: "a", Payload: []byte("x"), Retain: true}); !errors.Is(err, mqtt.ErrInvalid) {
		t.Errorf("Publish: %v", err)
	}
}

// Without topic aliases a client's is an error, and none is used for one that would take it.
func TestNoTopicAliases(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.NoTopicAliases = true })
	p := s.join(t, v5, "c", func(pk *packet) { pk.Properties.TopicAliasMaximum = 8 })
	p.Subscribe(0, "some/long/topic")
	for range 2 {
		s.publish(t, "some/long/topic", "x", 1)
		if pk := p.Receive(packets.Publish); pk.TopicName != "some/long/topic" || pk.Properties.TopicAliasFlag {
			t.Errorf("topic %q, alias %d", pk.TopicName, pk.Properties.TopicAlias)
		}
	}
	p.Publish("a", "x", 0, func(pk *packet) { pk.Properties.TopicAliasFlag, pk.Properties.TopicAlias = true, 1 })
	p.Dismissed(packets.ErrTopicAliasInvalid)
}

// Where filters are topics, each other one is refused for itself.
func TestExactTopics(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.ExactTopics = true })
	for _, protocol := range []byte{v4, v5} {
		p := s.join(t, protocol, "c")
		want := []byte{1, 0xA2, 0xA2, 0x9E, 0x87, 0x8F, 0x87}
		if protocol == v4 {
			want = []byte{1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}
		}
		if got := p.Subscribe(1, "a", "a/+", "#", "$share/g/a", "$aws/things/t/x", deep+"/9", "forbidden"); !bytes.Equal(got, want) {
			t.Errorf("MQTT %d: SUBACK %#x, want %#x", protocol, got, want)
		}
	}
}

// A SUBSCRIBE that asks for too much gets what there is.
func TestGrantLess(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.GrantLess, o.Limits.SubscriptionsPerRequest = true, 2 })
	for _, protocol := range []byte{v4, v5} {
		p := s.join(t, protocol, "c")
		want := []byte{1, 1, 0x97, 0x97}
		if protocol == v4 {
			want = []byte{1, 1, 0x80, 0x80}
		}
		if got := p.Subscribe(2, "a", "b", "c", "d"); !bytes.Equal(got, want) {
			t.Errorf("MQTT %d: SUBACK %#x, want %#x", protocol, got, want)
		}
		s.publish(t, "c", "no", 1)
		s.publish(t, "b", "yes", 1)
		if pk := p.Receive(packets.Publish); pk.TopicName != "b" || pk.FixedHeader.Qos != 1 {
			t.Errorf("MQTT %d: got %s at QoS %d", protocol, pk.TopicName, pk.FixedHeader.Qos)
		}
	}
	p := s.join(t, v5, "c")
	pk := mqttest.SubscribePacket(7, packets.Subscription{Filter: "a", Qos: 1, Identifier: 9})
	pk.Properties.SubscriptionIdentifier = []int{9}
	p.Send(pk)
	if got := p.Receive(packets.Suback).ReasonCodes; !bytes.Equal(got, []byte{0xA1}) {
		t.Errorf("with an identifier: SUBACK %#x", got)
	}
}

// Client ids belong to an account, which is the user name here: only the same of the same
// account takes over.
func TestAccounts(t *testing.T) {
	s := serve(t)
	for _, protocol := range []byte{v4, v5} {
		one := s.join(t, protocol, "phone", mqttest.Login("ann", ""), mqttest.Persistent(60))
		other := s.join(t, protocol, "phone", mqttest.Login("bob", ""), mqttest.Persistent(60))
		none := s.join(t, protocol, "phone", mqttest.Persistent(60))
		one.Subscribe(1, "of/ann")
		for _, p := range []*mqttest.Peer{one, other, none} {
			p.Alive()
		}
		again := mqttest.Dial(t, s.address, protocol)
		if !again.Connect("phone", mqttest.Login("ann", ""), mqttest.Persistent(60)).SessionPresent {
			t.Errorf("MQTT %d: the account's own session was not there", protocol)
		}
		one.Dismissed(packets.ErrSessionTakenOver)
		other.Alive()
		none.Alive()
		s.publish(t, "of/ann", "x", 1)
		again.Message("of/ann", "x")
		if !s.Disconnect("phone", mqtt.AdministrativeEnd, mqtt.DisconnectOptions{}) {
			t.Error("there was none without an account")
		}
		none.Dismissed(packets.ErrAdministrativeAction)
		for _, p := range []*mqttest.Peer{again, other} {
			p.Alive()
			_ = p.Close()
		}
		eventually(t, "all are gone", func() bool { return s.Stats().Connections == 0 })
	}
}

// What is in flight does not count where the limits are of what was not sent, nor do topics.
func TestCountUnsent(t *testing.T) {
	for _, row := range []struct {
		why     string
		set     func(*mqtt.Options)
		payload int
	}{
		{"messages", func(o *mqtt.Options) { o.Limits.QueuedMessages = 10 }, 1},
		{"bytes", func(o *mqtt.Options) { o.Limits.QueuedBytes = 1000 }, 100},
	} {
		for _, protocol := range []byte{v4, v5} {
			t.Run(fmt.Sprintf("%s/v%d", row.why, protocol), func(t *testing.T) {
				const window, queue = 5, 10
				s := serve(t, row.set, func(o *mqtt.Options) { o.CountUnsent, o.Limits.InflightOutbound = true, window })
				p := s.join(t, protocol, "c")
				topic := topicOf(200)
				p.Subscribe(1, topic)
				payload := strings.Repeat("x", row.payload)
				for range window {
					s.publish(t, topic, payload, 1)
				}
				for range window {
					p.Receive(packets.Publish) // and does not acknowledge
				}
				for range queue {
					s.publish(t, topic, payload, 1)
				}
				p.Alive()
				if n := s.Stats(); n.SlowClients != 0 || n.Queued != window+queue {
					t.Errorf("%d slow clients, %d messages queued", n.SlowClients, n.Queued)
				}
				s.publish(t, topic, payload, 1)
				p.Dismissed(packets.ErrPendingClientWritesExceeded)
				if n := s.Stats(); n.SlowClients != 1 {
					t.Errorf("%d slow clients", n.SlowClients)
				}
			})
		}
	}
}

// With OwnKeepAlive a client of MQTT 3.1.1 may be silent for as long as it says, one of MQTT
// 5 for as long as it is told.
func TestOwnKeepAlive(t *testing.T) {
	for _, row := range []struct {
		protocol byte
		asked    uint16
		lasts    time.Duration // 0 is for ever
	}{
		{v4, 0, 0}, {v4, 10, 15 * time.Second}, {v4, 40_000, 60_000 * time.Second}, {v5, 0, 1800 * time.Second}, {v5, 40_000, 1800 * time.Second},
	} {
		t.Run(fmt.Sprintf("v%d/%d", row.protocol, row.asked), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var o mqtt.Options
				unlimited(&o)
				o.OwnKeepAlive = true
				b, err := mqtt.New(o)
				if err != nil {
					t.Fatal(err)
				}
				client, server := mqttest.Pipe(1 << 10)
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					_ = b.Handle(context.Background(), server, admitAll)
				}()
				began := time.Now()
				mqttest.New(t, client, row.protocol).Connect("c", func(pk *packet) { pk.Connect.Keepalive = row.asked })
				if row.lasts == 0 {
					time.Sleep(1000 * time.Hour)
					if n := b.Stats().Connections; n != 1 {
						t.Errorf("%d connections after 1,000 h", n)
					}
					_ = client.Close()
				}
				<-ended
				if took := time.Since(began); row.lasts > 0 && (took < row.lasts || took > row.lasts+2*time.Second) {
					t.Errorf("it lasted %v, want %v", took, row.lasts)
				}
				_ = b.Shutdown(context.Background())
			})
		})
	}
}

// A message that is not acknowledged leaves the window after RetryTimeout, or never.
func TestRetryTimeout(t *testing.T) {
	for _, timeout := range []time.Duration{time.Minute, -1} {
		synctest.Test(t, func(t *testing.T) {
			var o mqtt.Options
			unlimited(&o)
			o.RetryTimeout, o.Limits.InflightOutbound, o.OwnKeepAlive = timeout, 1, true
			b, err := mqtt.New(o)
			if err != nil {
				t.Fatal(err)
			}
			client, server := mqttest.Pipe(1 << 10)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_ = b.Handle(context.Background(), server, admitAll)
			}()
			p := mqttest.New(t, client, v4)
			p.Connect("c", func(pk *packet) { pk.Connect.Keepalive = 0 })
			p.Subscribe(1, "a")
			for _, payload := range []string{"first", "second"} {
				if err := b.Publish(context.Background(), mqtt.Message{Topic: "a", Payload: []byte(payload), QoS: 1}); err != nil {
					t.Fatal(err)
				}
			}
			p.Receive(packets.Publish)
			time.Sleep(3 * time.Hour)
			sent := uint64(1)
			if timeout > 0 {
				sent = 2
			}
			if n := b.Stats(); n.PublishOut != sent {
				t.Errorf("RetryTimeout %v: %d messages were sent, want %d", timeout, n.PublishOut, sent)
			}
			_ = client.Close()
			<-ended
			_ = b.Shutdown(context.Background())
		})
	}
}

// Ready says what a connection would be told.
func TestReady(t *testing.T) {
	s := serve(t, func(o *mqtt.Options) { o.Limits.Connections = 1 })
	if err := s.Ready(); err != nil {
		t.Error(err)
	}
	p := s.join(t, v5, "c")
	if err := s.Ready(); !errors.Is(err, mqtt.ErrThrottled) {
		t.Errorf("full: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = p.Close()
	for _, want := range []error{nil, mqtt.ErrClosed} { // and once more
		if err := s.Shutdown(ctx); !errors.Is(err, want) {
			t.Errorf("Shutdown: %v, want %v", err, want)
		}
	}
	if err := s.Ready(); !errors.Is(err, mqtt.ErrClosed) {
		t.Errorf("shut down: %v", err)
	}
}

// Without sessions that last and without a store a broker has no goroutine of its own.
func TestNoGoroutineOfItsOwn(t *testing.T) {
	o := mqtt.Options{}
	listenersOnly(&o)
	if _, err := mqtt.New(o); err != nil {
		t.Fatal(err)
	}
	noGoroutines(t)
}

// A client that does not read is lost after WriteTimeout, or up to a quarter less.
func TestWriteTimeout(t *testing.T) {
	const timeout = 4 * time.Second
	for _, since := range []time.Duration{0, time.Second - 1, time.Second + 1, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			var o mqtt.Options
			unlimited(&o)
			o.WriteTimeout, o.OwnKeepAlive = timeout, true
			b, err := mqtt.New(o)
			if err != nil {
				t.Fatal(err)
			}
			client, server := mqttest.Pipe(1 << 10)
			ended := make(chan time.Time)
			go func() {
				_ = b.Handle(context.Background(), server, admitAll)
				ended <- time.Now()
			}()
			p := mqttest.New(t, client, v4)
			p.Connect("c", func(pk *packet) { pk.Connect.Keepalive = 0 })
			p.Subscribe(0, "a")
			time.Sleep(since)
			began := time.Now()
			if err := b.Publish(context.Background(), mqtt.Message{Topic: "a", Payload: make([]byte, 10<<10)}); err != nil {
				t.Fatal(err)
			}
			if took := (<-ended).Sub(began); took < timeout-timeout/4 || took > timeout+time.Second { // it lingers for a half
				t.Errorf("%v after the last write: it was lost after %v", since, took)
			}
			_ = b.Shutdown(context.Background())
		})
	}
}
