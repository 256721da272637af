package policy

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"strings"
	"time"
)

// A test is a compiled condition.
type test struct {
	operator
	key    string // folded
	source Condition
	wants  []want
}

// A want is one value of the policy, parsed as its kind needs. One that cannot be parsed
// matches nothing, and keeps a negated operator from holding.
type want struct {
	template template // of kinds that take variables
	valid    bool     // the fields below are set
	number   number
	date     time.Time
	truth    bool
	bytes    []byte
	prefix   netip.Prefix
}

func compileTest(c Condition, variables bool) (test, error) {
	op, err := parseOperator(c.Operator)
	if err != nil {
		return test{}, err
	}
	t := test{operator: op, key: foldKey(c.Key), source: c}
	for _, value := range c.Values {
		w, err := compileWant(op.kind, value, variables)
		if err != nil {
			return test{}, err
		}
		t.wants = append(t.wants, w)
	}
	return t, nil
}

func compileWant(k kind, value string, variables bool) (w want, err error) {
	switch k {
	case kindNumeric:
		w.number, w.valid = parseNumber(value)
	case kindDate:
		w.date, w.valid = parseDate(value)
	case kindBool, kindNull:
		w.truth, w.valid = parseBool(value)
	case kindBinary:
		w.bytes, err = base64.StdEncoding.DecodeString(value)
		w.valid, err = err == nil, nil
	case kindIP:
		w.prefix, w.valid = parsePrefix(value)
	default:
		w.template, err = compileTemplate(value, k.wild(), variables)
		w.valid = err == nil
	}
	return w, err
}

func parseBool(text string) (value, ok bool) {
	switch {
	case strings.EqualFold(text, "true"):
		return true, true
	case strings.EqualFold(text, "false"):
		return false, true
	}
	return false, false
}

// parsePrefix reads an address, or a range in CIDR notation. Bits behind the prefix do
// not count.
func parsePrefix(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// timed reports whether the test's outcome may change while a connection lasts.
func (t *test) timed() bool {
	return t.key == foldedCurrentTime || t.key == foldedEpochTime
}

var foldedCurrentTime, foldedEpochTime = foldKey(KeyCurrentTime), foldKey(KeyEpochTime)

// holds decides the test for a request.
func (t *test) holds(v *values) bool {
	got := v.get(t.key)
	if t.kind == kindNull {
		return t.null(len(got) == 0)
	}
	if len(got) == 0 {
		return t.absent(v)
	}
	switch t.quantifier {
	case forAll:
		// IAM: also true where the values are a null data set, such as an empty string.
		if len(got) == 1 && got[0] == "" {
			return true
		}
		for _, value := range got {
			if !t.accepts(value, v) {
				return false
			}
		}
		return true
	case forAnyOne:
		for _, value := range got {
			if t.accepts(value, v) {
				return true
			}
		}
		return false
	}
	return t.single(got, v)
}

// absent decides for a key without values. A negated operator holds: what is not there
// differs from everything that is known.
func (t *test) absent(v *values) bool {
	switch {
	case t.ifExists, t.quantifier == forAll:
		return true
	case t.quantifier == forAnyOne || !t.negated:
		return false
	}
	for i := range t.wants {
		w := &t.wants[i]
		if _, _, ok := w.template.resolve(v); !ok || !w.valid {
			return false
		}
	}
	return true
}

// single decides without a set operator. Where a key has several values nevertheless, one
// that matches is enough, and a negated operator wants none that matches.
func (t *test) single(got []string, v *values) bool {
	for _, value := range got {
		if t.accepts(value, v) != t.negated {
			return !t.negated
		}
	}
	return t.negated
}

func (t *test) null(absent bool) bool {
	for _, w := range t.wants {
		if w.valid && w.truth == absent {
			return true
		}
	}
	return false
}

// accepts decides for one value of the request: it matches one of the policy's, or under a
// negated operator none. A negated operator that cannot know, because a variable has no
// value or the policy's value is malformed, does not hold.
func (t *test) accepts(value string, v *values) bool {
	for i := range t.wants {
		matched, known := t.matches(value, &t.wants[i], v)
		switch {
		case t.negated && (matched || !known):
			return false
		case !t.negated && matched:
			return true
		}
	}
	return t.negated
}

// matches compares one value with one of the policy's.
func (t *test) matches(value string, w *want, v *values) (matched, known bool) {
	if !w.valid {
		return false, false
	}
	switch t.kind {
	case kindNumeric:
		n, ok := parseNumber(value)
		return ok && t.order&n.compare(w.number) != 0, true
	case kindDate:
		d, ok := parseDate(value)
		return ok && t.order&orderOf(d.Compare(w.date)) != 0, true
	case kindBool:
		b, ok := parseBool(value)
		return ok && b == w.truth, true
	case kindBinary:
		b, err := base64.StdEncoding.DecodeString(value)
		return err == nil && bytes.Equal(b, w.bytes), true
	case kindIP:
		a, err := netip.ParseAddr(value)
		return err == nil && w.prefix.Contains(a.Unmap()), true
	}
	pattern, _, ok := w.template.resolve(v)
	if !ok {
		return false, false
	}
	return matchText(t.kind, pattern, value), true
}

func matchText(k kind, pattern, value string) bool {
	switch k {
	case kindStringFold:
		return strings.EqualFold(pattern, value)
	case kindStringLike:
		return matchPattern(pattern, value)
	case kindARN:
		return matchARN(pattern, value)
	}
	return pattern == value
}

// matchARN compares each of the six parts on its own: a "*" does not pass a colon, except
// in the last part, which may hold colons.
func matchARN(pattern, value string) bool {
	for range 5 {
		want, restWant, ok := strings.Cut(pattern, ":")
		got, restGot, also := strings.Cut(value, ":")
		if !ok || !also || !matchPattern(want, got) {
			return false
		}
		pattern, value = restWant, restGot
	}
	return matchPattern(pattern, value)
}
