package gateway

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway/internal/mqttest"
)

// TestRequireCertificate: on such a domain a client needs both, whatever the door, and the
// authorizer is told of the certificate.
func TestRequireCertificate(t *testing.T) {
	s := openSite(t, func(o *Options) {
		o.Domains = map[string]Domain{"other.example": {DefaultAuthorizer: "Both", RequireCertificate: true}}
	})
	f := &function{answer: func(r *iotauth.Request) (*iotauth.Response, error) {
		if r.Token != "good" || r.ProtocolData.TLS == nil {
			return &iotauth.Response{}, nil
		}
		response := allow(doorsPolicy())
		response.PrincipalID = r.ProtocolData.TLS.PrincipalID
		return response, nil
	}}
	s.registry.unsigned(t, "Both", f)
	config := func(alpn string, certificates ...tls.Certificate) *tls.Config {
		c := s.tls(alpn)
		c.ServerName = "other.example"
		if len(certificates) > 0 {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificates[0], nil }
		}
		return c
	}
	for _, at := range []struct {
		door Door
		alpn string
	}{{Port443, "mqtt"}, {Port443, "x-amzn-mqtt-ca"}, {Port8883, ""}} {
		if _, err := shake(s.address[at.door], config(at.alpn), false); err == nil || !strings.Contains(err.Error(), "certificate required") {
			t.Errorf("%s %s: no certificate: %v", at.door, at.alpn, err)
		}
		p := mqttest.New(t, s.dialMQTT(t, at.door, config(at.alpn, s.device)), 5)
		p.Connect("both", mqttest.Login("?token=good", ""))
		p.Disconnect()
		mqttest.New(t, s.dialMQTT(t, at.door, config(at.alpn, s.device)), 5).Refused(0x87, "both", mqttest.Login("?token=bad", ""))
		mqttest.New(t, s.dialMQTT(t, at.door, config(at.alpn, issue(t, "stranger", time.Hour))), 5).Refused(0x87, "both", mqttest.Login("?token=good", ""))
	}
	for query, status := range map[string]int{"?token=good": 200, "?token=bad": 403, "": 403} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://other.example/topics/doors%2Fa"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.dialHTTP(t, Port443, config("http/1.1", s.device)).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%q: %s\n%s", query, response.Status, s.log)
		}
	}
	if tls := f.last(t).ProtocolData.TLS; tls.ServerName != "other.example" || tls.PrincipalID != certificateID(s.device.Leaf) {
		t.Errorf("the authorizer was told %+v", tls)
	}

	custom := s.customHeaders(t)
	if head, _ := s.send(t, "POST /topics/doors/a?token=good HTTP/1.1\r\nHost: other.example\r\n"+custom+"\r\n"); !strings.HasPrefix(head, "403") {
		t.Errorf("without TLS: %s", head)
	}
}
