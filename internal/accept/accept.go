// Package accept is the loop around a listener.
package accept

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"
)

// Loop hands the connections of l to serve, which must not block, until ctx ends; then it
// returns nil. A failure that may pass, such as too many open files, is logged, and it tries
// again after a pause; another error of l is returned. In either case l is closed.
func Loop(ctx context.Context, l net.Listener, logger *slog.Logger, serve func(net.Conn)) error {
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	for pause := time.Duration(0); ; {
		socket, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = socket.Close()
			}
			return nil
		case isTemporary(err): // others may be closed meanwhile
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			logger.Warn("accept failed, will try again", "address", l.Addr().String(), "error", err, "pause", pause)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		case err != nil:
			_ = l.Close()
			return err
		default:
			pause = 0
			serve(socket)
		}
	}
}

func isTemporary(err error) bool {
	var temporary interface{ Temporary() bool }
	return errors.As(err, &temporary) && temporary.Temporary()
}
