package main

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// difference is what a pass found and mended.
type difference struct {
	items, copies int // of the old and the new table
	put, removed  int
}

// pass compares every item of both tables, consistently, and makes the new one the same.
func (m *migration) pass(ctx context.Context) (d difference, err error) {
	bar := m.program.bar(2*m.state.Items, "comparing "+m.from.Name())
	defer func() { _ = bar.Finish() }()
	for points := range m.scan(ctx, m.from, nil, true) {
		if points.err != nil {
			return d, points.err
		}
		n, err := m.mend(ctx, copies(points.list))
		if err != nil {
			return d, err
		}
		d.items, d.put = d.items+len(points.list), d.put+n
		_ = bar.Add(len(points.list))
	}
	for points := range m.scan(ctx, m.to, nil, true) {
		if points.err != nil {
			return d, points.err
		}
		n, err := m.clear(ctx, points.list)
		if err != nil {
			return d, err
		}
		d.copies, d.removed = d.copies+len(points.list)-n, d.removed+n
		_ = bar.Add(len(points.list))
	}
	return d, nil
}

func consistently(o *geoindex.GetOptions) { o.ConsistentRead = true }

// mend puts what the new table lacks or has otherwise.
func (m *migration) mend(ctx context.Context, points []geoindex.Point) (int, error) {
	there, err := m.to.GetBatch(ctx, keysOf(points), consistently)
	if err != nil {
		return 0, err
	}
	var wrong []geoindex.Point
	for _, p := range points {
		if got, ok := there[p.Key]; !ok || !same(got, p) {
			wrong = append(wrong, p)
		}
	}
	if len(wrong) == 0 {
		return 0, nil
	}
	_, err = m.to.PutBatch(ctx, slices.Values(wrong))
	return len(wrong), err
}

// clear removes what the old table no longer has at its place.
func (m *migration) clear(ctx context.Context, points []geoindex.Point) (int, error) {
	there, err := m.from.GetBatch(ctx, keysOf(points), consistently)
	if err != nil {
		return 0, err
	}
	var gone []geoindex.Key
	for _, p := range points {
		if got, ok := there[p.Key]; ok && got.Location == p.Location {
			continue
		}
		got, err := m.from.Get(ctx, p.Key, consistently) // looks beyond the edges of cells
		switch {
		case err == nil && got.Location == p.Location:
		case err == nil || errors.Is(err, geoindex.ErrNotFound):
			gone = append(gone, p.Key)
		default:
			return 0, err
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	_, err = m.to.DeleteBatch(ctx, slices.Values(gone))
	return len(gone), err
}

func keysOf(points []geoindex.Point) []geoindex.Key {
	keys := make([]geoindex.Key, len(points))
	for i, p := range points {
		keys[i] = p.Key
	}
	return keys
}

// same reports whether points have the same place and attributes.
func same(a, b geoindex.Point) bool {
	return a.Location == b.Location && reflect.DeepEqual(inOrder(a.Attributes), inOrder(b.Attributes))
}

// inOrder returns attributes with their sets, which have no order, sorted.
func inOrder(attributes map[string]types.AttributeValue) map[string]types.AttributeValue {
	out := make(map[string]types.AttributeValue, len(attributes))
	for name, v := range attributes {
		out[name] = sorted(v)
	}
	return out
}

func sorted(v types.AttributeValue) types.AttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberSS:
		return &types.AttributeValueMemberSS{Value: slices.Sorted(slices.Values(v.Value))}
	case *types.AttributeValueMemberNS:
		return &types.AttributeValueMemberNS{Value: slices.Sorted(slices.Values(v.Value))}
	case *types.AttributeValueMemberBS:
		return &types.AttributeValueMemberBS{Value: slices.SortedFunc(slices.Values(v.Value), slices.Compare[[]byte])}
	case *types.AttributeValueMemberM:
		return &types.AttributeValueMemberM{Value: inOrder(v.Value)}
	case *types.AttributeValueMemberL:
		list := make([]types.AttributeValue, len(v.Value))
		for i := range list {
			list[i] = sorted(v.Value[i])
		}
		return &types.AttributeValueMemberL{Value: list}
	}
	return v
}
