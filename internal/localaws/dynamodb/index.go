package dynamodb

import (
	"github.com/tidwall/btree"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// index is a secondary index: its rows by index key, then by primary key, since an
// index key need not be unique. A row without the index's key attributes, or with
// values in them that do not fit, is not in it.
type index struct {
	name       string
	global     bool
	key        keySchema
	hash, rng  attr.Type // of the key attributes; rng is 0 where there is none
	projection projection
	projected  []string // attributes of projections other than ALL: keys and the included
	rows       *btree.Map[string, row]
	bytes      int64 // of what it holds of its rows
}

// projection says which attributes an index holds.
type projection struct {
	ProjectionType   string   `api:"enum=ALL INCLUDE KEYS_ONLY"`
	NonKeyAttributes []string `json:",omitempty" api:"len=1..20"`
}

func newIndex(t *table, name string, global bool, key keySchema, p projection) *index {
	x := &index{
		name: name, global: global, key: key, projection: p, rows: new(btree.Map[string, row]),
		hash: t.attributes[key.Hash], rng: t.attributes[key.Range],
	}
	if p.ProjectionType != "ALL" {
		x.projected = union(union(t.key.names(), key.names()), p.NonKeyAttributes)
	}
	return x
}

// position returns where r stands in the index; ok is false where it does not.
func (x *index) position(r row) (pos string, ok bool) {
	if r == noRow {
		return "", false
	}
	var room [128]byte
	b, ok := appendFitting(room[:0], r.packed(), x.key.Hash, x.hash)
	if ok && x.key.Range != "" {
		b, ok = appendFitting(b, r.packed(), x.key.Range, x.rng)
	}
	if !ok {
		return "", false
	}
	return string(append(b, r.key()...)), true
}

// appendFitting appends the key bytes of an attribute that may be a key of type t.
func appendFitting(dst []byte, p attr.Packed, name string, t attr.Type) ([]byte, bool) {
	v, ok := p.Get(name)
	if !ok || v.Type != t || t != attr.TypeN && v.S == "" {
		return dst, false
	}
	return attr.AppendKey(dst, v), true
}

func (x *index) apply(old, new row) {
	was, had := x.position(old)
	is, has := x.position(new)
	if had {
		x.bytes -= int64(x.size(old))
		if !has || was != is {
			x.rows.Delete(was)
		}
	}
	if has {
		x.bytes += int64(x.size(new))
		x.rows.Set(is, new)
	}
}

// size is what the index holds of r, as DynamoDB counts it.
func (x *index) size(r row) int {
	if x.projected == nil {
		return sizeOf(r)
	}
	return r.packed().Size(x.projected)
}

// holdsSame reports whether the index holds the same of both rows.
func (x *index) holdsSame(a, b row) bool {
	if x.projected == nil {
		return a.packed() == b.packed()
	}
	return a.packed().Pick(x.projected) == b.packed().Pick(x.projected)
}

// backfill puts the table's rows into a new index.
func (x *index) backfill(t *table) {
	t.rows.Scan(func(_ string, r row) bool {
		x.apply(noRow, r)
		return true
	})
}

func (t *table) index(name string) *index {
	for _, x := range t.indexes {
		if x.name == name {
			return x
		}
	}
	return nil
}
