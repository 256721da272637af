package geoindex

import (
	"fmt"
	"hash/fnv"
	"maps"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
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

// hotCells is the layout of package doc, where shards spread hot cells.
type hotCells struct {
	cells
	shards map[CellID]int
}

// partitionKeyOf returns the partition key of an item. It follows from the item's key
// alone, so that an item is still addressed without a search.
func (s hotCells) partitionKeyOf(k Key) string {
	cell := k.Cell.Parent(s.level())
	n := s.shards[cell]
	if n == 0 {
		return cell.Token()
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(k.ID)) // a hash takes everything
	return shardKey(cell, int(h.Sum64()%uint64(n)))
}

// shardKey returns the partition key of a shard. The first is that of a cell without
// shards, so that the items of a cell that gets some are still found by searches.
func shardKey(cell CellID, shard int) string {
	if shard == 0 {
		return cell.Token()
	}
	return cell.Token() + "#" + strconv.Itoa(shard)
}

func (s hotCells) primaryKey(k Key) map[string]types.AttributeValue {
	key := s.cells.primaryKey(k)
	key[partitionKey] = &types.AttributeValueMemberS{Value: s.partitionKeyOf(k)}
	return key
}

// reads returns the query of each shard: an item is in one of them.
func (s hotCells) reads(run leaves, after string) []read {
	queries := s.cells.reads(run, after)
	cell := run.min.Parent(s.level())
	for shard := 1; shard < s.shards[cell]; shard++ {
		q := read{partition: shardKey(cell, shard), values: maps.Clone(queries[0].values)}
		q.values[":pk"] = &types.AttributeValueMemberS{Value: q.partition}
		queries = append(queries, q)
	}
	return queries
}
