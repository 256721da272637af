package gateway

import (
	"bufio"
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
	"github.com/askaround/askaround-go/iotauth"
)

// TestCertificateAndAuthorizerDoors: at a domain that wants both (CUSTOM_AUTH_X509) no door
// lets in who has one of them only.
func TestCertificateAndAuthorizerDoors(t *testing.T) {
	t.Parallel()
	s := openSite(t, func(o *Options) {
		o.Domains = map[string]Domain{"other.example": {AllowAuthorizerOverride: true, CertificateAndAuthorizer: true}}
	})
	f := &function{answer: func(r *iotauth.Request) (*iotauth.Response, error) {
		response := allow(doorsPolicy())
		response.PrincipalID = r.ProtocolData.TLS.PrincipalID
		return response, nil
	}}
	s.registry.signed(t, "Doors", f)
	credentials := s.credentials(t)
	username, err := credentials.Username("user")
	if err != nil {
		t.Fatal(err)
	}
	stranger := issue(t, "stranger", time.Hour)
	there := func(alpn string, certificates ...tls.Certificate) *tls.Config {
		config := s.tls(alpn, certificates...)
		config.ServerName = "other.example"
		return config
	}
	for _, tt := range []struct {
		name     string
		door     Door
		alpn     string
		device   []tls.Certificate
		username string
		err      string // of the handshake
		code     byte   // of the CONNACK
	}{
		{name: "443 with both", door: Port443, alpn: "mqtt", device: []tls.Certificate{s.device}, username: username},
		{name: "8883 with both", door: Port8883, device: []tls.Certificate{s.device}, username: username},
		{name: "443 for certificates, with both", door: Port443, alpn: "x-amzn-mqtt-ca", device: []tls.Certificate{s.device}, username: username},
		{name: "443 without certificate", door: Port443, alpn: "mqtt", username: username, err: "certificate required"},
		{name: "443 without credentials", door: Port443, alpn: "mqtt", device: []tls.Certificate{s.device}, code: packets.ErrNotAuthorized.Code},
		{name: "8883 without credentials", door: Port8883, device: []tls.Certificate{s.device}, code: packets.ErrNotAuthorized.Code},
		{name: "443 for certificates, without credentials", door: Port443, alpn: "x-amzn-mqtt-ca", device: []tls.Certificate{s.device}, code: packets.ErrNotAuthorized.Code},
		{name: "443 with a stranger's certificate", door: Port443, alpn: "mqtt", device: []tls.Certificate{stranger}, username: username, code: packets.ErrNotAuthorized.Code},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := there(tt.alpn, tt.device...)
			if tt.err != "" {
				if _, err := shake(s.address[tt.door], config, false); err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("the handshake said %v", err)
				}
				return
			}
			before := f.called()
			p := mqttest.New(t, s.dialMQTT(t, tt.door, config), mqttest.V5)
			if tt.code != 0 {
				p.Refused(tt.code, "sensor7", mqttest.Login(tt.username, ""))
				if f.called() != before {
					t.Error("the function was called")
				}
				return
			}
			p.Connect("sensor7", mqttest.Login(tt.username, ""))
			if r := f.last(t); r.ProtocolData.TLS.PrincipalID != certificateID(s.device.Leaf) || r.ProtocolData.TLS.X509CertificatePEM == "" {
				t.Errorf("the function was told %+v", r.ProtocolData.TLS)
			}
			p.Send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}})
			p.Ended()
		})
	}
	for _, tt := range []struct {
		name    string
		door    Door
		config  *tls.Config
		headers bool
		status  int
	}{
		{"443 with both", Port443, there("http/1.1", s.device), true, http.StatusOK},
		{"8443 with both", Port8443, there("", s.device), true, http.StatusOK},
		{"443 without credentials", Port443, there("http/1.1", s.device), false, http.StatusForbidden},
		{"8443 without credentials", Port8443, there("", s.device), false, http.StatusForbidden},
		{"443 for certificates, without credentials", Port443, there("x-amzn-http-ca", s.device), false, http.StatusForbidden},
		{"plain", Plain, nil, true, http.StatusForbidden},
	} {
		t.Run("HTTP "+tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://other.example/topics/doors%2Fa?qos=1", strings.NewReader("x"))
			if err != nil {
				t.Fatal(err)
			}
			if tt.headers {
				if err := credentials.SetHeader(r.Header); err != nil {
					t.Fatal(err)
				}
			}
			response, err := s.dialHTTP(t, tt.door, tt.config).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if line, _ := bufio.NewReader(response.Body).ReadString('\n'); response.StatusCode != tt.status {
				t.Errorf("%s %s", response.Status, line)
			}
		})
	}
}
