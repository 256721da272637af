// Package attr holds DynamoDB's attribute values: the ten types, the exact
// 38-digit numbers, their JSON on the wire, their order in keys and their sizes.
//
//	item, err := attr.DecodeItem(body)           // {"pk":{"S":"a"},"n":{"N":"1.5"}}
//	key := attr.AppendKey(nil, item["pk"])       // sorts as DynamoDB sorts
//	out := attr.AppendItemJSON(nil, item)        // the same for equal items
//
// What is guaranteed:
//
//   - A [Number] is exact. Arithmetic never rounds: a result that DynamoDB cannot
//     hold is an error in its words.
//   - The bytes of [AppendKey] compare as the values do, alone and behind each
//     other as columns of a longer key.
//   - [AppendJSON] and [AppendBinary] give equal values equal bytes; what they
//     write is read back as an equal value.
//   - What is refused, and the words for it, is what DynamoDB refuses. A wrong
//     shape is a [SerializationError], a wrong value a [ValidationError].
//
// What is not: the order in which DynamoDB answers the members of a set (it
// promises none; here it is ascending), and the size of an item on Amazon's disks
// ([Item.Size] is the size that it counts).
//
// Limits that depend on a table (key attributes that are empty or too long, the
// 400 KB of an item) are the engine's.
//
// Values are plain data. They may be shared between goroutines as long as nobody
// changes their maps and slices; no function of this package does, but for the
// constructors, which own what they are given.
//
// The formats are those of https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
// and of the developer guide.
package attr
