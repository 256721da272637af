package dynamodb

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxViolations is how many violated constraints one answer lists.
const maxViolations = 10

// namePattern is the pattern of the names of tables and indexes, in AWS's words.
const namePattern = "[a-zA-Z0-9_.-]+"

// check checks the input of an operation against the constraints that the
// tags of its fields state, and reports all violations in one answer, as AWS does. It
// comes before every check that looks at more than one member.
//
// The tag is `api:"..."` with any of, in the order in which they are reported:
//
//	present         the member must be there; reported by itself, before all others
//	required        the member must be there
//	require=A B     of a structure: its members A and B must be there
//	enum=A B        the value is one of these
//	name            a string of namePattern
//	table=1..255    a table's name, of a length within bounds, or ARN
//	range=1..100    bounds of a number
//	len=1..100      bounds of the length of a string, list or map
//	keys=1..255     every key of a map is a table as above
//	values=1..25    bounds of the length of every value of a map
//	bare            reported as some operations do: capitalized and without the value
//
// A bound may be missing on either side. Fields stand in the order in which AWS reports
// their members. A nil pointer, slice or map, JSON null and "" in a field that is a
// plain string are members that are not there.
func (s *shape) check(in any) error {
	v := reflect.ValueOf(in).Elem()
	for i := range s.members {
		if m := &s.members[i]; m.present && absent(v.FieldByIndex(m.index)) {
			return invalid("The parameter '%s' is required but was not present in the request", m.name)
		}
	}
	var c violations
	c.structure(s, v, nil)
	return c.err()
}

// violations collects what is wrong with a request.
type violations []string

func (c violations) err() error {
	switch len(c) {
	case 0:
		return nil
	case 1:
		return invalid("1 validation error detected: %s", c[0])
	}
	return invalid("%d validation errors detected: %s", len(c), strings.Join(c, "; "))
}

func (c *violations) add(format string, args ...any) {
	if len(*c) < maxViolations {
		*c = append(*c, fmt.Sprintf(format, args...))
	}
}

// place is where in a request a structure stands. The zero pointer is the request.
type place struct {
	outer  *place
	member string // its name, "" for an element of a list or map
	index  int    // in a list, from 1
	key    string // in a map
}

// String returns the place with a period behind it, for the members of the structure.
func (p *place) String() string {
	if p == nil {
		return ""
	}
	return p.path() + "."
}

func (p *place) path() string {
	switch {
	case p.member != "":
		return p.outer.String() + lowerFirst(p.member)
	case p.index > 0:
		return fmt.Sprintf("%s.%d.member", p.outer.path(), p.index)
	}
	return p.outer.path() + "." + p.key + ".member"
}

func (c *violations) structure(s *shape, v reflect.Value, parent *place) {
	for i := range s.members {
		m := &s.members[i]
		c.member(m, v.FieldByIndex(m.index), parent)
	}
}

// member checks one member and what it holds.
func (c *violations) member(m *member, v reflect.Value, parent *place) {
	if absent(v) {
		if m.required {
			c.add("Value null at '%s%s' failed to satisfy constraint: Member must not be null", parent.String(), lowerFirst(m.name))
		}
		return
	}
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	for _, rule := range m.rules {
		words := rule(v)
		switch {
		case words == "":
		case m.bare:
			c.add("Value at '%s' failed to satisfy constraint: %s", upperFirst(parent.String())+m.name, words)
		default:
			c.add("Value '%s' at '%s%s' failed to satisfy constraint: %s", javaText(v), parent.String(), lowerFirst(m.name), words)
		}
	}
	if m.inner != nil {
		c.inside(m.inner, v, &place{outer: parent, member: m.name})
	}
}

// inside checks the structures that a member is or holds.
func (c *violations) inside(s *shape, v reflect.Value, at *place) {
	switch v.Kind() {
	case reflect.Struct:
		c.structure(s, v, at)
	case reflect.Slice:
		for i := range v.Len() {
			c.inside(s, v.Index(i), &place{outer: at, index: i + 1})
		}
	case reflect.Map:
		for _, key := range sortedKeys(v) {
			c.inside(s, v.MapIndex(key), &place{outer: at, key: key.String()})
		}
	}
}

// absent reports whether a member is not there.
func absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map:
		return v.IsNil()
	case reflect.Slice:
		return v.IsNil() || v.Type() == rawMessage && string(v.Bytes()) == "null"
	case reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return v.Type() == document && !documentIn(v).present()
	}
	return false
}

// documentIn returns the Document that v is, without a copy where there is one already.
func documentIn(v reflect.Value) Document {
	if v.CanAddr() {
		return *v.Addr().Interface().(*Document)
	}
	return v.Interface().(Document)
}

// rule returns the words of the constraint that v violates, "" where it meets it.
type rule func(v reflect.Value) string

func enumRule(allowed []string) rule {
	return func(v reflect.Value) string {
		if slices.Contains(allowed, v.String()) {
			return ""
		}
		return "Member must satisfy enum value set: [" + strings.Join(allowed, ", ") + "]"
	}
}

func nameRule(v reflect.Value) string {
	if isName(v.String()) {
		return ""
	}
	return "Member must satisfy regular expression pattern: " + namePattern
}

// boundRules are the rules for a bound on either side of what measure tells; unit is
// "value" or "length".
func boundRules(bounds, unit string, measure func(reflect.Value) int64) []rule {
	low, high, _ := strings.Cut(bounds, "..")
	var rules []rule
	if n, err := strconv.ParseInt(low, 10, 64); err == nil {
		rules = append(rules, func(v reflect.Value) string {
			if measure(v) >= n {
				return ""
			}
			return "Member must have " + unit + " greater than or equal to " + low
		})
	}
	if n, err := strconv.ParseInt(high, 10, 64); err == nil {
		rules = append(rules, func(v reflect.Value) string {
			if measure(v) <= n {
				return ""
			}
			return "Member must have " + unit + " less than or equal to " + high
		})
	}
	return rules
}

func length(v reflect.Value) int64 {
	if v.Kind() == reflect.String {
		return int64(utf8.RuneCountInString(v.String()))
	}
	return int64(v.Len())
}

// tableRules are those of a table's name, which an ARN may stand for, with bounds for
// the length of the name. An ARN is looked into where the table is looked up.
func tableRules(bounds string) []rule {
	rules := []rule{func(v reflect.Value) string {
		if v.Len() == 0 {
			return "" // its length is told
		}
		return nameRule(v)
	}}
	rules = append(rules, boundRules(bounds, "length", length)...)
	for i, r := range rules {
		rules[i] = func(v reflect.Value) string {
			if isARN(v.String()) {
				return ""
			}
			return r(v)
		}
	}
	return rules
}

// keysRule holds every key of a map to rules.
func keysRule(rules []rule) rule {
	return func(v reflect.Value) string {
		for _, key := range sortedKeys(v) {
			for _, r := range rules {
				if r(key) != "" {
					return "Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: " + namePattern + "]"
				}
			}
		}
		return ""
	}
}

// valuesRule holds the length of every value of a map to bounds.
func valuesRule(bounds string) rule {
	low, high, _ := strings.Cut(bounds, "..")
	rules := boundRules(bounds, "length", length)
	return func(v reflect.Value) string {
		for _, key := range sortedKeys(v) {
			for _, r := range rules {
				if r(v.MapIndex(key)) != "" {
					return "Map value must satisfy constraint: [Member must have length less than or equal to " + high + ", Member must have length greater than or equal to " + low + "]"
				}
			}
		}
		return ""
	}
}

var (
	rawMessage = reflect.TypeFor[json.RawMessage]()
	document   = reflect.TypeFor[Document]()
)

func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func upperFirst(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
