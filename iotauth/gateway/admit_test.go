package gateway

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// TestAdmitCertificate has a row for each thing that decides about a client with a
// certificate.
func TestAdmitCertificate(t *testing.T) {
	robot := certificate(t, "robot7")
	id := certificateID(robot)
	thing := func(attached, exclusive bool) *policy.Thing {
		return &policy.Thing{Name: "robot7", TypeName: "robot", Attributes: map[string]string{"room": "12"}, Attached: attached, Exclusive: exclusive}
	}
	connect := func(resource string, conditions ...string) *policy.Document {
		s := policy.Allow(policy.Connect).On(policy.Client(resource))
		for i := 0; i < len(conditions); i += 3 {
			s = s.When(conditions[i], conditions[i+1], conditions[i+2])
		}
		return policy.New(s)
	}
	active := func(thing *policy.Thing, documents ...*policy.Document) *Principal {
		return &Principal{Active: true, Thing: thing, Policies: documents}
	}
	tests := []struct {
		name      string
		principal *Principal // nil: not registered
		packet    func(*packet)
		carrier   func(*carrier)
		refusal   string // "" admits
	}{
		{name: "a policy allows", principal: active(nil, connect("robot7"))},
		{name: "not registered", refusal: "is not registered"},
		{name: "not active", principal: &Principal{Policies: []*policy.Document{connect("*")}}, refusal: "not ACTIVE"},
		{name: "no policy", principal: active(nil), refusal: "IMPLICIT_DENY iot:Connect client/robot7"},
		{name: "a policy of another client", principal: active(nil, connect("robot8")), refusal: "IMPLICIT_DENY iot:Connect client/robot7"},
		{name: "a policy without Connect", principal: active(nil, policy.New(policy.Allow(policy.Publish).On("*"))), refusal: "IMPLICIT_DENY"},
		{name: "denied by another policy", principal: active(nil, connect("*"), policy.New(policy.Deny(policy.Connect).On(policy.Client("robot*")))), refusal: "EXPLICIT_DENY"},
		{name: "thing attached", principal: active(thing(true, false), connect("${iot:Connection.Thing.ThingName}"))},
		{name: "thing not attached", principal: active(thing(false, false), connect("${iot:Connection.Thing.ThingName}")), refusal: "has no value"},
		{name: "no thing", principal: active(nil, connect("${iot:Connection.Thing.ThingName}")), refusal: "has no value"},
		{name: "another client id than the thing's name", principal: active(thing(true, false), connect("${iot:Connection.Thing.ThingName}")), packet: func(p *packet) { p.ClientID = "other" }, refusal: "IMPLICIT_DENY"},
		{name: "exclusive thing lends its variables to another client id", principal: active(thing(true, true), connect("*", "StringEquals", policy.KeyThingName, "robot7")), packet: func(p *packet) { p.ClientID = "other" }},
		{name: "attached as a condition", principal: active(thing(true, false), connect("*", "Bool", policy.KeyIsAttached, "true"))},
		{name: "not attached as a condition", principal: active(thing(false, false), connect("*", "Bool", policy.KeyIsAttached, "true")), refusal: "IMPLICIT_DENY"},
		{name: "type and attribute", principal: active(thing(true, false), connect("*", "StringEquals", policy.KeyThingTypeName, "robot", "StringEquals", policy.AttributeKey("room"), "12"))},
		{name: "group of the thing", principal: &Principal{Active: true, Thing: thing(true, false), GroupPolicies: []*policy.Document{connect("robot7")}}},
		{name: "group counts only under the thing's name", principal: &Principal{Active: true, Thing: thing(true, true), GroupPolicies: []*policy.Document{connect("*")}}, packet: func(p *packet) { p.ClientID = "other" }, refusal: "thing group"},
		{name: "group and certificate together", principal: &Principal{Active: true, Thing: thing(true, false), Policies: []*policy.Document{connect("*")}, GroupPolicies: []*policy.Document{policy.New(policy.Deny(policy.Connect).On("*"))}}, refusal: "EXPLICIT_DENY"},
		{name: "certificate id", principal: active(nil, connect("*", "StringEquals", policy.KeyCertificateID, id))},
		{name: "certificate's name", principal: active(nil, connect("${iot:Certificate.Subject.CommonName}"))},
		{name: "address", principal: active(nil, connect("*", "IpAddress", policy.KeySourceIP, "192.0.2.0/24"))},
		{name: "other address", principal: active(nil, connect("*", "IpAddress", policy.KeySourceIP, "198.51.100.0/24")), refusal: "IMPLICIT_DENY"},
		{name: "server name", principal: active(nil, connect("*", "StringEquals", policy.KeyDomainName, "iot.example"))},
		{name: "TLS", principal: active(nil, connect("*", "Bool", policy.KeySecureTransport, "true"))},
		{name: "no TLS", principal: active(nil, connect("*", "Bool", policy.KeySecureTransport, "true")), carrier: func(c *carrier) { c.tls = false }, refusal: "IMPLICIT_DENY"},
		{name: "clean start is not persistent", principal: active(nil, connect("*", "ForAnyValue:StringEquals", policy.KeyConnectAttributes, "PersistentConnect")), refusal: "IMPLICIT_DENY"},
		{name: "session taken up", principal: active(nil, connect("*", "ForAnyValue:StringEquals", policy.KeyConnectAttributes, "PersistentConnect")), packet: func(p *packet) { p.CleanStart = false }},
		{name: "session left behind", principal: active(nil, connect("*", "ForAnyValue:StringEquals", policy.KeyConnectAttributes, "PersistentConnect")), packet: func(p *packet) { p.Expiry = time.Hour }},
		{name: "will", principal: active(nil, connect("*", "ForAllValues:StringEquals", policy.KeyConnectAttributes, "LastWill", "ArnEquals", policy.KeyLastWillTopic, policy.Topic("gone/robot7"))), packet: func(p *packet) { p.Will = &mqtt.Message{Topic: "gone/robot7"} }},
		{name: "will of another topic", principal: active(nil, connect("*", "ArnEquals", policy.KeyLastWillTopic, policy.Topic("gone/robot7"))), packet: func(p *packet) { p.Will = &mqtt.Message{Topic: "gone/robot8"} }, refusal: "IMPLICIT_DENY"},
		{name: "will that no policy expects", principal: active(nil, connect("*", "ForAllValues:StringEquals", policy.KeyConnectAttributes, "PersistentConnect")), packet: func(p *packet) { p.Will = &mqtt.Message{Topic: "x"} }, refusal: "IMPLICIT_DENY"},
		{name: "broken policy", principal: active(nil, &policy.Document{Version: "1999"}), refusal: "cannot be used"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			registry := newTableRegistry()
			if test.principal != nil {
				registry.principals[id] = *test.principal
			}
			var log syncBuffer
			g := testGateway(t, registry, logTo(&log))
			c, p := carrierOf(mqttCertificate).withCertificate(robot), connectAs("robot7")
			if test.packet != nil {
				test.packet(p)
			}
			if test.carrier != nil {
				test.carrier(c)
			}
			client, err := g.admit(c)(t.Context(), &p.Connect)
			if test.refusal == "" {
				if err != nil {
					t.Fatal(err)
				}
				if client.Principal() != id {
					t.Errorf("the principal is %s", client.Principal())
				}
				client.Closed()
			} else {
				checkRefusal(t, err, mqtt.NotAuthorized, test.refusal)
				if n := metric(g, "Connect.AuthError"); n != 1 {
					t.Errorf("Connect.AuthError is %d", n)
				}
				if l := lines(log.String(), "msg=refused"); len(l) != 1 || !strings.Contains(l[0], "carrier=\"MQTT with certificate\"") {
					t.Errorf("the log has %q", l)
				}
			}
			if n := len(g.admission.live); n != 0 {
				t.Errorf("%d clients are known after the end", n)
			}
		})
	}
}

// TestCertificateTimes: a certificate that is registered and ACTIVE is no use before and
// after the times that stand in it.
func TestCertificateTimes(t *testing.T) {
	robot := certificate(t, "robot7")
	registry := newTableRegistry()
	registry.principals[certificateID(robot)] = Principal{Active: true, Policies: []*policy.Document{sensorPolicy()}}
	for _, test := range []struct {
		name string
		at   time.Time
		ok   bool
	}{
		{"before", robot.NotBefore.Add(-time.Second), false},
		{"within", robot.NotBefore.Add(time.Second), true},
		{"after", robot.NotAfter.Add(time.Second), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := testGateway(t, registry, func(o *Options) { o.Now = func() time.Time { return test.at } })
			client, err := g.admit(carrierOf(mqttCertificate).withCertificate(robot))(t.Context(), &connectAs("robot7").Connect)
			if test.ok {
				if err != nil {
					t.Fatal(err)
				}
				client.Closed()
				return
			}
			checkRefusal(t, err, mqtt.NotAuthorized, "is valid from")
		})
	}
}

// TestRegistryFails: what the registry cannot say is no denial.
func TestRegistryFails(t *testing.T) {
	registry := newTableRegistry()
	registry.err = errors.New("no disk")
	g := testGateway(t, registry)
	for _, c := range []*carrier{
		carrierOf(mqttCertificate).withCertificate(certificate(t, "robot7")),
		carrierOf(mqttCustom),
	} {
		_, err := g.admit(c)(t.Context(), &connectAs("robot7").Connect)
		checkRefusal(t, err, mqtt.ServerUnavailable, "no disk")
	}
	if n := metric(g, "Connect.ServerError"); n != 2 {
		t.Errorf("Connect.ServerError is %d", n)
	}
}

// TestAdmitSigned: an access key's policies decide, and the registry is not asked.
func TestAdmitSigned(t *testing.T) {
	registry := newTableRegistry()
	registry.err = errors.New("must not be asked")
	g := testGateway(t, registry)
	c := carrierOf(webSocketSigned).withRequest("GET", "/mqtt")
	c.key = &Key{Principal: "AIDAEXAMPLE", Policies: []*policy.Document{sensorPolicy()}}
	client := mustAdmit(t, g, c, connectAs("browser"))
	if client.Principal() != "AIDAEXAMPLE" || !client.MayPublish("sensors/browser/t", true) || client.MayPublish("sensors/other/t", false) {
		t.Error("the access key's policy does not decide")
	}
	c.key = &Key{Principal: "AIDAEXAMPLE"}
	_, err := g.admit(c)(t.Context(), &connectAs("browser").Connect)
	checkRefusal(t, err, mqtt.NotAuthorized, "IMPLICIT_DENY")
}

func checkRefusal(t *testing.T, err error, reason mqtt.Reason, text string) {
	t.Helper()
	var refusal *mqtt.Refusal
	switch {
	case !errors.As(err, &refusal):
		t.Errorf("no refusal: %v", err)
	case refusal.Reason != reason:
		t.Errorf("the reason is %d: %v", refusal.Reason, err)
	case !strings.Contains(err.Error(), text):
		t.Errorf("%v\ndoes not say %q", err, text)
	}
}
