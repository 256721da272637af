package attr

import "math"

// AWS's words for numbers that it does not store. The two that name no limit of
// 38 digits are also its answer to arithmetic that would need more of them.
var (
	errOverflow  = &ValidationError{"Number overflow. Attempting to store a number with magnitude larger than supported range"}
	errUnderflow = &ValidationError{"Number underflow. Attempting to store a number with magnitude smaller than supported range"}
	errPrecision = &ValidationError{"Attempting to store more than 38 significant digits in a Number"}
)

func errNotNumeric(s string) error {
	if s == "" {
		return &ValidationError{"The parameter cannot be converted to a numeric value"}
	}
	return &ValidationError{"The parameter cannot be converted to a numeric value: " + s}
}

// ParseNumber reads a decimal: an optional sign, digits with at most one point,
// and an optional exponent, as in "12", "-.5" and "1.5E-7". White space is not
// allowed. The error is a [*ValidationError] in AWS's words.
func ParseNumber(s string) (Number, error) {
	rest := s
	neg := false
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		neg = rest[0] == '-'
		rest = rest[1:]
	}
	m, rest := scanMantissa(rest)
	exp, ok := scanExponent(rest)
	if !ok || m.seen == 0 {
		return Number{}, errNotNumeric(s)
	}
	if m.coef.isZero() {
		return Number{}, nil
	}
	exp += m.exp()
	switch first := exp + m.significant - 1; {
	case first > maxExp:
		return Number{}, errOverflow
	case first < minExp:
		return Number{}, errUnderflow
	case m.significant > maxDigits:
		return Number{}, errPrecision
	}
	return Number{coef: m.coef, exp: int16(exp), digits: uint8(m.significant), neg: neg}, nil
}

// mantissa is the digits of a decimal as [scanMantissa] found them.
type mantissa struct {
	coef        u128 // the significant digits, unless there are more than 38
	significant int  // digits from the first to the last that is not 0
	seen        int  // all digits
	last        int  // digits seen up to and with the last that is not 0
	point       int  // digits seen before the point, or -1
}

// exp returns the power of ten of coef's last digit.
func (m *mantissa) exp() int {
	if m.point < 0 {
		return m.seen - m.last
	}
	return m.point - m.last
}

// scanMantissa reads digits and one point from the front of s.
func scanMantissa(s string) (m mantissa, rest string) {
	m.point = -1
	i := 0
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && m.point < 0 {
			m.point = m.seen
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		m.seen++
		if c != '0' {
			m.push(uint64(c - '0'))
		}
	}
	return m, s[i:]
}

// push appends the digit that was seen last, and the zeros before it.
func (m *mantissa) push(digit uint64) {
	if m.significant == 0 {
		m.significant = 1
	} else {
		m.significant += m.seen - m.last
	}
	if m.significant <= maxDigits {
		shift := 1
		if m.last > 0 {
			shift = m.seen - m.last
		}
		c, _ := m.coef.mulPow10(shift)
		m.coef, _ = c.add(u128{0, digit})
	}
	m.last = m.seen
}

// scanExponent reads "", or an E with an optional sign and digits. An exponent
// far out of range stays far out of range.
func scanExponent(s string) (exp int, ok bool) {
	if s == "" {
		return 0, true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return 0, false
	}
	s = s[1:]
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		exp = min(exp*10+int(s[i]-'0'), math.MaxInt32)
	}
	if neg {
		exp = -exp
	}
	return exp, true
}

// String returns the form in which DynamoDB answers: digits without exponent,
// without needless zeros, and "0" for every zero.
func (n Number) String() string {
	var buf [maxDigits + 4]byte
	return string(n.append(buf[:0]))
}

// AppendText appends the text of [Number.String] to dst. The error is nil.
func (n Number) AppendText(dst []byte) ([]byte, error) { return n.append(dst), nil }

// append appends the text of n to dst.
func (n Number) append(dst []byte) []byte {
	if n.digits == 0 {
		return append(dst, '0')
	}
	if n.neg {
		dst = append(dst, '-')
	}
	var buf [2 * 19]byte
	digits := n.appendDigits(buf[:])
	switch point := len(digits) + int(n.exp); {
	case n.exp >= 0:
		return appendZeros(append(dst, digits...), int(n.exp))
	case point > 0:
		dst = append(dst, digits[:point]...)
		dst = append(dst, '.')
		return append(dst, digits[point:]...)
	default:
		dst = appendZeros(append(dst, "0."...), -point)
		return append(dst, digits...)
	}
}

// appendDigits writes the coefficient's digits to the end of buf and returns them.
func (n Number) appendDigits(buf []byte) []byte {
	high, low := n.coef.divmod64(ten19) // both below 10^19
	for i := len(buf) - 1; i >= len(buf)-int(n.digits); i-- {
		if i == len(buf)-1-19 {
			low = high.lo
		}
		buf[i] = '0' + byte(low%10)
		low /= 10
	}
	return buf[len(buf)-int(n.digits):]
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}
