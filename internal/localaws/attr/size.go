package attr

// MaxItemSize is the largest [Item.Size] that DynamoDB stores: 400 KB.
const MaxItemSize = 400 * 1024

// Size returns the bytes that DynamoDB counts for the item: names and values.
func (it Item) Size() int { panic("todo") }

// Size returns the bytes that DynamoDB counts for the value, without a name.
func (v Value) Size() int { panic("todo") }
