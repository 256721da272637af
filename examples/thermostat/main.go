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
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command runs the program and returns its exit status: 0, 1 for a failure, 2 for a
// mistake in the arguments.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	t, dir, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "thermostat: %v (-help lists the flags)\n", err)
		return 2
	}
	if t.endpoint == "" {
		err = runLocally(ctx, t, dir, stdout)
	} else {
		err = t.run(ctx, time.Now(), newTeller(stdout))
	}
	if err != nil {
		fmt.Fprintln(stderr, "thermostat:", err)
		return 1
	}
	return 0
}

// parse reads the arguments. dir is where to leave the files of an account that goes on
// running, or empty.
func parse(args []string, stdout io.Writer) (t thermostat, dir string, err error) {
	flags := flag.NewFlagSet("thermostat", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is told in one line, not with the whole manual
	flags.StringVar(&t.endpoint, "endpoint", "", "`host` of the account's credentials endpoint; empty: an account in this process")
	flags.StringVar(&t.cert, "cert", "", "PEM `file` of the device's certificate")
	flags.StringVar(&t.key, "key", "", "PEM `file` of the device's key")
	flags.StringVar(&t.ca, "ca", "", "PEM `file` of the endpoint's authorities; empty: the system's")
	flags.StringVar(&t.roleAlias, "role-alias", roleAlias, "`name` of the role alias")
	flags.StringVar(&t.thing, "thing", thingName, "`name` of the thing and of its table")
	flags.StringVar(&t.region, "region", region, "`region` of the table")
	flags.StringVar(&t.dynamodb, "dynamodb", "", "`URL` of DynamoDB; empty: AWS's")
	flags.StringVar(&t.others, "others", othersThing, "`name` of a table that must be denied")
	flags.StringVar(&t.serial, "serial", "01", "serial `number` of the thermostat")
	flags.Float64Var(&t.temperature, "temperature", 20, "`degrees`")
	flags.Float64Var(&t.humidity, "humidity", 65, "`percent`")
	flags.StringVar(&dir, "serve", "", "leave the account running, and the device's files in this `directory`")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stdout, "A thermostat that writes to DynamoDB with its certificate. Flags:")
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return t, "", err
	} else if err != nil {
		return t, "", err
	}
	return t, dir, check(t, dir, flags)
}

// check reports what does not go together.
func check(t thermostat, dir string, flags *flag.FlagSet) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case t.endpoint != "" && (t.cert == "" || t.key == ""):
		return errors.New("-endpoint goes with -cert and -key")
	case t.endpoint != "" && dir != "":
		return errors.New("-serve is for the account in this process, -endpoint for another")
	}
	if t.endpoint == "" {
		for _, name := range []string{"cert", "key", "ca", "role-alias", "thing", "region", "dynamodb", "others"} {
			if given[name] {
				return fmt.Errorf("-%s goes with -endpoint", name)
			}
		}
	}
	return nil
}

// runLocally sets an account up and is the thermostat in it. With a directory the account
// goes on until ctx ends.
func runLocally(ctx context.Context, t thermostat, dir string, stdout io.Writer) (err error) {
	serve := dir != ""
	if serve {
		if dir, err = filepath.Abs(dir); err == nil { // for another terminal
			err = os.MkdirAll(dir, 0o700)
		}
	} else if dir, err = os.MkdirTemp("", "thermostat-"); err == nil {
		defer os.RemoveAll(dir)
	}
	if err != nil {
		return err
	}
	a, err := openAccount(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	tell := newTeller(stdout)
	if err := a.setUp(ctx, dir, tell); err != nil {
		return err
	}
	t.endpoint, t.dynamodb = a.iot.Address(), a.address
	t.cert, t.key, t.ca = filepath.Join(dir, certFile), filepath.Join(dir, keyFile), filepath.Join(dir, caFile)
	if err := t.run(ctx, time.Now(), tell); err != nil || !serve {
		return err
	}
	t.tellHow(stdout)
	<-ctx.Done()
	return nil
}

// tellHow prints commands to try.
func (t thermostat) tellHow(w io.Writer) {
	fmt.Fprintf(w, `
The account runs until Ctrl-C. In another terminal:

export IOTCREDS_ENDPOINT=%s IOTCREDS_ROLE_ALIAS=%s IOTCREDS_THING=%s
export IOTCREDS_CERT=%s IOTCREDS_KEY=%s IOTCREDS_CA=%s
go run ./credprovider/cmd/iotcreds doctor
go run ./credprovider/cmd/iotcreds exec -- aws --region %s --endpoint-url %s dynamodb query --table-name %[3]s \
  --key-condition-expression 'serial_number = :s' --expression-attribute-values '{":s": {"S": "%[9]s"}}'
`, t.endpoint, t.roleAlias, t.thing, t.cert, t.key, t.ca, t.region, t.dynamodb, t.serial)
}

// teller prints numbered steps.
type teller struct {
	w io.Writer
	n int
}

func newTeller(w io.Writer) *teller { return &teller{w: w} }

func (t *teller) step(title, format string, args ...any) {
	t.n++
	fmt.Fprintf(t.w, "%d. %-12s %s\n", t.n, title, fmt.Sprintf(format, args...))
}

// more is another line of the step before.
func (t *teller) more(text string) { fmt.Fprintf(t.w, "   %-12s %s\n", "", text) }
