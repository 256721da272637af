package openapi_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// A generator makes values that nearly fit a schema: at each step it mostly does
// what the schema wants and sometimes something else.
type generator struct{ *rand.Rand }

// formats has a text that fits each format of strings.
var formats = map[any]string{"date-time": "2026-11-22T10:00:00Z", "uri": "urn:a:b", "uri-reference": "/a"}

// near returns JSON for a value near schema.
func (g generator) near(components map[string]any, schema any, depth int) string {
	s, _ := schema.(map[string]any)
	if ref, ok := s["$ref"].(string); ok {
		return g.near(components, components[ref[strings.LastIndex(ref, "/")+1:]], depth)
	}
	if format, ok := formats[s["format"]]; ok {
		return encode(format) // asserted here, and only an annotation in JSON Schema
	}
	if g.IntN(25) == 0 || depth > 8 {
		return g.anything(depth)
	}
	if choices, ok := s["enum"].([]any); ok {
		return encode(choices[g.IntN(len(choices))])
	}
	if constant, ok := s["const"]; ok {
		return encode(constant)
	}
	if choices, ok := s["oneOf"].([]any); ok {
		return g.near(components, choices[g.IntN(len(choices))], depth)
	}
	switch g.kind(s) {
	case "string":
		return encode(g.text(s))
	case "number", "integer":
		return g.number(s)
	case "array":
		return g.array(components, s, depth)
	case "object":
		return g.object(components, s, depth)
	case "boolean":
		return pick(g, "true", "false")
	case "null":
		return "null"
	}
	return g.anything(depth)
}

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) kind(s map[string]any) string {
	switch kinds := s["type"].(type) {
	case string:
		return kinds
	case []any:
		return kinds[g.IntN(len(kinds))].(string)
	}
	for keyword, kind := range map[string]string{
		"minLength": "string", "pattern": "string", "minimum": "number", "exclusiveMinimum": "number", "multipleOf": "number",
		"properties": "object", "propertyNames": "object", "minProperties": "object",
	} {
		if _, ok := s[keyword]; ok {
			return kind
		}
	}
	return ""
}

func (g generator) text(s map[string]any) string {
	switch pattern, _ := s["pattern"].(string); {
	case strings.HasPrefix(pattern, "^[0-9a-f]{16}-"):
		return pick(g, "89c25a8c5fc1fb8d-06d7k2m4n5p6q7r8s9tabcdefg", "89c25a8c5fc1fb8d", "")
	case strings.HasPrefix(pattern, "^[0-9a-v]{26}"):
		return pick(g, "06d7k2m4n5p6q7r8s9tabcdefg", "06d7k2m4n5p6q7r8s9tabcdefG")
	case strings.HasPrefix(pattern, "^[0-9a-f]{1,16}"):
		return pick(g, "89c25b", "89c25b", "")
	}
	return pick(g, "a", "aa", "How is the view?", "", " ", "é", "😀😀", "a\nb", "\u2028", strings.Repeat("x", 100), strings.Repeat("é", 101))
}

// number stays with spellings of integers that this package and JSON Schema agree
// on; and with multiples that floating point divides exactly.
func (g generator) number(s map[string]any) string {
	if s["type"] == "integer" {
		return pick(g, "0", "1", "-1", "7", "400", "599", "600", "2147483647", "0.5")
	}
	return pick(g, "0", "1", "-1", "0.5", "4.5", "0.25", "5", "5.5", "-90", "90", "90.5", "180", "-180.5", "1e3", "3", "9")
}

func (g generator) array(components, s map[string]any, depth int) string {
	n := g.IntN(4)
	if least, ok := s["minItems"].(float64); ok && g.IntN(5) > 0 {
		n = int(least)
	}
	items := make([]string, n)
	for i := range items {
		items[i] = g.near(components, s["items"], depth+1)
	}
	return "[" + strings.Join(items, ",") + "]"
}

func (g generator) object(components, s map[string]any, depth int) string {
	var required []any
	required, _ = s["required"].([]any)
	properties, _ := s["properties"].(map[string]any)
	members := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if slices.Contains(required, any(name)) && g.IntN(40) > 0 || g.IntN(3) == 0 {
			members[name] = g.near(components, properties[name], depth+1)
		}
	}
	for _, name := range required {
		if _, known := properties[name.(string)]; !known && g.IntN(10) > 0 {
			members[name.(string)] = g.anything(depth + 1)
		}
	}
	if g.IntN(20) == 0 || properties == nil {
		for range g.IntN(3) {
			members[pick(g, "a", "b", "c", "A", "aa", "89c25a3", "__proto__")] = g.near(components, s["additionalProperties"], depth+1)
		}
	}
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		texts = append(texts, encode(name)+":"+members[name])
	}
	return "{" + strings.Join(texts, ",") + "}"
}

func (g generator) anything(depth int) string {
	if depth > 8 {
		return "null"
	}
	return pick(g, "null", "true", "0", "1.5", "-7", `""`, `"a"`, "[]", "[1]", "{}", `{"a":1}`, `{"type":"notice"}`)
}

func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}
