package policy

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// A ModelProof says whether a policy lets a role do just what a model grants it.
type ModelProof struct {
	Holds      bool
	Difference string // the shortest difference, "" when Holds
}

// Prove decides whether a set lets a client of a role do exactly what the model grants:
// publish, retain and receive on the model's topics, subscribe to its filters, and connect
// under its own client ID. The client is one whose variables have values and for whom all
// conditions hold; its identity is any that no pattern spells. A parameter whose length
// varies is taken to have no longest value.
//
// It asks about every topic and filter of every channel, of whatever parameters; in a
// filter a "+" may stand for any parameter. Topics and filters that the model does not
// know are not asked about: there a "*" may allow what nobody uses. Nor are names that hold
// ":topic/", ":topicfilter/" or ":client/", into which a resource that begins with
// arn:aws:iot:*:*: reads on; [Lint] reports such resources.
// Errors: [ErrModel], [ErrTooComplex].
func (m *Model) Prove(s *Set, role string) (ModelProof, error) {
	r, err := m.role(role)
	if err != nil {
		return ModelProof{}, err
	}
	for _, action := range []Action{Connect, Publish, RetainPublish, Subscribe, Receive} {
		difference, err := m.difference(s, r, action)
		if err != nil {
			return ModelProof{}, err
		}
		if difference != "" {
			return ModelProof{Difference: difference}, nil
		}
	}
	return ModelProof{Holds: true}, nil
}

// difference looks for a resource of the model which the set treats otherwise.
func (m *Model) difference(s *Set, r *Role, action Action) (string, error) {
	c := comparison{action: action, a: s, b: s, stA: covering(s, action)}
	if err := c.collect(); err != nil {
		return "", err
	}
	spec, err := newSpec(&c, r)
	if err != nil {
		return "", err
	}
	a := &automaton{}
	universe, granted, strange := a.newTag(), a.newTag(), a.newTag()
	if err := spec.add(a, m, r, universe, granted); err != nil {
		return "", err
	}
	alive := len(a.states)
	if err := a.addRegexp("^"+spec.head+`[^\x00]*:`+string(action.ResourceType())+`/[^\x00]*$`, strange); err != nil {
		return "", err
	}
	truth := make([]bool, len(c.atoms))
	for i := range truth {
		truth[i] = true
	}
	parts := c.parts(a, c.stA, truth)
	difference := ""
	search := search{
		automaton: a, letters: a.alphabet(len(c.symbols)), alive: alive,
		accept: func(tags tagSet) bool {
			return tags[universe] && !tags[strange] && exactlyAllowed(parts, tags) != tags[granted]
		},
	}
	search.found = func(text string) bool {
		tags := search.tagsOf(search.reach(text))
		verb := "does not allow"
		if exactlyAllowed(parts, tags) {
			verb = "allows"
		}
		difference = fmt.Sprintf("it %s %s %s", verb, action, shortResource(spec.spell(text)))
		return true
	}
	if err := search.run(); err != nil {
		return "", fmt.Errorf("%w: %s of role %s", err, action, r.Name)
	}
	return difference, nil
}

// exactlyAllowed takes every variable as text of its own.
func exactlyAllowed(parts []part, tags tagSet) bool {
	allowed := false
	for i := range parts {
		if tags[parts[i].exact] == parts[i].notRes {
			continue
		}
		if parts[i].deny {
			return false
		}
		allowed = true
	}
	return allowed
}

// reach is what a text reaches.
func (s *search) reach(text string) bitset {
	at := make(bitset, s.words)
	for _, st := range s.starts {
		at.or(s.closures[st])
	}
	for _, letter := range text {
		if at = s.step(at, slices.Index(s.letters, letter)); at == nil {
			return make(bitset, s.words)
		}
	}
	return at
}

// A spec is what a model says of one action, as regular expressions over ARNs.
type spec struct {
	c        *comparison
	action   Action
	head     string // of ARNs
	identity string // expression of the client's own identity, "" for none
	client   string // expression of its client IDs
}

// newSpec gives the role's variables symbols, whether or not the policy has them.
func newSpec(c *comparison, r *Role) (*spec, error) {
	s := &spec{c: c, action: c.action, head: regexp.QuoteMeta(c.place().prefix(c.action.ResourceType()))}
	var err error
	if s.identity, err = c.expression(r.Variable); err == nil {
		s.client, err = c.expression(r.client())
	}
	if err != nil {
		return nil, fmt.Errorf("%w: role %s: %w", ErrModel, r.Name, err)
	}
	return s, nil
}

// expression turns a template into a regular expression, variables into symbols.
func (c *comparison) expression(template string) (string, error) {
	t, err := compileTemplate(template, true, true)
	if err != nil {
		return "", err
	}
	for _, p := range t.parts {
		c.addAtom(atom{key: p.key, name: p.name})
		if !slices.Contains(c.symbols, p.key) {
			c.symbols, c.spelt = append(c.symbols, p.key), append(c.spelt, p.name)
		}
	}
	var b strings.Builder
	for _, it := range c.items(&t) {
		switch it.wild {
		case star:
			b.WriteString(`[^\x00]*`)
		case one:
			b.WriteString(`[^\x00]`)
		default:
			b.WriteString(regexp.QuoteMeta(string(it.char)))
		}
	}
	return b.String(), nil
}

// place is where the statements hold: the first partition, region and account that one
// spells.
func (c *comparison) place() *Connection {
	out := new(Connection)
	for _, st := range c.stA {
		for i := range st.resources {
			a, err := ParseARN(st.resources[i].text)
			for _, part := range []struct {
				from string
				to   *string
			}{{a.Partition, &out.Partition}, {a.Region, &out.Region}, {a.Account, &out.Account}} {
				if err == nil && *part.to == "" && !strings.ContainsAny(part.from, "*?$") {
					*part.to = part.from
				}
			}
		}
	}
	return out
}

// add adds what there is as universe, and what the role may use of it as granted.
func (s *spec) add(a *automaton, m *Model, r *Role, universe, granted int) error {
	if s.action == Connect {
		if err := a.addRegexp("^"+s.head+s.client+"$", granted); err != nil {
			return err
		}
		return a.addRegexp("^"+s.head+`[^\x00]+$`, universe)
	}
	for _, c := range m.Channels {
		list := c.Receive
		if s.action == Publish || s.action == RetainPublish {
			list = c.Publish
		}
		g := grant(list, r.Name)
		if g != nil && (s.action != RetainPublish || c.Retain) {
			if err := a.addRegexp("^"+s.head+s.levels(m, c, r, g)+"$", granted); err != nil {
				return err
			}
		}
		if err := a.addRegexp("^"+s.head+s.levels(m, c, r, nil)+"$", universe); err != nil {
			return err
		}
	}
	return nil
}

// levels is an expression of a channel's topics, or filters: those that g grants, or all.
func (s *spec) levels(m *Model, c Channel, r *Role, g *Grant) string {
	var out []string
	for _, l := range c.levels() {
		p := m.Parameters[l.parameter]
		own := p.Identity != "" && p.Identity == r.Identity
		value := p.relaxed()
		switch {
		case l.parameter == "":
			out = append(out, regexp.QuoteMeta(l.text))
			continue
		case own && g != nil && g.Topics == Own:
			out = append(out, s.identity)
			continue
		case own:
			value += "|" + s.identity
		}
		if s.action == Subscribe && (g == nil || g.Topics != Each) {
			value += `|\+`
		}
		out = append(out, "(?:"+value+")")
	}
	return strings.Join(out, "/")
}

// spell names variables in a text.
func (s *spec) spell(text string) string {
	w := witness{comparison: s.c}
	return w.spell(text, nil)
}

// relaxed is the pattern without anchors, and without bounds on what may be repeated more
// or less often: counting to 128 would cost an automaton a state for every number.
func (p Parameter) relaxed() string {
	re, err := syntax.Parse(p.Pattern, syntax.Perl)
	if err != nil || !anchored(re) {
		return "" // Validate has refused it
	}
	re.Sub = re.Sub[1 : len(re.Sub)-1]
	unbound(re)
	return re.String()
}

func unbound(re *syntax.Regexp) {
	if re.Op == syntax.OpRepeat && re.Min < re.Max {
		re.Max = -1
	}
	for _, sub := range re.Sub {
		unbound(sub)
	}
}
