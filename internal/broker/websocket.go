package broker

import (
	"errors"
	"net/http"

	"github.com/askaround/askaround-go/internal/mqttws"
)

// WebSocket returns the handler that serves MQTT over WebSocket. It answers 403
// to a page of a foreign origin, 400 to a client that does not offer the
// subprotocol "mqtt", and 503 after Shutdown or with too many connections. The
// handler runs as long as the connection; http.Server.Shutdown does not wait for
// it, Shutdown of the broker does.
func (b *Broker) WebSocket() http.Handler { return http.HandlerFunc(b.serveWebSocket) }

func (b *Broker) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	if !mqttws.OriginAllowed(r, b.options.Origins) {
		http.Error(w, "origin not allowed", http.StatusForbidden)
		return
	}
	shake, err := mqttws.ReadHandshake(r, "mqtt") // MQTT 5, section 6
	if err != nil {
		b.options.Logger.Info("mqtt websocket refused", "remote_addr", r.RemoteAddr, "error", err)
	}
	switch {
	case errors.Is(err, mqttws.ErrUpgrade):
		mqttws.RequireUpgrade(w.Header())
		http.Error(w, err.Error(), http.StatusUpgradeRequired)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if b.mqtt.Ready() != nil {
		http.Error(w, "no more connections", http.StatusServiceUnavailable)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		b.options.Logger.Error("mqtt websocket failed", "remote_addr", r.RemoteAddr, "error", err)
		http.Error(w, "this connection cannot be taken over", http.StatusInternalServerError)
		return
	}
	if !b.begin() {
		_ = conn.Close()
		return
	}
	b.handle(shake.Accept(conn, buffered.Reader, nil), "websocket")
}
