package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/askaround/askaround-go/examples/askaround/app"
)

// The server of a measurement of throughput is a process of its own, so that what it uses
// of the processor is told apart from what the clients use.

// Environment of a process of this program that is such a server.
const (
	serverVariable   = "ASKAROUND_LOAD_SERVER" // not empty
	dirVariable      = "ASKAROUND_LOAD_DIR"
	paceVariable     = "ASKAROUND_LOAD_PACE"
	profilesVariable = "ASKAROUND_LOAD_PROFILES"
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

// serve serves as long as in does not end. For each line of it, and first of all, it
// prints its usage as JSON.
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
	tell := func() error { return json.NewEncoder(out).Encode(used(a)) }
	err = tell()
	end := func() error { return nil }
	for lines := bufio.NewScanner(in); err == nil && lines.Scan(); {
		if dir := os.Getenv(profilesVariable); dir != "" && lines.Text() == "begin" {
			end, err = profile(dir)
		}
		if lines.Text() == "end" {
			err = end()
		}
		err = errors.Join(err, tell())
	}
	stop()
	return errors.Join(err, <-ended)
}

func used(a *app.App) usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{URL: a.URL(), Processor: processorTime(), Mallocs: m.Mallocs, Allocated: m.TotalAlloc, Collector: m.NumGC, Figures: a.Stats()}
}

// profile begins to profile into the files cpu, mutex, block and heap of dir.
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

// server is such a process, seen from the one that measures.
type server struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
	url     string
}

func startServer(ctx context.Context, o options) (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{process: exec.CommandContext(ctx, program)}
	s.process.Stderr = os.Stderr
	s.process.Env = append(os.Environ(), serverVariable+"=1", dirVariable+"="+o.dir, paceVariable+"="+o.pace.String(), profilesVariable+"="+o.profiles)
	if s.in, err = s.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = json.NewDecoder(out)
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	first, err := s.read()
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.url = first.URL
	return s, nil
}

func (s *server) read() (usage, error) {
	var u usage
	if err := s.out.Decode(&u); err != nil {
		return usage{}, fmt.Errorf("the server's figures: %w", err)
	}
	return u, nil
}

// ask sends a line, "begin" or "end" of what is measured, and returns the usage.
func (s *server) ask(line string) (usage, error) {
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		return usage{}, err
	}
	return s.read()
}

func (s *server) stop() error {
	return errors.Join(s.in.Close(), s.process.Wait())
}
