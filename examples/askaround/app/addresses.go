package app

import (
	"net"

	"github.com/askaround/askaround-go/askaround"
)

// URL is where the page and the API are: "http://127.0.0.1:8080".
func (a *App) URL() string { return "http://" + reachable(a.web.Addr()) }

// MQTTAddr is where MQTT over TCP is: "127.0.0.1:1883".
func (a *App) MQTTAddr() string { return reachable(a.mqtt.Addr()) }

// AWSURL is the endpoint of DynamoDB, DynamoDB Streams and SQS.
func (a *App) AWSURL() string { return "http://" + a.aws.Addr().String() }

// Resources are the names of the tables and queues.
func (a *App) Resources() askaround.Resources { return a.resources }

// Token returns a token of the development issuer for the user name. It fails where
// another issuer is configured.
func (a *App) Token(user string) (string, error) {
	if a.issuer == nil {
		return "", errForeignIssuer
	}
	return a.issuer.Mint(user)
}

// reachable is addr with a host that a client on this machine can connect to.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}).String()
	}
	return addr.String()
}
