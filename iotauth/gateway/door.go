package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/askaround/askaround-go/internal/accept"
)

// A Door is a kind of listener: what is spoken there, and how clients say who they are.
type Door uint8

// Doors, by the ports of AWS IoT
// (https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html).
const (
	// Port443 serves everything, by ALPN.
	Port443 Door = iota + 1
	// Port8883 serves MQTT to clients with a certificate.
	Port8883
	// Port8443 serves HTTPS to clients with a certificate.
	Port8443
	// Plain serves MQTT and HTTP without TLS, told apart by the first byte, to clients of
	// custom authorizers and, over HTTP, with signatures. AWS IoT has none: it is for a
	// loopback address, or behind something that ends TLS.
	Plain
)

var doorNames = [...]string{Port443: "443", Port8883: "8883", Port8443: "8443", Plain: "plain"}

func (d Door) String() string {
	if d < Port443 || d > Plain {
		return fmt.Sprintf("Door(%d)", uint8(d))
	}
	return doorNames[d]
}

// handshakeTime is how long a client may take for TLS and, where it may speak HTTP, its first byte.
const handshakeTime = 10 * time.Second

// lingerTime is how long a client that is refused may take to read why.
const lingerTime = 500 * time.Millisecond

// Serve accepts connections of l, which is closed in the end, until ctx ends or Shutdown is
// called, also before; then it returns nil. The connections stay open until Shutdown.
//
// Errors: [ErrOptions] for a door that is none, or needs a server certificate where there
// is none; what l says.
func (g *Gateway) Serve(ctx context.Context, l net.Listener, door Door) error {
	config, err := g.doorTLS(door)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if !g.sockets.begin() {
		return l.Close()
	}
	defer g.sockets.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(g.accepting, cancel)()
	err = accept.Loop(ctx, l, g.options.Logger.With("door", door.String()), func(socket net.Conn) {
		if !g.sockets.reserve() {
			_ = socket.Close()
			return
		}
		g.sockets.add(socket, false)
		go g.welcome(socket, config)
	})
	if err != nil {
		return fmt.Errorf("gateway: accept: %w", err)
	}
	return nil
}

// welcome serves a connection that was accepted; config is nil for [Plain].
func (g *Gateway) welcome(socket net.Conn, config *tls.Config) {
	conn, err := g.handshake(socket, config)
	switch {
	case err != nil:
		if skipped, ok := g.refusals.pass(); ok {
			g.options.Logger.Info("connection refused", "remote_addr", socket.RemoteAddr().String(), "error", err, "not_logged", skipped)
		}
		linger(socket)
		g.sockets.leave(socket)
	case conn.route.http:
		g.serveWeb(conn)
	default:
		g.serveMQTT(conn)
	}
}

// linger closes a connection so that the client reads what was sent last, an alert of TLS:
// where something that came is not read, closing would make the system discard it.
func linger(socket net.Conn) {
	if closeWrite(socket) == nil {
		_ = socket.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, socket, 64<<10)
	}
	_ = socket.Close()
}

// A visitor is a connection of which is known what it speaks.
type visitor struct {
	net.Conn
	socket net.Conn             // as accepted
	tls    *tls.ConnectionState // nil without TLS
	route  route
	id     string // a UUID

	refusal error // why its handshake was to fail
}

// visitorKey finds the client in the context of its handshake.
type visitorKey struct{}

// handshake finds out what a client wants.
func (g *Gateway) handshake(socket net.Conn, config *tls.Config) (*visitor, error) {
	_ = socket.SetDeadline(time.Now().Add(handshakeTime))
	v := &visitor{Conn: socket, socket: socket, id: uuid.NewString()}
	if config != nil {
		conn := tls.Server(socket, config)
		if err := conn.HandshakeContext(context.WithValue(g.serving, visitorKey{}, v)); err != nil {
			return nil, fmt.Errorf("TLS handshake: %w", cmp.Or(v.refusal, err))
		}
		state := conn.ConnectionState()
		v.Conn, v.tls = conn, &state
	}
	if v.tls == nil || v.route.http {
		if err := v.peek(); err != nil {
			return nil, err
		}
	}
	return v, socket.SetDeadline(time.Time{})
}

// carrier is what is known about the client before it has said a word.
func (v *visitor) carrier(kind carrierKind) *carrier {
	known := &carrier{kind: kind, id: v.id, tls: v.tls != nil}
	if v.socket != nil { // nil behind another server
		known.remote = addrPort(v.socket.RemoteAddr())
	}
	if v.tls != nil {
		known.serverName = v.tls.ServerName
		if v.route.certificate {
			known.certificate = v.tls.PeerCertificates[0]
		}
	}
	return known
}

// CloseWrite tells the client that nothing more will be sent.
func (v *visitor) CloseWrite() error { return closeWrite(v.Conn) }

func addrPort(a net.Addr) netip.AddrPort {
	parsed, _ := netip.ParseAddrPort(a.String()) // zero for a socket without one, such as a pipe
	return netip.AddrPortFrom(parsed.Addr().Unmap(), parsed.Port())
}

// serveMQTT serves a client until it leaves.
func (g *Gateway) serveMQTT(v *visitor) {
	defer g.sockets.leave(v.socket)
	g.sockets.settle(v.socket)
	kind := mqttCustom
	if v.route.certificate && !v.route.authorizer {
		kind = mqttCertificate
	}
	if err := g.broker.Handle(g.serving, v, g.admit(v.carrier(kind))); err != nil {
		g.options.Logger.Debug("mqtt connection ended", "remote_addr", v.socket.RemoteAddr().String(), "carrier", kind.String(), "error", err)
	}
}
