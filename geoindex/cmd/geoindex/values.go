package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// toAttribute returns what JSON has as DynamoDB has it.
func toAttribute(v any) types.AttributeValue {
	switch v := v.(type) {
	case nil:
		return &types.AttributeValueMemberNULL{Value: true}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case float64:
		return &types.AttributeValueMemberN{Value: strconv.FormatFloat(v, 'f', -1, 64)}
	case []any:
		list := make([]types.AttributeValue, len(v))
		for i, e := range v {
			list[i] = toAttribute(e)
		}
		return &types.AttributeValueMemberL{Value: list}
	case map[string]any:
		return &types.AttributeValueMemberM{Value: toAttributes(v)}
	}
	return &types.AttributeValueMemberS{Value: fmt.Sprint(v)}
}

func toAttributes(m map[string]any) map[string]types.AttributeValue {
	out := make(map[string]types.AttributeValue, len(m))
	for name, v := range m {
		out[name] = toAttribute(v)
	}
	return out
}

// fromAttribute is its inverse; what JSON does not have becomes what is nearest: a set a
// list, bytes base64.
func fromAttribute(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return json.Number(v.Value)
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberB:
		return v.Value
	case *types.AttributeValueMemberSS:
		return v.Value
	case *types.AttributeValueMemberBS:
		return v.Value
	case *types.AttributeValueMemberNS:
		return numbers(v.Value)
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, e := range v.Value {
			list[i] = fromAttribute(e)
		}
		return list
	case *types.AttributeValueMemberM:
		return fromAttributes(v.Value)
	}
	return nil
}

func numbers(texts []string) []json.Number {
	out := make([]json.Number, len(texts))
	for i, s := range texts {
		out[i] = json.Number(s)
	}
	return out
}

func fromAttributes(m map[string]types.AttributeValue) map[string]any {
	out := make(map[string]any, len(m))
	for name, v := range m {
		out[name] = fromAttribute(v)
	}
	return out
}
