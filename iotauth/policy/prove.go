package policy

import (
	"fmt"
	"slices"
	"strings"
)

// A Proof says whether one set allows nothing that another does not.
type Proof struct {
	// Holds: whatever the first set allows, the second allows as well.
	Holds bool
	// Counterexample is a request that the first set allows and the second does not, the
	// shortest there is for its action. It is nil when Holds.
	Counterexample *Counterexample
}

// A Counterexample is a request that tells two sets apart.
type Counterexample struct {
	Request Request
	// Confirmed: both sets were asked, and answered differently. Otherwise the request
	// stands for a combination of conditions of which no example was found; it may be that
	// there is none.
	Confirmed bool
	// Assuming lists the conditions and variables as the request has them, for people.
	Assuming []string
}

// String is one line.
func (c *Counterexample) String() string {
	s := fmt.Sprintf("%s %s", c.Request.Action, shortResource(c.Request.Resource))
	if len(c.Assuming) > 0 {
		s += " where " + strings.Join(c.Assuming, " and ")
	}
	if !c.Confirmed {
		s += " (not confirmed)"
	}
	return s
}

// Prove decides whether a allows anything that b does not. For the equality of two sets
// ask both ways.
//
// It asks about every action of the data plane, and every other that a or b names; about
// every resource that such an action can have, of any region, account and length; and
// about every combination of conditions and of variables with and without value.
//
// Holds is a proof: no request of those is allowed by a and not by b, whatever values
// variables have. A confirmed counterexample is one as well. Patterns, NotResource, Deny
// and variables are decided exactly; conditions are compared by what they say, not by what
// they mean: two that are written differently count as independent, even where one follows
// from the other. That is where a counterexample may stay unconfirmed.
//
// Errors: [ErrTooComplex]; characters of Unicode's private plane 15 in a pattern.
func Prove(a, b *Set) (Proof, error) {
	asked := map[string]bool{}
	for _, action := range actionsOf(a, b) {
		c := comparison{action: action, a: a, b: b}
		c.stA, c.stB = covering(a, action), covering(b, action)
		if asked[c.question()] || !slices.ContainsFunc(c.stA, func(s *statement) bool { return !s.deny }) {
			continue
		}
		asked[c.question()] = true
		found, err := c.run()
		if err != nil {
			return Proof{}, fmt.Errorf("%w: %s", err, action)
		}
		if found != nil {
			return Proof{Counterexample: found}, nil
		}
	}
	return Proof{Holds: true}, nil
}

// actionsOf lists the actions of the data plane, and further ones that statements spell
// without wildcards.
func actionsOf(sets ...*Set) []Action {
	list := Actions()
	for _, s := range sets {
		for _, st := range s.statements {
			for _, a := range st.actions {
				known := func(b Action) bool { return strings.EqualFold(string(b), a) }
				if firstWild(a) == len(a) && !slices.ContainsFunc(list, known) {
					list = append(list, Action(a))
				}
			}
		}
	}
	return list
}

func covering(s *Set, action Action) []*statement {
	var out []*statement
	for _, st := range s.statements {
		if st.covers(strings.ToLower(string(action))) {
			out = append(out, st)
		}
	}
	return out
}

// A comparison is of two sets, for one action.
type comparison struct {
	action   Action
	a, b     *Set
	stA, stB []*statement
	atoms    []atom
	symbols  []string // keys of variables; the index is the offset from firstSymbol
	spelt    []string // the same, as documents spell them
}

// question is equal for actions on which the answer is the same: those of one type of
// resource, of which the same statements speak.
func (c *comparison) question() string {
	var b strings.Builder
	b.WriteString(string(c.action.ResourceType()))
	for _, st := range slices.Concat(c.stA, []*statement{nil}, c.stB) {
		fmt.Fprintf(&b, " %p", st)
	}
	return b.String()
}

// maxAtoms bounds the combinations of conditions to 4,096.
const maxAtoms = 12

func (c *comparison) run() (*Counterexample, error) {
	if err := c.collect(); err != nil {
		return nil, err
	}
	var doubtful *Counterexample
	for n := 1<<len(c.atoms) - 1; n >= 0; n-- { // first with everything true
		truth := make([]bool, len(c.atoms))
		for i := range truth {
			truth[i] = n>>i&1 == 1
		}
		found, err := c.search(truth)
		switch {
		case err != nil:
			return nil, err
		case found != nil && found.Confirmed:
			return found, nil
		case found != nil && doubtful == nil:
			doubtful = found
		}
	}
	return doubtful, nil
}

// collect gathers atoms and symbols.
func (c *comparison) collect() error {
	for _, st := range slices.Concat(c.stA, c.stB) {
		if st.group {
			c.addAtom(atom{group: true})
		}
		for i := range st.tests {
			c.addAtom(atom{test: &st.tests[i]})
		}
		for i := range st.resources {
			t := &st.resources[i].template
			if err := checkPlane(st.resources[i].text); err != nil {
				return err
			}
			for _, p := range t.parts {
				c.addAtom(atom{key: p.key, name: p.name})
				if !slices.Contains(c.symbols, p.key) {
					c.symbols, c.spelt = append(c.symbols, p.key), append(c.spelt, p.name)
				}
			}
		}
	}
	if len(c.atoms) > maxAtoms {
		return fmt.Errorf("%w: %d conditions and variables, the limit is %d", ErrTooComplex, len(c.atoms), maxAtoms)
	}
	return nil
}

func checkPlane(text string) error {
	for _, r := range text {
		if r >= firstSymbol && r <= lastSymbol {
			return fmt.Errorf("policy: %q holds %U, of a plane that automata use themselves", text, r)
		}
	}
	return nil
}

func (c *comparison) addAtom(a atom) {
	if c.atom(a) < 0 {
		c.atoms = append(c.atoms, a)
	}
}

// atom is the index of an atom, -1 for none.
func (c *comparison) atom(a atom) int {
	return slices.IndexFunc(c.atoms, func(b atom) bool { return b.id() == a.id() })
}
