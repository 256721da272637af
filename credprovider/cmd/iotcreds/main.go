// Command iotcreds gives the programs on a device AWS credentials for the device's X.509
// certificate, through the AWS IoT credentials provider.
//
//	iotcreds doctor -endpoint "$ENDPOINT" -role-alias "$ALIAS" -thing "$THING" -cert device.pem -key device.key
//	iotcreds exec   -endpoint ... -- aws dynamodb list-tables
//	iotcreds serve  -endpoint ... -token-file /run/iotcreds/token
//	credential_process = iotcreds credential-process -endpoint ...       (in ~/.aws/config)
//
// The flags that name the device have the environment's IOTCREDS_ENDPOINT,
// IOTCREDS_ROLE_ALIAS, IOTCREDS_THING, IOTCREDS_CERT, IOTCREDS_KEY and so on as their
// defaults.
//
// # Which command
//
// credential-process makes one exchange each time it runs. SDKs run it once and again when
// its credentials are about to expire; a script that calls the AWS CLI in a loop makes an
// exchange per call, and does better with exec or serve.
//
// exec runs one program, with a container-credentials endpoint of its own behind a random
// token, so that the program's credentials never expire. It hands on signals and the exit
// status. Settings that would win over the endpoint are taken out of the program's
// environment; a default profile with keys in ~/.aws/config would still win. With -env the
// credentials themselves are in the environment, and end when they expire. A program whose
// iotcreds is killed keeps the credentials that it has, and gets no others.
//
// serve does it for all programs: with -token-file the container-credentials endpoint, to
// whoever can read the file; with -imds the instance metadata service, version 2 only, to
// everybody on the machine. It listens on a loopback address or on a unix socket of mode
// 0600. Credentials are refreshed before they are due, and those in hand are served in an
// outage for as long as they live.
//
// Requests are refused that came through a proxy (X-Forwarded-For, Forwarded), from a web
// page (Origin, Sec-Fetch-Site), or for the name of another host (DNS rebinding).
//
// # Exit status
//
//	0    all is well
//	1    something on this machine failed: a file, a port
//	2    called wrongly
//	3    somebody must mend something, which the message names: the certificate, a policy
//	4    the service was not reached, throttles or fails: the same call may succeed later
//	125  exec: one of the above, before the program was started
//	126  exec: the program cannot be started
//	127  exec: there is no such program
//	128+ exec: the program was ended by a signal with this number more than 128
//
// Any other status of exec is the program's. No secret is written anywhere but to where
// the credentials are meant to go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/askaround/askaround-go/credprovider"
)

// The exit statuses.
const (
	exitFailed    = 1
	exitUsage     = 2
	exitMend      = 3
	exitTemporary = 4
	exitExec      = 125
	exitNoStart   = 126
	exitNoProgram = 127
	exitSignal    = 128
)

// command is one of the program's.
type command struct {
	name, summary string
	run           func(ctx context.Context, p *program, args []string) error
}

// commands in the order in which help lists them.
var commands = []command{
	{"doctor", "find out what keeps a device from its credentials", runDoctor},
	{"exec", "run a program with credentials", runExec},
	{"serve", "serve credentials to the programs on this machine", runServe},
	{"credential-process", "print credentials for credential_process of AWS's SDKs", runProcess},
}

// program is what commands use of the world.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
}

// errUsage is an error that was told together with the usage.
var errUsage = errors.New("usage")

// exitError ends the program with a status. With a nil err there is nothing left to say.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string { return fmt.Sprintf("exit status %d: %v", e.status, e.err) }
func (e *exitError) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ()}
	os.Exit(p.main(ctx, os.Args[1:]))
}

// main runs the command that args name and returns the exit status.
func (p *program) main(ctx context.Context, args []string) int {
	err := p.dispatch(ctx, args)
	if exit := (*exitError)(nil); errors.As(err, &exit) {
		if exit.err != nil && !errors.Is(exit.err, errUsage) {
			p.tell(exit.err)
		}
		return exit.status
	}
	status := exitStatus(err)
	if status != 0 && status != exitUsage {
		p.tell(err)
	}
	return status
}

// inFlags says in the command's words what package credprovider says in its own.
var inFlags = strings.NewReplacer("Options.RootCAs", "-ca", "Options.Timeout", "-timeout")

func (p *program) tell(err error) { fmt.Fprintln(p.stderr, "iotcreds:", inFlags.Replace(err.Error())) }

// exitStatus is that of an error.
func exitStatus(err error) int {
	var failure *credprovider.Error
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.As(err, &failure) && failure.RetryableError():
		return exitTemporary
	case failure != nil:
		return exitMend
	}
	return exitFailed
}

func (p *program) dispatch(ctx context.Context, args []string) error {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	for _, c := range commands {
		if c.name == name {
			return c.run(ctx, p, args[1:])
		}
	}
	fmt.Fprintln(p.stderr, "usage: iotcreds COMMAND [flags]; -h behind a command tells its flags")
	for _, c := range commands {
		fmt.Fprintf(p.stderr, "  %-18s  %s\n", c.name, c.summary)
	}
	switch name {
	case "-h", "-help", "--help", "help":
		return flag.ErrHelp
	}
	return errUsage
}

// flags returns the flag set of a command.
func (p *program) flags(name, operands string) *flag.FlagSet {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(p.stderr)
	set.Usage = func() {
		fmt.Fprintf(p.stderr, "usage: iotcreds %s [flags] %s\n", name, operands)
		set.PrintDefaults()
	}
	return set
}

// wrong tells how a command was called wrongly.
func (p *program) wrong(set *flag.FlagSet, format string, args ...any) error {
	fmt.Fprintf(p.stderr, "iotcreds: "+format+"\niotcreds %s -h tells its flags\n", append(args, set.Name())...)
	return errUsage
}
