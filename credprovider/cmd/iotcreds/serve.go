package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/askaround/askaround-go/credprovider"
)

// servingWindow is the advisory window of credentials that are handed on. The AWS CLI and
// boto3 ask for others in the last 15 minutes of what they have, on every use: the window
// is such that they get more than 15 minutes where the role alias gives an hour.
const servingWindow = 30 * time.Minute

const drain = 2 * time.Second // for requests under way when serving ends

// serving are the flags of serve.
type serving struct {
	device    device
	listen    string
	tokenFile string
	imds      bool
	level     slog.Level
}

func runServe(ctx context.Context, p *program, args []string) error {
	s, err := parseServe(p, args)
	if err != nil {
		return err
	}
	logger := p.logger(s.level)
	provider, err := s.device.provider(p, func(o *credprovider.Options) { o.AdvisoryWindow, o.Logger = servingWindow, logger })
	if err != nil {
		return err
	}
	defer provider.Close()
	l := &local{source: provider, logger: logger, role: s.device.alias}
	if s.imds {
		l.imds = newIMDSTokens(time.Now)
	}
	switch {
	case s.tokenFile != "":
		if err := tokenFile(s.tokenFile).open(); err != nil {
			return err
		}
		l.token = tokenFile(s.tokenFile).read
	case s.socket() != "":
		l.token = func() (string, error) { return "", nil } // the socket's mode says who may
	}
	// Who starts it learns at once what must be mended. An outage passes by itself.
	_, err = provider.Retrieve(ctx)
	if err != nil && exitStatus(err) != exitTemporary {
		return err
	}
	listener, err := s.open(ctx)
	if err != nil {
		return err
	}
	if err := s.tell(p.stdout, listener); err != nil {
		return errors.Join(err, listener.Close())
	}
	var work sync.WaitGroup
	defer work.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	work.Go(func() { _ = provider.Run(ctx) }) // nil, or closed by us
	return l.serve(ctx, listener)
}

func parseServe(p *program, args []string) (*serving, error) {
	var s serving
	set := p.flags("serve", "")
	set.StringVar(&s.listen, "listen", "127.0.0.1:9911", "loopback `address` and port, or unix: and the path of a socket")
	set.StringVar(&s.tokenFile, "token-file", "", "serve the container endpoint to who has the token in this `file`; made where it does not exist")
	set.BoolVar(&s.imds, "imds", false, "serve the instance metadata, version 2, to all programs that reach the address")
	set.TextVar(&s.level, "log", slog.LevelInfo, "least `level` to log: debug, info, warn, error")
	if err := s.device.parse(p, set, args); err != nil {
		return nil, err
	}
	return &s, s.check(p, set)
}

func (s *serving) check(p *program, set *flag.FlagSet) error {
	host, _, err := net.SplitHostPort(s.listen)
	ip := net.ParseIP(host)
	switch {
	case set.NArg() > 0:
		return p.wrong(set, "serve takes no operand %q", set.Arg(0))
	case s.tokenFile == "" && !s.imds && s.socket() == "":
		return p.wrong(set, "nothing to serve: give -token-file for the container endpoint, -imds for the instance metadata, or a unix socket")
	case s.socket() != "":
		return nil
	case err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()):
		return p.wrong(set, "-listen %q is not a loopback address with a port, nor unix: and a path: other machines get no credentials", s.listen)
	}
	return nil
}

// socket is the path of the unix socket, or "".
func (s *serving) socket() string {
	path, _ := strings.CutPrefix(s.listen, "unix:")
	if path == s.listen {
		return ""
	}
	return path
}

func (s *serving) open(ctx context.Context) (net.Listener, error) {
	if path := s.socket(); path != "" {
		return listenUnix(ctx, path)
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", s.listen)
}

// tell prints what other programs need in their environment, and that all is ready.
func (s *serving) tell(w io.Writer, listener net.Listener) error {
	var lines strings.Builder
	address := "http://" + listener.Addr().String()
	if path := s.socket(); path != "" {
		address = "unix:" + path
	} else if s.tokenFile != "" {
		name, err := filepath.Abs(s.tokenFile)
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, "AWS_CONTAINER_CREDENTIALS_FULL_URI=%s%s\nAWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=%s\n", address, containerPath, name)
	}
	if s.imds && s.socket() == "" {
		fmt.Fprintf(&lines, "AWS_EC2_METADATA_SERVICE_ENDPOINT=%s/\n", address)
	}
	fmt.Fprintln(&lines, "# iotcreds serves at", address)
	_, err := io.WriteString(w, lines.String())
	return err
}

// serve answers until ctx ends, then lets requests finish for a moment. It closes listener.
func (l *local) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: l.handler(), MaxHeaderBytes: 16 << 10,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(l.logger.Handler(), slog.LevelDebug), // what clients do wrong
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	last, end := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer end()
	if err := server.Shutdown(last); errors.Is(err, context.DeadlineExceeded) {
		_ = server.Close() // its error is that of a listener which is closed already
	}
	<-served
	return nil
}
