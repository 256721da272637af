package dynamodb

import (
	"sync"
	"time"

	"github.com/tidwall/btree"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// table is one table with its indexes. Rows are immutable: a write replaces them, so
// that what a reader collected under the lock can be used after it.
type table struct {
	name       string
	id         string
	created    time.Time
	key        keySchema
	attributes map[string]attr.Type // that are keys of the table or an index

	mu         sync.RWMutex
	definition tableDefinition // what DescribeTable tells
	deleted    bool            // a writer that waited for the lock finds out
	rows       *btree.Map[string, row]
	bytes      int64
	indexes    []*index
	stream     *stream // nil where there is none
	ttl        string  // attribute, "" where nothing expires
	expiry     *index  // by that attribute, nil where nothing expires
	tags       map[string]string

	throttle throttle
}

// find returns the row with the primary key that is in key, noRow where there is none.
func (t *table) find(key attr.Item) row {
	var room [128]byte
	return t.findKey(string(keyBytes(room[:0], t.key, key)))
}

// findKey is find by the ordered bytes of the key.
func (t *table) findKey(key string) row {
	r, _ := t.rows.Get(key)
	return r
}

// apply replaces old by new in the table and its indexes; either may be nil.
func (t *table) apply(old, new row) {
	switch {
	case new != noRow:
		t.rows.Set(new.key(), new)
	case old != noRow:
		t.rows.Delete(old.key())
	}
	t.bytes += int64(sizeOf(new) - sizeOf(old))
	for _, x := range t.indexes {
		x.apply(old, new)
	}
	if t.expiry != nil {
		t.expiry.apply(old, new)
	}
}
