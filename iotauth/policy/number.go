package policy

import "strings"

// A number is a decimal, normalised, so that numbers of any length compare exactly.
type number struct {
	negative bool
	whole    string // digits without leading zeros
	fraction string // digits without trailing zeros
}

// parseNumber reads "-12.50": digits with a sign and a fraction, no exponent.
func parseNumber(text string) (number, bool) {
	var n number
	switch {
	case strings.HasPrefix(text, "-"):
		n.negative, text = true, text[1:]
	case strings.HasPrefix(text, "+"):
		text = text[1:]
	}
	whole, fraction, point := strings.Cut(text, ".")
	if !digits(whole) || point && !digits(fraction) {
		return number{}, false
	}
	n.whole, n.fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if n.whole == "" && n.fraction == "" {
		n.negative = false // there is one zero
	}
	return n, true
}

// digits reports whether text is one digit or more.
func digits(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// compare orders two numbers.
func (n number) compare(m number) order {
	if n.negative != m.negative {
		if n.negative {
			return less
		}
		return greater
	}
	o := compareDigits(n, m)
	if n.negative && o != equal {
		o = less + greater - o
	}
	return o
}

// compareDigits orders absolute values.
func compareDigits(n, m number) order {
	switch {
	case len(n.whole) != len(m.whole):
		return orderOf(len(n.whole) - len(m.whole))
	case n.whole != m.whole:
		return orderOf(strings.Compare(n.whole, m.whole))
	}
	return orderOf(strings.Compare(n.fraction, m.fraction))
}

func orderOf(sign int) order {
	switch {
	case sign < 0:
		return less
	case sign > 0:
		return greater
	}
	return equal
}
