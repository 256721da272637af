package broker_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/broker"
)

// dialWS returns a bare client over a WebSocket.
func dialWS(t testing.TB, d *door, protocol byte) (*peer, *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	ws, _, err := websocket.Dial(ctx, d.ws(), &websocket.DialOptions{Subprotocols: []string{"mqtt"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	conn := websocket.NetConn(ctx, ws, websocket.MessageBinary)
	return &peer{t: t, conn: conn, r: bufio.NewReader(conn), protocol: protocol}, ws
}

func TestWebSocketOriginAndSubprotocol(t *testing.T) {
	d := open(t, func(o *broker.Options) { o.Origins = []string{"https://App.example.org", "http://localhost:8080/"} })
	for _, row := range []struct {
		reason, origin string
		protocols      []string
		status         int
	}{
		{"no origin: not a browser", "", []string{"mqtt"}, 101},
		{"the same origin", d.web.URL, []string{"mqtt"}, 101},
		{"a listed origin", "https://app.example.org", []string{"mqtt"}, 101},
		{"a listed origin with a port", "http://localhost:8080", []string{"mqtt"}, 101},
		{"a listed host over another scheme", "http://app.example.org", []string{"mqtt"}, 403},
		{"a listed host on another port", "http://localhost:8081", []string{"mqtt"}, 403},
		{"a foreign origin", "https://evil.example.org", []string{"mqtt"}, 403},
		{"an origin that ends as ours does", d.web.URL + ".example.org", []string{"mqtt"}, 403},
		{"a sandboxed page", "null", []string{"mqtt"}, 403},
		{"no subprotocol", "", nil, 400},
		{"another subprotocol", "", []string{"mqttv3.1"}, 400},
		{"ours among others", "", []string{"chat", "mqtt"}, 101},
	} {
		t.Run(row.reason, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			header := http.Header{}
			if row.origin != "" {
				header.Set("Origin", row.origin)
			}
			ws, response, err := websocket.Dial(ctx, d.ws(), &websocket.DialOptions{Subprotocols: row.protocols, HTTPHeader: header})
			if response == nil {
				t.Fatal(err)
			}
			if response.StatusCode != row.status {
				t.Errorf("status %d, want %d", response.StatusCode, row.status)
			}
			if err == nil {
				if ws.Subprotocol() != "mqtt" {
					t.Errorf("subprotocol %q", ws.Subprotocol())
				}
				_ = ws.CloseNow()
			}
		})
	}
	response, err := http.Get(d.web.URL + "/mqtt")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("a plain request: status %d", response.StatusCode)
	}
}

// Packets need not keep to the limits of WebSocket messages.
func TestWebSocketFraming(t *testing.T) {
	d := open(t)
	p, _ := dialWS(t, d, 4)
	connect := encode(t, connectPacket(4, "c", "ann"))
	for _, b := range connect { // one byte a message
		if _, err := p.conn.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	p.receive(packets.Connack)
	both := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 1, Filters: packets.Subscriptions{{Filter: "open/a"}}}
	bytes := append(encode(t, both), encode(t, packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})...)
	if _, err := p.conn.Write(bytes); err != nil { // two packets in a message
		t.Fatal(err)
	}
	p.receive(packets.Suback)
	p.receive(packets.Pingresp)
	publish(t, d.Broker, "open/a", strings.Repeat("z", 100_000))
	if pk := p.receive(packets.Publish); len(pk.Payload) != 100_000 {
		t.Errorf("got %d bytes", len(pk.Payload))
	}
}

func TestWebSocketEnds(t *testing.T) {
	for _, row := range []struct {
		reason string
		does   func(*testing.T, *door, *peer, *websocket.Conn)
	}{
		{"a text message", func(t *testing.T, d *door, p *peer, ws *websocket.Conn) {
			_ = ws.Write(context.Background(), websocket.MessageText, []byte("hello"))
			p.ended()
		}},
		{"a large message that is no packet", func(t *testing.T, d *door, p *peer, ws *websocket.Conn) {
			_ = ws.Write(context.Background(), websocket.MessageBinary, make([]byte, 64<<10))
			p.dismissed(packets.ErrProtocolViolation)
		}},
		{"a packet above the limit", func(t *testing.T, d *door, p *peer, ws *websocket.Conn) {
			_ = ws.Write(context.Background(), websocket.MessageBinary, []byte{0x30, 0xff, 0xff, 0x7f})
			p.dismissed(packets.ErrPacketTooLarge)
		}},
		{"the client closes", func(t *testing.T, d *door, p *peer, ws *websocket.Conn) {
			_ = ws.Close(websocket.StatusNormalClosure, "")
		}},
		{"the client vanishes", func(t *testing.T, d *door, p *peer, ws *websocket.Conn) { _ = ws.CloseNow() }},
		{"the server shuts down", func(t *testing.T, d *door, p *peer, ws *websocket.Conn) {
			within, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- d.Shutdown(within) }()
			p.dismissed(packets.ErrServerShuttingDown)
			if err := <-done; err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		}},
		{"a client that does not read while the server shuts down", func(t *testing.T, d *door, p *peer, ws *websocket.Conn) {
			p.subscribe(1, "open/a")
			for range 50 {
				publish(t, d.Broker, "open/a", strings.Repeat("z", 100_000))
			}
			within, cancel := context.WithTimeout(t.Context(), patience) // it lingers for half a second
			defer cancel()
			if err := d.Shutdown(within); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		}},
	} {
		t.Run(row.reason, func(t *testing.T) {
			d := open(t)
			p, ws := dialWS(t, d, 5)
			p.send(connectPacket(5, "c", "ann"))
			p.receive(packets.Connack)
			row.does(t, d, p, ws)
			eventually(t, "the connection is gone", func() bool { return d.Stats().Connections == 0 })
		})
	}
}

func TestWebSocketRefusal(t *testing.T) {
	d := open(t)
	p, _ := dialWS(t, d, 5)
	p.send(connectPacket(5, "c", "forbidden"))
	if pk := p.receive(packets.Connack); pk.ReasonCode != packets.ErrNotAuthorized.Code {
		t.Errorf("CONNACK %#x", pk.ReasonCode)
	}
	if _, err := p.read(); !errors.Is(err, io.EOF) {
		t.Errorf("after a refusal: %v", err)
	}
}

func TestWebSocketTooMany(t *testing.T) {
	d := open(t, func(o *broker.Options) { o.MaxConnections = 1 })
	join(t, d.tcp, 5, "a", "ann")
	_, response, err := websocket.Dial(context.Background(), d.ws(), &websocket.DialOptions{Subprotocols: []string{"mqtt"}})
	if err == nil || response == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("error %v, response %v", err, response)
	}
}
