package topic

import "fmt"

// values are what a parameter may be: a sequence of atoms. The generator sees to it that
// taking as much as one can, atom by atom, finds every value.
type values struct {
	meaning string // what a value is, for errors
	secret  bool   // errors do not repeat it
	atoms   []atom
}

// An atom is a run of min to max characters. Its ranges are pairs of first and last
// characters: "09af" for hexadecimal digits.
type atom struct {
	ranges   string
	min, max int
}

// check returns an [ErrParameter] unless s is a value.
func (v *values) check(s string) error {
	switch {
	case v.match(s):
		return nil
	case v.secret:
		return fmt.Errorf("%w: not %s", ErrParameter, v.meaning)
	default:
		return fmt.Errorf("%w: %q is not %s", ErrParameter, s, v.meaning)
	}
}

func (v *values) match(s string) bool {
	for _, a := range v.atoms {
		n := 0
		for n < a.max && n < len(s) && a.has(s[n]) {
			n++
		}
		if n < a.min {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

func (a *atom) has(c byte) bool {
	for i := 0; i < len(a.ranges); i += 2 {
		if a.ranges[i] <= c && c <= a.ranges[i+1] {
			return true
		}
	}
	return false
}
