package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/askaround/askaround-go/examples/askaround/app"
)

// Environment of the part that is the server.
const (
	dirVariable      = "ASKAROUND_LOAD_DIR"
	paceVariable     = "ASKAROUND_LOAD_PACE"
	profilesVariable = "ASKAROUND_LOAD_PROFILES"
)

// Orders to the server.
const (
	tellUsage = "usage"
	begin     = "begin" // of what is measured
	end       = "end"
)

// usage is what the server has used and done so far.
type usage struct {
	URL       string        // where it serves
	Processor time.Duration // user and system
	Mallocs   uint64        // allocations
	Allocated uint64        // bytes
	Collector uint32        // cycles of the garbage collector
	Figures   app.Stats
}

// serve serves as long as orders come, and answers each with its usage.
func serve(ctx context.Context, in io.Reader, out io.Writer) error {
	pace, err := time.ParseDuration(os.Getenv(paceVariable))
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, app.Config{Dir: os.Getenv(dirVariable), Pace: pace, Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running) }()
	defer stop()
	endProfile := func() error { return nil }
	err = answerOrders(in, out, func(order string) (u usage, err error) {
		if dir := os.Getenv(profilesVariable); dir != "" && order == begin {
			endProfile, err = profile(dir)
		}
		if order == end {
			err = endProfile()
		}
		return used(a), err
	})
	stop()
	return errors.Join(err, <-ended)
}

func used(a *app.App) usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{URL: a.URL(), Processor: processorTime(), Mallocs: m.Mallocs, Allocated: m.TotalAlloc, Collector: m.NumGC, Figures: a.Stats()}
}

// profile begins to profile into the files cpu, mutex, block and allocs of dir.
func profile(dir string) (end func() error, err error) {
	file, err := os.Create(filepath.Join(dir, "cpu"))
	if err != nil {
		return nil, err
	}
	runtime.SetMutexProfileFraction(10)
	runtime.SetBlockProfileRate(100_000) // nanoseconds
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		err := file.Close()
		for _, name := range []string{"mutex", "block", "allocs"} {
			f, ferr := os.Create(filepath.Join(dir, name))
			if ferr == nil {
				ferr = errors.Join(pprof.Lookup(name).WriteTo(f, 0), f.Close())
			}
			err = errors.Join(err, ferr)
		}
		return err
	}, nil
}

// server is the part that is measured.
type server struct {
	*part
	url string
}

func startServer(ctx context.Context, o options) (*server, error) {
	p, err := startPart(ctx, serverRole, dirVariable+"="+o.dir, paceVariable+"="+o.pace.String(), profilesVariable+"="+o.profiles)
	if err != nil {
		return nil, err
	}
	s := &server{part: p}
	first, err := s.usage(tellUsage)
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.url = first.URL
	return s, nil
}

// usage gives an order and returns the usage.
func (s *server) usage(order string) (u usage, err error) {
	err = s.ask(order, &u)
	return u, err
}
