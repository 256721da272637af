package openapi

import (
	"cmp"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Schema is a compiled JSON Schema. A zero bound or nil part constrains
// nothing. Schemas refer to each other and may be recursive.
type Schema struct {
	kinds   kindSet // empty: every kind
	integer bool    // numbers are written in digits alone
	enum    []Value

	minimum, maximum   *float64
	exclusiveMinimum   *float64
	exclusiveMaximum   *float64
	multipleOf         *float64
	minLength          int
	maxLength          *int
	pattern            *regexp.Regexp
	patternMeans       string // x-pattern-means: what to tell people instead of the pattern
	format             string
	items              *Schema
	minItems           int
	maxItems           *int
	properties         []property
	closed             bool // no other members than properties
	additional         *Schema
	propertyNames      *Schema
	minMembers         int
	maxMembers         *int
	oneOf              []*Schema
	discriminator      string
	discriminatorIndex map[string]*Schema
	reference          *Schema // $ref, beside the other keywords
}

type property struct {
	name     string
	required bool
	schema   *Schema // nil: required, and nothing else is said
}

type kindSet uint8

func (s kindSet) has(k Kind) bool { return s == 0 || s&(1<<k) != 0 }

// maxFaults bounds a report: who sent a thousand mistakes is told the first ten.
const maxFaults = 10

// faults collects what is wrong with a value. Pointers are built on the way
// out, so that a value without faults costs nothing.
type faults []Fault

func (f *faults) add(detail string) {
	if len(*f) < maxFaults {
		*f = append(*f, Fault{In: InBody, Detail: detail})
	}
}

// below puts name in front of the pointers of the faults from index n on.
func (f *faults) below(n int, name string) {
	for i := n; i < len(*f); i++ {
		(*f)[i].Name = pointerToken(name) + (*f)[i].Name
	}
}

// Check returns what is wrong with v, at most ten faults, each with a JSON
// pointer. It returns nil for a value that fits.
func (s *Schema) Check(v *Value) []Fault {
	var f faults
	s.check(v, &f)
	return f
}

func (s *Schema) check(v *Value, f *faults) {
	if s.reference != nil {
		s.reference.check(v, f)
	}
	if !s.kinds.has(v.Kind) {
		f.add("must be " + s.kindNames())
		return
	}
	if len(s.enum) > 0 && !slices.ContainsFunc(s.enum, func(e Value) bool { return equal(&e, v) }) {
		f.add("must be " + alternatives(s.enum))
		return
	}
	switch v.Kind {
	case Number:
		s.checkNumber(v, f)
	case String:
		s.checkString(v.Text, f)
	case Array:
		s.checkArray(v, f)
	case Object:
		s.checkObject(v, f)
	}
	if len(s.oneOf) > 0 {
		s.checkOneOf(v, f)
	}
}

func (s *Schema) checkNumber(v *Value, f *faults) {
	n := v.Number
	switch {
	case s.integer && strings.ContainsAny(v.Text, ".eE"):
		f.add("must be a whole number, in digits")
	case s.minimum != nil && n < *s.minimum:
		f.add("must be at least " + decimal(*s.minimum))
	case s.maximum != nil && n > *s.maximum:
		f.add("must be at most " + decimal(*s.maximum))
	case s.exclusiveMinimum != nil && n <= *s.exclusiveMinimum:
		f.add("must be more than " + decimal(*s.exclusiveMinimum))
	case s.exclusiveMaximum != nil && n >= *s.exclusiveMaximum:
		f.add("must be less than " + decimal(*s.exclusiveMaximum))
	case math.IsInf(n, 0):
		f.add("is beyond the range of numbers")
	case s.multipleOf != nil && math.Trunc(n / *s.multipleOf) != n / *s.multipleOf:
		f.add("must be a multiple of " + decimal(*s.multipleOf))
	case !fitsFormat(v, s.format):
		f.add("does not fit " + s.format)
	}
}

func fitsFormat(v *Value, format string) bool {
	bits := 64
	switch format {
	case "int32":
		bits = 32
	case "int64":
	default:
		return true
	}
	_, err := strconv.ParseInt(v.Text, 10, bits)
	return err == nil
}

func (s *Schema) checkString(text string, f *faults) {
	length := utf8.RuneCountInString(text)
	switch {
	case length < s.minLength && length == 0:
		f.add("must not be empty")
	case length < s.minLength:
		f.add("must be at least " + strconv.Itoa(s.minLength) + " characters")
	case s.maxLength != nil && length > *s.maxLength:
		f.add("must be at most " + strconv.Itoa(*s.maxLength) + " characters")
	case s.pattern != nil && !s.pattern.MatchString(text):
		f.add("must be " + cmp.Or(s.patternMeans, "like "+s.pattern.String()))
	case !isFormat(text, s.format):
		f.add("must be a " + s.format)
	}
}

// isFormat asserts the formats that the documents use for strings.
func isFormat(text, format string) bool {
	switch format {
	case "date-time":
		_, err := time.Parse(time.RFC3339Nano, text)
		return err == nil
	case "uri":
		u, err := url.Parse(text)
		return err == nil && u.IsAbs()
	case "uri-reference":
		_, err := url.Parse(text)
		return err == nil
	}
	return true
}

func (s *Schema) checkArray(v *Value, f *faults) {
	if len(v.Items) < s.minItems {
		f.add("must have at least " + strconv.Itoa(s.minItems) + " items")
	}
	if s.maxItems != nil && len(v.Items) > *s.maxItems {
		f.add("must have at most " + strconv.Itoa(*s.maxItems) + " items")
		return
	}
	if s.items == nil {
		return
	}
	for i := range v.Items {
		n := len(*f)
		if s.items.check(&v.Items[i], f); len(*f) > n {
			f.below(n, strconv.Itoa(i))
		}
	}
}

func (s *Schema) checkObject(v *Value, f *faults) {
	for i := range s.properties {
		if p := &s.properties[i]; p.required && v.Get(p.name) == nil {
			n := len(*f)
			f.add("is required")
			f.below(n, p.name)
		}
	}
	for i := range v.Members {
		s.checkMember(&v.Members[i], f)
	}
	if len(v.Members) < s.minMembers {
		f.add("must have at least " + plural(s.minMembers, "member"))
	}
	if s.maxMembers != nil && len(v.Members) > *s.maxMembers {
		f.add("must have at most " + plural(*s.maxMembers, "member"))
	}
}

func (s *Schema) checkMember(m *Member, f *faults) {
	n := len(*f)
	if s.propertyNames != nil {
		s.propertyNames.check(&Value{Kind: String, Text: m.Name}, f)
	}
	p := s.property(m.Name)
	switch {
	case p != nil && p.schema != nil:
		p.schema.check(&m.Value, f)
	case p != nil:
	case s.closed:
		f.unknown(m.Name)
		return
	case s.additional != nil:
		s.additional.check(&m.Value, f)
	}
	if len(*f) > n {
		f.below(n, m.Name)
	}
}

// unknown reports a member that the schema does not know. A long name is not
// given back as a pointer, which would make the report as long as the request.
func (f *faults) unknown(name string) {
	if len(name) > 64 {
		f.add("has an unknown member with a name of " + strconv.Itoa(len(name)) + " bytes")
		return
	}
	n := len(*f)
	f.add("is unknown")
	f.below(n, name)
}

func (s *Schema) property(name string) *property {
	for i := range s.properties {
		if s.properties[i].name == name {
			return &s.properties[i]
		}
	}
	return nil
}

// checkOneOf wants exactly one alternative to fit. A discriminator picks the one
// whose faults are worth reading; its mapping is exact by construction.
func (s *Schema) checkOneOf(v *Value, f *faults) {
	if s.discriminator != "" {
		if tag := v.Get(s.discriminator); tag != nil && s.discriminatorIndex[tag.Text] != nil {
			s.discriminatorIndex[tag.Text].check(v, f)
			return
		}
		n := len(*f)
		f.add("does not name one of the alternatives")
		f.below(n, s.discriminator)
		return
	}
	fitting := 0
	for _, alternative := range s.oneOf {
		if len(alternative.Check(v)) == 0 {
			fitting++
		}
	}
	if fitting != 1 {
		f.add("fits " + strconv.Itoa(fitting) + " of the alternatives; it must fit exactly one")
	}
}

func (s *Schema) kindNames() string {
	var names []string
	for k := Null; k <= Object; k++ {
		if s.kinds.has(k) {
			names = append(names, k.String())
		}
	}
	if s.integer {
		names[slices.Index(names, "number")] = "integer"
	}
	return "of type " + strings.Join(names, " or ")
}

func alternatives(values []Value) string {
	names := make([]string, len(values))
	for i := range values {
		names[i] = values[i].Text
		if values[i].Kind == String {
			names[i] = strconv.Quote(values[i].Text)
		}
	}
	return strings.Join(names, " or ")
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
