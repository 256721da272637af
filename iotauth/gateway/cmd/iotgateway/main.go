// Command iotgateway serves AWS IoT on this machine: the gateway that devices connect to,
// and the control plane that the AWS CLI calls.
//
//	go run ./iotauth/gateway/cmd/iotgateway -data data/iot
//	aws iot create-thing --thing-name sensor7 --endpoint-url http://127.0.0.1:4566
//
// It prints where everything is and where the authority's certificate lies, which stands in
// for Amazon's root on a device. It serves until Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/askaround/askaround-go/iotauth/gateway/local"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command runs the program and returns its exit status: 0, 1 for a failure, 2 for a
// mistake in the arguments.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "iotgateway: %v (-help lists the flags)\n", err)
		return 2
	}
	o.account.Logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: o.level}))
	if err := run(ctx, o, stdout); err != nil {
		fmt.Fprintln(stderr, "iotgateway:", err)
		return 1
	}
	return 0
}

// options are the flags.
type options struct {
	account local.Options
	ca      string
	level   slog.Level
}

func parse(args []string, stdout io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("iotgateway", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is told in one line, not with the whole manual
	a := &o.account
	flags.StringVar(&a.Dir, "data", "", "`directory` that keeps the registry and the sessions; empty keeps them in memory")
	flags.StringVar(&o.ca, "ca", "", "`file` to which the authority's certificate is written; default AmazonRootCA1.pem in -data, or in a directory that goes away at the end")
	flags.StringVar(&a.Region, "region", "us-east-1", "`name` of the region, which stands in ARNs")
	flags.StringVar(&a.AccountID, "account", "123456789012", "`id` of the account, 12 digits")
	flags.StringVar(&a.Addresses.MQTT, "mqtt", "127.0.0.1:8883", "`address` of MQTT with certificates; - for none, as with the others")
	flags.StringVar(&a.Addresses.TLS, "tls", "127.0.0.1:4443", "`address` that stands for port 443: everything, by ALPN")
	flags.StringVar(&a.Addresses.HTTPS, "https", "127.0.0.1:8443", "`address` of publishing by HTTPS with certificates")
	flags.StringVar(&a.Addresses.Plain, "plain", "-", "`address` of MQTT and HTTP without TLS, for custom authorizers")
	flags.StringVar(&a.Addresses.Control, "control", "127.0.0.1:4566", "`address` of the control plane, for aws iot --endpoint-url")
	flags.TextVar(&o.level, "log", slog.LevelInfo, "lowest `level` to log: DEBUG, INFO, WARN, ERROR")
	hosts := flags.String("hosts", "localhost", "`names` of the endpoint, with commas between them, for the server's certificate and SNI")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stdout, "AWS IoT on this machine. Flags:")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return o, err
	} else if err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	a.Hosts = strings.Split(*hosts, ",")
	return o, nil
}

// run serves until ctx ends.
func run(ctx context.Context, o options, stdout io.Writer) error {
	account, err := local.Start(func(l *local.Options) { *l = o.account })
	if err != nil {
		return err
	}
	ca, forget, err := writeCA(o, account.CA())
	if err == nil {
		defer forget()
		tell(stdout, account, ca)
		<-ctx.Done()
	}
	closing, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return errors.Join(err, account.Close(closing))
}

// writeCA leaves the authority's certificate where clients can be pointed to. forget takes
// it away again where nobody said where.
func writeCA(o options, pem []byte) (path string, forget func(), err error) {
	path, forget = o.ca, func() {}
	switch {
	case path != "":
	case o.account.Dir != "":
		path = filepath.Join(o.account.Dir, "AmazonRootCA1.pem")
	default:
		dir, err := os.MkdirTemp("", "iotgateway-")
		if err != nil {
			return "", nil, err
		}
		path, forget = filepath.Join(dir, "AmazonRootCA1.pem"), func() { _ = os.RemoveAll(dir) }
	}
	if err := os.WriteFile(path, pem, 0o644); err != nil {
		forget()
		return "", nil, err
	}
	return path, forget, nil
}

// tell says where everything is.
func tell(stdout io.Writer, account *local.Account, ca string) {
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	line := func(name, address, what string) {
		if address != "" {
			fmt.Fprintf(w, "%s\t%s\t%s\n", name, address, what)
		}
	}
	line("MQTT", account.MQTT, "with certificates, as port 8883")
	line("TLS", account.TLS, "as port 443: ALPN x-amzn-mqtt-ca, mqtt, x-amzn-http-ca; HTTPS, WebSocket at /mqtt")
	line("HTTPS", account.HTTPS, "POST /topics/… with certificates, as port 8443")
	line("plain", account.Plain, "MQTT and HTTP without TLS")
	line("control", account.Control, "aws iot … --endpoint-url")
	line("CA", ca, "stands in for AmazonRootCA1.pem")
	_ = w.Flush()
}
