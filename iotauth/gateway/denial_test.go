package gateway

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// TestDenialsAreExplained: each kind of denial is counted by its name, and explained.
func TestDenialsAreExplained(t *testing.T) {
	var log syncBuffer
	document := policy.New(
		policy.Allow(policy.Connect).On("*"),
		policy.Allow(policy.Publish).On(policy.Topic("a")),
		policy.Allow(policy.Receive).On(policy.Topic("shared")),
		policy.Deny(policy.Receive).On(policy.Topic("$share/bad/*")).Named("bad"),
	)
	g, _, _, client := custom(t, &function{answer: always(allow(document))}, logTo(&log))
	for _, test := range []struct {
		metric, reason string
		allowed        bool
	}{
		{"PublishIn.AuthError", "IMPLICIT_DENY iot:Publish topic/b", client.MayPublish("b", false)},
		{"PublishRetained.AuthError", "IMPLICIT_DENY iot:RetainPublish topic/a", client.MayPublish("a", true)},
		{"Subscribe.AuthError", "IMPLICIT_DENY iot:Subscribe topicfilter/a/#", client.MaySubscribe("a/#")},
		{"PublishOut.AuthError", "IMPLICIT_DENY iot:Receive topic/a", client.MayReceive("a", "")},
		{"", "EXPLICIT_DENY iot:Receive topic/$share/bad/shared: document 1 statement 4 (bad) denies", client.MayReceive("shared", "bad")},
	} {
		if test.allowed {
			t.Errorf("%s was allowed", test.reason)
		}
		if test.metric != "" && test.metric != "PublishOut.AuthError" && metric(g, test.metric) != 1 {
			t.Errorf("%s is %d", test.metric, metric(g, test.metric))
		}
		if l := lines(log.String(), test.reason); len(l) != 1 || !strings.Contains(l[0], "client_id=sensor7") || !strings.Contains(l[0], "principal=owner1") || !strings.Contains(l[0], "remote_addr=192.0.2.7:4711") {
			t.Errorf("%q is in the log as %q", test.reason, l)
		}
	}
	if n := metric(g, "PublishOut.AuthError"); n != 2 {
		t.Errorf("PublishOut.AuthError is %d", n)
	}
	if !client.MayReceive("shared", "good") || !client.MayPublish("a", false) {
		t.Error("what is allowed was denied")
	}
}

// TestFlood: a client that sends what is denied as fast as it can gets a few lines, and the
// last one says how many there were.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log syncBuffer
		g, _, _, client := custom(t, &function{answer: always(allow(sensorPolicy()))}, logTo(&log))
		for range 1000 {
			client.MayPublish("b", false)
		}
		if n := len(lines(log.String(), "msg=denied")); n != 5 {
			t.Errorf("%d lines for 1,000 denials", n)
		}
		time.Sleep(10 * time.Second)
		client.MayPublish("b", false)
		client.MayPublish("b", false)
		if l := lines(log.String(), "msg=denied"); len(l) != 6 || !strings.Contains(l[5], "not_logged=995") {
			t.Errorf("after a while: %q", l)
		}
		time.Sleep(time.Hour)
		for range 10 {
			client.MayPublish("b", false)
		}
		if n := len(lines(log.String(), "msg=denied")); n != 11 {
			t.Errorf("%d lines after an hour", n)
		}
		client.Closed()
		if l := lines(log.String(), "denials were not logged"); len(l) != 1 || !strings.Contains(l[0], "count=5") {
			t.Errorf("at the end: %q", l)
		}
		if n := metric(g, "PublishIn.AuthError"); n != 1012 {
			t.Errorf("PublishIn.AuthError is %d", n)
		}
	})
}

// TestFloodOfConnects: nor do refused clients fill the log.
func TestFloodOfConnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log syncBuffer
		g := testGateway(t, newTableRegistry(), logTo(&log))
		for range 1000 {
			_, err := g.admit(carrierOf(mqttCustom))(t.Context(), &connectAs("sensor7").Connect)
			checkRefusal(t, err, mqtt.NotAuthorized, "there is no default one")
		}
		if n := len(lines(log.String(), "msg=refused")); n != 100 {
			t.Errorf("%d lines for 1,000 clients", n)
		}
		time.Sleep(time.Second)
		_, err := g.admit(carrierOf(mqttCustom))(t.Context(), &connectAs("sensor7").Connect)
		checkRefusal(t, err, mqtt.NotAuthorized, "there is no default one")
		if l := lines(log.String(), "msg=refused"); len(l) != 101 || !strings.Contains(l[100], "not_logged=900") {
			t.Errorf("%d lines, the last %q", len(l), l[len(l)-1])
		}
	})
}

// TestLogHasNoCredentials: the user name carries tokens, and is never logged.
func TestLogHasNoCredentials(t *testing.T) {
	var log syncBuffer
	registry := newTableRegistry()
	registry.signed(t, "signed", &function{answer: always(allow(sensorPolicy()))})
	g := testGateway(t, registry, logTo(&log))
	p := connectAs("sensor7")
	p.Username, p.Password = username(t, "signed", goodToken), []byte("swordfish")
	client := mustAdmit(t, g, carrierOf(mqttCustom), p)
	client.MayPublish("b", false)
	p.Username = strings.Replace(p.Username, "user", "user?"+iotauth.SignatureKey+"=x", 1)
	if _, err := g.admit(carrierOf(mqttCustom))(t.Context(), &p.Connect); err == nil {
		t.Error("admitted")
	}
	if len(lines(log.String(), "")) < 2 {
		t.Error("nothing was logged")
	}
	for _, secret := range []string{goodToken, "swordfish", sign(t, goodToken)} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, log.String())
		}
	}
}
