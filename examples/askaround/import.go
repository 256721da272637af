package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/schollz/progressbar/v3"

	"github.com/askaround/askaround-go/examples/askaround/app"
	"github.com/askaround/askaround-go/examples/askaround/places"
)

// importAll asks about the bundled places and about those of the file.
func importAll(ctx context.Context, a *app.App, o options, stderr io.Writer) error {
	if o.demo {
		records, err := places.Bundled()
		if err != nil {
			return err
		}
		if err := importFrom(ctx, a, "bundled places", each(records), len(records), stderr); err != nil {
			return err
		}
	}
	if o.imports == "" {
		return nil
	}
	total, err := count(o.imports)
	if err != nil {
		return err
	}
	file, records, err := places.Open(o.imports)
	if err != nil {
		return err
	}
	defer file.Close()
	return importFrom(ctx, a, o.imports, records, total, stderr)
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

// count reads the file once for the bar's length; what is bad is told the second time.
func count(name string) (n int, err error) {
	file, records, err := places.Open(name)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for range records {
		n++
	}
	return n, nil
}

// importFrom imports with a bar in a terminal, and reports what it skipped.
func importFrom(ctx context.Context, a *app.App, name string, records iter.Seq2[places.Record, error], total int, stderr io.Writer) error {
	bar := newBar(name, total, stderr)
	skipped := 0
	err := a.Import(ctx, records, func() { _ = bar.Add(1) }, func(bad *places.RecordError) {
		skipped++
		_ = bar.Add(1)
		fmt.Fprintf(stderr, "%s: %v: skipped\n", name, bad)
	})
	_ = bar.Finish()
	if skipped > 0 {
		fmt.Fprintf(stderr, "%s: %d of %d records skipped\n", name, skipped, total)
	}
	return err
}

func newBar(name string, total int, stderr io.Writer) *progressbar.ProgressBar {
	visible := false
	if f, ok := stderr.(*os.File); ok {
		info, err := f.Stat()
		visible = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(stderr), progressbar.OptionSetVisibility(visible),
		progressbar.OptionSetDescription("importing "+name), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
}
