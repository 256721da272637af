package dynamodb

import "github.com/askaround/askaround-go/internal/localaws/attr"

// row is an item in its table: the ordered bytes of its primary key and the item in its
// binary form, in one immutable string. Tables, indexes, streams and journal records
// share it; it is decoded only where an expression asks for a value.
type row struct {
	data string
	size uint32 // as DynamoDB counts it, at most 400 KB
	cut  uint16 // where the key ends; keys have at most 6 KB
}

func newRow(t *table, item attr.Item) *row {
	var room [512]byte
	b := keyBytes(room[:0], t.key, item)
	cut := len(b)
	b = attr.AppendBinary(b, item)
	return &row{data: string(b), size: uint32(item.Size()), cut: uint16(cut)}
}

// newPackedRow is newRow for an item from the journal. The item must have the table's
// keys. It shares no memory with what it was read from.
func newPackedRow(t *table, p attr.Packed) *row {
	var room [512]byte
	b := packedKey(room[:0], t.key, p)
	cut := len(b)
	return &row{data: string(append(b, p...)), size: uint32(p.Size(nil)), cut: uint16(cut)}
}

// packedKey is keyBytes of a packed item.
func packedKey(dst []byte, k keySchema, p attr.Packed) []byte {
	v, _ := p.Get(k.Hash)
	if dst = attr.AppendKey(dst, v); k.Range != "" {
		v, _ = p.Get(k.Range)
		dst = attr.AppendKey(dst, v)
	}
	return dst
}

// key returns the ordered bytes of the primary key.
func (r *row) key() string { return r.data[:r.cut] }

// packed returns the item, none for no row.
func (r *row) packed() attr.Packed {
	if r == nil {
		return ""
	}
	return attr.Packed(r.data[r.cut:])
}

// itemOf decodes the item of a row that may be nil.
func itemOf(r *row) attr.Item { return r.packed().Item(nil) }

func sizeOf(r *row) int {
	if r == nil {
		return 0
	}
	return int(r.size)
}
