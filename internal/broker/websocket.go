package broker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coder/websocket"
)

// subprotocol is the WebSocket subprotocol of MQTT (MQTT 5, section 6).
const subprotocol = "mqtt"

// WebSocket returns the handler that serves MQTT over WebSocket. It answers 403
// to a page of a foreign origin, 400 to a client that does not offer the
// subprotocol "mqtt", and 503 after Shutdown or with too many connections. The
// handler runs as long as the connection; http.Server.Shutdown does not wait for
// it, Shutdown of the broker does.
func (b *Broker) WebSocket() http.Handler { return http.HandlerFunc(b.serveWebSocket) }

func (b *Broker) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	if !originAllowed(r, b.options.Origins) {
		http.Error(w, "origin not allowed", http.StatusForbidden)
		return
	}
	if isUpgrade(r) && !offers(r, subprotocol) {
		http.Error(w, `the WebSocket subprotocol must be "mqtt"`, http.StatusBadRequest)
		return
	}
	if b.mqtt.Ready() != nil {
		http.Error(w, "no more connections", http.StatusServiceUnavailable)
		return
	}
	catch := &hijackCatcher{ResponseWriter: w}
	ws, err := websocket.Accept(catch, r, &websocket.AcceptOptions{
		Subprotocols:       []string{subprotocol},
		InsecureSkipVerify: true, // the origin is checked above, scheme and port included
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil { // it has answered
		b.options.Logger.Info("mqtt websocket refused", "remote_addr", r.RemoteAddr, "error", err)
		return
	}
	// One message may hold many packets, and a packet may span messages; the limit
	// bounds what one message makes the library hold.
	ws.SetReadLimit(int64(b.options.MaxInbound))
	if !b.begin() {
		_ = ws.CloseNow()
		return
	}
	b.handle(&wsStream{Conn: catch.socket, ws: ws}, "websocket")
}

// isUpgrade tells a WebSocket handshake from a plain request, which Accept
// answers with 426.
func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

func offers(r *http.Request, protocol string) bool {
	for _, header := range r.Header.Values("Sec-WebSocket-Protocol") {
		for offered := range strings.SplitSeq(header, ",") {
			if strings.EqualFold(strings.TrimSpace(offered), protocol) {
				return true
			}
		}
	}
	return false
}

// originAllowed reports whether a page of the request's origin may connect: none
// (no browser), the one that the request is addressed to, or a listed one. The
// scheme of one's own origin is not compared: behind a proxy it is not known.
func originAllowed(r *http.Request, allowed []string) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" { // "null", of a sandboxed page
		return false
	}
	return strings.EqualFold(u.Host, r.Host) || slices.ContainsFunc(allowed, func(one string) bool {
		return strings.EqualFold(strings.TrimSuffix(one, "/"), u.Scheme+"://"+u.Host)
	})
}

// hijackCatcher notes the socket of a connection that is taken over, so that
// deadlines can be set on it and it can be cut.
type hijackCatcher struct {
	http.ResponseWriter
	socket net.Conn
}

func (h *hijackCatcher) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	socket, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.socket = socket
	return socket, rw, err
}

// wsStream reads and writes binary messages as one stream of bytes. Addresses
// are the socket's.
type wsStream struct {
	net.Conn
	ws      *websocket.Conn
	message io.Reader // the message being read, or nil
}

func (s *wsStream) Read(p []byte) (int, error) {
	for {
		if s.message == nil {
			kind, message, err := s.ws.Reader(context.Background()) // bounded by the socket's deadline
			switch {
			case err != nil && leaves(err):
				return 0, io.EOF
			case err != nil:
				return 0, err
			case kind != websocket.MessageBinary: // MQTT 5, section 6: close
				return 0, errors.New("broker: a text message on an MQTT WebSocket")
			}
			s.message = message
		}
		n, err := s.message.Read(p)
		if errors.Is(err, io.EOF) {
			s.message, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// leaves reports whether err is the orderly end of a WebSocket by its peer.
func leaves(err error) bool {
	status := websocket.CloseStatus(err)
	return status == websocket.StatusNormalClosure || status == websocket.StatusGoingAway
}

func (s *wsStream) Write(p []byte) (int, error) {
	if err := s.ws.Write(context.Background(), websocket.MessageBinary, p); err != nil {
		return 0, fmt.Errorf("broker: %w", err)
	}
	return len(p), nil
}

// CloseWrite tells the client that nothing more will be sent.
func (s *wsStream) CloseWrite() error { return s.ws.Close(websocket.StatusGoingAway, "") }

// Close cuts the connection.
func (s *wsStream) Close() error {
	_ = s.Conn.Close()
	if err := s.ws.CloseNow(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("broker: %w", err)
	}
	return nil
}
