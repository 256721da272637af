package gateway

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// publishPolicy allows to publish below p, and nothing else: HTTP knows no Connect.
func publishPolicy() *policy.Document {
	return policy.New(policy.Allow(policy.Publish).On(policy.Topic("p/*")), policy.Allow(policy.RetainPublish).On(policy.Topic("p/kept")))
}

// TestPublishHTTP has a row for each way to publish, and what decides.
func TestPublishHTTP(t *testing.T) {
	robot := certificate(t, "robot7")
	id := certificateID(robot)
	good := sign(t, goodToken)
	header := []string{iotauth.AuthorizerNameKey, "signed", iotauth.SignatureKey, good, "Token", goodToken}
	keyed := func(documents ...*policy.Document) func(*carrier) {
		return func(c *carrier) { c.key = &Key{Principal: "AIDAEXAMPLE", Policies: documents} }
	}
	tests := []struct {
		name      string
		kind      carrierKind
		headers   []string
		carrier   func(*carrier)
		principal *Principal
		topic     string
		retain    bool
		reason    mqtt.Reason
		refusal   string // "" allows
		who       string
	}{
		{name: "custom", kind: httpsCustom, headers: header, topic: "p/a", who: "owner1"},
		{name: "custom, another topic", kind: httpsCustom, headers: header, topic: "q", refusal: "IMPLICIT_DENY iot:Publish topic/q"},
		{name: "custom, retained", kind: httpsCustom, headers: header, topic: "p/kept", retain: true, who: "owner1"},
		{name: "custom, must not be retained", kind: httpsCustom, headers: header, topic: "p/a", retain: true, refusal: "IMPLICIT_DENY iot:RetainPublish topic/p/a"},
		{name: "custom, no credentials", kind: httpsCustom, topic: "p/a", refusal: "there is no default one"},
		{name: "custom, bad signature", kind: httpsCustom, headers: []string{iotauth.AuthorizerNameKey, "signed", iotauth.SignatureKey, good, "Token", "other"}, topic: "p/a", refusal: "signature refused"},
		{name: "certificate", kind: httpsCertificate, principal: &Principal{Active: true, Policies: []*policy.Document{publishPolicy()}}, topic: "p/a", who: id},
		{name: "certificate of a thing, which HTTP does not know", kind: httpsCertificate, principal: &Principal{Active: true, Policies: []*policy.Document{policy.New(policy.Allow(policy.Publish).On(policy.Topic("${iot:ClientId}")))}}, topic: "p/a", refusal: "has no value"},
		{name: "certificate with its own name", kind: httpsCertificate, principal: &Principal{Active: true, Policies: []*policy.Document{policy.New(policy.Allow(policy.Publish).On(policy.Topic("${iot:Certificate.Subject.CommonName}")))}}, topic: "robot7", who: id},
		{name: "certificate inactive", kind: httpsCertificate, principal: &Principal{Policies: []*policy.Document{publishPolicy()}}, topic: "p/a", refusal: "not ACTIVE"},
		{name: "certificate unknown", kind: httpsCertificate, topic: "p/a", refusal: "is not registered"},
		{name: "certificate denied", kind: httpsCertificate, principal: &Principal{Active: true, Policies: []*policy.Document{publishPolicy(), policy.New(policy.Deny(policy.Publish).On("*"))}}, topic: "p/a", refusal: "EXPLICIT_DENY"},
		{name: "signed", kind: httpsSigned, carrier: keyed(publishPolicy()), topic: "p/a", who: "AIDAEXAMPLE"},
		{name: "signed, another topic", kind: httpsSigned, carrier: keyed(publishPolicy()), topic: "q", refusal: "IMPLICIT_DENY iot:Publish topic/q"},
		{name: "signed, no policy", kind: httpsSigned, carrier: keyed(), topic: "p/a", refusal: "IMPLICIT_DENY"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			registry := newTableRegistry()
			registry.signed(t, "signed", &function{answer: always(allow(publishPolicy()))})
			if test.principal != nil {
				registry.principals[id] = *test.principal
			}
			var log syncBuffer
			g := testGateway(t, registry, logTo(&log))
			c := carrierOf(test.kind).withRequest("POST", "/topics/x?qos=1", test.headers...)
			if test.kind == httpsCertificate {
				c.certificate = robot
			}
			if test.carrier != nil {
				test.carrier(c)
			}
			err := g.authorizePublish(t.Context(), c, newHTTPConn(), test.topic, test.retain)
			if test.refusal == "" {
				if err != nil || c.principal != test.who {
					t.Errorf("%v, by %q", err, c.principal)
				}
				return
			}
			checkRefusal(t, err, mqtt.NotAuthorized, test.refusal)
			if n := metric(g, "PublishIn.AuthError"); n != 1 {
				t.Errorf("PublishIn.AuthError is %d", n)
			}
			if l := lines(log.String(), "msg=denied"); len(l) != 1 || strings.Contains(l[0], goodToken) {
				t.Errorf("the log has %q", l)
			}
		})
	}
}

// TestEventHTTP: the function sees the request, and the connection's id.
func TestEventHTTP(t *testing.T) {
	f := &function{answer: always(allow(publishPolicy()))}
	registry := newTableRegistry()
	registry.unsigned(t, "unsigned", f)
	g := testGateway(t, registry)
	c := carrierOf(httpsCustom).withRequest("POST", "/topics/p/a?qos=1&x-amz-customauthorizer-name=unsigned&token=abc", "X-Device", "7")
	if err := g.authorizePublish(t.Context(), c, newHTTPConn(), "p/a", false); err != nil {
		t.Fatal(err)
	}
	r := f.last(t)
	if r.Token != "abc" || r.SignatureVerified || strings.Join(r.Protocols, " ") != "tls http" || r.ProtocolData.MQTT != nil ||
		r.ProtocolData.HTTP.Headers["X-Device"] != "7" || r.ProtocolData.HTTP.QueryString != "?"+c.request.URL.RawQuery || r.ConnectionMetadata.ID != c.id {
		t.Errorf("the function was told %+v %+v", r, r.ProtocolData)
	}
}

// TestHTTPCache: answers are kept where the authorizer allows it, on one connection, for the
// same credentials, until they are to be refreshed.
func TestHTTPCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &function{answer: always(allow(publishPolicy()))}
		registry := newTableRegistry()
		registry.unsigned(t, "cached", f)
		registry.change("", func() {
			a := registry.authorizers["cached"]
			a.CacheHTTP = true
			registry.authorizers["cached"] = a
		})
		registry.unsigned(t, "uncached", f)
		g := testGateway(t, registry)
		first, second := newHTTPConn(), newHTTPConn()
		calls := 0
		publish := func(why string, called int, h *httpConn, authorizer, token, query string, headers ...string) {
			t.Helper()
			c := carrierOf(httpsCustom).withRequest("POST", "/topics/p/a?"+query, append(headers, iotauth.AuthorizerNameKey, authorizer, "token", token)...)
			if err := g.authorizePublish(t.Context(), c, h, "p/a", false); err != nil {
				t.Fatal(err)
			}
			if calls += called; f.called() != calls {
				t.Errorf("%s: %d calls, want %d", why, f.called(), calls)
			}
		}
		publish("without caching", 1, first, "uncached", "a", "")
		publish("without caching, again", 1, first, "uncached", "a", "")
		publish("the first", 1, first, "cached", "a", "qos=0")
		publish("the same client, another message", 0, first, "cached", "a", "qos=1&retain=false", "Content-Length", "5", "Content-Type", "text/plain")
		publish("another connection", 1, second, "cached", "a", "")
		publish("another token", 1, first, "cached", "b", "")
		publish("the old token again", 1, first, "cached", "a", "")
		publish("another header, by which the function may go", 1, first, "cached", "a", "", "X-Device", "8")
		publish("another parameter", 1, first, "cached", "a", "device=8", "X-Device", "8")
		publish("two that look like one", 1, first, "cached", "a", "", "X-Device", "8\nX-Other:9")
		publish("just before the refresh", 0, second, "cached", "a", "")
		time.Sleep(10*time.Minute - time.Nanosecond)
		publish("just before the refresh", 0, second, "cached", "a", "")
		time.Sleep(time.Nanosecond)
		publish("after RefreshAfter", 1, second, "cached", "a", "")
		if n := metric(g, "CustomAuthorizer.HTTPCacheHit"); n != 3 {
			t.Errorf("CustomAuthorizer.HTTPCacheHit is %d", n)
		}

		// An answer that refuses is not kept, and an authorizer that is not ACTIVE says nothing.
		f.answers(always(&iotauth.Response{}))
		c := carrierOf(httpsCustom).withRequest("POST", "/topics/p/a", iotauth.AuthorizerNameKey, "cached", "token", "z")
		for range 2 {
			checkRefusal(t, g.authorizePublish(t.Context(), c, second, "p/a", false), mqtt.NotAuthorized, "isAuthenticated is false")
		}
		if calls += 2; f.called() != calls {
			t.Errorf("%d calls, want %d", f.called(), calls)
		}
		f.answers(always(allow(publishPolicy())))
		publish("once more", 1, second, "cached", "a", "")
		registry.change("", func() {
			a := registry.authorizers["cached"]
			a.Active = false
			registry.authorizers["cached"] = a
		})
		c = carrierOf(httpsCustom).withRequest("POST", "/topics/p/a", iotauth.AuthorizerNameKey, "cached", "token", "a")
		checkRefusal(t, g.authorizePublish(t.Context(), c, second, "p/a", false), mqtt.NotAuthorized, "not ACTIVE")
	})
}

// TestHTTPCacheTogether: requests that come at once on one connection share an answer.
func TestHTTPCacheTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &function{answer: func(*iotauth.Request) (*iotauth.Response, error) {
			time.Sleep(time.Second)
			return allow(publishPolicy()), nil
		}}
		registry := newTableRegistry()
		registry.unsigned(t, "cached", f)
		registry.byDefault = "cached"
		registry.change("", func() {
			a := registry.authorizers["cached"]
			a.CacheHTTP = true
			registry.authorizers["cached"] = a
		})
		g := testGateway(t, registry)
		h := newHTTPConn()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if err := g.authorizePublish(t.Context(), carrierOf(httpsCustom).withRequest("POST", "/topics/p/a"), h, "p/a", false); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := f.called(); n != 1 {
			t.Errorf("the function was called %d times", n)
		}
	})
}

// TestHTTPRegistryFails: what cannot be decided is no 403.
func TestHTTPRegistryFails(t *testing.T) {
	registry := newTableRegistry()
	registry.err = errors.New("no disk")
	g := testGateway(t, registry)
	for _, c := range []*carrier{
		carrierOf(httpsCustom).withRequest(http.MethodPost, "/topics/a"),
		carrierOf(httpsCertificate).withCertificate(certificate(t, "robot7")).withRequest(http.MethodPost, "/topics/a"),
	} {
		checkRefusal(t, g.authorizePublish(t.Context(), c, newHTTPConn(), "a", false), mqtt.ServerUnavailable, "no disk")
	}
	if n := metric(g, "PublishIn.ServerError"); n != 2 {
		t.Errorf("PublishIn.ServerError is %d", n)
	}
}
