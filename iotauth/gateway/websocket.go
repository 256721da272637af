package gateway

import (
	"context"
	"crypto/sha1" // RFC 6455 says so; nothing secret depends on it
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// subprotocols are the names of MQTT among those of WebSocket: MQTT 5, section 6, and what
// clients of MQTT 3.1 said, some of which now speak 3.1.1.
var subprotocols = []string{"mqtt", "mqttv3.1"}

// upgrade serves GET /mqtt. It runs for as long as the WebSocket.
func (e *exchange) upgrade() error {
	if !e.originAllowed() {
		return forbidden(fmt.Errorf("the web page %.128q may not connect: it is not in Options.Origins", e.r.Header.Get("Origin")))
	}
	shake, err := e.readHandshake()
	if err != nil {
		return err
	}
	c, err := e.carrier(e.g.signatures.webSocket, webSocketSigned, webSocketCustom)
	if err != nil {
		return err
	}
	c.id = e.id
	stream, entered, err := e.accept(shake)
	if err != nil {
		return err
	}
	defer e.g.sockets.leave(entered)
	e.g.serveWebSocket(stream, c)
	return nil
}

// A handshake is what the upgrade of RFC 6455, section 4.2.1, asks for.
type handshake struct{ key, subprotocol string }

func (e *exchange) readHandshake() (handshake, error) {
	h := e.r.Header
	if !listed(h, "Upgrade", "websocket") || !listed(h, "Connection", "upgrade") || h.Get("Sec-WebSocket-Version") != "13" || !e.r.ProtoAtLeast(1, 1) {
		e.w.Header().Set("Upgrade", "websocket")
		e.w.Header().Set("Sec-WebSocket-Version", "13")
		return handshake{}, errUpgrade
	}
	s := handshake{key: h.Get("Sec-WebSocket-Key")}
	if nonce, err := base64.StdEncoding.DecodeString(s.key); err != nil || len(nonce) != 16 || len(h.Values("Sec-WebSocket-Key")) != 1 {
		return handshake{}, badRequest("Sec-WebSocket-Key is not 16 bytes in base64", nil)
	}
	i := slices.IndexFunc(subprotocols, func(name string) bool { return listed(h, "Sec-WebSocket-Protocol", name) })
	if i < 0 {
		return handshake{}, badRequest(`the WebSocket subprotocol is not "mqtt"`, nil)
	}
	s.subprotocol = subprotocols[i]
	return s, nil
}

// accept changes the protocol. The caller makes entered leave the sockets.
func (e *exchange) accept(s handshake) (stream *wsStream, entered net.Conn, err error) {
	if entered = e.conn.socket; entered == nil && !e.g.sockets.reserve() { // behind another server
		return nil, nil, errClosed
	}
	conn, buffered, err := e.control.Hijack()
	if err != nil {
		if entered == nil {
			e.g.sockets.running.Done()
		}
		return nil, nil, failure(fmt.Errorf("take over the connection: %w", err))
	}
	if entered == nil {
		entered = conn
		e.g.sockets.add(conn, true)
	}
	accept := sha1.Sum([]byte(s.key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_ = conn.SetDeadline(time.Now().Add(handshakeTime))
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\nx-amzn-RequestId: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(accept[:]), s.subprotocol, e.id) // who reads will notice if it failed
	_ = conn.SetDeadline(time.Time{})
	return &wsStream{Conn: conn, r: buffered.Reader}, entered, nil
}

// serveWebSocket serves a client until it leaves, or has been there for as long as it may.
func (g *Gateway) serveWebSocket(stream *wsStream, c *carrier) {
	ends, admit := time.Now().Add(g.limits.WebSocketLifetime), g.admit(c)
	var lifetime *time.Timer
	err := g.broker.Handle(g.serving, stream, func(ctx context.Context, connect *mqtt.Connect) (mqtt.Client, error) {
		lifetime = time.AfterFunc(time.Until(ends), func() { connect.Disconnect(mqtt.MaximumConnectTime) })
		return admit(ctx, connect)
	})
	if lifetime != nil {
		lifetime.Stop()
	}
	if err != nil {
		g.options.Logger.Debug("mqtt connection ended", "remote_addr", c.remote.String(), "carrier", c.kind.String(), "error", err)
	}
}

// listed reports whether value is in a header that is a list.
func listed(h http.Header, header, value string) bool {
	for _, line := range h.Values(header) {
		for one := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(one), value) {
				return true
			}
		}
	}
	return false
}

// originAllowed reports whether a page of the request's origin may connect: none (no
// browser), the one that the request is addressed to, or a listed one. The scheme of one's
// own origin is not compared: behind a proxy it is not known.
func (e *exchange) originAllowed() bool {
	origin := e.r.Header.Get("Origin")
	if origin == "" || slices.Contains(e.g.options.Origins, "*") {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" { // "null", of a sandboxed page
		return false
	}
	return strings.EqualFold(u.Host, e.r.Host) || slices.ContainsFunc(e.g.options.Origins, func(one string) bool {
		return strings.EqualFold(strings.TrimSuffix(one, "/"), u.Scheme+"://"+u.Host)
	})
}
