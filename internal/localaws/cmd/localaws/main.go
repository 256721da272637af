// Command localaws serves DynamoDB, DynamoDB Streams and SQS on this machine, for
// programs that want the services of the reference applications alone:
//
//	go run ./internal/localaws/cmd/localaws -data ./data
//	aws dynamodb list-tables --endpoint-url http://127.0.0.1:8000
//
// It checks no credentials and serves loopback addresses only.
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
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/askaround/askaround-go/internal/localaws"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8000", "loopback `address` to serve")
	data := flag.String("data", "", "`directory` that keeps the data; empty keeps it in memory")
	account := flag.String("account", "000000000000", "`id` of the account that owns everything, 12 digits")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, *addr, *data, *account); err != nil {
		fmt.Fprintln(os.Stderr, "localaws:", strings.TrimPrefix(err.Error(), "localaws: "))
		os.Exit(1)
	}
}

// run serves until ctx ends. It writes its URL to out when it can be reached.
func run(ctx context.Context, out io.Writer, addr, data, account string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		_ = listener.Close()
		return fmt.Errorf("%s is no loopback address", addr)
	}
	local, err := localaws.Open(ctx, func(o *localaws.Options) {
		o.Dir, o.AccountID, o.Logger = data, account, slog.New(slog.NewTextHandler(os.Stderr, nil))
	})
	if err != nil {
		_ = listener.Close()
		return err
	}
	fmt.Fprintln(out, "http://"+listener.Addr().String())
	server := &http.Server{Handler: local.Handler(), ReadHeaderTimeout: 10 * time.Second}
	background := make(chan error, 1)
	go func() { background <- local.Run(ctx) }()
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	err = server.Serve(listener)
	if errors.Is(err, http.ErrServerClosed) {
		err = <-background
	}
	return errors.Join(err, local.Close())
}
