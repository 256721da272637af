// Command askaround runs Ask Around Me on this machine: the page, the HTTP API, MQTT,
// and the services of AWS that it stands on. It needs no flag, no network and no file.
//
//	go run ./examples/askaround
//	go run ./examples/askaround -data ./data -import places.csv
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
	"runtime/debug"
	"syscall"

	"github.com/askaround/askaround-go/examples/askaround/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(app.GCPercent)
	}
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command runs the program and returns its exit code: 0, 1 for a failure, 2 for a
// mistake in the arguments.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "askaround: %v (-help lists the flags)\n", err)
		return 2
	}
	if err := run(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "askaround:", err)
		return 1
	}
	return 0
}

// options are the flags.
type options struct {
	config   app.Config
	imports  string
	demo     bool
	logLevel slog.Level
}

// parse reads the arguments. Asked for help, it prints the flags and returns
// [flag.ErrHelp].
func parse(args []string, stdout, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("askaround", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is told in one line, not with the whole manual
	flags.StringVar(&o.config.Addr, "addr", "127.0.0.1:8080", "where to serve the page, the API and MQTT over WebSocket")
	flags.StringVar(&o.config.MQTTAddr, "mqtt", "127.0.0.1:1883", "where to serve MQTT over TCP")
	flags.StringVar(&o.config.AWSAddr, "aws", "127.0.0.1:8000", "where to serve DynamoDB and SQS; loopback only, it checks no credentials")
	flags.StringVar(&o.config.Dir, "data", "", "`directory` that keeps the data; empty keeps it in memory")
	flags.StringVar(&o.config.Issuer, "issuer", "", "`URL` of an OpenID Connect issuer; empty runs one for development")
	flags.StringVar(&o.config.Audience, "audience", app.DefaultAudience, "what tokens must be meant for")
	flags.StringVar(&o.imports, "import", "", "`file` of questions or places to ask about: .csv, .geojson, .json, .geojsonl")
	flags.BoolVar(&o.demo, "demo", true, "ask about the bundled places")
	flags.TextVar(&o.logLevel, "log", slog.LevelWarn, "least `level` to log: debug, info, warn, error")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(stdout, "Ask Around Me on this machine. Flags:")
			flags.SetOutput(stdout)
			flags.PrintDefaults()
		}
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	o.config.Addr = orFree(o.config.Addr, given["addr"])
	o.config.MQTTAddr = orFree(o.config.MQTTAddr, given["mqtt"])
	o.config.AWSAddr = orFree(o.config.AWSAddr, given["aws"])
	o.config.Logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: o.logLevel}))
	return o, nil
}

func run(ctx context.Context, o options, stdout, stderr io.Writer) error {
	imports, err := openImports(o)
	if err != nil {
		return err
	}
	defer imports.close()
	a, err := app.Open(ctx, o.config)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running) }()
	if err := greet(stdout, a, o); err != nil {
		stop()
		return errors.Join(err, <-ended)
	}
	if err := importAll(running, a, imports, stderr); err != nil && running.Err() == nil {
		stop()
		return errors.Join(err, <-ended)
	}
	return <-ended
}

// greet prints what somebody needs to begin.
func greet(w io.Writer, a *app.App, o options) error {
	fmt.Fprintf(w, "Ask Around Me: %s\n", a.URL())
	fmt.Fprintf(w, "  APIs         %s/docs/\n", a.URL())
	fmt.Fprintf(w, "  MQTT         %s (TCP), %s/mqtt (WebSocket); the token is the password\n", a.MQTTAddr(), a.URL())
	fmt.Fprintf(w, "  AWS          AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any aws --region us-east-1 --endpoint-url %s dynamodb list-tables\n", a.AWSURL())
	if o.config.Dir == "" {
		fmt.Fprintf(w, "  data         in memory; -data DIR keeps it\n")
	} else {
		fmt.Fprintf(w, "  data         %s\n", o.config.Dir)
	}
	if o.config.Issuer != "" {
		return nil
	}
	token, err := a.Token("demo")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "  token        %s\n", token)
	return err
}
