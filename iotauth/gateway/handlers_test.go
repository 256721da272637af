package gateway

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/askaround/askaround-go/internal/devissuer"
	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/oidcauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// TestOIDC: the ready-made handler for tokens of an OpenID Connect issuer, with the token in
// the MQTT password.
func TestOIDC(t *testing.T) {
	issuer, err := devissuer.New("https://issuer.example")
	if err != nil {
		t.Fatal(err)
	}
	grants := []oidcauth.Grant{{Policy: policy.New(
		policy.Allow(policy.Connect).On(policy.Client("${claim:sub}")),
		policy.Allow(policy.Publish).On(policy.Topic("users/${claim:sub}/*")),
	)}}
	handler, err := oidcauth.New(issuer.URL(), "askaround", grants, func(o *oidcauth.Options) { o.HTTPClient = issuer.Client() })
	if err != nil {
		t.Fatal(err)
	}
	registry := newTableRegistry()
	registry.unsigned(t, "oidc", handler)
	registry.byDefault = "oidc"
	g := testGateway(t, registry)
	token, err := issuer.Mint("ann")
	if err != nil {
		t.Fatal(err)
	}
	p := connectAs("ann")
	p.Password = []byte(token)
	client := mustAdmit(t, g, carrierOf(mqttCustom), p)
	if !client.MayPublish("users/ann/x", false) || client.MayPublish("users/bob/x", false) {
		t.Error("the claim does not decide")
	}
	p = connectAs("bob")
	p.Password = []byte(token)
	_, err = g.admit(carrierOf(mqttCustom))(t.Context(), &p.Connect)
	checkRefusal(t, err, mqtt.NotAuthorized, "IMPLICIT_DENY iot:Connect client/bob")
	p.Password = append(p.Password, 'x')
	_, err = g.admit(carrierOf(mqttCustom))(t.Context(), &p.Connect)
	checkRefusal(t, err, mqtt.NotAuthorized, "isAuthenticated is false")
}

// TestWebhookAndRemote: a function behind HTTP sees the same event as one in process, the
// password's bytes included, and its faults are refusals.
func TestWebhookAndRemote(t *testing.T) {
	f := &function{answer: always(allow(sensorPolicy()))}
	hook, err := iotauth.NewWebhook(f)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(hook)
	defer server.Close()
	remote, err := iotauth.NewRemote(server.URL, func(o *iotauth.RemoteOptions) { o.HTTPClient = server.Client() })
	if err != nil {
		t.Fatal(err)
	}
	registry := newTableRegistry()
	registry.signed(t, "remote", remote)
	g := testGateway(t, registry)
	p := connectAs("sensor7")
	p.Username, p.Password = username(t, "remote", goodToken), []byte("\xff\x00binary")
	client := mustAdmit(t, g, carrierOf(mqttCustom), p)
	if !client.MayPublish("sensors/sensor7/t", true) || client.MaySubscribe("#") {
		t.Error("the remote answer does not decide")
	}
	if r := f.last(t); r.Token != goodToken || !r.SignatureVerified || string(r.ProtocolData.MQTT.Password) != "\xff\x00binary" {
		t.Errorf("the function was told %+v", r)
	}
	f.answers(func(*iotauth.Request) (*iotauth.Response, error) { return nil, errors.New("no database") })
	_, err = g.admit(carrierOf(mqttCustom))(t.Context(), &p.Connect)
	checkRefusal(t, err, mqtt.NotAuthorized, "the authorizer's function failed")
	server.Close()
	_, err = g.admit(carrierOf(mqttCustom))(t.Context(), &p.Connect)
	checkRefusal(t, err, mqtt.NotAuthorized, "the authorizer's function failed")
}
