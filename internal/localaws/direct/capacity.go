package direct

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	engine "github.com/askaround/askaround-go/internal/localaws/dynamodb"
)

// capacityOf makes what the SDK's deserializer makes of the units that a request took.
func capacityOf(c *engine.Consumed) *types.ConsumedCapacity {
	if c == nil {
		return nil
	}
	return &types.ConsumedCapacity{
		TableName: &c.TableName, CapacityUnits: &c.CapacityUnits, ReadCapacityUnits: some(c.ReadCapacityUnits), WriteCapacityUnits: some(c.WriteCapacityUnits),
		Table: unitsOf(c.Table), LocalSecondaryIndexes: unitsByName(c.LocalSecondaryIndexes), GlobalSecondaryIndexes: unitsByName(c.GlobalSecondaryIndexes),
	}
}

func capacitiesOf(all []*engine.Consumed) (out []types.ConsumedCapacity) {
	for _, c := range all {
		out = append(out, *capacityOf(c))
	}
	return out
}

func unitsOf(u *engine.Units) *types.Capacity {
	if u == nil {
		return nil
	}
	return &types.Capacity{CapacityUnits: &u.CapacityUnits, ReadCapacityUnits: some(u.ReadCapacityUnits), WriteCapacityUnits: some(u.WriteCapacityUnits)}
}

func unitsByName(all map[string]*engine.Units) map[string]types.Capacity {
	if all == nil {
		return nil
	}
	out := make(map[string]types.Capacity, len(all))
	for name, u := range all {
		out[name] = *unitsOf(u)
	}
	return out
}

// some returns nil for no units, which are not told.
func some(n float64) *float64 {
	if n == 0 {
		return nil
	}
	return &n
}
