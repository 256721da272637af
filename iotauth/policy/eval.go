package policy

import (
	"slices"
	"strings"
)

// A Decision is the answer to a request.
type Decision struct {
	Verdict Verdict `json:"authDecision"`
	// Statements are those that decided: all Deny statements that match, else all Allow
	// statements that do, else none.
	Statements []Ref `json:"statements,omitempty"`
	// MissingContextValues are the keys without a value which statements for this action
	// asked for, sorted, as the documents spell them.
	MissingContextValues []string `json:"missingContextValues,omitempty"`
}

// Allowed reports whether the request may pass.
func (d Decision) Allowed() bool { return d.Verdict == Allowed }

// And combines the decisions of two sets that must both allow, as those of an Amazon
// Cognito identity: the IAM policies of its role, and its AWS IoT policies.
func (d Decision) And(other Decision) Decision {
	out := Decision{
		Verdict:              min(d.Verdict, other.Verdict),
		Statements:           slices.Concat(d.Statements, other.Statements),
		MissingContextValues: append(slices.Clone(d.MissingContextValues), other.MissingContextValues...),
	}
	if d.Verdict == ExplicitDeny || other.Verdict == ExplicitDeny {
		out.Verdict = ExplicitDeny
	}
	slices.Sort(out.MissingContextValues)
	out.MissingContextValues = slices.Compact(out.MissingContextValues)
	return out
}

// Evaluate decides a request. For many requests of one connection use [Set.Bind].
func (s *Set) Evaluate(r Request) Decision {
	v, action := newValues(r.Context), strings.ToLower(string(r.Action))
	var d Decision
	var allows, denies []Ref
	missing := missingKeys{v: v}
	for _, c := range s.statements {
		if !c.covers(action) {
			continue
		}
		missing.ofResources(c)
		if !c.names(r.Resource, v) {
			continue
		}
		missing.ofTests(c)
		switch {
		case !c.applies(v):
		case c.deny:
			denies = append(denies, c.ref)
		default:
			allows = append(allows, c.ref)
		}
	}
	switch {
	case len(denies) > 0:
		d.Verdict, d.Statements = ExplicitDeny, denies
	case len(allows) > 0:
		d.Verdict, d.Statements = Allowed, allows
	}
	d.MissingContextValues = missing.sorted()
	return d
}

// missingKeys collects keys that were asked for in vain.
type missingKeys struct {
	v     *values
	names []string
}

func (m *missingKeys) ofTemplate(t *template) {
	for _, p := range t.parts {
		if _, ok := m.v.variable(p.key); !ok {
			m.names = append(m.names, p.name)
		}
	}
}

func (m *missingKeys) ofResources(c *statement) {
	for i := range c.resources {
		m.ofTemplate(&c.resources[i].template)
	}
}

// ofTests leaves out tests that are made for absent keys.
func (m *missingKeys) ofTests(c *statement) {
	for i := range c.tests {
		t := &c.tests[i]
		if t.kind != kindNull && !t.ifExists && len(m.v.get(t.key)) == 0 {
			m.names = append(m.names, t.source.Key)
		}
		for j := range t.wants {
			m.ofTemplate(&t.wants[j].template)
		}
	}
}

func (m *missingKeys) sorted() []string {
	slices.Sort(m.names)
	return slices.Compact(m.names)
}
