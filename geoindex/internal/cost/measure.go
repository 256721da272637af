package main

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// fill creates the table and writes the points, and returns them as rows of bytes too.
func (m *measurement) fill(ctx context.Context) error {
	table, err := m.table()
	if err != nil {
		return err
	}
	if err := table.Create(ctx); err != nil {
		return err
	}
	err = m.write(ctx, tableName, func(yield func(types.WriteRequest) bool) {
		for _, p := range m.set.points {
			item, itemErr := table.Item(p)
			if err = itemErr; err != nil {
				return
			}
			m.rows = append(m.rows, row{cell: p.Key.Cell, at: p.Location, size: sizeOf(item)})
			if !yield(types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}) {
				return
			}
		}
	})
	m.rows.sort()
	return err
}

// write writes to a table in batches.
func (m *measurement) write(ctx context.Context, table string, requests iter.Seq[types.WriteRequest]) error {
	const most = 25 // requests of a batch ("Quotas in Amazon DynamoDB")
	for batch := range slices.Chunk(slices.Collect(requests), most) {
		if _, err := m.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{table: batch},
		}); err != nil {
			return err
		}
	}
	return nil
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

// others is how many searches elsewhere are made for each that is measured.
const others = 10

// radius measures the searches of one radius.
func (m *measurement) radius(ctx context.Context, radius geoindex.Meters) (l line, err error) {
	l.radius = radius
	elsewhere, err := m.table()
	if err != nil {
		return l, err
	}
	taught, err := m.table()
	if err != nil {
		return l, err
	}
	m.teach(taught)
	for _, center := range m.set.sample(others*len(m.centers), 2) {
		if _, err := m.search(ctx, elsewhere, center, radius); err != nil {
			return l, err
		}
	}
	for _, center := range m.centers {
		cold, err := m.table()
		if err != nil {
			return l, err
		}
		for _, c := range []struct {
			table *geoindex.Table
			sum   *cost
		}{{cold, &l.cold}, {cold, &l.before}, {elsewhere, &l.elsewhere}, {taught, &l.taught}} {
			got, err := m.search(ctx, c.table, center, radius)
			if err != nil {
				return l, err
			}
			c.sum.add(got)
		}
		if err := m.baselines(&l, center); err != nil {
			return l, err
		}
	}
	return l, nil
}

// baselines adds to a line the other ways to find what lies around a center.
func (m *measurement) baselines(l *line, center geoindex.LatLng) error {
	l.geohash.add(m.rows.geohash(center, l.radius))
	l.covering.add(m.rows.covering(center, l.radius))
	l.oracle.add(m.rows.oracle(center, l.radius))
	if m.peer != nil {
		c, err := m.peer.search(center, l.radius)
		if err != nil {
			return err
		}
		c.hits = m.rows.hits(center, l.radius)
		l.peer.add(c)
	}
	table, err := m.table()
	if err != nil {
		return err
	}
	disc, err := geoindex.NewDisc(center, l.radius)
	if err != nil {
		return err
	}
	plan, err := table.Explain(disc)
	l.partitions.add(cost{queries: plan.Partitions})
	return err
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

func (m *measurement) search(ctx context.Context, table *geoindex.Table, center geoindex.LatLng, radius geoindex.Meters) (cost, error) {
	var stats geoindex.Stats
	for _, err := range table.Radius(ctx, center, radius, func(o *geoindex.SearchOptions) { o.Stats, o.Projection = &stats, []string{"state"} }) {
		if err != nil {
			return cost{}, err
		}
	}
	return costOf(stats), nil
}

func costOf(s geoindex.Stats) cost {
	return cost{queries: s.Queries, read: s.ItemsRead, hits: s.Items, units: s.ReadUnits}
}

// nearest measures the searches for the ten nearest.
func (m *measurement) nearest(ctx context.Context) (n nearest, err error) {
	n.k = 10
	search := func(table *geoindex.Table, center geoindex.LatLng, sum *cost) error {
		var stats geoindex.Stats
		for _, err := range table.Nearest(ctx, center, n.k, func(o *geoindex.SearchOptions) { o.Stats = &stats }) {
			if err != nil {
				return err
			}
		}
		sum.add(costOf(stats))
		return nil
	}
	elsewhere, elsewhereErr := m.table()
	taught, taughtErr := m.table()
	if err := errors.Join(elsewhereErr, taughtErr); err != nil {
		return n, err
	}
	m.teach(taught)
	var unmeasured cost
	for _, center := range m.set.sample(others*len(m.centers), 3) {
		if err := search(elsewhere, center, &unmeasured); err != nil {
			return n, err
		}
	}
	for _, center := range m.centers {
		cold, err := m.table()
		if err != nil {
			return n, err
		}
		for _, c := range []struct {
			table *geoindex.Table
			sum   *cost
		}{{cold, &n.cold}, {cold, &n.before}, {elsewhere, &n.elsewhere}, {taught, &n.taught}} {
			if err := search(c.table, center, c.sum); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}
