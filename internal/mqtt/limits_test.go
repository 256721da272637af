package mqtt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

const (
	deep = "1/2/3/4/5/6/7/8"
)

func topicOf(bytes int) string { return strings.Repeat("t", bytes) }

// TestConnectAnswers holds what a CONNECT is answered, in MQTT 5 and in 3.1.1, where silent
// stands for a connection that is closed without a CONNACK.
func TestConnectAnswers(t *testing.T) {
	const silent = 0xFF
	edit := func(fn func(*packets.ConnectParams)) func(*packet) {
		return func(pk *packet) { fn(&pk.Connect) }
	}
	s := serve(t)
	for _, row := range []struct {
		why    string
		id     string
		edit   func(*packet)
		v5, v4 byte
	}{
		{"plain", "c", nil, 0, 0},
		{"no client id, clean", "", nil, 0, 0},
		{"no client id for a session that stays", "", mqttest.Persistent(60), 0, 2},
		{"client id of 128 bytes", topicOf(128), nil, 0, 0},
		{"client id of 129 bytes", topicOf(129), nil, 0x85, 2},
		{"client id begins with $", "$c", nil, 0x85, 2},
		{"not authorized", "c", mqttest.Login("nobody", ""), 0x87, 5},
		{"bad credentials", "c", mqttest.Login("bad", "x"), 0x86, 4},
		{"authorizer down", "c", mqttest.Login("down", "x"), 0x88, 3},
		{"will of QoS 2", "c", mqttest.Will("w", "x", 2, false, 0), 0x9B, silent},
		{"will of QoS 3", "c", mqttest.Will("w", "x", 3, false, 0), 0x81, silent},
		{"will without payload", "c", mqttest.Will("w", "", 1, true, 0), 0, 0},
		{"will on a wildcard", "c", mqttest.Will("w/#", "x", 1, false, 0), 0x90, silent},
		{"will on no topic", "c", mqttest.Will("", "x", 1, false, 0), 0x90, silent},
		{"will too deep", "c", mqttest.Will(deep+"/9", "x", 1, false, 0), 0x90, silent},
		{"will on a topic of the broker's", "c", mqttest.Will("$SYS/x", "x", 1, false, 0), 0x90, silent},
		{"will retained on a reserved topic", "c", mqttest.Will("$aws/things/x/y", "x", 1, true, 0), 0x90, silent},
		{"retain flag of a will that is not there", "c", edit(func(c *packets.ConnectParams) { c.WillRetain = true }), 0x81, silent},
		{"password without a user name", "c", edit(func(c *packets.ConnectParams) { c.PasswordFlag, c.Password = true, []byte("x") }), 0, silent},
		{"empty password", "c", edit(func(c *packets.ConnectParams) { c.UsernameFlag, c.PasswordFlag = true, true }), 0, 0},
		{"enhanced authentication", "c", func(pk *packet) { pk.Properties.AuthenticationMethod = "SCRAM" }, 0x8C, 0},
		{"protocol of another name", "c", edit(func(c *packets.ConnectParams) { c.ProtocolName = []byte("MQXX") }), silent, silent},
	} {
		for _, protocol := range []byte{v4, v5} {
			t.Run(fmt.Sprintf("%s/v%d", row.why, protocol), func(t *testing.T) {
				want := row.v5
				if protocol == v4 {
					want = row.v4
				}
				p := mqttest.Dial(t, s.address, protocol)
				edit := []func(*packet){}
				if row.edit != nil {
					edit = append(edit, row.edit)
				}
				switch want {
				case silent:
					p.Send(mqttest.ConnectPacket(row.id, edit...))
					p.Ended()
				case 0:
					p.Connect(row.id, edit...)
					p.Alive()
				default:
					p.Refused(want, row.id, edit...)
				}
			})
		}
	}
}

func TestConnectVersions(t *testing.T) {
	s := serve(t)
	for _, row := range []struct {
		why, packet, answer string
	}{
		{"MQTT 3.1", "\x10\x0e\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x00", "\x20\x02\x00\x01"},
		{"version 3 of MQTT", "\x10\x0c\x00\x04MQTT\x03\x02\x00\x3c\x00\x00", "\x20\x02\x00\x01"},
		{"version 6", "\x10\x0d\x00\x04MQTT\x06\x02\x00\x3c\x00\x00\x00", "\x20\x03\x00\x84\x00"},
		{"reserved flag", "\x10\x0c\x00\x04MQTT\x04\x03\x00\x3c\x00\x00", ""},
		{"a PINGREQ first", "\xc0\x00", ""},
		{"a packet too large", "\x10\xff\xff\x7f", ""},
		{"a length of five bytes", "\x10\xff\xff\xff\xff\x01", ""},
		{"HTTP", "GET / HTTP/1.1\r\n\r\n", ""},
	} {
		t.Run(row.why, func(t *testing.T) {
			p := mqttest.Dial(t, s.address, v4)
			p.SendRaw([]byte(row.packet))
			got := make([]byte, 64)
			_ = p.SetReadDeadline(time.Now().Add(patience))
			n, _ := p.Read(got)
			if string(got[:n]) != row.answer {
				t.Fatalf("answer %x, want %x", got[:n], row.answer)
			}
			p.Ended()
		})
	}
}

// TestConnackProperties holds what MQTT 5 is told, exactly.
func TestConnackProperties(t *testing.T) {
	s := serve(t)
	p := mqttest.Dial(t, s.address, v5)
	got := p.Connect("", mqttest.Persistent(1<<31), func(pk *packet) { pk.Connect.Keepalive = 10 }).Properties
	if !strings.HasPrefix(got.AssignedClientID, "auto-") {
		t.Errorf("assigned client id %q", got.AssignedClientID)
	}
	got.AssignedClientID = ""
	want := packets.Properties{
		ReceiveMaximum: 100, MaximumQosFlag: true, MaximumQos: 1, RetainAvailableFlag: true, RetainAvailable: 1,
		MaximumPacketSize: 149504, TopicAliasMaximum: 8, ServerKeepAliveFlag: true, ServerKeepAlive: 30,
		WildcardSubAvailableFlag: true, WildcardSubAvailable: 1, SubIDAvailableFlag: true,
		SharedSubAvailableFlag: true, SharedSubAvailable: 1,
		SessionExpiryIntervalFlag: true, SessionExpiryInterval: 604800,
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("CONNACK\n%+v, want\n%+v", got, want)
	}
	for asked, granted := range map[uint16]uint16{0: 1200, 1: 30, 29: 30, 30: 30, 60: 60, 1200: 1200, 1201: 1200, 65535: 1200} {
		p := mqttest.Dial(t, s.address, v5)
		got := p.Connect("c", func(pk *packet) { pk.Connect.Keepalive = asked }).Properties
		if got.ServerKeepAlive != granted || got.SessionExpiryIntervalFlag || got.AssignedClientID != "" {
			t.Errorf("keep-alive %d: granted %d, want %d; session expiry told: %v", asked, got.ServerKeepAlive, granted, got.SessionExpiryIntervalFlag)
		}
	}
}

// TestPublishAnswers holds what a PUBLISH is answered: at QoS 1 in MQTT 5 by a PUBACK with a
// code or, where ends, by the end with a DISCONNECT of that code; at QoS 0, and in 3.1.1, a
// code ends the connection.
func TestPublishAnswers(t *testing.T) {
	s := serve(t)
	for _, row := range []struct {
		why     string
		topic   string
		payload int
		edit    func(*packet)
		code    packets.Code
		ends    bool
	}{
		{"plain", "a/b", 1, nil, packets.CodeSuccess, false},
		{"no payload", "a/b", 0, nil, packets.CodeSuccess, false},
		{"topic of 256 bytes", topicOf(256), 1, nil, packets.CodeSuccess, false},
		{"topic of 257 bytes", topicOf(257), 1, nil, packets.ErrTopicNameInvalid, false},
		{"seven slashes", deep, 1, nil, packets.CodeSuccess, false},
		{"eight slashes", deep + "/9", 1, nil, packets.ErrTopicNameInvalid, false},
		{"basic ingest: the rule's prefix is not counted", "$aws/rules/" + topicOf(60) + "/" + deep, 1, nil, packets.CodeSuccess, false},
		{"basic ingest: the rest is counted", "$aws/rules/r/" + deep + "/9", 1, nil, packets.ErrTopicNameInvalid, false},
		{"basic ingest: 256 bytes behind the prefix", "$aws/rules/r/" + topicOf(256), 1, nil, packets.CodeSuccess, false},
		{"payload of 128 KiB", "a", 128 << 10, nil, packets.CodeSuccess, false},
		{"payload of 128 KiB and one", "a", 128<<10 + 1, nil, packets.ErrPacketTooLarge, true},
		{"packet larger than announced", "a", 149504, nil, packets.ErrPacketTooLarge, true},
		{"a wildcard", "a/+", 1, nil, packets.ErrTopicNameInvalid, true},
		{"no topic", "", 1, nil, packets.ErrProtocolViolation, true},
		{"policy denies", "forbidden", 1, nil, packets.ErrNotAuthorized, false},
		{"a thing's shadow", "$aws/things/t/shadow/update", 1, nil, packets.CodeSuccess, false},
		{"a topic of the broker's", "$SYS/a", 1, nil, packets.ErrTopicNameInvalid, false},
		{"a lifecycle event", "$aws/events/presence/connected/c", 1, nil, packets.ErrTopicNameInvalid, false},
		{"retained", "a", 1, mqttest.Retain, packets.CodeSuccess, false},
		{"retained on a reserved topic", "$aws/things/t/x", 1, mqttest.Retain, packets.ErrTopicNameInvalid, false},
		{"QoS 2", "a", 1, func(pk *packet) { pk.FixedHeader.Qos, pk.PacketID = 2, 1 }, packets.ErrQosNotSupported, true},
	} {
		for _, protocol := range []byte{v4, v5} {
			for qos := range byte(2) {
				t.Run(fmt.Sprintf("%s/v%d/qos%d", row.why, protocol, qos), func(t *testing.T) {
					p := s.join(t, protocol, "c")
					pk := mqttest.PublishPacket(row.topic, topicOf(row.payload), qos, 7)
					if row.edit != nil {
						row.edit(&pk)
					}
					p.Send(pk)
					if row.code != packets.CodeSuccess && (row.ends || qos == 0 || protocol == v4) {
						p.Dismissed(row.code)
						return
					}
					if qos == 1 {
						if ack := p.Receive(packets.Puback); ack.ReasonCode != row.code.Code || ack.PacketID != 7 {
							t.Fatalf("PUBACK %#x for %d, want %#x", ack.ReasonCode, ack.PacketID, row.code.Code)
						}
					}
					p.Alive()
				})
			}
		}
	}
}

// TestPublishProperties holds what only MQTT 5 can get wrong.
func TestPublishProperties(t *testing.T) {
	s := serve(t)
	for _, row := range []struct {
		why  string
		edit func(*packets.Properties)
		code packets.Code
	}{
		{"topic alias 0", func(p *packets.Properties) { p.TopicAliasFlag = true }, packets.CodeSuccess}, // mochi's encoder leaves it out
		{"topic alias 8", func(p *packets.Properties) { p.TopicAliasFlag, p.TopicAlias = true, 8 }, packets.CodeSuccess},
		{"topic alias 9", func(p *packets.Properties) { p.TopicAliasFlag, p.TopicAlias = true, 9 }, packets.ErrTopicAliasInvalid},
		{"subscription identifier", func(p *packets.Properties) { p.SubscriptionIdentifier = []int{1} }, packets.ErrProtocolViolation},
		{"payload format 2", func(p *packets.Properties) { p.PayloadFormatFlag, p.PayloadFormat = true, 2 }, packets.ErrProtocolViolation},
	} {
		t.Run(row.why, func(t *testing.T) {
			p := s.join(t, v5, "c")
			p.Send(mqttest.PublishPacket("a", "x", 0, 0, func(pk *packet) { row.edit(&pk.Properties) }))
			if row.code == packets.CodeSuccess {
				p.Alive()
			} else {
				p.Dismissed(row.code)
			}
		})
	}
	p := s.join(t, v5, "alias")
	p.Subscribe(0, "#")
	alias := func(topic string, n uint16) {
		p.Publish(topic, "x", 0, func(pk *packet) { pk.Properties.TopicAliasFlag, pk.Properties.TopicAlias = true, n })
	}
	alias("a", 1)
	p.Message("a", "x")
	alias("b", 2)
	p.Message("b", "x")
	alias("", 1)
	p.Message("a", "x")
	alias("c", 1)
	p.Message("c", "x")
	alias("", 1)
	p.Message("c", "x")
	alias("", 3)
	p.Dismissed(packets.ErrProtocolViolation)
}

// TestSubscribeAnswers holds what a filter is answered; in MQTT 3.1.1 a refusal is 0x80.
func TestSubscribeAnswers(t *testing.T) {
	s := serve(t)
	for _, row := range []struct {
		why, filter string
		code        byte
	}{
		{"plain", "a/b", 1},
		{"everything", "#", 1},
		{"one level", "+/b/+", 1},
		{"seven slashes", deep, 1},
		{"eight slashes", deep + "/9", 0x8F},
		{"256 bytes", topicOf(256), 1},
		{"257 bytes", topicOf(257), 0x8F},
		{"empty", "", 0x8F},
		{"# not last", "#/a", 0x8F},
		{"# behind a name", "a#", 0x8F},
		{"+ behind a name", "a+/b", 0x8F},
		{"policy denies", "forbidden/#", 0x87},
		{"shared", "$share/g/a/#", 1},
		{"shared: slashes of the prefix are not counted", "$share/g/" + deep, 1},
		{"shared: eight slashes", "$share/g/" + deep + "/9", 0x8F},
		{"shared: name of 128 bytes", "$share/" + topicOf(128) + "/a", 1},
		{"shared: name of 129 bytes", "$share/" + topicOf(129) + "/a", 0x8F},
		{"shared: no name", "$share//a", 0x8F},
		{"shared: wildcard in the name", "$share/g+/a", 0x8F},
		{"shared: no filter", "$share/g", 0x8F},
		{"shared: empty filter", "$share/g/", 0x8F},
		{"lifecycle events", "$aws/events/presence/connected/+", 1},
		{"things", "$aws/things/t/shadow/#", 1},
		{"topics of the broker's", "$SYS/#", 0x8F},
	} {
		for _, protocol := range []byte{v4, v5} {
			t.Run(fmt.Sprintf("%s/v%d", row.why, protocol), func(t *testing.T) {
				p := s.join(t, protocol, "c")
				want := row.code
				if protocol == v4 && want > 1 {
					want = 0x80
				}
				if codes := p.Subscribe(1, row.filter, "also"); codes[0] != want || codes[1] != 1 {
					t.Fatalf("SUBACK %#x, want %#x and 1", codes, want)
				}
			})
		}
	}
}

func TestSubscribeLimits(t *testing.T) {
	s := serve(t)
	for _, protocol := range []byte{v4, v5} {
		t.Run(fmt.Sprintf("v%d", protocol), func(t *testing.T) {
			names := func(n, from int) (filters []string) {
				for i := range n {
					filters = append(filters, fmt.Sprintf("f/%d", from+i))
				}
				return filters
			}
			p := s.join(t, protocol, "many")
			for i := range 6 {
				p.Subscribe(0, names(8, 8*i)...)
			}
			refused := byte(0x97)
			if protocol == v4 {
				refused = 0x80
			}
			if codes := p.Subscribe(1, "f/48", "f/49", "f/50", "f/3"); string(codes) != string([]byte{1, 1, refused, 1}) {
				t.Errorf("the 50th and what follows: %#x", codes)
			}
			p.Unsubscribe("f/3")
			if codes := p.Subscribe(1, "f/50"); codes[0] != 1 {
				t.Errorf("after an UNSUBSCRIBE: %#x", codes)
			}
			p.Send(subscribePacket(names(9, 0)...))
			p.Dismissed(packets.ErrQuotaExceeded)

			p = s.join(t, protocol, "qos2")
			p.Send(mqttest.SubscribePacket(1, packets.Subscription{Filter: "a", Qos: 2}))
			p.Dismissed(packets.ErrQosNotSupported)
		})
	}
	for _, row := range []struct {
		why  string
		pk   packet
		code packets.Code
	}{
		{"subscription identifier", func() packet {
			pk := subscribePacket("a")
			pk.Properties.SubscriptionIdentifier = []int{1}
			return pk
		}(), packets.ErrSubscriptionIdentifiersNotSupported},
		{"shared with no-local", mqttest.SubscribePacket(1, packets.Subscription{Filter: "$share/g/a", NoLocal: true}), packets.ErrProtocolViolation},
		{"retain handling 3", mqttest.SubscribePacket(1, packets.Subscription{Filter: "a", RetainHandling: 3}), packets.ErrProtocolViolation},
		{"no filter", mqttest.SubscribePacket(1), packets.ErrProtocolViolation},
		{"AUTH", packet{FixedHeader: packets.FixedHeader{Type: packets.Auth}}, packets.ErrProtocolViolation},
		{"PUBREL", packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrel, Qos: 1}, PacketID: 1}, packets.ErrProtocolViolation},
		{"a second CONNECT", mqttest.ConnectPacket("c"), packets.ErrProtocolViolation},
	} {
		t.Run(row.why, func(t *testing.T) {
			p := s.join(t, v5, "c")
			p.Send(row.pk)
			p.Dismissed(row.code)
		})
	}
}

func subscribePacket(filters ...string) packet {
	var subs packets.Subscriptions
	for _, f := range filters {
		subs = append(subs, packets.Subscription{Filter: f, Qos: 1})
	}
	return mqttest.SubscribePacket(1, subs...)
}

func TestUnsubscribe(t *testing.T) {
	s := serve(t)
	p := s.join(t, v5, "c")
	p.Subscribe(1, "a", "$share/g/a")
	if codes := p.Unsubscribe("a", "b", "#x", "$share/g/a"); string(codes) != "\x00\x11\x8f\x00" {
		t.Errorf("UNSUBACK %#x", codes)
	}
	p.Publish("a", "x", 1)
	p.Alive()
	if n := s.Stats().Subscriptions; n != 0 {
		t.Errorf("%d subscriptions are left", n)
	}
}

func TestMalformed(t *testing.T) {
	s := serve(t)
	for why, bytes := range map[string]string{
		"flags of a SUBSCRIBE":                           "\x80\x06\x00\x01\x00\x00\x01a\x00",
		"QoS 3":                                          "\x36\x05\x00\x01a\x00\x01",
		"a SUBSCRIBE without its options":                "\x82\x06\x00\x01\x00\x00\x01a",
		"a topic that is not UTF-8":                      "\x30\x05\x00\x01\xff\x00x",
		"a PINGREQ with a body":                          "\xc0\x01x",
		"a property of another packet":                   "\x30\x07\x00\x01a\x03\x21\x00\x01",
		"a length that goes on":                          "\x30\xff\xff\xff\xff\x01",
		"a topic that is longer than its packet":         "\x30\x04\x00\xffab",
		"an UNSUBSCRIBE with a filter that is not there": "\xa2\x06\x00\x01\x00\x00\x05a",
	} {
		t.Run(why, func(t *testing.T) {
			p := s.join(t, v5, "c")
			p.SendRaw([]byte(bytes))
			if pk := p.Receive(packets.Disconnect); pk.ReasonCode != 0x81 && pk.ReasonCode != 0x82 {
				t.Errorf("DISCONNECT %#x", pk.ReasonCode)
			}
			p.Ended()
		})
	}
	if n := s.Stats().Panics; n == 0 {
		t.Error("no panic of the decoder was counted")
	}
}

func TestInvalidMessages(t *testing.T) {
	s := serve(t)
	for _, m := range []mqtt.Message{
		{Topic: ""}, {Topic: "a/#"}, {Topic: deep + "/9"}, {Topic: "a\x00"}, {Topic: "\xff"}, {Topic: "$SYS/a"},
		{Topic: "a", QoS: 2}, {Topic: "a", Payload: make([]byte, 128<<10+1)}, {Topic: "a", Expiry: -1},
		{Topic: "a", ResponseTopic: "+"}, {Topic: "a", ContentType: "\xff"}, {Topic: "a", UserProperties: [][2]string{{"k", "\x00"}}},
		{Topic: "a", UserProperties: [][2]string{{"k", topicOf(20_000)}}},
	} {
		if err := s.Publish(t.Context(), m); err == nil {
			t.Errorf("%+v was published", m)
		}
	}
}

func TestInvalidLimits(t *testing.T) {
	for why, l := range map[string]mqtt.Limits{
		"negative":                     {Payload: -1},
		"no rate":                      {PublishRate: -1},
		"more than packet ids":         {InflightOutbound: 65536},
		"keep-alive of no second":      {KeepAliveMin: time.Millisecond},
		"keep-alive the wrong way":     {KeepAliveMin: time.Minute, KeepAliveMax: time.Second},
		"keep-alive longer than a day": {KeepAliveMax: 24 * time.Hour},
		"a payload of 1 GiB":           {Payload: 1 << 30},
		"a session without time":       {SessionExpiry: -1},
	} {
		if _, err := mqtt.New(mqtt.Options{Limits: l}); !errors.Is(err, mqtt.ErrInvalid) {
			t.Errorf("%s: error %v", why, err)
		}
	}
}
