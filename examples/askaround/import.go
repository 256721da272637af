package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/schollz/progressbar/v3"

	"github.com/askaround/askaround-go/examples/askaround/app"
	"github.com/askaround/askaround-go/examples/askaround/places"
)

// source is a list of questions to ask.
type source struct {
	name    string
	records iter.Seq2[places.Record, error]
	total   int // records, bad ones included
	file    *os.File
}

type sources []source

func (s sources) close() {
	for _, from := range s {
		if from.file != nil {
			_ = from.file.Close() // it was only read
		}
	}
}

// openImports opens what o names to import: the bundled places and a file. It reads
// the file once to its end, so that one which cannot be used is told before anything
// starts, and for the length of the bar.
func openImports(o options) (sources, error) {
	var all sources
	if o.demo {
		records, err := places.Bundled()
		if err != nil {
			return nil, err
		}
		all = append(all, source{name: "bundled places", records: each(records), total: len(records)})
	}
	if o.imports == "" {
		return all, nil
	}
	total, err := count(o.imports)
	if err != nil {
		return nil, err
	}
	file, records, err := places.Open(o.imports)
	if err != nil {
		return nil, err
	}
	return append(all, source{o.imports, records, total, file}), nil
}

func each(records []places.Record) iter.Seq2[places.Record, error] {
	return func(yield func(places.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// count returns how many records the file has. Bad ones count: they are told when they
// are imported.
func count(name string) (n int, err error) {
	file, records, err := places.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for _, err := range records {
		if bad := (*places.RecordError)(nil); err != nil && !errors.As(err, &bad) {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		n++
	}
	return n, nil
}

// importAll asks about everything, one source after the other.
func importAll(ctx context.Context, a *app.App, all sources, stderr io.Writer) error {
	for _, from := range all {
		if err := importFrom(ctx, a, from, stderr); err != nil {
			return err
		}
	}
	return nil
}

// importFrom imports with a bar in a terminal, and reports what it skipped.
func importFrom(ctx context.Context, a *app.App, from source, stderr io.Writer) error {
	visible := isTerminal(stderr)
	bar := newBar(from.name, from.total, stderr, visible)
	skipped := 0
	err := a.Import(ctx, from.records, func() { _ = bar.Add(1) }, func(bad *places.RecordError) {
		skipped++
		if visible {
			_ = bar.Clear() // the line is told in its place
		}
		fmt.Fprintf(stderr, "%s: %v: skipped\n", from.name, bad)
		_ = bar.Add(1)
	})
	_ = bar.Finish()
	if skipped > 0 {
		fmt.Fprintf(stderr, "%s: %d of %d records skipped\n", from.name, skipped, from.total)
	}
	return err
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func newBar(name string, total int, stderr io.Writer, visible bool) *progressbar.ProgressBar {
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(stderr), progressbar.OptionSetVisibility(visible),
		progressbar.OptionSetDescription("importing "+name), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
}
