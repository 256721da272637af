// Package mqttws is the server's side of MQTT over WebSocket: the handshake of RFC 6455, and
// the binary messages of both directions as one stream of bytes (MQTT 5, section 6).
//
//	shake, err := mqttws.ReadHandshake(r, "mqtt")
//	conn, buffered, err := http.NewResponseController(w).Hijack()
//	stream := shake.Accept(conn, buffered.Reader, nil) // a net.Conn of MQTT packets
//
// There are no extensions. A message is not kept whole, so that its length does not matter.
package mqttws
