package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/rate"
)

// Bounds of an HTTP connection, besides the number of connections.
const (
	headerTime = 10 * time.Second // to send the header of a request
	bodyTime   = 20 * time.Second // to send the body
	idleTime   = 2 * time.Minute  // between requests
	answerTime = time.Minute      // from the header to the end of the answer; an authorizer may take 5 s
	maxHeader  = 32 << 10         // bytes; a token may have 6,144
)

// Handler serves what [Port443] serves over HTTP, behind another server: POST
// /topics/{topic}, GET /mqtt for WebSockets, and DELETE /connections/{clientId}. Where that
// server has asked a client for its certificate, the certificate says who publishes. An
// authorizer's answers are not cached: the handler does not see connections.
//
// Shutdown ends its WebSockets, not the other server.
func (g *Gateway) Handler() http.Handler { return http.HandlerFunc(g.serveHTTP) }

// A webConn is a connection that speaks HTTP.
type webConn struct {
	*visitor
	cache *httpConn    // what admission keeps with it
	rate  *rate.Bucket // of messages
}

// webConnKey finds the webConn in the context of a request.
type webConnKey struct{}

// newWebServer returns the server that [Gateway.serveWeb] hands connections to.
func (g *Gateway) newWebServer() *http.Server {
	return &http.Server{
		Handler:           http.HandlerFunc(g.serveHTTP),
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, WriteTimeout: answerTime, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return g.serving },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, webConnKey{}, c)
		},
		ConnState:                    g.webConnState,
		DisableGeneralOptionsHandler: true,                                                           // "OPTIONS *" is answered as everything else that there is not
		ErrorLog:                     slog.NewLogLogger(g.options.Logger.Handler(), slog.LevelDebug), // what clients do wrong
	}
}

// webConnState keeps count. A connection that is hijacked leaves when its WebSocket ends.
func (g *Gateway) webConnState(c net.Conn, state http.ConnState) {
	switch socket := c.(*webConn).socket; state {
	case http.StateActive:
		g.sockets.settle(socket)
	case http.StateClosed:
		g.sockets.leave(socket)
	}
}

// serveWeb hands a connection to the web server.
func (g *Gateway) serveWeb(v *visitor) {
	one := &oneConn{conn: &webConn{visitor: v, cache: newHTTPConn(), rate: rate.New(g.limits.PublishRate)}}
	_ = g.web.Serve(one) // says that there is no other, or that it was shut down
	if one.conn != nil {
		_ = one.conn.Close()
		g.sockets.leave(v.socket)
	}
}

// oneConn is a listener of one connection: a server accepts from listeners only.
type oneConn struct{ conn net.Conn }

func (o *oneConn) Accept() (net.Conn, error) {
	c := o.conn
	if o.conn = nil; c == nil {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (*oneConn) Close() error   { return nil }
func (*oneConn) Addr() net.Addr { return &net.TCPAddr{} }

func (g *Gateway) serveHTTP(w http.ResponseWriter, r *http.Request) {
	e := g.newExchange(w, r)
	if err := e.serve(); err != nil {
		e.refuse(err)
	}
}

// serve answers, or returns why not.
func (e *exchange) serve() error {
	if !e.addressed() {
		return forbidden(errors.New("the Host header is not the name of an endpoint, or not the one in the SNI"))
	}
	if e.r.Body != nil && e.r.Body != http.NoBody { // also where nobody reads it: the server skips it
		_ = e.control.SetReadDeadline(time.Now().Add(bodyTime))
	}
	path := e.r.URL.EscapedPath()
	if topic, ok := strings.CutPrefix(path, "/topics/"); ok {
		return e.only(http.MethodPost, func() error { return e.publish(topic) })
	}
	if e.conn.route.certificate { // the rest is for others
		return errNoResource
	}
	if clientID, ok := strings.CutPrefix(path, "/connections/"); ok {
		return e.only(http.MethodDelete, func() error { return e.deleteConnection(clientID) })
	}
	if topic, ok := strings.CutPrefix(path, "/retainedMessage/"); ok {
		return e.only(http.MethodGet, func() error { return e.getRetained(topic) })
	}
	switch path {
	case "/retainedMessage":
		return e.only(http.MethodGet, e.listRetained)
	case "/mqtt":
		return e.only(http.MethodGet, e.upgrade)
	}
	return errNoResource
}

// only calls serve for a method, and refuses the others.
func (e *exchange) only(method string, serve func() error) error {
	if e.r.Method != method {
		e.w.Header().Set("Allow", method)
		return errMethod
	}
	return serve()
}

// addressed reports whether the client means this gateway: a web page can make its own
// name mean this machine (DNS rebinding), and a domain must be the one of the SNI.
func (e *exchange) addressed() bool {
	host := hostName(e.r.Host)
	if e.r.TLS == nil {
		return e.g.isEndpoint(host) || isLoopback(host)
	}
	return e.g.isEndpoint(host) && (e.r.TLS.ServerName == "" || strings.EqualFold(host, e.r.TLS.ServerName))
}

// hostName is a Host header without its port.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip.IsLoopback() || strings.EqualFold(host, "localhost")
}
