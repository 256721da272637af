package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// cost is what searches cost, in sum.
type cost struct {
	queries, read, hits int
	units               float64
	searches            int
}

func (c *cost) add(o cost) {
	c.queries += o.queries
	c.read += o.read
	c.hits += o.hits
	c.units += o.units
	c.searches++
}

func (c cost) String() string {
	n := float64(max(1, c.searches))
	return fmt.Sprintf("%.1f / %.2f / %.2f", float64(c.queries)/n, c.units/n, float64(c.read)/float64(max(1, c.hits)))
}

// fill writes the points, in batches, and returns them as rows.
func (m *measurement) fill(ctx context.Context, table *geoindex.Table) (rows, error) {
	const most = 25 // requests of a batch ("Quotas in Amazon DynamoDB")
	var out rows
	for start := 0; start < len(m.set.points); start += most {
		var requests []types.WriteRequest
		for _, p := range m.set.points[start:min(start+most, len(m.set.points))] {
			item, err := table.Item(p)
			if err != nil {
				return nil, err
			}
			out = append(out, row{cell: p.Key.Cell, at: p.Location, size: sizeOf(item)})
			requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		}
		if _, err := m.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{tableName: requests},
		}); err != nil {
			return nil, err
		}
	}
	out.sort()
	return out, nil
}

// sizeOf is the size of an item of these sets ("DynamoDB item sizes and formats"). A
// number takes a byte for two digits, and one more.
func sizeOf(item map[string]types.AttributeValue) (n int) {
	for name, v := range item {
		n += len(name)
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			n += len(v.Value)
		case *types.AttributeValueMemberB:
			n += len(v.Value)
		case *types.AttributeValueMemberN:
			n += (len(strings.TrimRight(v.Value, "0"))+1)/2 + 1
		}
	}
	return n
}

// radius returns the line of the table for a radius.
func (m *measurement) radius(ctx context.Context, radius geoindex.Meters) (string, error) {
	elsewhere, err := m.table()
	if err != nil {
		return "", err
	}
	taught, err := m.table()
	if err != nil {
		return "", err
	}
	m.teach(taught)
	const others = 10 // searches elsewhere for one that is measured
	if _, err := m.search(ctx, elsewhere, m.set.sample(others*len(m.centers), 2), radius); err != nil {
		return "", err
	}
	var cold, learned, all, other, nine, plain, oracle cost
	partitions := 0
	for _, center := range m.centers {
		table, err := m.table()
		if err != nil {
			return "", err
		}
		for _, c := range []struct {
			table *geoindex.Table
			sum   *cost
		}{{table, &cold}, {table, &learned}, {elsewhere, &other}, {taught, &all}} {
			got, err := m.search(ctx, c.table, []geoindex.LatLng{center}, radius)
			if err != nil {
				return "", err
			}
			c.sum.add(got)
		}
		nine.add(m.rows.geohash(center, radius))
		plain.add(m.rows.covering(center, radius))
		oracle.add(m.rows.oracle(center, radius))
		disc, err := geoindex.NewDisc(center, radius)
		if err != nil {
			return "", err
		}
		plan, err := table.Explain(disc)
		if err != nil {
			return "", err
		}
		partitions += plan.Partitions
	}
	return fmt.Sprintf("| %v | %.1f | %v | %v | %v | %v | %v | %v | %v |", radius, float64(partitions)/float64(len(m.centers)), nine, plain, cold, other, learned, all, oracle), nil
}

// teach makes a table know where all points lie, and how large they are.
func (m *measurement) teach(table *geoindex.Table) {
	table.Histogram().Learn(func(yield func(geoindex.LatLng) bool) {
		for _, p := range m.set.points {
			if !yield(p.Location) {
				return
			}
		}
	})
}

func (m *measurement) search(ctx context.Context, table *geoindex.Table, centers []geoindex.LatLng, radius geoindex.Meters) (total cost, err error) {
	for _, center := range centers {
		var stats geoindex.Stats
		for _, err := range table.Radius(ctx, center, radius, func(o *geoindex.SearchOptions) { o.Stats, o.Projection = &stats, []string{"state"} }) {
			if err != nil {
				return cost{}, err
			}
		}
		total.add(cost{queries: stats.Queries, read: stats.ItemsRead, hits: stats.Items, units: stats.ReadUnits})
	}
	return total, nil
}

// printNearest prints the cost of the ten nearest, with a histogram that other searches for
// them have taught.
func (m *measurement) printNearest(ctx context.Context) error {
	const k = 10
	table, err := m.table()
	if err != nil {
		return err
	}
	nearest := func(centers []geoindex.LatLng) (total cost, err error) {
		for _, center := range centers {
			var stats geoindex.Stats
			for _, err := range table.Nearest(ctx, center, k, func(o *geoindex.SearchOptions) { o.Stats = &stats }) {
				if err != nil {
					return cost{}, err
				}
			}
			total.add(cost{queries: stats.Queries, read: stats.ItemsRead, hits: stats.Items, units: stats.ReadUnits})
		}
		return total, nil
	}
	fmt.Printf("\n%d nearest: ", k)
	for _, pass := range []struct {
		name    string
		centers []geoindex.LatLng
	}{{"cold", m.centers}, {"taught by 300 elsewhere", m.set.sample(10*len(m.centers), 3)}, {"searched before", m.centers}, {"taught", m.centers}} {
		if pass.name == "taught" {
			m.teach(table)
		}
		got, err := nearest(pass.centers)
		if err != nil {
			return err
		}
		fmt.Printf("%s %v; ", pass.name, got)
	}
	fmt.Println()
	return nil
}
