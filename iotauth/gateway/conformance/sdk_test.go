package conformance

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/foreign"
)

// notAuthorized is the reason code of MQTT 5.
const notAuthorized = 0x87

// arguments are those of every client's program.
func (s *site) arguments(door, protocol, address string) []string {
	return []string{
		"door=" + door, "protocol=" + protocol, "host=localhost", "port=" + port(address), "clientId=sensor7", "ca=" + s.file("ca.pem"),
		"cert=" + s.file("cert.pem"), "key=" + s.file("key.pem"), "region=us-east-1",
		"authorizer=Custom", "tokenKey=Token", "token=" + s.token, "signature=" + s.signature,
		"accessKey=" + accessKey, "secret=" + secret, "sessionToken=" + sessionToken,
	}
}

func (r report) check(t *testing.T, subscribed []int, denied bool) {
	t.Helper()
	want := report{Subscribed: subscribed, Topic: "sensors/7/t", Payload: "hello"}
	if denied {
		code := notAuthorized
		want.Denied = &code
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// doors of the SDK for JavaScript; the address is that of the listener.
func TestJavaScriptSDK(t *testing.T) {
	slow(t)
	node := foreign.NeedNode(t, "peers")
	s := newSite(t)
	for _, tt := range []struct{ name, door, protocol, address string }{
		{"MQTT 5, certificate, 8883", "certificate", "5", s.MQTT},
		{"MQTT 5, certificate, 443 by ALPN", "certificate", "5", s.TLS},
		{"MQTT 5, custom authorizer, 443 by ALPN", "custom", "5", s.TLS},
		{"MQTT 5, custom authorizer, WebSocket", "websocket-custom", "5", s.TLS},
		{"MQTT 5, signed, WebSocket", "websocket-sigv4", "5", s.TLS},
		{"MQTT 3.1.1, certificate, 8883", "certificate", "3", s.MQTT},
		{"MQTT 3.1.1, certificate, 443 by ALPN", "certificate", "3", s.TLS},
		{"MQTT 3.1.1, custom authorizer, 443 by ALPN", "custom", "3", s.TLS},
		{"MQTT 3.1.1, signed, WebSocket", "websocket-sigv4", "3", s.TLS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := run(t, nil, node, append([]string{filepath.Join("peers", "sdk.mjs")}, s.arguments(tt.door, tt.protocol, tt.address)...)...)
			if tt.protocol == "5" {
				r.check(t, []int{1, notAuthorized}, true)
			} else {
				r.check(t, []int{1}, false)
			}
		})
	}
	t.Run("refused with the reason", func(t *testing.T) {
		arguments := s.arguments("custom", "5", s.TLS)
		i := slices.Index(arguments, "token="+s.token)
		arguments[i] = "token=another"
		r := run(t, nil, node, append([]string{filepath.Join("peers", "sdk.mjs")}, arguments...)...)
		if r.Refused == nil || *r.Refused != notAuthorized {
			t.Errorf("report %+v", r)
		}
	})
}

func TestPythonSDK(t *testing.T) {
	slow(t)
	python := foreign.NeedPython(t, "pip")
	packages := foreign.PythonPackages(t, "awsiotsdk==1.31.0", "awscrt==0.36.1")
	s := newSite(t)
	client := func(t *testing.T, door, address string) report {
		return run(t, []string{"PYTHONPATH=" + packages}, python, append([]string{filepath.Join("peers", "sdk.py")}, s.arguments(door, "5", address)...)...)
	}
	for _, tt := range []struct{ name, door, address string }{
		{"certificate, 8883", "certificate", s.MQTT},
		{"custom authorizer, 443 by ALPN", "custom", s.TLS},
		{"custom authorizer, WebSocket", "websocket-custom", s.TLS},
		{"signed, WebSocket", "websocket-sigv4", s.TLS},
	} {
		t.Run(tt.name, func(t *testing.T) { client(t, tt.door, tt.address).check(t, []int{1, notAuthorized}, true) })
	}
	t.Run("certificate, 443 by ALPN", func(t *testing.T) { // ALPN is sent on that port only
		s.on443(t)
		client(t, "certificate", "127.0.0.1:443").check(t, []int{1, notAuthorized}, true)
	})
}
