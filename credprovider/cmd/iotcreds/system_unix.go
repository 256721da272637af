//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// exposed says how others than the owner can get at a file of secrets, or "".
func exposed(file string) string {
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o027 == 0 {
		return "" // who reads the file reports its absence; its group may read it
	}
	return fmt.Sprintf("%s can be read or replaced by others (mode %04o): chmod 600 %[1]s", file, info.Mode().Perm())
}

// listenUnix listens on a socket that only its owner can connect to. The socket of a
// process that was killed is replaced.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	listener, err := listenPrivate(ctx, path)
	if !errors.Is(err, unix.EADDRINUSE) {
		return listener, err
	}
	info, statErr := os.Lstat(path)
	if statErr != nil || info.Mode().Type() != fs.ModeSocket {
		return nil, err
	}
	conn, dialErr := new(net.Dialer).DialContext(ctx, "unix", path)
	if dialErr == nil {
		return nil, errors.Join(err, conn.Close())
	}
	if !errors.Is(dialErr, unix.ECONNREFUSED) {
		return nil, err
	}
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	return listenPrivate(ctx, path)
}

// listenPrivate sets the umask for a moment: a mode that is set later is set too late.
func listenPrivate(ctx context.Context, path string) (net.Listener, error) {
	defer unix.Umask(unix.Umask(0o177))
	return new(net.ListenConfig).Listen(ctx, "unix", path)
}

// forwarded are the signals that exec hands on.
var forwarded = []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2}

// sentByTerminal reports whether the program has a signal already: a terminal sends those
// of its keys to all processes in its foreground.
func sentByTerminal(s os.Signal) bool {
	if s != unix.SIGINT && s != unix.SIGQUIT {
		return false
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}
