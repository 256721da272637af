// Command iotauth makes and checks the tokens of AWS IoT's custom authorizers, calls
// authorizers, and evaluates AWS IoT policies, without AWS.
//
//	iotauth keygen -o private.pem -public public.pem
//	iotauth sign -key private.pem allow
//	iotauth verify -key public.pem -signature "$SIGNATURE" allow
//	iotauth test-invoke -url http://127.0.0.1:8080/ -key public.pem -signature "$SIGNATURE" allow
//	iotauth policy eval -action Publish -resource sensors/7/t -client-id 7 policy.json
//	iotauth policy explain -action Publish -resource sensors/7/t -client-id 7 policy.json
//	iotauth policy lint policy.json
//	iotauth policy derive -role robot topics.json
//	iotauth policy prove narrow.json wide.json
//
// A token is an operand, or the standard input where the operand is "-": there one line
// break at the end does not belong to it. Keys are PEM, as openssl writes them.
//
// It exits with status 0 when all is well; 1 when something failed; 2 when it was called
// wrongly; and 3 when the answer is no: a signature that is not good, a client that is
// refused, a request that is denied, a policy with findings, a proof that fails.
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
)

// command is one of the program's.
type command struct {
	name, summary string
	run           func(ctx context.Context, p *program, args []string) error
}

// commands in the order in which help lists them.
var commands = []command{
	{"keygen", "make an RSA key pair", runKeygen},
	{"sign", "sign a token", runSign},
	{"verify", "check the signature of a token", runVerify},
	{"test-invoke", "ask an authorizer about a token", runTestInvoke},
	{"policy eval", "decide a request by policies", runEval},
	{"policy explain", "tell how a decision comes about", runExplain},
	{"policy lint", "find what policies do that their author may not expect", runLint},
	{"policy derive", "make the least-privilege policy of a role in a topic model", runDerive},
	{"policy prove", "prove that policies allow nothing that others do not", runProve},
}

// program is what commands use of the world.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
}

var (
	// errUsage is an error that was told together with the usage.
	errUsage = errors.New("usage")
	// errNo is the answer no. What there is to say about it was said.
	errNo = errors.New("no")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	os.Exit(p.main(ctx, os.Args[1:]))
}

// main runs the command that args name and returns the exit status.
func (p *program) main(ctx context.Context, args []string) int {
	err := p.dispatch(ctx, args)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, errNo):
		return 3
	}
	fmt.Fprintf(p.stderr, "iotauth: %s\n", strings.TrimPrefix(err.Error(), "iotauth: "))
	return 1
}

func (p *program) dispatch(ctx context.Context, args []string) error {
	name, rest := "", args
	if len(args) > 0 {
		name, rest = args[0], args[1:]
	}
	if name == "policy" && len(rest) > 0 {
		name, rest = name+" "+rest[0], rest[1:]
	}
	for _, c := range commands {
		if c.name == name {
			return c.run(ctx, p, rest)
		}
	}
	fmt.Fprintln(p.stderr, "usage: iotauth COMMAND [flags]; -h behind a command tells its flags")
	for _, c := range commands {
		fmt.Fprintf(p.stderr, "  %-14s  %s\n", c.name, c.summary)
	}
	if name == "-h" || name == "-help" || name == "--help" || name == "help" {
		return flag.ErrHelp
	}
	return errUsage
}

// flags returns the flag set of a command.
func (p *program) flags(name, operands string) *flag.FlagSet {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(p.stderr)
	set.Usage = func() {
		fmt.Fprintf(p.stderr, "usage: iotauth %s [flags] %s\n", name, operands)
		set.PrintDefaults()
	}
	return set
}

// parse parses flags and returns the operands, of which there must be from least to most.
func parse(set *flag.FlagSet, args []string, least, most int) ([]string, error) {
	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil, err
	}
	if err == nil && set.NArg() >= least && set.NArg() <= most {
		return set.Args(), nil
	}
	if err == nil {
		set.Usage()
	}
	return nil, errUsage
}

// wrong tells how a command was called wrongly.
func (p *program) wrong(set *flag.FlagSet, format string, args ...any) error {
	fmt.Fprintf(p.stderr, "iotauth: "+format+"\niotauth %s -h tells its flags\n", append(args, set.Name())...)
	return errUsage
}
