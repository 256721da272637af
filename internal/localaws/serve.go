package localaws

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServeOptions configure [Local.Serve]. A zero value means the default.
type ServeOptions struct {
	// Hosts are names that requests may be addressed to, without a port, besides those of
	// this machine: loopback addresses, localhost, and names under .localhost and
	// .invalid. Another name is refused, since a web page can make its own name mean this
	// machine (DNS rebinding).
	Hosts []string
	// Origins are web pages that may call, as browsers name them: "http://localhost:3000".
	// They get the answers of CORS. Default: none, and a request that a browser makes for a
	// page is refused. AWS answers every page, but there a page lacks the keys; here a form
	// that a page posts could do without.
	Origins []string
	// MaxConnections bounds the open connections. Beyond it the one is closed that waits
	// for its client longest, between requests or within one: of those that never had an
	// answer where they are more than half, of the others otherwise. A connection whose
	// request is being worked on is spared.
	// Default: half of the file descriptors that the process may have open, at most 4,096.
	MaxConnections int
	// Patience is how long a client may keep silent while it sends a request. Its whole
	// body may take six times as long. Default 10 seconds.
	Patience time.Duration
	// Drain is how long requests may go on when serving ends. Default 500 ms.
	Drain time.Duration
}

// Bounds of a connection that nobody has asked to change.
const (
	idleTime       = 2 * time.Minute // between requests
	answerTime     = 2 * time.Minute // from the header of a request to the end of its answer: a long poll takes 20 s
	maxHeader      = 32 << 10        // bytes
	bodyPatience   = 6               // of Patience, for a whole body
	maxConnections = 4096            // by default
	fewConnections = 16              // a bound below it could not serve one SDK client
)

func serveOptions(optFns []func(*ServeOptions)) (ServeOptions, error) {
	o := ServeOptions{MaxConnections: min(maxConnections, openFiles()/2), Patience: 10 * time.Second, Drain: 500 * time.Millisecond}
	for _, fn := range optFns {
		fn(&o)
	}
	if o.MaxConnections < fewConnections || o.Patience <= 0 || o.Drain < 0 {
		return o, fmt.Errorf("localaws: bad options: MaxConnections %d (at least %d), Patience %v, Drain %v", o.MaxConnections, fewConnections, o.Patience, o.Drain)
	}
	return o, nil
}

// Serve answers HTTP/1.1 requests at listener until ctx ends; then it stops accepting,
// lets requests finish for at most Drain, ends the others, and returns nil when nothing of
// it goes on. It closes listener in every case. Serve may be called for several listeners.
//
// What one client does to its connections changes nothing for the others: silence,
// garbage, half a request and thousands of open connections are bounded in time, in memory
// and in number. A Content-Encoding of requests is not looked at.
func (l *Local) Serve(ctx context.Context, listener net.Listener, optFns ...func(*ServeOptions)) error {
	o, err := serveOptions(optFns)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	working, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	conns := newConnections(o.MaxConnections)
	server := &http.Server{
		Handler: conns.patient(o.Patience, o.admit(l.Handler())),
		// There is no ReadTimeout: a body's time depends on its progress.
		ReadHeaderTimeout: o.Patience, IdleTimeout: idleTime, WriteTimeout: answerTime, MaxHeaderBytes: maxHeader,
		ConnContext: conns.context, ConnState: conns.changed,
		BaseContext: func(net.Listener) context.Context { return working },
		ErrorLog:    slog.NewLogLogger(l.options.Logger.Handler(), slog.LevelDebug), // what clients do wrong
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err = <-served:
	case <-ctx.Done():
		shutdown(server, o.Drain)
		err = <-served
	}
	end()
	_ = server.Close() // ends the connections that are left
	conns.serving.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("localaws: serve: %w", err)
}

// shutdown waits for requests to finish.
func shutdown(server *http.Server, drain time.Duration) {
	within, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	_ = server.Shutdown(within) // what did not finish is ended afterwards
}
