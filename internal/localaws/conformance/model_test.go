package conformance

import (
	"cmp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// model is a database as a map of items and a sort: slow, and easy to believe.
type model map[string]*modelTable

type modelTable struct {
	schema
	items   map[string]item // by the text of the key
	records []record
}

func (m model) create(name string, sc schema) {
	m[name] = &modelTable{schema: sc, items: map[string]item{}}
}

func (t *modelTable) find(key item) item { return t.items[text(key)] }

// store puts what a write left, nil for nothing, and streams it if it is a change.
func (t *modelTable) store(key, i item) {
	old := t.find(key)
	if i == nil {
		delete(t.items, text(key))
	} else {
		t.items[text(key)] = i
	}
	if text(old) == text(i) {
		return
	}
	event := "MODIFY"
	switch {
	case old == nil:
		event = "INSERT"
	case i == nil:
		event = "REMOVE"
	}
	t.records = append(t.records, record{event: event, keys: key, old: old, new: i})
}

// fits reports whether every key attribute of the table and its indexes that the item
// has, has its type, and is not empty.
func (t *modelTable) fits(i item) bool {
	for name, kind := range t.typeOf() {
		v, there := i[name]
		if there && (typeName(v) != kind || len(text(v)) == len(`""`) && kind == "S") {
			return false
		}
	}
	return true
}

// indexOf returns an index by name; nil for the table itself.
func (sc schema) indexOf(name string) *index {
	for _, x := range slices.Concat(sc.local, sc.global) {
		if x.name == name {
			return &x
		}
	}
	return nil
}

// readKey is the key by which the table or an index is read.
func (sc schema) readKey(name string) []string {
	if x := sc.indexOf(name); x != nil {
		return names(x.key)
	}
	return names(sc.key)
}

// held are the items of an index as it projects them, or of the table, in order.
func (t *modelTable) held(name string) (items []item) {
	key := t.readKey(name)
	for _, i := range t.items {
		if len(pick(i, key)) == len(key) {
			items = append(items, i)
		}
	}
	slices.SortFunc(items, func(a, b item) int {
		for _, attribute := range slices.Concat(key, names(t.key)) {
			if n := compare(a[attribute], b[attribute]); n != 0 {
				return n
			}
		}
		return 0
	})
	if x := t.indexOf(name); x != nil && x.projection != types.ProjectionTypeAll {
		for n, i := range items {
			items[n] = pick(i, slices.Concat(key, names(t.key), x.include))
		}
	}
	return items
}

// positionOf is the LastEvaluatedKey of a page that ends with i.
func (t *modelTable) positionOf(i item, index string) item {
	return pick(i, slices.Concat(names(t.key), t.readKey(index)))
}

// project takes what the paths name; those used lead into maps only.
func project(i item, paths []string) item {
	out := item{}
	for _, path := range paths {
		v, there := lookup(i, path)
		all := steps(path)
		switch {
		case !there:
		case len(all) == 1:
			out[path] = v
		default:
			out[all[0].name] = item{all[1].name: v}
		}
	}
	return out
}

// byItem sorts stream records by key and keeps the order of each item's.
func byItem(all []record) []record {
	return slices.SortedStableFunc(slices.Values(all), func(a, b record) int { return cmp.Compare(text(a.keys), text(b.keys)) })
}
