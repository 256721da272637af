package gateway

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

const goodToken = "a-very-secret-token"

// TestWorkflow goes through custom authentication of a client by MQTT, with a row for each
// way to fail.
func TestWorkflow(t *testing.T) {
	good := username(t, "signed", goodToken)
	refuse := func(*iotauth.Request) (*iotauth.Response, error) { return &iotauth.Response{}, nil }
	tests := []struct {
		name     string
		username string
		registry func(*tableRegistry)
		answer   func(*iotauth.Request) (*iotauth.Response, error)
		calls    int
		refusal  string
		metric   string
	}{
		{name: "signed token", username: good, calls: 1},
		{name: "default authorizer", username: strings.Replace(good, "x-amz-customauthorizer-name=signed&", "", 1), registry: func(r *tableRegistry) { r.byDefault = "signed" }, calls: 1},
		{name: "no default authorizer", username: strings.Replace(good, "x-amz-customauthorizer-name=signed&", "", 1), refusal: "there is no default one"},
		{name: "unknown authorizer", username: username(t, "nobody", goodToken), refusal: "there is no authorizer nobody"},
		{name: "impossible authorizer", username: "user?x-amz-customauthorizer-name=a%20b", refusal: "no authorizer's name"},
		{name: "inactive authorizer", username: good, registry: func(r *tableRegistry) {
			a := r.authorizers["signed"]
			a.Active = false
			r.authorizers["signed"] = a
		}, refusal: "is not ACTIVE"},
		{name: "signature of another token", username: strings.Replace(good, goodToken, "another-token", 1), refusal: "signature refused", metric: "CustomAuthorizer.BadSignature"},
		{name: "signature of another key", username: good, registry: func(r *tableRegistry) { useOtherKey(t, r, "signed") }, refusal: "signature refused", metric: "CustomAuthorizer.BadSignature"},
		{name: "no signature", username: "user?x-amz-customauthorizer-name=signed&token=" + goodToken, refusal: "signature refused", metric: "CustomAuthorizer.BadSignature"},
		{name: "no token", username: "user?x-amz-customauthorizer-name=signed", refusal: "unusable token", metric: "CustomAuthorizer.BadSignature"},
		{name: "signature without token", username: "user?x-amz-customauthorizer-name=signed&x-amz-customauthorizer-signature=" + url.QueryEscape(sign(t, goodToken)), refusal: "Signature without Token"},
		{name: "token twice", username: good + "&token=" + goodToken, refusal: "given twice"},
		{name: "name twice", username: good + "&x-amz-customauthorizer-name=signed", refusal: "given twice"},
		{name: "signing disabled", username: "user?x-amz-customauthorizer-name=unsigned", calls: 1},
		{name: "not authenticated", username: good, answer: refuse, calls: 1, refusal: "isAuthenticated is false", metric: "CustomAuthorizer.Invocation"},
		{name: "function fails", username: good, answer: func(r *iotauth.Request) (*iotauth.Response, error) {
			return nil, errors.New("no database for " + r.Token)
		}, calls: 1, refusal: "no database for [secret]", metric: "CustomAuthorizer.Failure"},
		{name: "function panics", username: good, answer: func(*iotauth.Request) (*iotauth.Response, error) { panic("broken") }, calls: 1, refusal: "the authorizer's function failed", metric: "CustomAuthorizer.Failure"},
		{name: "function says nothing", username: good, answer: always(nil), calls: 1, refusal: "neither an answer nor an error", metric: "CustomAuthorizer.Failure"},
		{name: "no principal", username: good, answer: func(*iotauth.Request) (*iotauth.Response, error) {
			r := allow(sensorPolicy())
			r.PrincipalID = ""
			return r, nil
		}, calls: 1, refusal: "principalId", metric: "CustomAuthorizer.InvalidAnswer"},
		{name: "times out of range", username: good, answer: func(*iotauth.Request) (*iotauth.Response, error) {
			r := allow(sensorPolicy())
			r.RefreshAfter = time.Second
			return r, nil
		}, calls: 1, refusal: "refreshAfterInSeconds", metric: "CustomAuthorizer.InvalidAnswer"},
		{name: "eleven policies", username: good, answer: always(allow(make([]*policy.Document, 11)...)), calls: 1, refusal: "policyDocuments", metric: "CustomAuthorizer.InvalidAnswer"},
		{name: "no policies", username: good, answer: always(allow()), calls: 1, refusal: "IMPLICIT_DENY iot:Connect client/sensor7"},
		{name: "policy without Connect", username: good, answer: always(allow(policy.New(policy.Allow(policy.Publish).On("*")))), calls: 1, refusal: "IMPLICIT_DENY iot:Connect client/sensor7"},
		{name: "policy that denies Connect", username: good, answer: always(allow(sensorPolicy(), policy.New(policy.Deny(policy.Connect).On("*")))), calls: 1, refusal: "EXPLICIT_DENY iot:Connect client/sensor7"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &function{answer: test.answer}
			if test.answer == nil {
				f.answer = always(allow(sensorPolicy()))
			}
			registry := newTableRegistry()
			registry.signed(t, "signed", f)
			registry.unsigned(t, "unsigned", f)
			if test.registry != nil {
				test.registry(registry)
			}
			var log syncBuffer
			g := testGateway(t, registry, logTo(&log))
			p := connectAs("sensor7")
			p.Username = test.username
			client, err := g.admit(carrierOf(mqttCustom))(t.Context(), &p.Connect)
			if test.refusal == "" {
				if err != nil {
					t.Fatal(err)
				}
				if client.Principal() != "owner1" || !client.MayPublish("sensors/sensor7/t", false) || client.MayPublish("sensors/sensor8/t", false) {
					t.Error("the answer's policy does not decide")
				}
				client.Closed()
			} else {
				checkRefusal(t, err, mqtt.NotAuthorized, test.refusal)
				if n := metric(g, "Connect.AuthError"); n != 1 {
					t.Errorf("Connect.AuthError is %d", n)
				}
			}
			if n := f.called(); n != test.calls {
				t.Errorf("the function was called %d times, want %d", n, test.calls)
			}
			if test.metric != "" && metric(g, test.metric) != 1 {
				t.Errorf("%s is %d", test.metric, metric(g, test.metric))
			}
			if strings.Contains(log.String(), goodToken) || strings.Contains(log.String(), sign(t, goodToken)) {
				t.Errorf("the log has a secret:\n%s", log.String())
			}
		})
	}
}

// useOtherKey gives an authorizer a key that has signed nothing.
func useOtherKey(t *testing.T, r *tableRegistry, name string) {
	key, err := rsa.GenerateKey(rand.Reader, iotauth.MinKeyBits)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := iotauth.NewVerifier([]*rsa.PublicKey{&key.PublicKey})
	if err != nil {
		t.Fatal(err)
	}
	never := iotauth.HandlerFunc(func(context.Context, *iotauth.Request) (*iotauth.Response, error) {
		t.Error("called in spite of the signature")
		return nil, errors.New("not to be called")
	})
	r.signed(t, name, never, func(o *iotauth.AuthorizerOptions) { o.Verifier = verifier })
}

// TestDomains: which authorizer is asked depends on the server name too.
func TestDomains(t *testing.T) {
	registry := newTableRegistry()
	functions := map[string]*function{}
	for _, name := range []string{"first", "second", "third"} {
		functions[name] = &function{answer: always(allow(sensorPolicy()))}
		registry.unsigned(t, name, functions[name])
	}
	registry.byDefault = "first"
	g := testGateway(t, registry, func(o *Options) {
		o.Domains = map[string]Domain{
			"open.example":    {DefaultAuthorizer: "second", AllowAuthorizerOverride: true},
			"closed.example":  {DefaultAuthorizer: "second"},
			"general.example": {AllowAuthorizerOverride: true},
		}
	})
	for _, test := range []struct{ serverName, asks, want string }{
		{"localhost", "", "first"},
		{"localhost", "third", "third"},
		{"open.example", "", "second"},
		{"OPEN.example", "third", "third"},
		{"closed.example", "", "second"},
		{"closed.example", "third", "second"},
		{"general.example", "", "first"},
		{"general.example", "third", "third"},
	} {
		before := functions[test.want].called()
		c, p := carrierOf(mqttCustom), connectAs("sensor7")
		c.serverName = test.serverName
		if test.asks != "" {
			p.Username = "user?x-amz-customauthorizer-name=" + test.asks
		}
		mustAdmit(t, g, c, p)
		if functions[test.want].called() != before+1 {
			t.Errorf("%s asking for %q did not get %s", test.serverName, test.asks, test.want)
		}
	}
}

// TestEvent compares what the function is told with what the documentation shows.
func TestEvent(t *testing.T) {
	robot := certificate(t, "robot7")
	id := certificateID(robot)
	f := &function{}
	registry := newTableRegistry()
	registry.signed(t, "signed", f)
	registry.principals[id] = Principal{Active: true}
	g := testGateway(t, registry)
	user := username(t, "signed", goodToken)

	withMQTT := func() *packet {
		p := connectAs("sensor7")
		p.Username, p.Password = user, []byte("pass\x00word")
		return p
	}
	mqtt := &iotauth.MQTTData{ClientID: "sensor7", Username: user, Password: []byte("pass\x00word")}
	upgrade := carrierOf(webSocketCustom).withRequest("GET", "/mqtt?a=b&c=%20", "X-Many", "1", "X-Many", "2")
	http := &iotauth.HTTPData{Headers: map[string]string{"Host": "iot.example", "X-Many": "1, 2"}, QueryString: "?a=b&c=%20"}
	plain := carrierOf(mqttCustom)
	plain.tls = false
	tests := []struct {
		name      string
		carrier   *carrier
		principal string
		want      *iotauth.Request
	}{
		{"MQTT", carrierOf(mqttCustom), "owner1", &iotauth.Request{Protocols: []string{"tls", "mqtt"}, ProtocolData: &iotauth.ProtocolData{TLS: &iotauth.TLSData{ServerName: "iot.example"}, MQTT: mqtt}}},
		{"MQTT without TLS", plain, "owner1", &iotauth.Request{Protocols: []string{"mqtt"}, ProtocolData: &iotauth.ProtocolData{MQTT: mqtt}}},
		{"WebSocket", upgrade, "owner1", &iotauth.Request{Protocols: []string{"tls", "http", "mqtt"}, ProtocolData: &iotauth.ProtocolData{TLS: &iotauth.TLSData{ServerName: "iot.example"}, HTTP: http, MQTT: mqtt}}},
		{"certificate too", carrierOf(mqttCustom).withCertificate(robot), id, &iotauth.Request{Protocols: []string{"tls", "mqtt"}, ProtocolData: &iotauth.ProtocolData{TLS: &iotauth.TLSData{
			ServerName: "iot.example", X509CertificatePEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: robot.Raw})), PrincipalID: id,
		}, MQTT: mqtt}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := allow(sensorPolicy())
			answer.PrincipalID = test.principal
			f.answers(always(answer))
			p := withMQTT()
			mustAdmit(t, g, test.carrier, p)
			clear(p.Password) // the broker's memory is not the function's
			test.want.Token, test.want.SignatureVerified = goodToken, true
			test.want.ConnectionMetadata = &iotauth.ConnectionMetadata{ID: p.SessionID}
			if diff := cmp.Diff(test.want, f.last(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSources: credentials may stand in headers, query and user name, also divided, but
// must not contradict each other.
func TestSources(t *testing.T) {
	f := &function{answer: always(allow(sensorPolicy()))}
	registry := newTableRegistry()
	registry.signed(t, "signed", f)
	registry.signed(t, "other", f)
	g := testGateway(t, registry)
	name, signature := iotauth.AuthorizerNameKey, iotauth.SignatureKey
	good, escaped := sign(t, goodToken), url.QueryEscape(sign(t, goodToken))
	second := sign(t, "another-token")
	for _, test := range []struct {
		why      string
		headers  []string
		query    string
		username string
		refusal  string
	}{
		{why: "all in headers", headers: []string{name, "signed", signature, good, "token", goodToken}},
		{why: "all in the query", query: name + "=signed&" + signature + "=" + escaped + "&token=" + goodToken},
		{why: "raw plus signs in the query", query: name + "=signed&" + signature + "=" + good + "&token=" + goodToken},
		{why: "all in the user name", username: username(t, "signed", goodToken)},
		{why: "the name in the query, the token in the user name", query: name + "=signed", username: "user?" + signature + "=" + escaped + "&token=" + goodToken},
		{why: "the same in both", query: name + "=signed&" + signature + "=" + escaped + "&token=" + goodToken, username: username(t, "signed", goodToken)},
		{why: "a user name of its own", headers: []string{name, "signed", signature, good, "token", goodToken}, username: "ann"},
		{why: "two authorizers", headers: []string{name, "other"}, username: username(t, "signed", goodToken), refusal: "different authorizers"},
		{why: "two tokens", query: signature + "=" + url.QueryEscape(second) + "&token=another-token", username: username(t, "signed", goodToken), refusal: "different authorizers or tokens"},
		{why: "token and signature divided", headers: []string{name, "signed", signature, good}, query: "token=" + goodToken, refusal: "Signature without Token"},
		{why: "twice in the headers", headers: []string{name, "signed", name, "signed", signature, good, "token", goodToken}, refusal: "given twice"},
		{why: "too long a query", query: strings.Repeat("x", 5000), username: username(t, "signed", goodToken), refusal: "a query of 5000"},
	} {
		t.Run(test.why, func(t *testing.T) {
			target := "/mqtt"
			if test.query != "" {
				target += "?" + test.query
			}
			p := connectAs("sensor7")
			p.Username = test.username
			before := f.called()
			client, err := g.admit(carrierOf(webSocketCustom).withRequest("GET", target, test.headers...))(t.Context(), &p.Connect)
			if test.refusal != "" {
				checkRefusal(t, err, mqtt.NotAuthorized, test.refusal)
				if f.called() != before {
					t.Error("the function was called")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			client.Closed()
		})
	}
}

// TestCertificateAndAuthorizer: CUSTOM_AUTH_X509. The certificate is looked at first, and
// the policies of both count.
func TestCertificateAndAuthorizer(t *testing.T) {
	robot := certificate(t, "robot7")
	id := certificateID(robot)
	answer := allow(policy.New(policy.Allow(policy.Publish).On(policy.Topic("a"))))
	answer.PrincipalID = id
	f := &function{answer: always(answer)}
	registry := newTableRegistry()
	registry.unsigned(t, "unsigned", f)
	registry.byDefault = "unsigned"
	g := testGateway(t, registry)
	c := carrierOf(mqttCustom).withCertificate(robot)

	_, err := g.admit(c)(t.Context(), &connectAs("robot7").Connect)
	checkRefusal(t, err, mqtt.NotAuthorized, "is not registered")
	registry.change(id, func() { registry.principals[id] = Principal{Policies: []*policy.Document{sensorPolicy()}} })
	_, err = g.admit(c)(t.Context(), &connectAs("robot7").Connect)
	checkRefusal(t, err, mqtt.NotAuthorized, "not ACTIVE")
	if n := f.called(); n != 0 {
		t.Errorf("the function was called %d times for bad certificates", n)
	}

	registry.change(id, func() {
		registry.principals[id] = Principal{Active: true, Policies: []*policy.Document{policy.New(
			policy.Allow(policy.Connect).On(policy.Client("*")), policy.Allow(policy.Publish).On(policy.Topic("b")))}}
	})
	client := mustAdmit(t, g, c, connectAs("robot7"))
	if !client.MayPublish("a", false) || !client.MayPublish("b", false) || client.MayPublish("c", false) {
		t.Error("not the union of both policies")
	}

	answer = allow(sensorPolicy()) // of somebody else
	f.answers(always(answer))
	_, err = g.admit(c)(t.Context(), &connectAs("robot7").Connect)
	checkRefusal(t, err, mqtt.NotAuthorized, "not that of the client's certificate")
}

// TestHandlerSecrets: an error of a function, which is somebody else's, is logged without
// the client's secrets.
func TestHandlerSecrets(t *testing.T) {
	registry := newTableRegistry()
	registry.unsigned(t, "unsigned", &function{answer: func(r *iotauth.Request) (*iotauth.Response, error) {
		m := r.ProtocolData.MQTT
		return nil, errors.New("no " + m.Username + " with " + string(m.Password) + " and " + r.Token)
	}}, func(o *iotauth.AuthorizerOptions) { o.Logger = slog.New(slog.DiscardHandler) })
	var log syncBuffer
	g := testGateway(t, registry, logTo(&log))
	p := connectAs("sensor7")
	p.Username, p.Password = "ann?x-amz-customauthorizer-name=unsigned&token="+goodToken, []byte("swordfish")
	_, err := g.admit(carrierOf(mqttCustom))(t.Context(), &p.Connect)
	checkRefusal(t, err, mqtt.NotAuthorized, "no [secret] with [secret] and [secret]")
	for _, secret := range []string{goodToken, "swordfish"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

// TestCertificateAndAuthorizerWithoutDoors: that a domain wants both is no matter of TLS alone.
func TestCertificateAndAuthorizerWithoutDoors(t *testing.T) {
	robot := certificate(t, "robot7")
	registry := newTableRegistry()
	registry.unsigned(t, "unsigned", &function{answer: always(allow(sensorPolicy()))})
	registry.principals[certificateID(robot)] = Principal{Active: true, Policies: []*policy.Document{sensorPolicy()}}
	g := testGateway(t, registry, func(o *Options) {
		o.Domains = map[string]Domain{"iot.example": {DefaultAuthorizer: "unsigned", CertificateAndAuthorizer: true}}
	})
	signed := carrierOf(webSocketSigned).withRequest("GET", "/mqtt")
	signed.key = &Key{Policies: []*policy.Document{sensorPolicy()}}
	for _, c := range []*carrier{carrierOf(mqttCustom), carrierOf(mqttCertificate).withCertificate(robot), signed} {
		_, err := g.admit(c)(t.Context(), &connectAs("robot7").Connect)
		checkRefusal(t, err, mqtt.NotAuthorized, "wants a certificate and an authorizer")
	}
}
