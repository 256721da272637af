package geoindex

import (
	"fmt"
	"hash/fnv"
	"strconv"
)

const maxShards = 256

func (o *Options) checkShards() error {
	for cell, n := range o.Shards {
		if !cell.Valid() || cell.Level() != o.Level {
			return fmt.Errorf("%w: shards of %s, which is no cell of level %d", ErrInvalid, cell, o.Level)
		}
		if n < 2 || n > maxShards {
			return fmt.Errorf("%w: %d shards of cell %s, not 2 to %d", ErrInvalid, n, cell, maxShards)
		}
	}
	return nil
}

// partitionKeyOf returns the partition key of an item. It follows from the item's key
// alone, so that an item is still addressed without a search.
func (t *Table) partitionKeyOf(k Key) string {
	cell := k.Cell.Parent(t.options.Level)
	n := t.options.Shards[cell]
	if n == 0 {
		return cell.Token()
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(k.ID)) // a hash takes everything
	return shardKey(cell, int(h.Sum64()%uint64(n)))
}

// partitionKeys returns the partition keys that hold the items of a cell of Options.Level:
// one, or one for each shard. A search reads them all.
func (t *Table) partitionKeys(cell CellID) []string {
	keys := []string{cell.Token()}
	for shard := 1; shard < t.options.Shards[cell]; shard++ {
		keys = append(keys, shardKey(cell, shard))
	}
	return keys
}

// shardKey returns the partition key of a shard. The first is that of a cell without
// shards, so that the items of a cell that gets some are still found by searches.
func shardKey(cell CellID, shard int) string {
	if shard == 0 {
		return cell.Token()
	}
	return cell.Token() + "#" + strconv.Itoa(shard)
}
