package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/geoindex/pointfile"
)

// importer reads one file.
type importer struct {
	program *program
	table   *geoindex.Table
	name    string
	id      string   // property with the item's id
	numbers []string // properties that CSV has as text
	read    int
	skipped int
	broken  error // what ended the reading
}

func runImport(ctx context.Context, p *program, args []string) error {
	set := p.flags("import", "FILE")
	flags := addTableFlags(set)
	create := set.Bool("create", false, "create the table where it does not exist")
	id := set.String("id", "id", "`property` with the items' ids; where there is none, a GeoJSON feature's own id, or the line")
	numbers := set.String("numbers", "", "`columns` of CSV that are numbers, separated by commas")
	workers := set.Int("workers", 0, "requests at a time (default 8)")
	files, err := parse(set, args, 1)
	if err != nil {
		return err
	}
	table, _, err := flags.open(ctx, p)
	if err != nil {
		return err
	}
	if err := prepare(ctx, table, *create); err != nil {
		return err
	}
	total, err := count(files[0])
	if err != nil {
		return err
	}
	i := &importer{program: p, table: table, name: files[0], id: *id, numbers: strings.Split(*numbers, ",")}
	return i.run(ctx, total, *workers)
}

// prepare creates the table, or makes sure that it is what the flags say.
func prepare(ctx context.Context, table *geoindex.Table, create bool) error {
	if create {
		err := table.Create(ctx)
		if !errors.Is(err, geoindex.ErrExists) {
			return err
		}
	}
	return table.Verify(ctx)
}

// count reads the file once for the bar's length; what is bad is told the second time.
func count(name string) (n int, err error) {
	file, records, err := pointfile.Open(name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	for range records {
		n++
	}
	return n, nil
}

func (i *importer) run(ctx context.Context, total, workers int) error {
	file, records, err := pointfile.Open(i.name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	bar := i.program.bar(total, "importing "+i.name)
	result, err := i.table.PutBatch(ctx, i.points(records), func(o *geoindex.BatchOptions) {
		o.Workers = workers
		o.Progress = func(done []geoindex.Key) { _ = bar.Add(len(done)) }
	})
	_ = bar.Finish()
	fmt.Fprintf(i.program.stdout, "%s: %d of %d records written, %d skipped, %.0f write units\n", i.name, result.Done, i.read, i.skipped, result.Units)
	if err == nil && i.skipped > 0 {
		err = fmt.Errorf("%s: %d records skipped", i.name, i.skipped)
	}
	return errors.Join(err, i.broken)
}

// points yields what can be put, and tells the rest by line.
func (i *importer) points(records iter.Seq2[pointfile.Record, error]) iter.Seq[geoindex.Point] {
	return func(yield func(geoindex.Point) bool) {
		for r, err := range records {
			i.read++
			var bad *pointfile.RecordError
			if err != nil && !errors.As(err, &bad) {
				i.broken = fmt.Errorf("%s: %w", i.name, err)
				return
			}
			var p geoindex.Point
			if err == nil {
				if p, err = i.point(r); err != nil {
					err = &pointfile.RecordError{Line: r.Line, Reason: err}
				}
			}
			if err != nil {
				i.skipped++
				fmt.Fprintf(i.program.stderr, "%s: %v: skipped\n", i.name, err)
				continue
			}
			if !yield(p) {
				return
			}
		}
	}
}

func (i *importer) point(r pointfile.Record) (geoindex.Point, error) {
	properties := maps.Clone(r.Properties)
	id := "line-" + strconv.Itoa(r.Line)
	if r.ID != nil {
		id = fmt.Sprint(toJSONText(r.ID))
	}
	if v, ok := properties[i.id]; ok {
		id = fmt.Sprint(toJSONText(v))
		delete(properties, i.id)
	}
	attributes := toAttributes(properties)
	for _, name := range i.numbers {
		if s, ok := attributes[name].(*types.AttributeValueMemberS); ok {
			if _, err := strconv.ParseFloat(s.Value, 64); err != nil {
				return geoindex.Point{}, fmt.Errorf("%s: %q is not a number", name, s.Value)
			}
			attributes[name] = &types.AttributeValueMemberN{Value: s.Value}
		}
	}
	p := geoindex.NewPoint(r.Location, id, attributes)
	return p, p.Validate()
}

// toJSONText writes numbers without an exponent: an id of 1e+06 is nobody's.
func toJSONText(v any) any {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return v
}
