package registry

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/tidwall/btree"
)

// row is an entry with its place in the order of creation. What value points to is never
// changed: a new version of an entry takes its place.
type row[T any] struct {
	seq   uint64
	value *T
}

// table holds the entries of one kind by their names.
type table[T any] struct {
	name  string         // in the journal
	what  string         // for people
	form  *regexp.Regexp // of the names
	rows  map[string]row[T]
	order btree.Map[uint64, string] // names by the order of creation
	// prepare completes an entry that comes from the journal. It may be nil.
	prepare func(*T) error
	// changed keeps the indexes; from or to is nil where there is none. It may be nil.
	changed func(key string, from, to *T)
}

// get returns an entry, nil where there is none.
func (t *table[T]) get(key string) *T { return t.rows[key].value }

// find is get for a name from outside: it says what is wrong with it, or that there is no
// such entry.
func (t *table[T]) find(name string) (*T, error) {
	if err := t.check(name); err != nil {
		return nil, err
	}
	if v := t.get(name); v != nil {
		return v, nil
	}
	return nil, because(ErrNotFound, "%s %s not found", t.what, name)
}

// check checks a name.
func (t *table[T]) check(name string) error { return checkName(t.what, t.form, name) }

func (t *table[T]) len() int { return len(t.rows) }

// set puts an entry in, or takes it away where v is nil.
func (t *table[T]) set(key string, seq uint64, v *T) {
	old, had := t.rows[key]
	if t.changed != nil {
		t.changed(key, old.value, v)
	}
	if had && (v == nil || old.seq != seq) {
		t.order.Delete(old.seq)
	}
	if v == nil {
		delete(t.rows, key)
		return
	}
	t.rows[key] = row[T]{seq, v}
	t.order.Set(seq, key)
}

// load is set for a change from the journal.
func (t *table[T]) load(c change) error {
	if c.Value == nil {
		t.set(c.Key, 0, nil)
		return nil
	}
	v := new(T)
	if err := json.Unmarshal(c.Value, v); err != nil {
		return fmt.Errorf("%s %q: %w", t.name, c.Key, err)
	}
	if t.prepare != nil {
		if err := t.prepare(v); err != nil {
			return fmt.Errorf("%s %q: %w", t.name, c.Key, err)
		}
	}
	t.set(c.Key, c.Seq, v)
	return nil
}

// snapshot returns a function that emits the entries there are now. It is called under
// the registry's lock, what it returns is not.
func (t *table[T]) snapshot() func(emit func(change) error) error {
	type entry struct {
		key string
		row[T]
	}
	entries := make([]entry, 0, len(t.rows))
	for key, row := range t.rows {
		entries = append(entries, entry{key, row})
	}
	return func(emit func(change) error) error {
		for _, e := range entries {
			text, err := json.Marshal(e.value)
			if err != nil {
				return err
			}
			if err := emit(change{Table: t.name, Key: e.key, Seq: e.seq, Value: text}); err != nil {
				return err
			}
		}
		return nil
	}
}

// stored is a table of whatever entries.
type stored interface {
	load(change) error
	snapshot() func(emit func(change) error) error
}

// index says which entries refer to a name.
type index map[string]map[string]struct{}

// move replaces the names that an entry refers to.
func (x index) move(entry string, from, to []string) {
	for _, name := range from {
		delete(x[name], entry)
		if len(x[name]) == 0 {
			delete(x, name)
		}
	}
	for _, name := range to {
		if x[name] == nil {
			x[name] = map[string]struct{}{}
		}
		x[name][entry] = struct{}{}
	}
}
