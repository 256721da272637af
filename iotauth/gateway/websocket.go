package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqttws"
)

// subprotocols are the names of MQTT among those of WebSocket: MQTT 5, section 6, and what
// clients of MQTT 3.1 said, some of which now speak 3.1.1.
var subprotocols = []string{"mqtt", "mqttv3.1"}

// upgrade serves GET /mqtt. It runs for as long as the WebSocket.
func (e *exchange) upgrade() error {
	if !mqttws.OriginAllowed(e.r, e.g.options.Origins) {
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

func (e *exchange) readHandshake() (mqttws.Handshake, error) {
	shake, err := mqttws.ReadHandshake(e.r, subprotocols...)
	switch {
	case errors.Is(err, mqttws.ErrUpgrade):
		mqttws.RequireUpgrade(e.w.Header())
		return shake, errUpgrade
	case err != nil:
		return shake, badRequest(err.Error(), nil)
	}
	return shake, nil
}

// accept changes the protocol. The caller makes entered leave the sockets.
func (e *exchange) accept(s mqttws.Handshake) (stream *mqttws.Stream, entered net.Conn, err error) {
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
	return s.Accept(conn, buffered.Reader, http.Header{"x-amzn-RequestId": {e.id}}), entered, nil
}

// serveWebSocket serves a client until it leaves, or has been there for as long as it may.
func (g *Gateway) serveWebSocket(stream *mqttws.Stream, c *carrier) {
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
