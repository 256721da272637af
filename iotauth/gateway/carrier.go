package gateway

import (
	"crypto/x509"
	"net/http"
	"net/netip"
)

// A carrierKind says by which way a client came, and thereby how it says who it is.
type carrierKind uint8

const (
	mqttCertificate  carrierKind = iota // MQTT, X.509
	mqttCustom                          // MQTT, custom authorizer: in TLS by ALPN "mqtt", or plain
	webSocketCustom                     // MQTT over WebSocket, custom authorizer
	webSocketSigned                     // MQTT over WebSocket, SigV4
	httpsCertificate                    // POST /topics/…, X.509
	httpsCustom                         // POST /topics/…, custom authorizer
	httpsSigned                         // POST /topics/…, SigV4
)

var carrierNames = [...]string{
	mqttCertificate:  "MQTT with certificate",
	mqttCustom:       "MQTT with custom authorizer",
	webSocketCustom:  "WebSocket with custom authorizer",
	webSocketSigned:  "WebSocket with signature",
	httpsCertificate: "HTTPS with certificate",
	httpsCustom:      "HTTPS with custom authorizer",
	httpsSigned:      "HTTPS with signature",
}

func (k carrierKind) String() string { return carrierNames[k] }

// custom reports whether a custom authorizer decides about it.
func (k carrierKind) custom() bool {
	return k == mqttCustom || k == webSocketCustom || k == httpsCustom
}

// A carrier is what is known of a client before it has spoken MQTT: the connection, its
// TLS and its HTTP request. What stands here has been verified where it can be by itself:
// the certificate's chain and its times, the signature of a request.
type carrier struct {
	kind        carrierKind
	id          string            // a UUID of the connection; of a persistent one for HTTP
	remote      netip.AddrPort    // the client
	tls         bool              // false on a plain listener
	serverName  string            // by SNI; without TLS, or without SNI, the Host header's name
	certificate *x509.Certificate // the client's, nil where it showed none
	request     *http.Request     // the WebSocket's upgrade, or the publishing request; nil for MQTT
	key         *Key              // by which request was signed, with a signed kind

	principal string // who it turned out to be; authorizePublish sets it
}
