package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/askaround/askaround-go/examples/authorizer/function"
	"github.com/askaround/askaround-go/iotauth"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the flags.
type options struct {
	serve                              string
	endpoint, ca, key                  string
	authorizer, tokenKey, token, topic string
	message                            string
}

// command runs the program and returns its exit status: 0, 1 for a failure, 2 for a
// mistake in the arguments.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "authorizer: %v (-help lists the flags)\n", err)
		return 2
	}
	if o.endpoint == "" {
		err = runLocally(ctx, o, stdout)
	} else {
		err = publishOnce(ctx, o, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "authorizer:", err)
		return 1
	}
	return 0
}

func parse(args []string, stdout io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("authorizer", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is told in one line, not with the whole manual
	flags.StringVar(&o.endpoint, "endpoint", "", "`host` of the account's data endpoint; empty: an account in this process")
	flags.StringVar(&o.ca, "ca", "", "PEM `file` of the endpoint's authorities; empty: the system's")
	flags.StringVar(&o.key, "key", "", "PEM `file` of the private key that signs the token")
	flags.StringVar(&o.authorizer, "authorizer", authorizerName, "`name` of the authorizer; empty: the account's default")
	flags.StringVar(&o.tokenKey, "token-key", tokenKeyName, "`name` under which the authorizer takes the token")
	flags.StringVar(&o.token, "token", "allow", "the `token`")
	flags.StringVar(&o.topic, "topic", function.Topic, "`topic` to publish to")
	flags.StringVar(&o.message, "message", "Hello from custom auth", "`text` to publish")
	flags.StringVar(&o.serve, "serve", "", "leave the account running, and its files in this `directory`")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stdout, "A custom authorizer of AWS IoT from end to end. Flags:")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return o, err
	} else if err != nil {
		return o, err
	}
	return o, check(o, flags)
}

// check reports what does not go together.
func check(o options, flags *flag.FlagSet) (err error) {
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case o.endpoint != "" && o.key == "":
		return errors.New("-endpoint goes with -key")
	case o.endpoint != "" && o.serve != "":
		return errors.New("-serve is for the account in this process, -endpoint for another")
	case o.endpoint == "":
		flags.Visit(func(f *flag.Flag) {
			if f.Name != "serve" {
				err = fmt.Errorf("-%s goes with -endpoint", f.Name)
			}
		})
	}
	return err
}

// publishOnce is the device alone, in whatever account.
func publishOnce(ctx context.Context, o options, stdout io.Writer) error {
	text, err := os.ReadFile(o.key)
	if err != nil {
		return err
	}
	key, err := iotauth.ParsePrivateKey(text)
	if err != nil {
		return fmt.Errorf("%s: %w", o.key, err)
	}
	signer, err := iotauth.NewSigner(key)
	if err != nil {
		return err
	}
	d, err := newDevice(o.endpoint, o.ca)
	if err != nil {
		return err
	}
	signature, err := signer.Sign(o.token)
	if err != nil {
		return err
	}
	got, err := d.publish(ctx, iotauth.Credentials{Authorizer: o.authorizer, TokenKey: o.tokenKey, Token: o.token, Signature: signature}, o.topic, o.message)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, got)
	return got.expect(200)
}

// runLocally sets an account up and is the devices in it. With a directory the account goes
// on until ctx ends.
func runLocally(ctx context.Context, o options, stdout io.Writer) (err error) {
	dir, serve := o.serve, o.serve != ""
	if serve {
		if dir, err = filepath.Abs(dir); err == nil { // for another terminal
			err = os.MkdirAll(dir, 0o700)
		}
	} else if dir, err = os.MkdirTemp("", "authorizer-"); err == nil {
		defer os.RemoveAll(dir)
	}
	if err != nil {
		return err
	}
	a, err := openAccount(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	tell := newTeller(stdout)
	if err := a.setUp(ctx, tell); err != nil {
		return err
	}
	d, err := newDevice(a.endpoint, filepath.Join(dir, caFile))
	if err != nil {
		return err
	}
	if err := a.walk(ctx, d, tell); err != nil || !serve {
		return err
	}
	a.tellHow(stdout)
	<-ctx.Done()
	return nil
}
