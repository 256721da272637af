package direct

import (
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// values makes the engine's attribute values of the SDK's, those that it would have
// decoded from their JSON. What it would have refused, or read otherwise, it does not make.
type values struct {
	items []attr.Item // that hold nothing, or values of this request
	used  int         // of items
}

// Bounds of what is kept from one request to the next.
const (
	maxItems      = 16
	maxAttributes = 64
)

// release forgets the request's values.
func (s *values) release() {
	kept := s.items[:0]
	for _, item := range s.items[:s.used] {
		if len(item) <= maxAttributes && len(kept) < maxItems {
			clear(item)
			kept = append(kept, item)
		}
	}
	for _, item := range s.items[s.used:] {
		if len(kept) < maxItems {
			kept = append(kept, item)
		}
	}
	clear(s.items[len(kept):])
	s.items, s.used = kept, 0
}

// empty returns an item without attributes, until the values are released.
func (s *values) empty() attr.Item {
	if s.used == len(s.items) {
		s.items = append(s.items, attr.Item{})
	}
	s.used++
	return s.items[s.used-1]
}

// item makes an item, nil of nil, whose attributes are on the level depth + 1.
func (s *values) item(given map[string]types.AttributeValue, depth int) (item attr.Item, fine bool) {
	if given == nil {
		return nil, true
	}
	item = s.empty()
	for name, v := range given {
		if name == "" || len(name) > attr.MaxName || !utf8.ValidString(name) {
			return nil, false
		}
		value, fine := s.value(v, depth+1)
		if !fine {
			return nil, false
		}
		item[name] = value
	}
	return item, true
}

// value makes a value on the level depth.
func (s *values) value(given types.AttributeValue, depth int) (v attr.Value, fine bool) {
	if depth > attr.MaxNesting {
		return attr.Value{}, false
	}
	switch given := given.(type) {
	case *types.AttributeValueMemberS:
		return text(given.Value)
	case *types.AttributeValueMemberN:
		return number(given.Value)
	case *types.AttributeValueMemberB:
		return attr.Binary(given.Value), given.Value != nil
	case *types.AttributeValueMemberBOOL:
		return attr.Bool(given.Value), true
	case *types.AttributeValueMemberNULL:
		return attr.Null(), given.Value
	case *types.AttributeValueMemberM:
		if given.Value == nil {
			return attr.Value{}, false
		}
		v.Type = attr.TypeM
		v.M, fine = s.item(given.Value, depth)
		return v, fine
	case *types.AttributeValueMemberL:
		return s.list(given.Value, depth)
	case *types.AttributeValueMemberSS:
		return set(given.Value, text)
	case *types.AttributeValueMemberNS:
		return set(given.Value, number)
	case *types.AttributeValueMemberBS:
		return set(given.Value, func(b []byte) (attr.Value, bool) { return attr.Binary(b), b != nil })
	}
	return attr.Value{}, false
}

func text(s string) (attr.Value, bool) { return attr.String(s), utf8.ValidString(s) }

func number(s string) (attr.Value, bool) {
	n, err := attr.ParseNumber(s)
	return attr.Num(n), err == nil
}

func (s *values) list(given []types.AttributeValue, depth int) (v attr.Value, fine bool) {
	if given == nil {
		return attr.Value{}, false
	}
	list := make([]attr.Value, len(given))
	for i := range given {
		if list[i], fine = s.value(given[i], depth+1); !fine {
			return attr.Value{}, false
		}
	}
	return attr.List(list...), true
}

// set makes a set, which has members and none of them twice.
func set[T any](given []T, member func(T) (attr.Value, bool)) (v attr.Value, fine bool) {
	if len(given) == 0 {
		return attr.Value{}, false
	}
	members := make([]attr.Value, len(given))
	for i := range given {
		if members[i], fine = member(given[i]); !fine {
			return attr.Value{}, false
		}
	}
	v = attr.Set(members...)
	return v, len(v.Set) == len(given)
}
