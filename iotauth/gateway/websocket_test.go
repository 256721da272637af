package gateway

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

func TestOrigins(t *testing.T) {
	listed := openSite(t, func(o *Options) { o.Origins = []string{"https://example.com", "http://localhost:3000/"} })
	every := openSite(t, func(o *Options) { o.Origins = []string{"*"} })
	none := openSite(t)
	for _, tt := range []struct {
		reason string
		site   *site
		origin string
		status int
	}{
		{"no page", none, "", 101},
		{"the endpoint's own page", none, "http://localhost", 101},
		{"the endpoint's own page by TLS", none, "https://LOCALHOST", 101},
		{"a page of another port", none, "http://localhost:3000", 403},
		{"another page", none, "https://example.com", 403},
		{"a listed page", listed, "https://example.com", 101},
		{"a listed page, in capitals", listed, "HTTPS://Example.com", 101},
		{"a listed page with a port", listed, "http://localhost:3000", 101},
		{"another scheme", listed, "http://example.com", 403},
		{"another port", listed, "https://example.com:8443", 403},
		{"a longer name", listed, "https://example.com.evil.example", 403},
		{"a sandboxed page", listed, "null", 403},
		{"every page", every, "https://evil.example", 101},
		{"every page, a sandboxed one too", every, "null", 101},
	} {
		h := http.Header{}
		if tt.origin != "" {
			h.Set("Origin", tt.origin)
		}
		_, response, err := tt.site.dialWebSocket(t, Plain, "", h)
		if response == nil || response.StatusCode != tt.status {
			t.Errorf("%s: %v", tt.reason, err)
		}
	}
}

// TestWebSocketEnds: a client that sends text, or no MQTT, is told why the WebSocket ends.
func TestWebSocketEnds(t *testing.T) {
	s := openSite(t)
	for _, tt := range []struct {
		reason string
		kind   websocket.MessageType
		send   string
		status websocket.StatusCode
	}{
		{"text", websocket.MessageText, "hello", websocket.StatusUnsupportedData},
		{"no CONNECT", websocket.MessageBinary, "\xc0\x00", websocket.StatusNormalClosure},
	} {
		ws, _, err := websocket.Dial(t.Context(), "ws://"+s.address[Plain]+"/mqtt", &websocket.DialOptions{Subprotocols: []string{"mqttv3.1", "mqtt"}})
		if err != nil {
			t.Fatal(err)
		}
		if ws.Subprotocol() != "mqtt" {
			t.Errorf("subprotocol %q", ws.Subprotocol())
		}
		if err := ws.Write(t.Context(), tt.kind, []byte(tt.send)); err != nil {
			t.Fatal(err)
		}
		_, _, err = ws.Read(t.Context())
		if got := websocket.CloseStatus(err); got != tt.status {
			t.Errorf("%s: status %d, %v", tt.reason, got, err)
		}
		_ = ws.CloseNow()
	}
}

// TestWebSocketBehindServer: a WebSocket that another server has accepted counts against
// the limit, and ends with Shutdown.
func TestWebSocketBehindServer(t *testing.T) {
	s := openSite(t, func(o *Options) { o.Limits.Connections = 1 })
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	username, err := s.credentials(t).Username("")
	if err != nil {
		t.Fatal(err)
	}
	dial := func() (*websocket.Conn, *http.Response) {
		ws, response, err := websocket.Dial(t.Context(), server.URL+"/mqtt", &websocket.DialOptions{Subprotocols: []string{"mqtt"}})
		if response == nil {
			t.Fatal(err)
		}
		return ws, response
	}
	ws, _ := dial()
	if ws == nil {
		t.Fatal(s.log)
	}
	defer ws.CloseNow()
	p := mqttest.New(t, websocket.NetConn(t.Context(), ws, websocket.MessageBinary), mqttest.V5)
	p.Connect("behind", mqttest.Login(username, "any"))
	if n := s.Stats().Connections; n != 1 {
		t.Errorf("%d connections", n)
	}
	if _, response := dial(); response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("beyond the limit: %s", response.Status)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	p.Dismissed(packets.ErrServerShuttingDown)
	if _, response := dial(); response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after Shutdown: %s", response.Status)
	}
}

// TestManySubprotocols: lists may be long and in several headers.
func TestManySubprotocols(t *testing.T) {
	s := openSite(t)
	request := func(headers ...string) string {
		return "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
			"Sec-WebSocket-Protocol: " + strings.Join(headers, "\r\nSec-WebSocket-Protocol: ") + "\r\n\r\n"
	}
	for _, tt := range []struct {
		headers []string
		want    string
	}{
		{[]string{"mqtt"}, "mqtt"},
		{[]string{"mqttv3.1"}, "mqttv3.1"},
		{[]string{"chat , MQTT"}, "mqtt"},
		{[]string{"mqttv3.1", "amqp,mqtt"}, "mqtt"},
	} {
		head, _ := s.send(t, request(tt.headers...))
		if want := fmt.Sprintf("Sec-Websocket-Protocol: %s\r\n", tt.want); !strings.HasPrefix(head, "101") || !strings.Contains(head, want) {
			t.Errorf("%q: %s", tt.headers, head)
		}
	}
}
