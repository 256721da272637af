package contracttest

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// valid draws JSON that fits s.
func (d *document) valid(t *rapid.T, s schema) string {
	s = d.resolve(map[string]any(s))
	if options, ok := s["enum"].([]any); ok {
		return encode(rapid.SampledFrom(options).Draw(t, "enum"))
	}
	switch s["type"] {
	case "string":
		return encode(d.validText(t, s))
	case "number", "integer":
		return d.validNumber(t, s)
	case "boolean":
		return strconv.FormatBool(rapid.Bool().Draw(t, "bool"))
	case "array":
		return d.validArray(t, s)
	case "object":
		return d.validObject(t, s)
	}
	panic(fmt.Sprintf("contracttest: no values for the schema %v", s))
}

// plain are texts that are easily handled wrongly.
var plain = []string{"a", "How is the view?", "é", "😀", "\u00a0x", "\u202ex", `"`, `\`, "<b>&", "{}", "null", "%00", "a,b", "x\u0301"}

// validText draws the characters of a string.
func (d *document) validText(t *rapid.T, s schema) string {
	least, most := int(s.number("minLength", 0)), int(s.number("maxLength", 60))
	fits := func(text string) bool {
		n := utf8.RuneCountInString(text)
		return n >= least && n <= most && matches(s, text)
	}
	if p, ok := s["pattern"].(string); ok {
		return rapid.OneOf(
			rapid.StringMatching(p).Filter(fits),
			rapid.StringMatching(p).Filter(fits),
			sampleOf(slices.DeleteFunc(slices.Clone(plain), func(text string) bool { return !fits(text) }), rapid.StringMatching(p).Filter(fits)),
		).Draw(t, "text")
	}
	return rapid.OneOf(
		rapid.StringN(least, min(most, least+20), -1),
		rapid.Just(strings.Repeat("é", min(most, 1000))),
		sampleOf(slices.DeleteFunc(slices.Clone(plain), func(text string) bool { return !fits(text) }), rapid.StringN(least, least+1, -1)),
	).Draw(t, "text")
}

func sampleOf(texts []string, otherwise *rapid.Generator[string]) *rapid.Generator[string] {
	if len(texts) == 0 {
		return otherwise
	}
	return rapid.SampledFrom(texts)
}

func matches(s schema, text string) bool {
	p, ok := s["pattern"].(string)
	return !ok || pattern(p).MatchString(text)
}

var patterns = map[string]*regexp.Regexp{}

// pattern compiles each once; cases run one after the other.
func pattern(p string) *regexp.Regexp {
	if patterns[p] == nil {
		patterns[p] = regexp.MustCompile(p)
	}
	return patterns[p]
}

func (d *document) validNumber(t *rapid.T, s schema) string {
	low, high := s.number("minimum", -1e6), s.number("maximum", 1e6)
	step := s.number("multipleOf", 0)
	if s["type"] == "integer" {
		step = 1
	}
	if step > 0 {
		n := rapid.OneOf(rapid.IntRange(int(math.Ceil(low/step)), int(math.Floor(high/step))),
			rapid.SampledFrom([]int{int(math.Ceil(low / step)), int(math.Floor(high / step))})).Draw(t, "number")
		return strconv.FormatFloat(float64(n)*step, 'f', -1, 64)
	}
	f := rapid.OneOf(rapid.Float64Range(low, high), rapid.SampledFrom([]float64{low, high})).Draw(t, "number")
	return strconv.FormatFloat(f, rapid.SampledFrom([]byte("gfe")).Draw(t, "format"), -1, 64)
}

func (d *document) validArray(t *rapid.T, s schema) string {
	n := rapid.IntRange(int(s.number("minItems", 0)), min(5, int(s.number("maxItems", 5)))).Draw(t, "items")
	items := make([]string, n)
	for i := range items {
		items[i] = d.valid(t, s.object("items"))
	}
	return "[" + strings.Join(items, ",") + "]"
}

// members are those of an object, in order.
type members struct {
	names  []string
	values map[string]string // JSON by name
}

func (m members) String() string {
	parts := make([]string, len(m.names))
	for i, name := range m.names {
		parts[i] = encode(name) + ":" + m.values[name]
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func (d *document) validObject(t *rapid.T, s schema) string { return d.validMembers(t, s).String() }

func (d *document) validMembers(t *rapid.T, s schema) members {
	properties := s.object("properties")
	chosen := s.list("required")
	least, most := int(s.number("minProperties", 0)), int(s.number("maxProperties", 100))
	for _, name := range rapid.Permutation(names(properties)).Draw(t, "order") {
		if slices.Contains(chosen, name) || len(chosen) >= most {
			continue
		}
		if len(chosen) < least || rapid.Bool().Draw(t, "optional") {
			chosen = append(chosen, name)
		}
	}
	m := members{names: chosen, values: make(map[string]string)}
	for _, name := range chosen {
		m.values[name] = d.valid(t, properties[name].(map[string]any))
	}
	if s["additionalProperties"] == true {
		for _, name := range rapid.SliceOfNDistinct(rapid.StringN(0, 8, -1), 0, 4, rapid.ID[string]).Draw(t, "names") {
			if _, known := m.values[name]; !known {
				m.names, m.values[name] = append(m.names, name), anything(t)
			}
		}
	}
	return m
}

// anything draws any JSON value.
func anything(t *rapid.T) string {
	return rapid.SampledFrom([]string{"null", "true", "0", "-1.5", "1e3", `""`, `"x"`, "[]", `[1,"a"]`, "{}", `{"a":{"b":[null]}}`}).Draw(t, "value")
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers and what was JSON before
	}
	return string(text)
}

// text is how a value of JSON is spelled in a parameter.
func parameterText(value string) string {
	var v any
	if err := json.Unmarshal([]byte(value), &v); err != nil {
		panic(err)
	}
	switch v := v.(type) {
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = parameterText(encode(item))
		}
		return strings.Join(parts, ",")
	}
	return value
}
