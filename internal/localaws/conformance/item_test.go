package conformance

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The suite writes attribute values as Go values: string, int or num, []byte, bool, nil,
// list, item, and the three sets.
type (
	item map[string]any
	list []any
	num  string
	ss   []string
	ns   []string
	bs   [][]byte
)

// av is the value as the SDK has it.
func av(v any) types.AttributeValue {
	switch v := v.(type) {
	case nil:
		return &types.AttributeValueMemberNULL{Value: true}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case string:
		return &types.AttributeValueMemberS{Value: v}
	case int:
		return &types.AttributeValueMemberN{Value: fmt.Sprint(v)}
	case num:
		return &types.AttributeValueMemberN{Value: string(v)}
	case []byte:
		return &types.AttributeValueMemberB{Value: v}
	case ss:
		return &types.AttributeValueMemberSS{Value: v}
	case ns:
		return &types.AttributeValueMemberNS{Value: v}
	case bs:
		return &types.AttributeValueMemberBS{Value: v}
	case list:
		l := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
		for _, e := range v {
			l.Value = append(l.Value, av(e))
		}
		return l
	case item:
		return &types.AttributeValueMemberM{Value: attributes(v)}
	}
	panic(fmt.Sprintf("no attribute value is a %T", v))
}

// attributes are those of an item as the SDK has them; nil for nil.
func attributes(i item) map[string]types.AttributeValue {
	if i == nil {
		return nil
	}
	m := make(map[string]types.AttributeValue, len(i))
	for name, v := range i {
		m[name] = av(v)
	}
	return m
}

// plain is the inverse of av. The order of a set has no meaning: plain sorts it.
func plain(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return num(v.Value)
	case *types.AttributeValueMemberB:
		return slices.Clone(v.Value)
	case *types.AttributeValueMemberSS:
		return ss(slices.Sorted(slices.Values(v.Value)))
	case *types.AttributeValueMemberNS:
		return ns(slices.Sorted(slices.Values(v.Value)))
	case *types.AttributeValueMemberBS:
		return bs(slices.SortedFunc(slices.Values(v.Value), slices.Compare))
	case *types.AttributeValueMemberL:
		l := list{}
		for _, e := range v.Value {
			l = append(l, plain(e))
		}
		return l
	case *types.AttributeValueMemberM:
		return plainItem(v.Value)
	}
	return nil
}

func plainItem(m map[string]types.AttributeValue) item {
	if m == nil {
		return nil
	}
	i := make(item, len(m))
	for name, v := range m {
		i[name] = plain(v)
	}
	return i
}

func plainItems(all []map[string]types.AttributeValue) []item {
	items := make([]item, len(all))
	for i, m := range all {
		items[i] = plainItem(m)
	}
	return items
}

// same is v in the one form that plain returns.
func same(v item) item { return plainItem(attributes(v)) }

func sameItems(all []item) []item {
	items := make([]item, len(all))
	for i, v := range all {
		items[i] = same(v)
	}
	return items
}

// text writes an item with its names in order, for sorting and for reports.
func text(v any) string {
	switch v := v.(type) {
	case item:
		var parts []string
		for name, e := range v {
			parts = append(parts, name+":"+text(e))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	case list:
		var parts []string
		for _, e := range v {
			parts = append(parts, text(e))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case []byte:
		return "b'" + base64.StdEncoding.EncodeToString(v) + "'"
	case string:
		return fmt.Sprintf("%.60q", v)
	case num:
		return string(v)
	}
	return fmt.Sprintf("%T%v", v, v)
}

// sorted returns the items in an order that every engine shares.
func sorted(items []item) []item {
	return slices.SortedFunc(slices.Values(items), func(a, b item) int { return cmp.Compare(text(a), text(b)) })
}
