package openapi

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// A compiler turns the parts of one document into what requests are checked by.
type compiler struct {
	root    *Value
	schemas map[string]*Schema // by reference: each is compiled once, and may name itself
}

// resolve follows v's $ref, if it is one, and returns the place it names.
func (c *compiler) resolve(v *Value) (*Value, error) {
	for range 8 { // a chain of references, bounded so that a loop ends
		ref := v.Get("$ref")
		if ref == nil {
			return v, nil
		}
		var err error
		if v, err = c.at(ref.Text); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("references that name each other")
}

// at returns what a local reference ("#/components/…") names.
func (c *compiler) at(ref string) (*Value, error) {
	path, local := strings.CutPrefix(ref, "#/")
	if !local {
		return nil, fmt.Errorf("reference %q: only those within the document are supported", ref)
	}
	v := c.root
	for token := range strings.SplitSeq(path, "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		if v = v.Get(token); v == nil {
			return nil, fmt.Errorf("reference %q names nothing", ref)
		}
	}
	return v, nil
}

// schema compiles v. A keyword that it does not know is an error.
func (c *compiler) schema(v *Value) (*Schema, error) {
	s := &Schema{}
	return s, c.schemaInto(s, v)
}

func (c *compiler) schemaInto(s *Schema, v *Value) error {
	if v.Kind != Object {
		return fmt.Errorf("a schema is an object, not %s", v.Kind)
	}
	for i := range v.Members {
		m := &v.Members[i]
		if err := c.keyword(s, m.Name, &m.Value); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	if v := v.Get("required"); v != nil {
		return s.require(v)
	}
	return nil
}

// reference returns the compiled schema that ref names.
func (c *compiler) reference(ref string) (*Schema, error) {
	if s := c.schemas[ref]; s != nil {
		return s, nil
	}
	v, err := c.at(ref)
	if err != nil {
		return nil, err
	}
	s := &Schema{}
	c.schemas[ref] = s
	if err := c.schemaInto(s, v); err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	if s.leadsTo(s, make(map[*Schema]bool)) {
		return nil, fmt.Errorf("%s: says only that it is itself", ref)
	}
	return s, nil
}

// leadsTo reports whether checking a value by s comes to target with that same
// value. A schema that leads to itself would never be done; through members and
// items it may, since values end.
func (s *Schema) leadsTo(target *Schema, seen map[*Schema]bool) bool {
	if seen[s] {
		return false
	}
	seen[s] = true
	same := s.oneOf
	if s.reference != nil {
		same = append(slices.Clone(same), s.reference)
	}
	return slices.ContainsFunc(same, func(next *Schema) bool { return next == target || next.leadsTo(target, seen) })
}

func (c *compiler) keyword(s *Schema, name string, v *Value) (err error) {
	switch name {
	case "$ref":
		s.reference, err = c.reference(v.Text)
	case "type":
		err = s.setKinds(v)
	case "enum":
		s.enum = v.Items
	case "const":
		s.enum = []Value{*v}
	case "properties":
		err = c.properties(s, v)
	case "additionalProperties":
		if v.Kind == Bool {
			s.closed = !v.Bool
			return nil
		}
		s.additional, err = c.schema(v)
	case "propertyNames":
		s.propertyNames, err = c.schema(v)
	case "items":
		s.items, err = c.schema(v)
	case "oneOf":
		err = c.alternatives(s, v)
	case "discriminator":
		err = c.discriminate(s, v)
	case "pattern":
		s.pattern, err = regexp.Compile(v.Text)
	case "x-pattern-means":
		s.patternMeans = v.Text
	case "format":
		s.format, err = v.Text, knownFormat(v.Text)
	case "required", // read after properties
		"description", "title", "default", "example", "examples", "deprecated":
	default:
		if strings.HasPrefix(name, "x-") {
			return nil
		}
		err = s.bound(name, v)
	}
	return err
}

// bound reads the keywords whose value is a number.
func (s *Schema) bound(name string, v *Value) error {
	numbers := map[string]**float64{
		"minimum": &s.minimum, "maximum": &s.maximum, "multipleOf": &s.multipleOf,
		"exclusiveMinimum": &s.exclusiveMinimum, "exclusiveMaximum": &s.exclusiveMaximum,
	}
	lows := map[string]*int{"minLength": &s.minLength, "minItems": &s.minItems, "minProperties": &s.minMembers}
	highs := map[string]**int{"maxLength": &s.maxLength, "maxItems": &s.maxItems, "maxProperties": &s.maxMembers}
	n := int(v.Number)
	switch {
	case v.Kind != Number:
		return fmt.Errorf("not a keyword that this package knows")
	case numbers[name] != nil:
		*numbers[name] = &v.Number
	case float64(n) != v.Number || n < 0:
		return fmt.Errorf("%s is not a count", v.Text)
	case lows[name] != nil:
		*lows[name] = n
	case highs[name] != nil:
		*highs[name] = &n
	default:
		return fmt.Errorf("not a keyword that this package knows")
	}
	if s.multipleOf != nil && math.Log2(*s.multipleOf) != math.Trunc(math.Log2(*s.multipleOf)) && *s.multipleOf != math.Trunc(*s.multipleOf) {
		return fmt.Errorf("%s: only powers of two and whole numbers divide exactly", v.Text)
	}
	return nil
}

func (s *Schema) setKinds(v *Value) error {
	names := v.Items
	if v.Kind == String {
		names = []Value{*v}
	}
	kinds := map[string]Kind{"null": Null, "boolean": Bool, "number": Number, "integer": Number, "string": String, "array": Array, "object": Object}
	for _, name := range names {
		k := kinds[name.Text]
		if k == 0 {
			return fmt.Errorf("no type %q", name.Text)
		}
		s.kinds |= 1 << k
		s.integer = s.integer || name.Text == "integer"
	}
	return nil
}

func knownFormat(format string) error {
	if !slices.Contains([]string{"int32", "int64", "float", "double", "date-time", "uri", "uri-reference"}, format) {
		return fmt.Errorf("%q is not a format that this package knows", format)
	}
	return nil
}

func (c *compiler) properties(s *Schema, v *Value) error {
	for i := range v.Members {
		schema, err := c.schema(&v.Members[i].Value)
		if err != nil {
			return fmt.Errorf("%s: %w", v.Members[i].Name, err)
		}
		s.properties = append(s.properties, property{name: v.Members[i].Name, schema: schema})
	}
	return nil
}

func (s *Schema) require(names *Value) error {
	for _, name := range names.Items {
		p := s.property(name.Text)
		if p == nil {
			if s.closed {
				return fmt.Errorf("required: %q can never be there", name.Text)
			}
			s.properties = append(s.properties, property{name: name.Text})
			p = &s.properties[len(s.properties)-1]
		}
		p.required = true
	}
	return nil
}

func (c *compiler) alternatives(s *Schema, v *Value) error {
	for i := range v.Items {
		schema, err := c.schema(&v.Items[i])
		if err != nil {
			return err
		}
		s.oneOf = append(s.oneOf, schema)
	}
	return nil
}

// discriminate wants a mapping: by it the alternative is chosen.
func (c *compiler) discriminate(s *Schema, v *Value) error {
	name, mapping := v.Get("propertyName"), v.Get("mapping")
	if name == nil || mapping == nil {
		return fmt.Errorf("wants propertyName and mapping")
	}
	s.discriminator, s.discriminatorIndex = name.Text, make(map[string]*Schema)
	for i := range mapping.Members {
		schema, err := c.reference(mapping.Members[i].Value.Text)
		if err != nil {
			return err
		}
		s.discriminatorIndex[mapping.Members[i].Name] = schema
	}
	return nil
}
