package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/askaround/askaround-go/internal/localaws"
)

var errForeignIssuer = errors.New("app: tokens come from the configured issuer")

// stopTime bounds two steps of stopping, closing the doors and seeing the subscribers
// off: with the default of Config.Drain between them Ctrl-C ends the process within two
// seconds, even with a client that does not let go.
const stopTime = 400 * time.Millisecond

// Run serves until ctx ends. Then it stops to accept, drains what was accepted for at
// most Config.Drain, closes everything and returns nil. Another end is an error.
func (a *App) Run(ctx context.Context) error {
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	pumping, stopPumping := context.WithCancel(context.WithoutCancel(ctx))
	serveAWS, stopAWS := context.WithCancel(context.WithoutCancel(ctx))
	defer stopServing()
	defer stopPumping()
	defer stopAWS()

	group, failed := errgroup.WithContext(ctx)
	web := server(a.handler)
	group.Go(func() error { return serve(web, a.web) })
	group.Go(func() error {
		return a.local.Serve(serveAWS, a.aws, func(o *localaws.ServeOptions) { o.Drain = stopTime })
	})
	group.Go(func() error { return a.broker.Serve(serving, a.mqtt) })
	group.Go(func() error { return a.local.Run(pumping) })
	var work sync.WaitGroup
	for _, m := range a.mappings {
		work.Add(1)
		group.Go(func() error {
			defer work.Done()
			if err := m.Run(pumping); err != nil {
				return fmt.Errorf("app: %s: %w", m.name, err)
			}
			return nil
		})
	}
	group.Go(func() error { // the order of stopping: doors, work, broker, stores
		<-failed.Done() // ctx ended, or a part failed
		stopAWS()
		a.events.Close() // the server waits for its streams
		closeDoor(web)
		a.drain(a.config.Drain)
		stopPumping()
		work.Wait() // the calls in hand publish what they did
		stopServing()
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		_ = a.broker.Shutdown(within) // its only error: who did not let go was cut off
		return nil
	})
	err := group.Wait()
	return errors.Join(err, a.Close())
}

func server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10}
}

func serve(s *http.Server, l net.Listener) error {
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("app: %w", err)
	}
	return nil
}

// closeDoor lets requests finish, but not for long.
func closeDoor(s *http.Server) {
	within, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if s.Shutdown(within) != nil {
		_ = s.Close()
	}
}

// Idle reports whether nothing is on its way: every queue is empty and every
// stream read to its end.
func (a *App) Idle() bool {
	for _, m := range a.mappings {
		if !m.Idle() {
			return false
		}
	}
	return true
}

// drain waits until the app is idle, twice in a row since one stage feeds the next.
func (a *App) drain(limit time.Duration) {
	deadline := time.Now().Add(limit)
	for quiet := 0; quiet < 2 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if quiet++; !a.Idle() {
			quiet = 0
		}
	}
}
