package dynamodb

import "github.com/askaround/askaround-go/internal/localaws/attr"

// collectionMetrics is ItemCollectionMetrics: of tables with local indexes alone.
type collectionMetrics struct {
	ItemCollectionKey   attr.Item
	SizeEstimateRangeGB [2]float64
}

// metrics returns the metrics of the collection that an item or key belongs to, nil where none
// were asked for or the table has no local index. The caller holds the table's lock.
func (t *table) metrics(mode string, item attr.Item) *collectionMetrics {
	if mode != "SIZE" || len(t.definition.LocalSecondaryIndexes) == 0 {
		return nil
	}
	prefix := string(attr.AppendKey(nil, item[t.key.Hash]))
	size := 0
	t.rows.Ascend(prefix, func(k string, r row) bool {
		if len(k) < len(prefix) || k[:len(prefix)] != prefix {
			return false
		}
		size += sizeOf(r)
		for _, x := range t.indexes {
			if _, in := x.position(r); in && !x.global {
				size += x.size(r)
			}
		}
		return true
	})
	gb := float64(size / (1 << 30)) // the range is of whole gigabytes
	return &collectionMetrics{pick(item, []string{t.key.Hash}), [2]float64{gb, gb + 1}}
}

// collections returns the metrics of the item collections that writes belong to, each
// once, by table; nil where there are none. The caller holds the tables' locks.
func collections(writes []*write, mode string) map[string][]*collectionMetrics {
	if mode != "SIZE" {
		return nil
	}
	var out map[string][]*collectionMetrics
	seen := itemSet{}
	for _, w := range writes {
		if !seen.add(w.table.name + "\x00" + string(attr.AppendKey(nil, w.item[w.table.key.Hash]))) {
			continue
		}
		if m := w.table.metrics(mode, w.item); m != nil {
			if out == nil {
				out = map[string][]*collectionMetrics{}
			}
			out[w.table.name] = append(out[w.table.name], m)
		}
	}
	return out
}
