package iotauth

// A Request is the event that AWS IoT gives an authorizer's function. Which parts are
// present depends on how the client came: over HTTP there are TLS and HTTP, over MQTT TLS
// and MQTT, over MQTT in a WebSocket all three.
//
// Its JSON is that of the documentation and of aws-lambda-go's
// events.IoTCoreCustomAuthorizerRequest, and has the fields of a client certificate
// besides.
//
// https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html
type Request struct {
	Token string `json:"token,omitempty"` // "" where the client sent none
	// SignatureVerified: the token's signature was checked and is good. False where the
	// authorizer has signing disabled; with a bad signature there is no request.
	SignatureVerified bool `json:"signatureVerified"`
	// Protocols are those on the way, "tls", "http", "mqtt", from the outermost.
	Protocols          []string            `json:"protocols,omitempty"`
	ProtocolData       *ProtocolData       `json:"protocolData,omitempty"`
	ConnectionMetadata *ConnectionMetadata `json:"connectionMetadata,omitempty"`
}

// Protocols of a [Request].
const (
	ProtocolTLS  = "tls"
	ProtocolHTTP = "http"
	ProtocolMQTT = "mqtt"
)

// ProtocolData is what each protocol of a [Request] tells; nil where it was not spoken.
type ProtocolData struct {
	TLS  *TLSData  `json:"tls,omitempty"`
	HTTP *HTTPData `json:"http,omitempty"`
	MQTT *MQTTData `json:"mqtt,omitempty"`
}

// TLSData is what the TLS handshake told.
type TLSData struct {
	ServerName string `json:"serverName,omitempty"` // SNI
	// X509CertificatePEM and PrincipalID are those of the client's certificate, where it
	// has one and its endpoint wants both (CUSTOM_AUTH_X509). The principal is the
	// certificate's id, and the answer must name the same.
	X509CertificatePEM string `json:"x509CertificatePem,omitempty"`
	PrincipalID        string `json:"principalId,omitempty"`
}

// HTTPData is what the HTTP request told, or that of the WebSocket's upgrade.
type HTTPData struct {
	Headers     map[string]string `json:"headers,omitempty"`
	QueryString string            `json:"queryString,omitempty"` // with its "?"
}

// MQTTData is what MQTT's CONNECT told.
type MQTTData struct {
	ClientID string `json:"clientId,omitempty"`
	Username string `json:"username,omitempty"` // as sent, with its parameters
	Password []byte `json:"password,omitempty"` // base64 in JSON
}

// ConnectionMetadata tells connections apart.
type ConnectionMetadata struct {
	ID string `json:"id,omitempty"` // a UUID
}

// certificatePrincipal is the principal of the client's certificate, "" without one.
func (r *Request) certificatePrincipal() string {
	if r == nil || r.ProtocolData == nil || r.ProtocolData.TLS == nil {
		return ""
	}
	return r.ProtocolData.TLS.PrincipalID
}
