// Command bench measures the engine of internal/localaws with the AWS SDK's client, in
// one run beside its peers and the SDK's own ceiling, and prints a table in Markdown:
//
//	go run ./internal/localaws/bench
//	DYNOXIDE=./dynoxide go run ./internal/localaws/bench -endpoint "DynamoDB Local=http://127.0.0.1:8000"
//
// Every server but those in process runs in a process of its own. Client and server
// share the machine, so that only the ratios within one run mean something. With
// -memory it measures instead what a million small items hold and how long 100,000 take
// to come back at a restart.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"time"
)

func main() {
	serveChild() // does not return in the process of a server
	seconds := flag.Float64("seconds", 1, "length of each measurement, in `seconds`")
	only := flag.String("only", "", "measure the targets alone whose `name` contains this")
	memory := flag.Bool("memory", false, "measure memory and restart instead of throughput")
	items := flag.Int("items", 1_000_000, "`number` of items of which -memory is measured")
	profile := flag.String("cpuprofile", "", "write a profile of this process to this `file`")
	var endpoints endpointFlags
	flag.Var(&endpoints, "endpoint", "`name=url` of another server to measure; repeatable")
	flag.Parse()
	os.Unsetenv("AWS_CA_BUNDLE")
	run := func() error {
		return throughput(context.Background(), time.Duration(*seconds*float64(time.Second)), *only, endpoints)
	}
	if *memory {
		run = func() error { return footprint(context.Background(), *items) }
	}
	if err := profiled(*profile, run); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// profiled runs fn, with a profile where a file is given.
func profiled(path string, fn func() error) error {
	if path == "" {
		return fn()
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = fn()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}
