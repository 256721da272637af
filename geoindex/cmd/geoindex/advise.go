package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/geoindex/pointfile"
)

func runAdvise(ctx context.Context, p *program, args []string) error {
	set := p.flags("advise", "")
	flags := addTableFlags(set)
	file := set.String("file", "", "CSV or GeoJSON `file` of points, instead of a table")
	radii := set.String("radii", "1mi,5mi,25km", "radii that are searched, in m, km or mi, separated by commas")
	sample := set.Int("sample", 10_000, "points to read of the table")
	items := set.Float64("items", 0, "items that the table will hold (default: as many as there are)")
	bytes := set.Float64("bytes", 0, "their mean size in bytes (default: as in the table; 256 for a file)")
	writes := set.Float64("writes", 0, "write units per second at most")
	if _, err := parse(set, args, 0); err != nil {
		return err
	}
	var list []geoindex.Meters
	for _, text := range strings.Split(*radii, ",") {
		radius, err := parseMetres(text)
		if err != nil {
			return fmt.Errorf("-radii: %w", err)
		}
		list = append(list, radius)
	}
	var points []geoindex.LatLng
	var err error
	if *file != "" {
		points, err = placesOf(*file)
	} else {
		points, err = flags.sample(ctx, p, *sample, bytes)
	}
	if err != nil {
		return err
	}
	advice, err := geoindex.Advise(points, list, func(o *geoindex.AdviseOptions) {
		o.WriteUnits = *writes
		o.Items = max(*items, o.Items)
		if *bytes > 0 {
			o.ItemBytes = *bytes
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "of a sample of %d points: %s", len(points), advice)
	return nil
}

// sample reads points of the table, and their size where bytes does not say it.
func (f *tableFlags) sample(ctx context.Context, p *program, most int, bytes *float64) ([]geoindex.LatLng, error) {
	table, client, err := f.open(ctx, p)
	if err != nil {
		return nil, err
	}
	points, size, err := table.Sample(ctx, client, most)
	if *bytes == 0 {
		*bytes = size
	}
	return points, err
}

// placesOf reads the points of a file, but those that are none.
func placesOf(name string) (points []geoindex.LatLng, err error) {
	file, records, err := pointfile.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	for r, err := range records {
		var bad *pointfile.RecordError
		switch {
		case err == nil:
			points = append(points, r.Location)
		case !errors.As(err, &bad):
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return points, nil
}
