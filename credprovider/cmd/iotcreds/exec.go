package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/askaround/askaround-go/credprovider"
)

func runExec(ctx context.Context, p *program, args []string) error {
	set := p.flags("exec", "[--] program [arguments]")
	var d device
	asEnvironment := set.Bool("env", false, "put the credentials themselves into the environment: they end when they expire")
	if err := d.parse(p, set, args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return &exitError{exitExec, err}
	}
	if set.NArg() == 0 {
		return &exitError{exitExec, p.wrong(set, "the program to run is missing")}
	}
	// From here on signals are for the program: one that comes before it starts waits for it.
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, forwarded...)
	defer signal.Stop(signals)
	provider, err := d.provider(p, func(o *credprovider.Options) { o.AdvisoryWindow, o.Logger = servingWindow, p.logger(slog.LevelWarn) })
	if err != nil {
		return &exitError{exitExec, err}
	}
	defer provider.Close()
	credentials, err := provider.RetrieveWithExpiry(ctx)
	if err != nil {
		return &exitError{exitExec, err}
	}
	if *asEnvironment {
		return p.child(set.Args(), environment(p.environ,
			"AWS_ACCESS_KEY_ID="+credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+credentials.SecretAccessKey,
			"AWS_SESSION_TOKEN="+credentials.SessionToken, "AWS_CREDENTIAL_EXPIRATION="+expiration(credentials)), signals)
	}
	return p.withEndpoint(ctx, provider, func(endpoint ...string) error {
		return p.child(set.Args(), environment(p.environ, endpoint...), signals)
	})
}

// withEndpoint calls run with the environment of a container endpoint that is served
// meanwhile. It outlives the signals that end ctx: the program has the last word on them.
func (p *program) withEndpoint(ctx context.Context, provider *credprovider.Provider, run func(environment ...string) error) error {
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		end()
		return &exitError{exitExec, err}
	}
	token := rand.Text()
	l := &local{source: provider, logger: p.logger(slog.LevelWarn), token: func() (string, error) { return token, nil }}
	var work sync.WaitGroup
	defer work.Wait()
	defer end()
	work.Go(func() { _ = provider.Run(ctx) }) // nil, or closed by us
	work.Go(func() {
		if err := l.serve(ctx, listener); err != nil {
			l.logger.Error("the program gets no more credentials", "error", err)
		}
	})
	return run("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://"+listener.Addr().String()+containerPath, "AWS_CONTAINER_AUTHORIZATION_TOKEN="+token)
}

// outranking are variables that SDKs heed before the endpoint's.
var outranking = []string{
	"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_SHARED_CREDENTIALS_FILE",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
}

// environment is base without other credentials, and with more. ~/.aws/credentials is not
// read either: it would win.
func environment(base []string, more ...string) []string {
	out := slices.DeleteFunc(slices.Clone(base), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return slices.Contains(outranking, name)
	})
	return append(append(out, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull), more...)
}

// child runs a program to its end, hands signals on to it, and returns its exit status.
func (p *program) child(args, environment []string, signals <-chan os.Signal) error {
	child := exec.Command(args[0], args[1:]...)
	child.Env, child.Stdin, child.Stdout, child.Stderr = environment, p.stdin, p.stdout, p.stderr
	if err := child.Start(); errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return &exitError{exitNoProgram, err}
	} else if err != nil {
		return &exitError{exitNoStart, err}
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case s := <-signals:
			if !sentByTerminal(s) {
				_ = child.Process.Signal(s) // it may have ended
			}
		case err := <-ended:
			return childStatus(child, err)
		}
	}
}

// childStatus turns the end of a program into ours.
func childStatus(child *exec.Cmd, err error) error {
	if err == nil {
		return nil
	}
	if failed := (*exec.ExitError)(nil); !errors.As(err, &failed) {
		return fmt.Errorf("%s: %w", child.Path, err)
	}
	if w, ok := child.ProcessState.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return &exitError{exitSignal + int(w.Signal()), nil}
	}
	return &exitError{child.ProcessState.ExitCode(), nil}
}
