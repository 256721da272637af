package dynamodb

import (
	"github.com/tidwall/btree"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// index is a secondary index: its rows by index key, then by primary key, since an
// index key need not be unique. A row without the index's key attributes is not in it.
type index struct {
	name       string
	global     bool
	key        keySchema
	projection projection
	projected  []string // attributes of projections other than ALL: keys and the included
	rows       *btree.Map[string, *row]
}

// projection says which attributes an index holds.
type projection struct {
	ProjectionType   string   `api:"enum=ALL INCLUDE KEYS_ONLY"`
	NonKeyAttributes []string `json:",omitempty" api:"len=1..20"`
}

func newIndex(t *table, name string, global bool, key keySchema, p projection) *index {
	x := &index{name: name, global: global, key: key, projection: p, rows: new(btree.Map[string, *row])}
	if p.ProjectionType != "ALL" {
		x.projected = union(union(t.key.names(), key.names()), p.NonKeyAttributes)
	}
	return x
}

// position returns where r stands in the index; ok is false where it does not.
func (x *index) position(r *row) (pos string, ok bool) {
	if r == nil {
		return "", false
	}
	for _, name := range x.key.names() {
		if _, has := r.item[name]; !has {
			return "", false
		}
	}
	return string(append(keyBytes(nil, x.key, r.item), r.key...)), true
}

func (x *index) apply(old, new *row) {
	was, had := x.position(old)
	is, has := x.position(new)
	if had && (!has || was != is) {
		x.rows.Delete(was)
	}
	if has {
		x.rows.Set(is, new)
	}
}

// project returns the part of item that the index holds.
func (x *index) project(item attr.Item) attr.Item {
	if x.projected == nil {
		return item
	}
	return pick(item, x.projected)
}

// backfill puts the table's rows into a new index. Rows whose values do not fit the
// index's keys stay out, as on AWS.
func (x *index) backfill(t *table) {
	t.rows.Scan(func(_ string, r *row) bool {
		for _, name := range x.key.names() {
			if v, ok := r.item[name]; !ok || v.Type != t.attributes[name] || v.Type != attr.TypeN && v.S == "" {
				return true
			}
		}
		x.apply(nil, r)
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
