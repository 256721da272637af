package contracttest

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"pgregory.net/rapid"
)

// invalid draws JSON that does not fit s.
func (d *document) invalid(t *rapid.T, s schema) string {
	s = d.resolve(map[string]any(s))
	if rapid.IntRange(0, 3).Draw(t, "type") == 0 {
		return otherType(t, s)
	}
	switch s["type"] {
	case "string":
		if texts := invalidTexts(s); len(texts) > 0 {
			return encode(rapid.SampledFrom(texts).Draw(t, "text"))
		}
	case "number", "integer":
		if numbers := invalidNumbers(s); len(numbers) > 0 {
			return rapid.SampledFrom(numbers).Draw(t, "number")
		}
	case "object":
		return d.invalidObject(t, s)
	}
	return otherType(t, s)
}

// otherType draws a value of a type that s does not have.
func otherType(t *rapid.T, s schema) string {
	values := map[string]string{"null": "null", "boolean": "true", "number": "0.5", "string": `"x"`, "array": "[]", "object": "{}"}
	delete(values, s["type"].(string))
	if s["type"] == "integer" {
		delete(values, "number")
	}
	all := make([]string, 0, len(values))
	for _, v := range values {
		all = append(all, v)
	}
	slices.Sort(all)
	return rapid.SampledFrom(all).Draw(t, "other")
}

// invalidTexts are strings that break a keyword of s.
func invalidTexts(s schema) []string {
	var texts []string
	if n := int(s.number("minLength", 0)); n > 0 {
		texts = append(texts, strings.Repeat("x", n-1))
	}
	if s.has("maxLength") {
		texts = append(texts, strings.Repeat("x", int(s.number("maxLength", 0))+1))
	}
	for _, text := range append([]string{" ", "a\nb", "\x7f", "A", "ß", "x y", strings.Repeat("0", 300)}, plain...) {
		if !matches(s, text) {
			texts = append(texts, text)
		}
	}
	if options := s.list("enum"); options != nil {
		texts = append(texts, strings.ToUpper(options[0]), options[0]+" ", "other", "")
	}
	return texts
}

func invalidNumbers(s schema) []string {
	var numbers []string
	decimal := func(f float64) { numbers = append(numbers, strconv.FormatFloat(f, 'f', -1, 64)) }
	if s.has("minimum") {
		decimal(s.number("minimum", 0) - 1)
		numbers = append(numbers, "-1e999")
	}
	if s.has("maximum") {
		decimal(s.number("maximum", 0) + 1)
		numbers = append(numbers, "1e999")
	}
	if s.has("multipleOf") {
		decimal(s.number("minimum", 0) + s.number("multipleOf", 0)/2)
	}
	if s["type"] == "integer" {
		decimal(s.number("minimum", 0) + 0.5)
	}
	return numbers
}

func (d *document) invalidObject(t *rapid.T, s schema) string {
	m := d.validMembers(t, s)
	kinds := []string{"unknown", "folded", "inside", "missing", "few", "many"}
	for range 20 { // not every object can have each fault
		switch kind := rapid.SampledFrom(kinds).Draw(t, "fault"); {
		case kind == "unknown" && s["additionalProperties"] == false:
			m.names, m.values["zz"] = append(m.names, "zz"), anything(t)
			return m.String()
		case kind == "folded" && s["additionalProperties"] == false && len(m.names) > 0:
			i := rapid.IntRange(0, len(m.names)-1).Draw(t, "member")
			folded := fold(m.names[i])
			m.values[folded] = m.values[m.names[i]]
			m.names[i] = folded
			return m.String()
		case kind == "inside" && len(m.names) > 0:
			name := rapid.SampledFrom(m.names).Draw(t, "member")
			if p, known := s.object("properties")[name].(map[string]any); known {
				m.values[name] = d.invalid(t, p)
				return m.String()
			}
		case kind == "missing" && s.has("required"):
			name := rapid.SampledFrom(s.list("required")).Draw(t, "member")
			m.names = slices.DeleteFunc(m.names, func(n string) bool { return n == name })
			return m.String()
		case kind == "few" && s.number("minProperties", 0) > 0:
			return "{}"
		case kind == "many" && int(s.number("maxProperties", 100)) < len(s.object("properties")):
			for _, name := range names(s.object("properties")) {
				if m.values[name] == "" {
					m.names, m.values[name] = append(m.names, name), d.valid(t, s.object("properties")[name].(map[string]any))
				}
			}
			return m.String()
		}
	}
	return otherType(t, s)
}

// fold changes the case of the first letter, as decoders that ignore it would accept.
func fold(name string) string {
	for i, r := range name {
		if unicode.IsLower(r) {
			return name[:i] + string(unicode.ToUpper(r)) + name[i+1:]
		}
	}
	return name + "X"
}

// invalidParameter draws the text of a parameter that does not fit s. ok is false where
// every text fits.
func (d *document) invalidParameter(t *rapid.T, s schema) (text string, ok bool) {
	s = d.resolve(map[string]any(s))
	switch s["type"] {
	case "string":
		texts := invalidTexts(s)
		if len(texts) == 0 {
			return "", false
		}
		return rapid.SampledFrom(texts).Draw(t, "text"), true
	case "array":
		inside, ok := d.invalidParameter(t, s.object("items"))
		return inside + ",", ok
	}
	texts := []string{"", " ", "x", "0x10", "+1", "1,5", "NaN", "Infinity", "01", ".5", "1e", "١"}
	if beyond := invalidNumbers(s); len(beyond) > 0 && rapid.Bool().Draw(t, "beyond") {
		texts = beyond
	}
	return rapid.SampledFrom(texts).Draw(t, "text"), true
}
