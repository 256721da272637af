package dynamodb

import (
	"encoding/binary"
	"sync"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// row is an item in its table: its size as DynamoDB counts it, where its key ends, the
// ordered bytes of its primary key and the item in its binary form. It is one immutable
// string, which costs the garbage collector one object without pointers; tables,
// indexes, streams and journal records share it, and it is decoded only where an
// expression asks for a value. "" is no row.
type row string

const noRow row = ""

// What a row begins with.
const (
	rowCut  = 4 // where the offset of the item stands, behind the size
	rowHead = 6 // where the key begins; a key has at most 6 KB
)

// newRow packs an item of a size that is known.
func newRow(t *table, item attr.Item, size int) row {
	room := rowRooms.Get().(*[]byte)
	defer rowRooms.Put(room)
	b := keyBytes((*room)[:rowHead], t.key, item)
	cut := len(b)
	b = attr.AppendBinary(b, item)
	if cap(b) <= maxRowRoom {
		*room = b
	}
	return sealRow(b, size, cut)
}

// rowRooms are where rows are made.
var rowRooms = sync.Pool{New: func() any { room := make([]byte, 1<<10); return &room }}

// maxRowRoom is the largest that is kept.
const maxRowRoom = 64 << 10

// newPackedRow is newRow for an item from the journal. The item must have the table's
// keys. It shares no memory with what it was read from.
func newPackedRow(t *table, p attr.Packed) row {
	var room [512]byte
	b := packedKey(room[:rowHead], t.key, p)
	cut := len(b)
	return sealRow(append(b, p...), p.Size(nil), cut)
}

// sealRow writes what b was left room for.
func sealRow(b []byte, size, cut int) row {
	binary.LittleEndian.PutUint32(b, uint32(size))
	binary.LittleEndian.PutUint16(b[rowCut:], uint16(cut))
	return row(b)
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

// cut returns the offset of the item.
func (r row) cut() int { return int(r[rowCut]) | int(r[rowCut+1])<<8 }

// key returns the ordered bytes of the primary key.
func (r row) key() string { return string(r[rowHead:r.cut()]) }

// packed returns the item, none for no row.
func (r row) packed() attr.Packed {
	if r == noRow {
		return ""
	}
	return attr.Packed(r[r.cut():])
}

// itemOf decodes the item of a row that may be none.
func itemOf(r row) attr.Item { return r.packed().Item(nil) }

func sizeOf(r row) int {
	if r == noRow {
		return 0
	}
	return int(r[0]) | int(r[1])<<8 | int(r[2])<<16 | int(r[3])<<24
}
