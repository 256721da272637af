package main

import (
	"context"
	"fmt"

	"github.com/askaround/askaround-go/geoindex"
)

func runPlan(ctx context.Context, p *program, args []string) error {
	set := p.flags("plan", "")
	flags := addTableFlags(set)
	center := set.String("center", "", "`lat,lng` of a disc")
	radius := set.String("radius", "5mi", "radius of the disc, in m, km or mi")
	box := set.String("box", "", "`south,west,north,east` of a box, instead of a disc")
	run := set.Bool("run", false, "search, and print the plan that has learned from it, too")
	if _, err := parse(set, args, 0); err != nil {
		return err
	}
	table, _, err := flags.open(ctx, p)
	if err != nil {
		return err
	}
	region, err := searchedRegion(*center, *radius, *box)
	if err != nil {
		return err
	}
	plan, err := table.Explain(region)
	if err != nil {
		return err
	}
	fmt.Fprint(p.stdout, plan)
	if !*run {
		return nil
	}
	var stats geoindex.Stats
	for _, err := range table.Search(ctx, region, func(o *geoindex.SearchOptions) { o.Stats = &stats }) {
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(p.stdout, "found %d of %d items read, in %d queries for %.1f read units\n", stats.Items, stats.ItemsRead, stats.Queries, stats.ReadUnits)
	if plan, err = table.Explain(region); err != nil {
		return err
	}
	fmt.Fprint(p.stdout, plan)
	return nil
}

// searchedRegion is the region of flags, as searches have it.
func searchedRegion(center, radius, box string) (geoindex.Region, error) {
	if box != "" {
		v, err := parseNumbers(box, 4)
		if err != nil {
			return nil, fmt.Errorf("-box: %w", err)
		}
		return geoindex.NewRect(geoindex.LatLng{Lat: v[0], Lng: v[1]}, geoindex.LatLng{Lat: v[2], Lng: v[3]})
	}
	at, err := parseNumbers(center, 2)
	if err != nil {
		return nil, fmt.Errorf("-center: %w", err)
	}
	metres, err := parseMetres(radius)
	if err != nil {
		return nil, fmt.Errorf("-radius: %w", err)
	}
	return geoindex.NewDisc(geoindex.LatLng{Lat: at[0], Lng: at[1]}, metres)
}
