package gateway

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A route is what a client gets by the protocol that it names in TLS (ALPN).
type route struct {
	alpn        string
	http        bool
	certificate bool // the client must have one, which says who it is; nobody else is asked for one
	authorizer  bool // with a certificate: a custom authorizer is asked as well
}

// routes of the doors with TLS. Where there is a single one, what a client names is not
// looked at.
var routes = map[Door][]route{
	Port443: {
		{alpn: "x-amzn-mqtt-ca", certificate: true},
		{alpn: "mqtt"},
		{alpn: "x-amzn-http-ca", http: true, certificate: true},
		{alpn: "http/1.1", http: true},
		{alpn: "http/1.0", http: true},
		{http: true}, // of who names none
	},
	Port8883: {{certificate: true}},
	Port8443: {{http: true, certificate: true}},
}

// Why a handshake was refused.
var (
	errNoServerName = errors.New("the client sent no server name (SNI)")
	errServerName   = errors.New("the client's server name (SNI) is no endpoint")
	errCertificate  = errors.New("the client's certificate is not valid at this time")
)

// doorTLS returns the configuration of a door, nil for [Plain].
func (g *Gateway) doorTLS(door Door) (*tls.Config, error) {
	known, ok := routes[door]
	switch {
	case door == Plain:
		return nil, nil
	case !ok:
		return nil, fmt.Errorf("%w: there is no %s", ErrOptions, door)
	case len(g.options.Certificates) == 0 && g.options.GetCertificate == nil:
		return nil, fmt.Errorf("%w: door %s needs Certificates or GetCertificate", ErrOptions, door)
	}
	configs := make([]*tls.Config, len(known))
	both := make([]*tls.Config, len(known)) // of domains that want a certificate and an authorizer
	for i, r := range known {
		configs[i] = g.routeTLS(r)
		both[i] = g.routeTLS(r.both())
	}
	refusing := noProtocol(known)
	// This one's keys are those of all session tickets. A ticket that was given to a
	// client with a certificate is good for nothing without, and the other way round.
	config := g.routeTLS(route{})
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		v := hello.Context().Value(visitorKey{}).(*visitor)
		if v.refusal = g.checkServerName(hello.ServerName); v.refusal != nil {
			return nameless, nil
		}
		i := choose(known, hello.SupportedProtos)
		if i < 0 {
			return refusing, nil
		}
		if g.options.Domains[strings.ToLower(hello.ServerName)].CertificateAndAuthorizer {
			v.route = known[i].both()
			return both[i], nil
		}
		v.route = known[i]
		return configs[i], nil
	}
	return config, nil
}

// both is r for clients that must have a certificate and pass an authorizer.
func (r route) both() route {
	r.certificate, r.authorizer = true, true
	return r
}

// choose returns the number of the first route that the client names, -1 where it names
// others only.
func choose(known []route, offered []string) int {
	if len(known) == 1 {
		return 0
	}
	return slices.IndexFunc(known, func(r route) bool {
		return slices.Contains(offered, r.alpn) || r.alpn == "" && len(offered) == 0
	})
}

func (g *Gateway) routeTLS(r route) *tls.Config {
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		Certificates:   g.options.Certificates,
		GetCertificate: g.options.GetCertificate,
	}
	if r.alpn != "" {
		config.NextProtos = []string{r.alpn}
	}
	if r.certificate {
		config.ClientAuth = tls.RequireAnyClientCert // that it has the key is part of the handshake
		if g.options.ClientCAs != nil {
			config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, g.options.ClientCAs
		}
		config.VerifyConnection = g.verifyCertificate
	}
	return config
}

// verifyCertificate is called for resumed sessions too.
func (g *Gateway) verifyCertificate(state tls.ConnectionState) error {
	certificate, now := state.PeerCertificates[0], g.options.Now()
	if now.Before(certificate.NotBefore) || now.After(certificate.NotAfter) {
		return errCertificate
	}
	return nil
}

// nameless refuses with the alert unrecognized_name: it has no certificate.
var nameless = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil }}

// noProtocol refuses with the alert no_application_protocol: it knows those of the door,
// the client others.
func noProtocol(known []route) *tls.Config {
	config := nameless.Clone()
	for _, r := range known {
		if r.alpn != "" {
			config.NextProtos = append(config.NextProtos, r.alpn)
		}
	}
	return config
}

func (g *Gateway) checkServerName(name string) error {
	switch {
	case name == "":
		return errNoServerName
	case !g.isEndpoint(name):
		return errServerName
	}
	return nil
}

// isEndpoint reports whether name, without a port, is one of the data endpoint's.
func (g *Gateway) isEndpoint(name string) bool {
	name = strings.ToLower(name)
	_, domain := g.options.Domains[name]
	return domain || slices.Contains(g.options.EndpointHosts, name)
}
