// Command localaws serves DynamoDB, DynamoDB Streams and SQS on this machine, for
// programs that want the services of the reference applications alone:
//
//	go run ./internal/localaws/cmd/localaws -data ./data
//	aws dynamodb list-tables --endpoint-url http://127.0.0.1:8000
//
// It serves loopback addresses only. With -credentials every request must be signed with a
// key of that file, in the region of -region; without it any signature will do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/sigv4"
)

// options are the flags.
type options struct{ addr, data, region, account, credentials string }

func main() {
	var o options
	flag.StringVar(&o.addr, "addr", "127.0.0.1:8000", "loopback `address` to serve")
	flag.StringVar(&o.data, "data", "", "`directory` that keeps the data; empty keeps it in memory")
	flag.StringVar(&o.region, "region", "us-east-1", "`name` of the region, which stands in ARNs")
	flag.StringVar(&o.account, "account", "000000000000", "`id` of the account that owns everything, 12 digits")
	flag.StringVar(&o.credentials, "credentials", "", "shared credentials `file` whose keys may sign, such as ~/.aws/credentials; empty verifies no signature")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "localaws:", strings.TrimPrefix(err.Error(), "localaws: "))
		os.Exit(1)
	}
}

// run serves until ctx ends. It writes its URL to out when it can be reached.
func run(ctx context.Context, out io.Writer, o options) error {
	provider, err := readCredentials(o.credentials)
	if err != nil {
		return err
	}
	listener, err := listen(o.addr)
	if err != nil {
		return err
	}
	local, err := localaws.Open(ctx, func(l *localaws.Options) {
		l.Dir, l.Region, l.AccountID, l.Credentials = o.data, o.region, o.account, provider
		l.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	fmt.Fprintln(out, "http://"+listener.Addr().String())
	serving, stop := context.WithCancel(ctx)
	defer stop()
	background := make(chan error, 1)
	go func() { background <- local.Run(serving) }()
	err = local.Serve(serving, listener)
	stop()
	return errors.Join(err, <-background, local.Close())
}

// readCredentials returns the keys of a shared credentials file, nil for no file.
func readCredentials(name string) (sigv4.Provider, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	keys, err := sigv4.ReadShared(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return keys.Retrieve, nil
}

func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("%s is no loopback address", addr), listener.Close())
	}
	return listener, nil
}
