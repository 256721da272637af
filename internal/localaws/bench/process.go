package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/localaws"
)

// childKind and childDir tell a process of this program that it is a server.
const (
	childKind = "LOCALAWS_BENCH_SERVER"
	childDir  = "LOCALAWS_BENCH_DIR"
)

// serveChild serves until the process is killed, where it was started to do so. It
// prints its address first.
func serveChild() {
	kind := os.Getenv(childKind)
	if kind == "" {
		return
	}
	handler := stubHandler()
	if kind == "ours" {
		local, err := localaws.Open(context.Background(), func(o *localaws.Options) { o.Dir = os.Getenv(childDir) })
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		handler = local.Handler()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		fmt.Println("http://" + listener.Addr().String())
		err = (&http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}).Serve(listener)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// child runs this program as a server.
func child(kind string, durable bool) func(context.Context) (*server, error) {
	return func(ctx context.Context) (*server, error) {
		dir, remove, err := dataDir(durable)
		if err != nil {
			return nil, err
		}
		program, err := os.Executable()
		if err != nil {
			return nil, err
		}
		cmd := exec.CommandContext(ctx, program)
		cmd.Env, cmd.Stderr = append(os.Environ(), childKind+"="+kind, childDir+"="+dir), os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		stop := func() { _ = errors.Join(cmd.Process.Kill(), cmd.Wait(), remove()) }
		url, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			stop()
			return nil, fmt.Errorf("no address: %w", err)
		}
		return &server{client(strings.TrimSpace(url)), stop, cmd.Process.Pid}, nil
	}
}

// dynoxide runs that program, in memory or over a file.
func dynoxide(path string, durable bool) func(context.Context) (*server, error) {
	return func(ctx context.Context) (*server, error) {
		dir, remove, err := dataDir(durable)
		if err != nil {
			return nil, err
		}
		addr, err := freeAddress()
		if err != nil {
			return nil, err
		}
		_, port, _ := strings.Cut(addr, ":")
		args := []string{"--host", "127.0.0.1", "--port", port}
		if durable {
			args = append(args, "--db-path", dir+".db")
		}
		cmd := exec.CommandContext(ctx, path, args...)
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		stop := func() { _ = errors.Join(cmd.Process.Kill(), cmd.Wait(), remove()) }
		if err := waitFor(ctx, addr); err != nil {
			stop()
			return nil, err
		}
		return &server{client("http://" + addr), stop, cmd.Process.Pid}, nil
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// waitFor waits until somebody listens at addr.
func waitFor(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.Dial("tcp", addr); err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nobody listens at %s: %w", addr, ctx.Err())
		case <-tick.C:
		}
	}
}
