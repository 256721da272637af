package attr

// Number is an exact decimal of up to 38 significant digits, with a magnitude
// of 1E-130 to 9.9999999999999999999999999999999999999E+125, or zero. The zero
// Number is 0. Numbers are normalised, so == compares them by value.
type Number struct {
	hi, lo uint64 // coefficient: an integer below 10^38 that 10 does not divide
	exp    int16  // power of ten of the coefficient's last digit; 0 for zero
	neg    bool
}

// ParseNumber reads a decimal such as "12", "-0.5" or "1.5E-7". The error is a
// [*ValidationError] in AWS's words.
func ParseNumber(s string) (Number, error) { panic("todo") }

// NumberFromInt returns the Number i.
func NumberFromInt(i int64) Number { panic("todo") }

// String returns the form in which DynamoDB answers: digits without exponent,
// trailing zeros or leading zeros, and "0" for every zero.
func (n Number) String() string { panic("todo") }

// AppendText appends [Number.String] to dst.
func (n Number) AppendText(dst []byte) ([]byte, error) { panic("todo") }

// Cmp returns -1, 0 or +1 as n is less than, equal to or greater than m.
func (n Number) Cmp(m Number) int { panic("todo") }

// Sign returns -1, 0 or +1.
func (n Number) Sign() int { panic("todo") }

// Neg returns -n.
func (n Number) Neg() Number { panic("todo") }

// Int64 returns n as an int64; ok is false where n is no integer or out of range.
func (n Number) Int64() (i int64, ok bool) { panic("todo") }

// Add returns n + m. The error is a [*ValidationError].
func (n Number) Add(m Number) (Number, error) { panic("todo") }

// Sub returns n - m. The error is a [*ValidationError].
func (n Number) Sub(m Number) (Number, error) { panic("todo") }
