package dynamodb

import (
	"slices"
	"strings"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// keySchema names the key attributes of a table or index.
type keySchema struct {
	Hash  string
	Range string // "" where there is none
}

func (k keySchema) names() []string {
	if k.Range == "" {
		return []string{k.Hash}
	}
	return []string{k.Hash, k.Range}
}

func (k keySchema) has(name string) bool { return name == k.Hash || name == k.Range && name != "" }

// Limits of key values ("Quotas in Amazon DynamoDB").
const (
	maxHashKey  = 2048
	maxRangeKey = 1024
	maxItem     = 400 << 10
)

// isName reports whether s has the characters of a table's or index's name.
func isName(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '.':
		default:
			return false
		}
	}
	return s != ""
}

func isARN(s string) bool { return strings.HasPrefix(s, "arn:") }

// keyBytes returns the ordered bytes of the key values in item, which must be there.
func keyBytes(dst []byte, k keySchema, item attr.Item) []byte {
	dst = attr.AppendKey(dst, item[k.Hash])
	if k.Range != "" {
		dst = attr.AppendKey(dst, item[k.Range])
	}
	return dst
}

// itemID tells an item of t from all others, of other tables too.
func (t *table) itemID(key attr.Item) string {
	var room [256]byte
	return string(keyBytes(append(append(room[:0], t.name...), 0), t.key, key))
}

// itemSet holds itemIDs.
type itemSet map[string]bool

// add reports whether id was not there yet.
func (s itemSet) add(id string) bool {
	had := s[id]
	s[id] = true
	return !had
}

// checkItemKey checks the key attributes of a whole item.
func (t *table) checkItemKey(item attr.Item) error {
	for _, name := range t.key.names() {
		v, ok := item[name]
		if !ok {
			return badParameter("Missing the key %s in the item", name)
		}
		if want := t.attributes[name]; v.Type != want {
			return badParameter("Type mismatch for key %s expected: %s actual: %s", name, want, v.Type)
		}
	}
	return t.checkKeyValues(item)
}

// checkKey checks a Key parameter: the key attributes and nothing else.
func (t *table) checkKey(key attr.Item) error {
	names := t.key.names()
	if len(key) != len(names) {
		return invalid("The provided key element does not match the schema")
	}
	for _, name := range names {
		if v, ok := key[name]; !ok || v.Type != t.attributes[name] {
			return invalid("The provided key element does not match the schema")
		}
	}
	return t.checkKeyValues(key)
}

func (t *table) checkKeyValues(item attr.Item) error {
	for _, name := range t.key.names() {
		if v := item[name]; v.Type != attr.TypeN && v.S == "" {
			return emptyKey(v.Type, name, "")
		}
	}
	if len(item[t.key.Hash].S) > maxHashKey {
		return badParameter("Size of hashkey has exceeded the maximum size limit of2048 bytes")
	}
	if t.key.Range != "" && len(item[t.key.Range].S) > maxRangeKey {
		return badParameter("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
	}
	return nil
}

// checkIndexKeys checks the attributes that are keys of indexes, where item has them.
func (t *table) checkIndexKeys(item attr.Item) error {
	for _, x := range t.indexes {
		for _, name := range x.key.names() {
			v, ok := item[name]
			if !ok || t.key.has(name) {
				continue
			}
			if want := t.attributes[name]; v.Type != want {
				return badParameter("Type mismatch for Index Key %s Expected: %s Actual: %s IndexName: %s", name, want, v.Type, x.name)
			}
			if v.Type != attr.TypeN && v.S == "" {
				return emptyKey(v.Type, name, x.name)
			}
			limit, words := maxHashKey, "Size of hashkey has exceeded the maximum size limit of2048 bytes"
			if name == x.key.Range {
				limit, words = maxRangeKey, "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
			}
			if len(v.S) > limit {
				return badParameter("%s", words)
			}
		}
	}
	return nil
}

// checkItem checks a whole item that is to be stored, but for its size.
func (t *table) checkItem(item attr.Item) error {
	if err := t.checkItemKey(item); err != nil {
		return err
	}
	return t.checkIndexKeys(item)
}

// pick returns the attributes of item with the given names.
func pick(item attr.Item, names []string) attr.Item {
	out := make(attr.Item, len(names))
	for _, name := range names {
		if v, ok := item[name]; ok {
			out[name] = v
		}
	}
	return out
}

// union returns the distinct strings of both, sorted.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
