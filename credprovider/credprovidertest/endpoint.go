package credprovidertest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options configure an Endpoint. A zero value means the default.
type Options struct {
	// Listener takes the connections. Default: a free port of 127.0.0.1.
	Listener net.Listener
	// Hosts are names and addresses that the server's certificate has besides 127.0.0.1,
	// ::1 and localhost.
	Hosts []string
	// Region and AccountID stand in ARNs. Defaults "us-east-1" and "123456789012".
	Region, AccountID string
	// Lifetime is that of the credentials in place of the role alias's, for tests that
	// cannot wait. Default 0: the role alias's.
	Lifetime time.Duration
	// TLS changes the configuration of the server: other versions, no session tickets.
	// Default: TLS 1.2 and 1.3, with tickets.
	TLS func(*tls.Config)
	// Clock tells the time. Default time.Now.
	Clock func() time.Time
	// Account knows things, certificates and role aliases. Default: what is registered by
	// the endpoint's own methods. Roles are the endpoint's in either case.
	Account Account
	// CA signs the server's certificate. Default: a new one.
	CA *CA
}

// Endpoint is an account's credentials endpoint. Make one with [Start].
type Endpoint struct {
	// CA signs the server's certificate and those of [Endpoint.Register].
	CA *CA

	registry
	options  Options
	listener net.Listener
	server   *http.Server
	served   chan struct{}
	hanging  context.Context // ends with Close
	unhang   context.CancelFunc

	sessions sessions
	script   script
	counters counters
}

type counters struct {
	requests, connections, handshakes, resumptions atomic.Int64
	serverName                                     atomic.Value
}

// Counts is what an Endpoint has seen.
type Counts struct {
	Requests    int // with a TLS connection
	Connections int
	Handshakes  int    // full ones, in which the device signs
	Resumptions int    // of TLS sessions
	ServerName  string // of the last connection (SNI)
}

// Start makes an authority, a server certificate and an empty registry, and serves. The
// caller calls Close.
func Start(optFns ...func(*Options)) (*Endpoint, error) {
	o := Options{Region: "us-east-1", AccountID: "123456789012", Clock: time.Now}
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	e := &Endpoint{options: o, served: make(chan struct{}), registry: registry{
		things: map[string]Thing{}, certificates: map[string]*certificate{}, aliases: map[string]RoleAlias{}, roles: map[string]role{},
	}}
	e.sessions.byKey = map[string]Session{}
	e.hanging, e.unhang = context.WithCancel(context.Background())
	config, err := e.tlsConfig()
	if err != nil {
		return nil, fmt.Errorf("credprovidertest: %w", err)
	}
	if o.TLS != nil {
		o.TLS(config)
	}
	e.listener = o.Listener
	if e.listener == nil {
		if e.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("credprovidertest: %w", err)
		}
	}
	e.server = &http.Server{
		Handler: http.HandlerFunc(e.serve), TLSConfig: config, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: log.New(io.Discard, "", 0), // handshakes that fail are the tests' purpose
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				e.counters.connections.Add(1)
			}
		},
	}
	go func() {
		defer close(e.served)
		_ = e.server.ServeTLS(e.listener, "", "") // Close ends it
	}()
	return e, nil
}

// TB is what [New] needs of a test.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// New is [Start] for tests: the endpoint is closed when the test ends.
func New(t TB, optFns ...func(*Options)) *Endpoint {
	t.Helper()
	e, err := Start(optFns...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(e.Close)
	return e
}

// Address is host:port, to be given to credprovider.New.
func (e *Endpoint) Address() string { return e.listener.Addr().String() }

// Counts returns what was seen since Start.
func (e *Endpoint) Counts() Counts {
	c := &e.counters
	name, _ := c.serverName.Load().(string)
	return Counts{int(c.requests.Load()), int(c.connections.Load()), int(c.handshakes.Load()), int(c.resumptions.Load()), name}
}

// Close ends connections and waits until nothing of the endpoint goes on.
func (e *Endpoint) Close() {
	e.unhang()
	_ = e.server.Close() // there is nothing left to do where the listener was closed before
	<-e.served
}

func (e *Endpoint) now() time.Time { return e.options.Clock() }

// tlsConfig lets certificates in that are registered, and those of the endpoint's CA.
// Others end in the handshake.
func (e *Endpoint) tlsConfig() (*tls.Config, error) {
	var err error
	if e.CA = e.options.CA; e.CA == nil {
		if e.CA, err = NewCA("credprovidertest", e.now()); err != nil {
			return nil, err
		}
	}
	hosts := append([]string{"127.0.0.1", "::1", "localhost"}, e.options.Hosts...)
	certificate, err := e.CA.Server(hosts, e.now().Add(-time.Hour), e.now().AddDate(1, 0, 0))
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:       tls.VersionTLS12,
		Certificates:     []tls.Certificate{certificate},
		ClientAuth:       tls.RequireAnyClientCert,
		NextProtos:       []string{"http/1.1"},
		Time:             e.options.Clock,
		VerifyConnection: e.verify,
	}, nil
}

// verify judges a connection when its handshake is over.
func (e *Endpoint) verify(s tls.ConnectionState) error {
	leaf := s.PeerCertificates[0]
	_, err := e.device(CertificateID(leaf), "")
	registered := err == nil
	if now := e.now(); registered && (now.Before(leaf.NotBefore) || now.After(leaf.NotAfter)) {
		return errors.New("certificate has expired or is not yet valid")
	}
	if !registered {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: e.CA.Pool(), CurrentTime: e.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if err != nil {
			return err
		}
	}
	e.counters.serverName.Store(s.ServerName)
	if s.DidResume {
		e.counters.resumptions.Add(1)
	} else {
		e.counters.handshakes.Add(1)
	}
	return nil
}

// sessions are the credentials that were handed out.
type sessions struct {
	mu    sync.RWMutex
	byKey map[string]Session
}
