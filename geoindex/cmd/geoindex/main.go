// Command geoindex works with tables of package geoindex, and draws coverings.
//
//	geoindex import -table places -create cities.csv
//	geoindex export -table places -o places.geojson
//	geoindex plan -table places -center 51.5074,-0.1278 -radius 5mi -run
//	geoindex advise -table places -radii 1mi,5mi,25km
//	geoindex migrate -from old -compat npm -table places -create -state places.state
//	geoindex draw -center 51.5074,-0.1278 -radius 5mi -cells 16 -o covering.svg
//
// AWS's own configuration says where DynamoDB is and with which credentials (the
// environment, ~/.aws, roles); -endpoint names another server of its protocol.
//
// It exits with status 1 when something failed, or records were skipped, and with 2 when
// it was called wrongly.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/askaround/askaround-go/geoindex"
)

// command is one of the program's.
type command struct {
	name, summary string
	run           func(ctx context.Context, p *program, args []string) error
}

// commands in the order in which help lists them.
var commands = []command{
	{"import", "put the points of a CSV or GeoJSON file into a table", runImport},
	{"export", "write the points of a table as GeoJSON", runExport},
	{"plan", "print the queries that a search of a disc or box takes", runPlan},
	{"advise", "recommend level, cells and shards for a table or file of points", runAdvise},
	{"migrate", "copy a table of dynamodb-geo into one of geoindex, while it is written to", runMigrate},
	{"draw", "draw the cells that cover a disc or box, as SVG or GeoJSON", runDraw},
}

// program is what commands use of the world.
type program struct {
	stdout, stderr io.Writer
	connect        func(ctx context.Context, endpoint string) (geoindex.DynamoDB, error)
}

// errUsage is an error that was told together with the usage.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := &program{stdout: os.Stdout, stderr: os.Stderr, connect: connect}
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
	}
	fmt.Fprintf(p.stderr, "geoindex: %v\n", err)
	return 1
}

func (p *program) dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 {
		for _, c := range commands {
			if c.name == args[0] {
				return c.run(ctx, p, args[1:])
			}
		}
	}
	fmt.Fprintln(p.stderr, "usage: geoindex COMMAND [flags]; -h behind a command tells its flags")
	for _, c := range commands {
		fmt.Fprintf(p.stderr, "  %-8s %s\n", c.name, c.summary)
	}
	return errUsage
}

// flags returns the flag set of a command.
func (p *program) flags(name, operands string) *flag.FlagSet {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(p.stderr)
	set.Usage = func() {
		fmt.Fprintf(p.stderr, "usage: geoindex %s [flags] %s\n", name, operands)
		set.PrintDefaults()
	}
	return set
}

// parse parses flags and returns the operands, of which there must be n.
func parse(set *flag.FlagSet, args []string, n int) ([]string, error) {
	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil, err
	}
	if err == nil && set.NArg() == n {
		return set.Args(), nil
	}
	if err == nil {
		set.Usage()
	}
	return nil, errUsage
}
