package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrOverreach is a model whose grants no policy can express: patterns that let a role do
// what it may would let it do more.
var ErrOverreach = errors.New("policy: no policy is exact enough")

// ErrTooLarge is a policy of more than [MaxSize] characters.
var ErrTooLarge = errors.New("policy: too large")

// Derive makes the least-privilege policy of a role: it may connect under its own name,
// and publish, retain, subscribe to and receive what the model grants it, in every region
// and account. What another resource covers is left out. The policy is proven against the model before it is returned; see
// [Model.Prove]. Errors: [ErrModel], [ErrOverreach] with a topic that would be granted
// too, [ErrTooLarge], [ErrTooComplex].
func Derive(m *Model, role string) (*Document, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	r, err := m.role(role)
	if err != nil {
		return nil, err
	}
	doc, err := m.draft(r)
	if err != nil {
		return nil, err
	}
	if n := doc.Size(); n > MaxSize {
		return nil, fmt.Errorf("%w: that of role %s has %d characters, the limit is %d", ErrTooLarge, role, n, MaxSize)
	}
	set, err := Compile(doc)
	if err != nil {
		return nil, err
	}
	proof, err := m.Prove(set, role)
	if err != nil {
		return nil, err
	}
	if !proof.Holds {
		return nil, fmt.Errorf("%w: role %s: %s", ErrOverreach, role, proof.Difference)
	}
	return doc, nil
}

// draft writes the policy down, without asking whether it is exact.
func (m *Model) draft(r *Role) (*Document, error) {
	connect := Allow(Connect).On(Client(r.client()))
	if r.Attached {
		connect = connect.When("Bool", KeyIsAttached, "true")
	}
	doc := New(connect)
	var publish, retain, receive []string
	for _, c := range m.Channels {
		if g := grant(c.Publish, r.Name); g != nil {
			pattern, err := m.pattern(c, g, r)
			if err != nil {
				return nil, err
			}
			publish = append(publish, pattern)
			if c.Retain {
				retain = append(retain, pattern)
			}
		}
		if g := grant(c.Receive, r.Name); g != nil {
			pattern, err := m.pattern(c, g, r)
			if err != nil {
				return nil, err
			}
			receive = append(receive, pattern)
		}
	}
	for _, list := range []struct {
		action   Action
		patterns []string
	}{{Publish, publish}, {RetainPublish, retain}, {Subscribe, receive}, {Receive, receive}} {
		statement := Allow(list.action)
		for _, pattern := range widest(list.patterns) {
			statement = statement.On(Resource(list.action.ResourceType(), pattern))
		}
		if len(statement.Resource) > 0 {
			doc.Statements = append(doc.Statements, statement)
		}
	}
	return doc, nil
}

// pattern covers the topics of a grant, and as a topic filter the filters that it allows.
// A parameter of fixed length is as many "?", so that "+" and "#" do not pass for it; where
// wildcards are granted, and where the length varies, it is "*".
func (m *Model) pattern(c Channel, g *Grant, r *Role) (string, error) {
	var out []string
	for _, l := range c.levels() {
		p := m.Parameters[l.parameter]
		switch {
		case l.parameter == "":
			out = append(out, Literal(l.text))
		case g.Topics == Own && p.Identity != "" && p.Identity == r.Identity:
			out = append(out, r.Variable)
		case g.Topics == Each:
			fewest, most, err := p.lengths()
			if err != nil {
				return "", err
			}
			if fewest != most {
				return "", fmt.Errorf("%w: role %s may use each topic of channel %s, but %s has no fixed length, so no pattern keeps wildcards out",
					ErrOverreach, r.Name, c.Name, l.parameter)
			}
			out = append(out, strings.Repeat("?", most))
		default:
			out = append(out, "*")
		}
	}
	return strings.Join(out, "/"), nil
}

// widest leaves out patterns that another covers.
func widest(patterns []string) []string {
	var out []string
	for i, p := range patterns {
		covered := false
		for j, other := range patterns {
			covered = covered || i != j && covers(other, p) && (j < i || !covers(p, other))
		}
		if !covered {
			out = append(out, p)
		}
	}
	return out
}

// covers reports whether all that b matches is matched by a. It may fail to see it where
// wildcards of both lie side by side.
func covers(a, b string) bool {
	c := new(comparison)
	var lists [2][]item
	for i, text := range []string{a, b} {
		t, err := compileTemplate(text, true, true)
		if err != nil {
			return false
		}
		for _, p := range t.parts {
			if !slices.Contains(c.symbols, p.key) {
				c.symbols = append(c.symbols, p.key)
			}
		}
		lists[i] = c.items(&t)
	}
	return itemsCover(lists[0], lists[1])
}

// itemsCover decides item by item: a star covers anything, a "?" one character that is not
// a variable.
func itemsCover(a, b []item) bool {
	switch {
	case len(a) == 0:
		return len(b) == 0
	case a[0].wild == star:
		for i := range len(b) + 1 {
			if itemsCover(a[1:], b[i:]) {
				return true
			}
		}
		return false
	case len(b) == 0:
		return false
	case a[0].wild == one && (b[0].wild == star || b[0].wild == 0 && b[0].char >= firstSymbol):
		return false
	case a[0].wild == 0 && a[0] != b[0]:
		return false
	}
	return itemsCover(a[1:], b[1:])
}
