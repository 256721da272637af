package policy

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// A search walks the texts of an automaton, shortest first.
type search struct {
	*automaton
	letters []rune
	alive   int                           // a text with no state below this is given up
	accept  func(tags tagSet) bool        // what is looked for
	found   func(text string) (stop bool) // called with a text of each subset that is accepted

	words    int
	closures []bitset   // by state: what it reaches without reading
	moves    [][]bitset // by letter and state: what it reaches by reading, nil for nothing
}

// A tagSet says in which languages a text is.
type tagSet []bool

// A bitset is a set of states.
type bitset []uint64

func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }
func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }

func (b bitset) or(c bitset) {
	for i, w := range c {
		b[i] |= w
	}
}

// each calls f with the members.
func (b bitset) each(f func(i int)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			f(64*i + bits.TrailingZeros64(w))
		}
	}
}

func (b bitset) key() string {
	out := make([]byte, 0, 8*len(b))
	for _, w := range b {
		out = binary.LittleEndian.AppendUint64(out, w)
	}
	return string(out)
}

// A subset is the states that a text reaches.
type subset struct {
	states bitset
	parent int
	letter rune
}

// run calls found with texts that accept takes, until it says stop.
func (s *search) run() error {
	s.prepare()
	first := make(bitset, s.words)
	for _, st := range s.starts {
		first.or(s.closures[st])
	}
	seen := map[string]bool{first.key(): true}
	queue := []subset{{states: first, parent: -1}}
	for i := 0; i < len(queue); i++ {
		if s.accept(s.tagsOf(queue[i].states)) && s.found(spell(queue, i)) {
			return nil
		}
		for l, letter := range s.letters {
			next := s.step(queue[i].states, l)
			if next == nil || seen[next.key()] {
				continue
			}
			if len(queue) == maxStates {
				return ErrTooComplex
			}
			seen[next.key()] = true
			queue = append(queue, subset{next, i, letter})
		}
	}
	return nil
}

func (s *search) prepare() {
	s.words = (len(s.states) + 63) / 64
	s.closures = make([]bitset, len(s.states))
	for i := range s.states {
		s.closures[i] = s.closure(i)
	}
	s.moves = make([][]bitset, len(s.letters))
	for l, letter := range s.letters {
		s.moves[l] = make([]bitset, len(s.states))
		for i := range s.states {
			for _, e := range s.states[i].edges {
				if e.low > letter || letter > e.high {
					continue
				}
				if s.moves[l][i] == nil {
					s.moves[l][i] = make(bitset, s.words)
				}
				s.moves[l][i].or(s.closures[e.to])
			}
		}
	}
}

func (s *search) closure(state int) bitset {
	out := make(bitset, s.words)
	out.set(state)
	for pending := []int{state}; len(pending) > 0; {
		last := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for _, to := range s.states[last].free {
			if !out.has(to) {
				out.set(to)
				pending = append(pending, to)
			}
		}
	}
	return out
}

// step reads a letter. It returns nil where no state is left that counts.
func (s *search) step(from bitset, letter int) bitset {
	next := make(bitset, s.words)
	from.each(func(i int) { next.or(s.moves[letter][i]) })
	for i := range (s.alive + 63) / 64 {
		w := next[i]
		if rest := s.alive - 64*i; rest < 64 {
			w &= 1<<rest - 1
		}
		if w != 0 {
			return next
		}
	}
	return nil
}

func (s *search) tagsOf(states bitset) tagSet {
	tags := make(tagSet, s.tags)
	states.each(func(i int) {
		if t := s.states[i].tag; t >= 0 {
			tags[t] = true
		}
	})
	return tags
}

func spell(queue []subset, i int) string {
	var text []rune
	for ; queue[i].parent >= 0; i = queue[i].parent {
		text = append(text, queue[i].letter)
	}
	slices.Reverse(text)
	return string(text)
}
