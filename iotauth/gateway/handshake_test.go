package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// TestHandshakes: what TLS lets in, and the alert that the others get.
func TestHandshakes(t *testing.T) {
	s := openSite(t, func(o *Options) { o.Domains = map[string]Domain{"Other.Example": {}} })
	expired, stranger := issue(t, "expired", -time.Hour), issue(t, "stranger", time.Hour)
	foreign := tls.Certificate{Certificate: s.device.Certificate, PrivateKey: stranger.PrivateKey} // not the key of that certificate
	for _, tt := range []struct {
		reason       string
		door         Door
		alpn         []string
		certificates []tls.Certificate
		edit         func(*tls.Config)
		want         string // negotiated
		err          string
	}{
		{reason: "443, nothing named", door: Port443},
		{reason: "443, HTTP", door: Port443, alpn: []string{"http/1.1"}, want: "http/1.1"},
		{reason: "443, HTTP/2 as well", door: Port443, alpn: []string{"h2", "http/1.1"}, want: "http/1.1"},
		{reason: "443, MQTT", door: Port443, alpn: []string{"mqtt"}, want: "mqtt"},
		{reason: "443, MQTT with certificate", door: Port443, alpn: []string{"x-amzn-mqtt-ca"}, certificates: []tls.Certificate{s.device}, want: "x-amzn-mqtt-ca"},
		{reason: "443, HTTP with certificate", door: Port443, alpn: []string{"x-amzn-http-ca"}, certificates: []tls.Certificate{s.device}, want: "x-amzn-http-ca"},
		{reason: "443, a certificate that nobody asked for", door: Port443, alpn: []string{"mqtt"}, certificates: []tls.Certificate{s.device}, want: "mqtt"},
		{reason: "443, HTTP/2 only", door: Port443, alpn: []string{"h2"}, err: "no application protocol"},
		{reason: "443, an unknown protocol", door: Port443, alpn: []string{"amqp"}, err: "no application protocol"},
		{reason: "443, MQTT without the certificate", door: Port443, alpn: []string{"x-amzn-mqtt-ca"}, err: "certificate required"},
		{reason: "443, HTTP without the certificate", door: Port443, alpn: []string{"x-amzn-http-ca"}, err: "certificate required"},
		{reason: "8883", door: Port8883, certificates: []tls.Certificate{s.device}},
		{reason: "8883, a protocol named", door: Port8883, alpn: []string{"mqtt"}, certificates: []tls.Certificate{s.device}},
		{reason: "8883, a certificate that nobody registered", door: Port8883, certificates: []tls.Certificate{stranger}}, // refused at CONNECT
		{reason: "8883, no certificate", door: Port8883, err: "certificate required"},
		{reason: "8883, no certificate, TLS 1.2", door: Port8883, edit: func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, err: "handshake failure"},
		{reason: "8883, an expired certificate", door: Port8883, certificates: []tls.Certificate{expired}, err: "bad certificate"},
		{reason: "8883, another's certificate", door: Port8883, certificates: []tls.Certificate{foreign}, err: "error decrypting message"},
		{reason: "8443", door: Port8443, alpn: []string{"http/1.1"}, certificates: []tls.Certificate{s.device}},
		{reason: "8443, no certificate", door: Port8443, err: "certificate required"},
		{reason: "TLS 1.2", door: Port443, edit: func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }},
		{reason: "TLS 1.1", door: Port443, edit: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, err: "protocol version"},
		{reason: "no name", door: Port443, edit: func(c *tls.Config) { c.ServerName, c.InsecureSkipVerify = "", true }, err: "unrecognized name"},
		{reason: "another name", door: Port443, edit: func(c *tls.Config) { c.ServerName, c.InsecureSkipVerify = "evil.example", true }, err: "unrecognized name"},
		{reason: "another name with a certificate", door: Port8883, certificates: []tls.Certificate{s.device}, edit: func(c *tls.Config) { c.ServerName, c.InsecureSkipVerify = "evil.example", true }, err: "unrecognized name"},
		{reason: "the second name", door: Port443, edit: func(c *tls.Config) { c.ServerName = "iot.example" }},
		{reason: "a name in capitals", door: Port443, edit: func(c *tls.Config) { c.ServerName = "IOT.EXAMPLE" }},
		{reason: "a domain's name", door: Port443, edit: func(c *tls.Config) { c.ServerName = "other.example" }},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel()
			config := s.tls("", tt.certificates...)
			if len(tt.certificates) > 0 { // else a client whose certificate is not of the wanted authorities sends none
				config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &tt.certificates[0], nil }
			}
			config.NextProtos = tt.alpn
			if tt.edit != nil {
				tt.edit(config)
			}
			state, err := shake(s.address[tt.door], config, tt.door != Port8883 && !strings.Contains(strings.Join(tt.alpn, ""), "mqtt"))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want one that says %q", err, tt.err)
				}
				return
			}
			if err != nil || state.NegotiatedProtocol != tt.want {
				t.Errorf("negotiated %q, %v, want %q", state.NegotiatedProtocol, err, tt.want)
			}
		})
	}
}

// hello is what a client says first: each is answered, be it by a refusal.
func hello(http bool) string {
	if http {
		return "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
	}
	return "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test"
}

// shake dials, says hello and waits for the answer: in TLS 1.3 a client is done before its
// certificate was looked at.
func shake(address string, config *tls.Config, http bool) (tls.ConnectionState, error) {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", address, config)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, hello(http)); err != nil {
		return tls.ConnectionState{}, err
	}
	_, err = conn.Read(make([]byte, 1))
	return conn.ConnectionState(), err
}

// TestClientAuthorities: with Options.ClientCAs others are refused in the handshake.
func TestClientAuthorities(t *testing.T) {
	s := openSite(t, func(o *Options) { o.ClientCAs = x509.NewCertPool() })
	if _, err := shake(s.address[Port8883], s.always(s.device), false); err == nil || !strings.Contains(err.Error(), "unknown certificate authority") {
		t.Errorf("a certificate of another authority: %v", err)
	}
	s = openSite(t, func(o *Options) {
		a, err := siteAuthority()
		if err != nil {
			t.Fatal(err)
		}
		o.ClientCAs = x509.NewCertPool()
		o.ClientCAs.AddCert(a.certificate)
	})
	if _, err := shake(s.address[Port8883], s.always(s.device), false); err != nil {
		t.Errorf("a certificate of that authority: %v", err)
	}
}

// always is a client that shows its certificate whatever authorities the server names.
func (s *site) always(c tls.Certificate) *tls.Config {
	config := s.tls("")
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c, nil }
	return config
}

// TestResumption: a session ticket saves a handshake, and does not carry a client from a
// door without certificates to one with them.
func TestResumption(t *testing.T) {
	s := openSite(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cache := tls.NewLRUClientSessionCache(10)
		connect := func(alpn string, certificates ...tls.Certificate) (resumed bool, err error) {
			config := s.tls(alpn, certificates...)
			config.ClientSessionCache, config.MaxVersion = cache, version
			state, err := shake(s.address[Port443], config, false) // the tickets come before the answer
			return state.DidResume, err
		}
		for i, want := range []bool{false, true} {
			if resumed, err := connect("mqtt"); err != nil || resumed != want {
				t.Errorf("TLS %x, connection %d: resumed %t, %v", version, i, resumed, err)
			}
		}
		if resumed, err := connect("x-amzn-mqtt-ca"); err == nil {
			t.Errorf("TLS %x: in without a certificate, resumed %t", version, resumed)
		}
		if resumed, err := connect("x-amzn-mqtt-ca", s.device); err != nil || resumed {
			t.Errorf("TLS %x: with a certificate: resumed %t, %v", version, resumed, err)
		}
	}
}

// TestPlainDoor: neither TLS nor nonsense.
func TestPlainDoor(t *testing.T) {
	s := openSite(t)
	for reason, first := range map[string]string{"TLS": "\x16\x03\x01", "PINGREQ": "\xc0\x00", "lower case": "get / HTTP/1.1\r\n", "null": "\x00"} {
		conn, err := net.Dial("tcp", s.address[Plain])
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(first))
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if got, err := io.ReadAll(conn); len(got) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: answered %q, %v", reason, got, err)
		}
		conn.Close()
	}
}

// TestMQTTWithoutProtocol is told apart at once, and the log says what to do.
func TestMQTTWithoutProtocol(t *testing.T) {
	s := openSite(t)
	for _, door := range []Door{Port443, Port8443} {
		if _, err := shake(s.address[door], s.tls("", s.device), false); err == nil {
			t.Errorf("%s: a client that speaks MQTT was answered", door)
		}
	}
	if n := strings.Count(s.log.String(), "x-amzn-mqtt-ca for a certificate"); n != 2 {
		t.Errorf("the log says %d times what to do:\n%s", n, s.log)
	}
}

func TestServeRefuses(t *testing.T) {
	g, err := New(newTableRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Shutdown(context.Background())
	for _, door := range []Door{0, Plain + 1, Port443, Port8883, Port8443} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Serve(context.Background(), l, door); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", door, err)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: the listener was left open: %v", door, err)
		}
	}
	if err := g.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Serve(context.Background(), l, Plain); err != nil {
		t.Errorf("after Shutdown: %v", err)
	}
}
