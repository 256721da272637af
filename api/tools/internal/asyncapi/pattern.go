package asyncapi

import (
	"errors"
	"fmt"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
)

// A Pattern is a regular expression simple enough for every target language to check in
// one pass, without backtracking and without a library: a sequence of atoms between ^
// and $. An atom is a character or a class, [0-9a-f], and may be repeated: {6} or {1,128}.
// What may follow an atom of variable length shares no character with it.
type Pattern struct {
	Source string
	Atoms  []Atom
}

// An Atom is a run of Min to Max characters of one class.
type Atom struct {
	Class    Class
	Min, Max int
}

// A Class is a set of ASCII characters.
type Class [2]uint64

// levelChars is what a parameter may be made of. It leaves out what means something to
// MQTT, to policies, to SQL or to a shell: / + # $ * ? { } ' " % and space.
var levelChars = classOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:")

// atomSyntax is one atom at the start of the rest.
var atomSyntax = regexp.MustCompile(`^(?:\[([^\]\[^]+)\]|([A-Za-z0-9_:-]))(?:\{([0-9]{1,3})(?:,([0-9]{1,3}))?\})?`)

// ParsePattern reads a pattern. Its errors say what is wrong with it.
func ParsePattern(source string) (Pattern, error) {
	p := Pattern{Source: source}
	rest, begins := strings.CutPrefix(source, "^")
	rest, ends := strings.CutSuffix(rest, "$")
	if !begins || !ends || rest == "" {
		return p, errors.New("a pattern stands between ^ and $")
	}
	for rest != "" {
		m := atomSyntax.FindStringSubmatch(rest)
		if m == nil {
			return p, fmt.Errorf("%q is neither a character nor a class, each with {n} or {m,n}", rest)
		}
		atom, err := newAtom(m[1], m[2], m[3], m[4])
		if err != nil {
			return p, fmt.Errorf("%q: %w", m[0], err)
		}
		p.Atoms = append(p.Atoms, atom)
		rest = rest[len(m[0]):]
	}
	return p, p.check()
}

func newAtom(class, char, lowest, highest string) (Atom, error) {
	a := Atom{Class: classOf(char), Min: 1, Max: 1}
	if class != "" {
		var err error
		if a.Class, err = parseClass(class); err != nil {
			return a, err
		}
	}
	if lowest != "" {
		a.Min, _ = strconv.Atoi(lowest)
		a.Max = a.Min
	}
	if highest != "" {
		a.Max, _ = strconv.Atoi(highest)
	}
	if a.Max < a.Min || a.Max == 0 {
		return a, errors.New("it repeats no times")
	}
	if !a.Class.within(levelChars) {
		return a, errors.New("it allows a character that may not stand in a level")
	}
	return a, nil
}

func (p Pattern) check() error {
	if p.MinLength() == 0 {
		return errors.New("it allows the empty level")
	}
	for i, a := range p.Atoms {
		if a.Min != a.Max && a.Class.Overlaps(first(p.Atoms[i+1:])) {
			return fmt.Errorf("atom %d has a variable length and shares a character with what may follow", i+1)
		}
	}
	return nil
}

// first holds the characters that a run of atoms may begin with.
func first(atoms []Atom) Class {
	var c Class
	for _, a := range atoms {
		c = Class{c[0] | a.Class[0], c[1] | a.Class[1]}
		if a.Min > 0 {
			break
		}
	}
	return c
}

// MinLength is the length of the shortest value.
func (p Pattern) MinLength() int {
	n := 0
	for _, a := range p.Atoms {
		n += a.Min
	}
	return n
}

// MaxLength is the length of the longest value.
func (p Pattern) MaxLength() int {
	n := 0
	for _, a := range p.Atoms {
		n += a.Max
	}
	return n
}

// Match reports whether s is a value, as generated code does: atom by atom, each taking
// as much as it can.
func (p Pattern) Match(s string) bool {
	for _, a := range p.Atoms {
		n := 0
		for n < a.Max && n < len(s) && a.Class.Has(s[n]) {
			n++
		}
		if n < a.Min {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

// classOf is the class of the characters of s, which are ASCII.
func classOf(s string) Class {
	var c Class
	for i := range len(s) {
		c.add(s[i], s[i])
	}
	return c
}

// parseClass reads the inside of brackets: characters and ranges. A hyphen at either end
// is a hyphen.
func parseClass(s string) (Class, error) {
	var c Class
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return c, errors.New("only ASCII")
		}
		low, high := s[i], s[i]
		if i+2 < len(s) && s[i+1] == '-' {
			high = s[i+2]
			i += 2
		}
		if low > high || high >= 0x80 {
			return c, fmt.Errorf("%c-%c is no range", low, high)
		}
		c.add(low, high)
	}
	return c, nil
}

func (c *Class) add(low, high byte) {
	for b := low; b <= high; b++ {
		c[b/64] |= 1 << (b % 64)
	}
}

// Has reports whether b is in c.
func (c Class) Has(b byte) bool { return b < 128 && c[b/64]&(1<<(b%64)) != 0 }

// Overlaps reports whether c and d share a character.
func (c Class) Overlaps(d Class) bool { return c[0]&d[0]|c[1]&d[1] != 0 }

func (c Class) within(d Class) bool { return c[0]&^d[0]|c[1]&^d[1] == 0 }

// Size is the number of characters in c.
func (c Class) Size() int { return bits.OnesCount64(c[0]) + bits.OnesCount64(c[1]) }

// Ranges are the runs of adjacent characters in c, each as its first and last character.
func (c Class) Ranges() [][2]byte {
	var list [][2]byte
	for b := range byte(128) {
		switch {
		case !c.Has(b):
		case len(list) > 0 && list[len(list)-1][1] == b-1:
			list[len(list)-1][1] = b
		default:
			list = append(list, [2]byte{b, b})
		}
	}
	return list
}
