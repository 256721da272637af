package local

import (
	"log/slog"

	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/rules"
)

// Options configure an Account. A zero value means the default.
type Options struct {
	// Dir keeps the registry, the authority, sessions and retained messages. Default "":
	// in memory.
	Dir string
	// Region and AccountID stand in ARNs. Defaults "us-east-1" and "123456789012".
	Region, AccountID string
	// Hosts are names of the endpoint, for which the server has a certificate. Default
	// "localhost". Without TLS it can be reached by loopback addresses too.
	Hosts []string

	// Addresses, "host:port", of the listeners. Default "127.0.0.1:0", a free port each;
	// "-" is none.
	Addresses Addresses

	// Functions are those of custom authorizers, by ARN. Functions behind http and https
	// URLs need not be here.
	Functions map[string]iotauth.Handler
	// Rules gives the rules engine what its actions reach: DynamoDB, SQS, functions.
	Rules func(*rules.Options)
	// Gateway changes the gateway's options: limits, keys, origins.
	Gateway func(*gateway.Options)
	// Keys are those that requests to the gateway and the control plane may be signed with; what
	// a key may do, on both, its policies say. Default nil: the control plane takes any
	// signature, and the gateway none.
	Keys gateway.Keys
	// Logger is told why clients are refused, and what no client sees. Default: none.
	Logger *slog.Logger
}

// Addresses are those of an account's listeners, named for the ports of AWS IoT.
type Addresses struct {
	MQTT    string // port 8883: MQTT with certificates
	TLS     string // port 443: everything, by ALPN
	HTTPS   string // port 8443: publishing with certificates
	Plain   string // MQTT and HTTP without TLS
	Control string // the control plane, HTTP
}

func (a *Addresses) each(do func(name string, address *string)) {
	do("MQTT", &a.MQTT)
	do("TLS", &a.TLS)
	do("HTTPS", &a.HTTPS)
	do("Plain", &a.Plain)
	do("Control", &a.Control)
}

func (o Options) withDefaults() Options {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.AccountID == "" {
		o.AccountID = "123456789012"
	}
	if len(o.Hosts) == 0 {
		o.Hosts = []string{"localhost"}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Addresses.each(func(_ string, address *string) {
		if *address == "" {
			*address = "127.0.0.1:0"
		}
	})
	return o
}
