package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/coder/websocket"
	pahopackets "github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// dialMQTT connects by TLS, or without where config is nil.
func (s *site) dialMQTT(t testing.TB, door Door, config *tls.Config) net.Conn {
	t.Helper()
	var conn net.Conn
	var err error
	if config == nil {
		conn, err = net.DialTimeout("tcp", s.address[door], patience)
	} else {
		conn, err = tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", s.address[door], config)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return pahopackets.NewThreadSafeConn(conn)
}

// dialWebSocket upgrades by a client that nobody here wrote.
func (s *site) dialWebSocket(t testing.TB, door Door, query string, h http.Header) (net.Conn, *http.Response, error) {
	t.Helper()
	scheme := "wss"
	if door == Plain {
		scheme = "ws"
	}
	transport := &http.Transport{TLSClientConfig: s.tls("http/1.1"), DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.address[door])
	}}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, response, err := websocket.Dial(ctx, scheme+"://localhost/mqtt"+query, &websocket.DialOptions{
		Subprotocols: []string{"mqtt"}, HTTPHeader: h, HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		return nil, response, err
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	return pahopackets.NewThreadSafeConn(websocket.NetConn(context.Background(), ws, websocket.MessageBinary)), response, nil
}

func (s *site) mustWebSocket(t testing.TB, door Door, query string, h http.Header) net.Conn {
	t.Helper()
	conn, _, err := s.dialWebSocket(t, door, query, h)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.log)
	}
	return conn
}

// presign returns the query of a WebSocket's URL as AWS's device SDKs sign it: with the
// token appended after signing.
func presign(t testing.TB, secret, token, service string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "wss://localhost/mqtt?X-Amz-Expires=86400", nil)
	if err != nil {
		t.Fatal(err)
	}
	empty := sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: siteKey, SecretAccessKey: secret}, r, hex.EncodeToString(empty[:]), service, "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(signed)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		u.RawQuery += "&X-Amz-Security-Token=" + url.QueryEscape(token)
	}
	return "?" + u.RawQuery
}

// TestMQTTCarriers: by every way in, a client connects, subscribes, publishes with QoS 1
// and receives, and is who it should be.
func TestMQTTCarriers(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	credentials := s.credentials(t)
	username, err := credentials.Username("user")
	if err != nil {
		t.Fatal(err)
	}
	query, err := credentials.Query()
	if err != nil {
		t.Fatal(err)
	}
	headers := http.Header{}
	if err := credentials.SetHeader(headers); err != nil {
		t.Fatal(err)
	}
	device := certificateID(s.device.Leaf)
	for _, tt := range []struct {
		reason    string
		conn      func(testing.TB) net.Conn
		username  string
		principal string
	}{
		{"8883, certificate", func(t testing.TB) net.Conn { return s.dialMQTT(t, Port8883, s.tls("", s.device)) }, "", device},
		{"443, certificate", func(t testing.TB) net.Conn { return s.dialMQTT(t, Port443, s.tls("x-amzn-mqtt-ca", s.device)) }, "", device},
		{"443, custom authorizer", func(t testing.TB) net.Conn { return s.dialMQTT(t, Port443, s.tls("mqtt")) }, username, "owner1"},
		{"plain, custom authorizer", func(t testing.TB) net.Conn { return s.dialMQTT(t, Plain, nil) }, username, "owner1"},
		{"WebSocket, user name", func(t testing.TB) net.Conn { return s.mustWebSocket(t, Port443, "", nil) }, username, "owner1"},
		{"WebSocket, headers", func(t testing.TB) net.Conn { return s.mustWebSocket(t, Port443, "", headers) }, "", "owner1"},
		{"WebSocket, query", func(t testing.TB) net.Conn { return s.mustWebSocket(t, Port443, "?"+query, nil) }, "", "owner1"},
		{"WebSocket, plain", func(t testing.TB) net.Conn { return s.mustWebSocket(t, Plain, "?"+query, nil) }, "", "owner1"},
		{"WebSocket, presigned", func(t testing.TB) net.Conn {
			return s.mustWebSocket(t, Port443, presign(t, siteSecret, "", "iotdevicegateway"), nil)
		}, "", "AIDAEXAMPLE"},
		{"WebSocket, presigned, plain", func(t testing.TB) net.Conn {
			return s.mustWebSocket(t, Plain, presign(t, siteSecret, "", "iotdevicegateway"), nil)
		}, "", "AIDAEXAMPLE"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			received := make(chan *paho.Publish, 1)
			client := paho.NewClient(paho.ClientConfig{
				Conn: tt.conn(t),
				OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
					received <- p.Packet
					return true, nil
				}},
			})
			name := strings.Map(func(r rune) rune {
				if r == ',' || r == ' ' {
					return '-'
				}
				return r
			}, tt.reason)
			connect := &paho.Connect{ClientID: name, CleanStart: true, KeepAlive: 30, Username: tt.username, UsernameFlag: tt.username != ""}
			if _, err := client.Connect(ctx, connect); err != nil {
				t.Fatalf("%v\n%s", err, s.log)
			}
			topic := "doors/" + name
			if _, err := client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: topic, QoS: 1}}}); err != nil {
				t.Fatal(err)
			}
			payload := []byte(strings.Repeat("Hello", 5000))
			if _, err := client.Publish(ctx, &paho.Publish{Topic: topic, QoS: 1, Payload: payload}); err != nil {
				t.Fatal(err)
			}
			select {
			case m := <-received:
				if string(m.Payload) != string(payload) {
					t.Errorf("received %d bytes", len(m.Payload))
				}
			case <-ctx.Done():
				t.Fatal("nothing was received")
			}
			if m := s.published(t); m.Principal != tt.principal || m.ClientID != name {
				t.Errorf("published by %q as %q, want %q", m.Principal, m.ClientID, tt.principal)
			}
			if err := client.Disconnect(&paho.Disconnect{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSignedWebSockets are let in, or refused before the upgrade.
func TestSignedWebSockets(t *testing.T) {
	t.Parallel()
	s := openSite(t, func(o *Options) {
		o.Keys = StaticKeys{siteKey: {Secret: siteSecret, SessionToken: "to/ken+=", Principal: "AROAEXAMPLE:session"}}
	})
	for _, tt := range []struct {
		reason, query string
		ok            bool
	}{
		{"the token after signing", presign(t, siteSecret, "to/ken+=", "iotdevicegateway"), true},
		{"no token", presign(t, siteSecret, "", "iotdevicegateway"), false},
		{"another token", presign(t, siteSecret, "token", "iotdevicegateway"), false},
		{"another secret", presign(t, "secret", "to/ken+=", "iotdevicegateway"), false},
		{"another service", presign(t, siteSecret, "to/ken+=", "iotdata"), false},
		{"a parameter added", presign(t, siteSecret, "to/ken+=", "iotdevicegateway") + "&a=b", false},
	} {
		_, response, err := s.dialWebSocket(t, Port443, tt.query, nil)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.reason, err)
		}
		if !tt.ok && (response == nil || response.StatusCode != http.StatusForbidden) {
			t.Errorf("%s: %+v", tt.reason, response)
		}
	}
}

// TestHTTPSCarriers: by every way in, a request is published, and its author known.
func TestHTTPSCarriers(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	credentials := s.credentials(t)
	query, err := credentials.Query()
	if err != nil {
		t.Fatal(err)
	}
	device := certificateID(s.device.Leaf)
	signed := func(service string) func(*http.Request) {
		return func(r *http.Request) {
			sum := sha256.Sum256([]byte("payload"))
			if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: siteKey, SecretAccessKey: siteSecret}, r, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		reason    string
		door      Door
		config    *tls.Config
		query     string
		edit      func(*http.Request)
		status    int
		principal string
	}{
		{reason: "8443, certificate", door: Port8443, config: s.tls("", s.device), status: 200, principal: device},
		{reason: "443, certificate", door: Port443, config: s.tls("x-amzn-http-ca", s.device), status: 200, principal: device},
		{reason: "443, headers", door: Port443, config: s.tls("http/1.1"), edit: func(r *http.Request) { _ = credentials.SetHeader(r.Header) }, status: 200, principal: "owner1"},
		{reason: "443, query", door: Port443, config: s.tls(""), query: "&" + query, status: 200, principal: "owner1"},
		{reason: "443, signed as the SDKs do", door: Port443, config: s.tls(""), edit: signed("iotdata"), status: 200, principal: "AIDAEXAMPLE"},
		{reason: "443, signed as documented", door: Port443, config: s.tls(""), edit: signed("iotdevicegateway"), status: 200, principal: "AIDAEXAMPLE"},
		{reason: "plain, signed", door: Plain, edit: signed("iotdata"), status: 200, principal: "AIDAEXAMPLE"},
		{reason: "plain, query", door: Plain, query: "&" + query, status: 200, principal: "owner1"},
		{reason: "443, signed for another service", door: Port443, config: s.tls(""), edit: signed("iot"), status: 403},
		{reason: "443, a certificate without its protocol", door: Port443, config: s.tls("http/1.1", s.device), status: 403},
		{reason: "8443, a stranger's certificate", door: Port8443, config: s.always(issue(t, "stranger", time.Hour)), status: 403},
		{reason: "8443, credentials do not count", door: Port8443, config: s.always(issue(t, "stranger", time.Hour)), query: "&" + query, status: 403},
		{reason: "443, another host than in the SNI", door: Port443, config: s.tls(""), query: "&" + query, edit: func(r *http.Request) { r.Host = "iot.example" }, status: 403},
		{reason: "443, a port in the host", door: Port443, config: s.tls(""), query: "&" + query, edit: func(r *http.Request) { r.Host = "LocalHost:443" }, status: 200, principal: "owner1"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			conn := s.dialHTTP(t, tt.door, tt.config)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://localhost/topics/doors%2Fa?qos=1"+tt.query, strings.NewReader("payload"))
			if err != nil {
				t.Fatal(err)
			}
			if tt.edit != nil {
				tt.edit(r)
			}
			response, err := conn.RoundTrip(r)
			if err != nil {
				t.Fatalf("%v\n%s", err, s.log)
			}
			defer response.Body.Close()
			body, _ := io.ReadAll(response.Body)
			if response.StatusCode != tt.status || (tt.status == 200) != okAnswer.Match(body) {
				t.Fatalf("%s %s\n%s", response.Status, body, s.log)
			}
			if tt.status != 200 {
				s.nothingPublished(t)
			} else if m := s.published(t); m.Principal != tt.principal || string(m.Payload) != "payload" || m.Topic != "doors/a" {
				t.Errorf("published %+v", m)
			}
		})
	}
}

// dialHTTP is a transport to a door, whatever the URL says, with the protocol of config.
func (s *site) dialHTTP(t testing.TB, door Door, config *tls.Config) *http.Transport {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		if config == nil {
			return (&net.Dialer{}).DialContext(ctx, network, s.address[door])
		}
		return (&tls.Dialer{Config: config}).DialContext(ctx, network, s.address[door])
	}
	transport := &http.Transport{DialTLSContext: dial}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}
