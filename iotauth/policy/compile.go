package policy

import (
	"fmt"
	"strings"
)

// A Set is policies compiled to be evaluated together, as those attached to one principal
// are. It is immutable and safe for concurrent use.
type Set struct {
	statements []*statement
}

// Compile compiles documents. Their union decides. An error is that of
// [Document.Validate]; documents are numbered from 1 in it.
func Compile(docs ...*Document) (*Set, error) { return new(Set).With(docs...) }

// With returns a set that holds the statements of s and of further documents.
func (s *Set) With(docs ...*Document) (*Set, error) { return s.with(docs, false) }

// WithThingGroups is With for policies that are attached to groups of things: they apply
// only to a client whose client ID is the name of its thing.
// Source: https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html.
func (s *Set) WithThingGroups(docs ...*Document) (*Set, error) { return s.with(docs, true) }

func (s *Set) with(docs []*Document, groups bool) (*Set, error) {
	out := &Set{statements: s.statements[:len(s.statements):len(s.statements)]}
	number := 0
	if n := len(out.statements); n > 0 {
		number = out.statements[n-1].ref.Document
	}
	for _, d := range docs {
		number++
		if err := d.Validate(); err != nil {
			return nil, fmt.Errorf("document %d: %w", number, err)
		}
		for i := range d.Statements {
			c, err := compileStatement(&d.Statements[i], d.Version == Version)
			if err != nil {
				return nil, fmt.Errorf("document %d: statement %d: %w", number, i+1, err)
			}
			c.ref = Ref{Document: number, Statement: i + 1, Sid: d.Statements[i].Sid}
			c.ref.Position = d.Position(statementPointer(i))
			c.group = groups
			out.statements = append(out.statements, c)
		}
	}
	return out, nil
}

// A Ref names a statement of a set.
type Ref struct {
	Document  int // from 1, in the order of compilation
	Statement int // from 1
	Sid       string
	Position  Position // in the text that was parsed
}

// String is "document 1 statement 2 (sid)".
func (r Ref) String() string {
	s := fmt.Sprintf("document %d statement %d", r.Document, r.Statement)
	if r.Sid != "" {
		s += fmt.Sprintf(" (%s)", r.Sid)
	}
	return s
}

// A statement is compiled: its lists are patterns, and its common actions a mask.
type statement struct {
	ref       Ref
	deny      bool
	group     bool // of a thing group's policy
	actions   []string
	notAction bool
	hot       hotMask // which of hotActions it covers
	resources []resource
	notRes    bool
	tests     []test
}

// A resource is one entry of Resource or NotResource.
type resource struct {
	text     string
	template template
}

func compileStatement(s *Statement, variables bool) (*statement, error) {
	c := &statement{deny: s.Effect == EffectDeny, notAction: s.NotAction != nil, notRes: s.NotResource != nil}
	for _, a := range append(s.Action[:len(s.Action):len(s.Action)], s.NotAction...) {
		t, err := compileTemplate(strings.ToLower(string(a)), true, false)
		if err != nil {
			return nil, err
		}
		c.actions = append(c.actions, t.head)
	}
	for i, a := range hotActions {
		if c.covers(strings.ToLower(string(a))) {
			c.hot |= 1 << i
		}
	}
	texts := s.Resource
	if c.notRes {
		texts = s.NotResource
	}
	c.resources = make([]resource, len(texts))
	for i, text := range texts { // Validate has checked them
		c.resources[i] = resource{text, checkedTemplate(text, true, variables)}
	}
	for _, condition := range s.Condition {
		t, err := compileTest(condition, variables)
		if err != nil {
			return nil, err
		}
		c.tests = append(c.tests, t)
	}
	return c, nil
}

// covers reports whether a statement speaks of an action in lower case.
func (c *statement) covers(action string) bool {
	for _, pattern := range c.actions {
		if matchPattern(pattern, action) {
			return !c.notAction
		}
	}
	return c.notAction
}

// names reports whether a statement speaks of a resource. A NotResource of which one entry
// has no value does not: what it would leave out is unknown.
func (c *statement) names(text string, v *values) bool {
	for i := range c.resources {
		pattern, _, ok := c.resources[i].template.resolve(v)
		switch {
		case !ok && c.notRes:
			return false
		case ok && matchPattern(pattern, text):
			return !c.notRes
		}
	}
	return c.notRes
}

// applies reports whether conditions hold, and a thing group's policy counts.
func (c *statement) applies(v *values) bool {
	if c.group && !v.thingGroups() {
		return false
	}
	for i := range c.tests {
		if !c.tests[i].holds(v) {
			return false
		}
	}
	return true
}
