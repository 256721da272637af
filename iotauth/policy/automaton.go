package policy

import (
	"errors"
	"regexp/syntax"
	"slices"
	"unicode"
)

// ErrTooComplex is a question that needs more states, or more combinations of conditions,
// than are searched.
var ErrTooComplex = errors.New("policy: too complex to decide")

// maxStates bounds the search of one automaton.
const maxStates = 1 << 17

// In automata a variable is one character of its own: what it stands for is not known, and
// a "?" does not match it. They are taken from a private plane of Unicode, which may not
// stand in documents that are compared.
const (
	firstSymbol rune = 0xF0000
	lastSymbol  rune = 0xFFFFD
)

// An automaton is many languages read at once: a nondeterministic automaton whose final
// states say of which language they are.
type automaton struct {
	states []nfaState
	starts []int
	tags   int
}

type nfaState struct {
	edges []nfaEdge
	free  []int // reached without reading
	tag   int   // of the language that ends here, -1 for none
}

type nfaEdge struct {
	low, high rune
	to        int
}

func (a *automaton) newTag() int {
	a.tags++
	return a.tags - 1
}

func (a *automaton) newState() int {
	a.states = append(a.states, nfaState{tag: -1})
	return len(a.states) - 1
}

func (a *automaton) edge(from int, low, high rune, to int) {
	a.states[from].edges = append(a.states[from].edges, nfaEdge{low, high, to})
}

func (a *automaton) freely(from, to int) { a.states[from].free = append(a.states[from].free, to) }

// An item is one character of a template in an automaton.
type item struct {
	char rune // a literal or the symbol of a variable
	wild byte // star, one or 0
}

// addItems adds the language of a template under a tag. With loose, variables may stand
// for anything: the language holds each text that matches for some of their values.
func (a *automaton) addItems(items []item, tag int, loose bool) {
	at := a.newState()
	a.starts = append(a.starts, at)
	first := at
	for _, it := range items {
		isSymbol := it.wild == 0 && it.char >= firstSymbol && it.char <= lastSymbol
		next := a.newState()
		switch {
		case it.wild == star, loose && isSymbol:
			a.edge(at, 0, unicode.MaxRune, at)
			a.freely(at, next)
		case it.wild == one:
			a.edge(at, 0, firstSymbol-1, next)
			a.edge(at, lastSymbol+1, unicode.MaxRune, next)
		default:
			a.edge(at, it.char, it.char, next)
		}
		at = next
	}
	a.states[at].tag = tag
	if !loose {
		return
	}
	for from := first; from <= at; from++ { // a variable of the text may read on any part
		for to := from; to <= at; to++ {
			a.edge(from, firstSymbol, lastSymbol, to)
		}
	}
}

// addRegexp adds the language of an anchored regular expression under a tag.
func (a *automaton) addRegexp(expression string, tag int) error {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return err
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return err
	}
	base := len(a.states)
	for range prog.Inst {
		a.newState()
	}
	a.starts = append(a.starts, base+prog.Start)
	for i := range prog.Inst {
		a.addInst(base, base+i, &prog.Inst[i], tag)
	}
	return nil
}

func (a *automaton) addInst(base, at int, inst *syntax.Inst, tag int) {
	out := base + int(inst.Out)
	switch inst.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		a.freely(at, out)
		a.freely(at, base+int(inst.Arg))
	case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth: // anchors: the whole text is read anyway
		a.freely(at, out)
	case syntax.InstMatch:
		a.states[at].tag = tag
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		if len(inst.Rune) == 1 {
			a.edge(at, inst.Rune[0], inst.Rune[0], out)
		}
		for i := 0; i+1 < len(inst.Rune); i += 2 {
			a.edge(at, inst.Rune[i], inst.Rune[i+1], out)
		}
	}
}

// alphabet returns one character of every class that the automaton tells apart, those that
// people like to read first, and the first symbols.
func (a *automaton) alphabet(symbols int) []rune {
	bounds := []rune{0, firstSymbol, lastSymbol + 1, unicode.MaxRune + 1}
	for i := range a.states {
		for _, e := range a.states[i].edges {
			bounds = append(bounds, e.low, e.high+1)
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	var out []rune
	for i := range len(bounds) - 1 {
		if bounds[i] < firstSymbol || bounds[i] > lastSymbol {
			out = append(out, nicest(bounds[i], bounds[i+1]-1))
		}
	}
	for i := range symbols {
		out = append(out, firstSymbol+rune(i))
	}
	slices.SortStableFunc(out, func(x, y rune) int { return niceness(x) - niceness(y) })
	return out
}

// nicest is the character of a range that reads best.
func nicest(low, high rune) rune {
	for _, span := range [][2]rune{{'a', 'z'}, {'0', '9'}, {'A', 'Z'}, {'!', '~'}, {0xA1, 0x24F}} {
		if from, to := max(low, span[0]), min(high, span[1]); from <= to {
			return from
		}
	}
	return low
}

func niceness(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return 0
	case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
		return 1
	case r > ' ' && r <= '~', r >= firstSymbol && r <= lastSymbol:
		return 2
	}
	return 3
}
