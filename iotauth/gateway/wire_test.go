package gateway

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// patient has the longest keep-alive.
func patient(pk *packets.Packet) { pk.Connect.Keepalive = 1200 }

// over is a client that came over a carrier to a gateway's broker, in memory.
func (s *site) over(t *testing.T, c *carrier, protocol byte) *mqttest.Peer {
	client, server := mqttest.Pipe(1 << 10)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = s.broker.Handle(s.serving, server, s.admit(c))
	}()
	t.Cleanup(func() { <-served })
	return mqttest.New(t, client, protocol)
}

// TestAuthorizerOnTheWire: what a client sees of an authorizer's times and changes of mind.
func TestAuthorizerOnTheWire(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(*iotauth.Request) (*iotauth.Response, error) // from the refresh on
		after  time.Duration
		reason packets.Code
	}{
		{"refresh refuses", always(&iotauth.Response{}), 5 * time.Minute, packets.ErrNotAuthorized},
		{"refresh allows", always(times("b", 5, 10)), 10 * time.Minute, packets.ErrMaxConnectTime},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, s *site, _, _ *pipeListener) {
				f := &function{answer: always(times("a", 5, 10))}
				s.registry.unsigned(t, "unsigned", f)
				s.registry.byDefault = "unsigned"
				for _, protocol := range []byte{mqttest.V311, mqttest.V5} {
					f.answers(always(times("a", 5, 10)))
					p := s.over(t, carrierOf(mqttCustom), protocol)
					p.Connect("sensor7", patient)
					if p.Publish("a", "x", 1) != 0 {
						t.Error("publishing was denied")
					}
					if codes := p.Subscribe(1, "a"); codes[0] < 0x80 {
						t.Errorf("subscribed by %#x", codes[0])
					}
					f.answers(test.answer)
					time.Sleep(5*time.Minute - time.Nanosecond)
					p.Alive()
					time.Sleep(test.after - 5*time.Minute)
					synctest.Wait()
					p.Dismissed(test.reason)
					time.Sleep(time.Minute) // for the next CONNECT of the client id
				}
				m := s.Stats().Metrics
				if m["Connect.Success"] != 2 || m["PublishIn.Success"] != 2 || m["Subscribe.AuthError"] != 2 || m["Connect.AuthError"] != 0 {
					t.Errorf("metrics: %v", m)
				}
			})
		})
	}
}

// TestRegistryOnTheWire: what clients see of changes of policies and certificates.
func TestRegistryOnTheWire(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *site, _, _ *pipeListener) {
		robot, reader := certificate(t, "robot"), certificate(t, "reader")
		grant := func(statements ...policy.Statement) Principal {
			return Principal{Active: true, Policies: []*policy.Document{policy.New(append(statements, policy.Allow(policy.Connect).On("*"))...)}}
		}
		set := func(id string, p Principal) {
			synctest.Wait() // what was published before is decided by what held before
			s.registry.change(id, func() { s.registry.principals[id] = p })
			synctest.Wait()
		}
		robotID, readerID := certificateID(robot), certificateID(reader)
		receive := policy.Allow(policy.Receive).On(policy.Topic("a"))
		subscribe := policy.Allow(policy.Subscribe).On(policy.TopicFilter("a"))
		publish := policy.Allow(policy.Publish).On(policy.Topic("a"))

		stranger := s.over(t, carrierOf(mqttCertificate).withCertificate(robot), mqttest.V5)
		stranger.Refused(packets.ErrNotAuthorized.Code, "robot")
		set(robotID, grant())
		set(readerID, grant(subscribe))
		time.Sleep(time.Minute)
		p := s.over(t, carrierOf(mqttCertificate).withCertificate(robot), mqttest.V5)
		p.Connect("robot", patient)
		q := s.over(t, carrierOf(mqttCertificate).withCertificate(reader), mqttest.V5)
		q.Connect("reader", patient)

		if code := q.Subscribe(1, "a")[0]; code != 1 {
			t.Fatalf("SUBACK %#x", code)
		}
		if code := p.Publish("a", "denied", 1); code != packets.ErrNotAuthorized.Code {
			t.Errorf("PUBACK %#x without a policy", code)
		}
		set(robotID, grant(publish))
		if code := p.Publish("a", "not received", 1); code != 0 {
			t.Errorf("PUBACK %#x with a policy", code)
		}
		set(readerID, grant(subscribe, receive))
		p.Publish("a", "received", 1)
		if m := q.Receive(packets.Publish); string(m.Payload) != "received" {
			t.Errorf("received %q", m.Payload)
		}
		set(robotID, grant(publish, policy.Deny(policy.Publish).On("*")))
		if code := p.Publish("a", "denied again", 1); code != packets.ErrNotAuthorized.Code {
			t.Errorf("PUBACK %#x after a denial", code)
		}
		set(robotID, Principal{Policies: []*policy.Document{policy.New(publish)}})
		p.Dismissed(packets.ErrAdministrativeAction)
		q.Alive()
		s.registry.change("", func() { delete(s.registry.principals, readerID) })
		synctest.Wait()
		q.Dismissed(packets.ErrAdministrativeAction)

		m := s.Stats().Metrics
		for name, want := range map[string]int64{"Connect.AuthError": 1, "Connect.ClientError": 0, "Connect.Success": 2, "PublishIn.AuthError": 2, "PublishIn.Success": 2, "PublishOut.AuthError": 1, "PublishOut.Success": 1} {
			if m[name] != want {
				t.Errorf("%s is %d, want %d", name, m[name], want)
			}
		}
	})
}
