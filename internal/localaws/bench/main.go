// Command bench measures the engine of internal/localaws with the AWS SDK's client, in
// one run beside its peers and the SDK's own ceiling, and prints a table in Markdown:
//
//	go run ./internal/localaws/bench
//	DYNOXIDE=./dynoxide go run ./internal/localaws/bench -endpoint "DynamoDB Local=http://127.0.0.1:8000"
//
// Every server but those in process runs in a process of its own. Client and server
// share the machine, so that only the ratios within one run mean something. With
// -memory it measures instead what a million items hold and how long 100,000 take to
// come back at a restart.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	serveChild() // does not return in the process of a server
	seconds := flag.Float64("seconds", 1, "length of each measurement, in `seconds`")
	only := flag.String("only", "", "measure the targets alone whose `name` contains this")
	memory := flag.Bool("memory", false, "measure memory and restart instead of throughput")
	var endpoints endpointFlags
	flag.Var(&endpoints, "endpoint", "`name=url` of another server to measure; repeatable")
	flag.Parse()
	os.Unsetenv("AWS_CA_BUNDLE")
	run := func() error {
		return throughput(context.Background(), time.Duration(*seconds*float64(time.Second)), *only, endpoints)
	}
	if *memory {
		run = func() error { return footprint(context.Background()) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
