package cost

// A Tier is a stretch of a month's units at one price.
type Tier struct {
	Units      int64 // how many; 0 is all the rest
	PerMillion Money
}

// A Tariff is the price of one thing, by volume within a calendar month: the first units
// at the price of the first tier, and so on. The last tier takes all the rest. The empty
// tariff is free.
type Tariff []Tier

// flat returns a tariff of one price.
func flat(perMillion Money) Tariff { return Tariff{{PerMillion: perMillion}} }

// Month returns the price of units used within one month.
func (t Tariff) Month(units int64) (Money, error) {
	if units < 0 {
		return 0, ErrRange
	}
	var sum Money
	for i, tier := range t {
		n := units
		if i < len(t)-1 && tier.Units > 0 {
			n = min(units, tier.Units)
		}
		units -= n
		part, err := times(n, tier.PerMillion)
		if err == nil {
			sum, err = plus(sum, part)
		}
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// monthsPerYear are taken as equally long.
const monthsPerYear = 12

// Year returns the price of units spread evenly over twelve months. What does not divide
// by twelve goes to the first months.
func (t Tariff) Year(units int64) (Money, error) {
	each, rest := units/monthsPerYear, units%monthsPerYear
	var sum Money
	for month := range int64(monthsPerYear) {
		n := each
		if month < rest {
			n++
		}
		part, err := t.Month(n)
		if err == nil {
			sum, err = plus(sum, part)
		}
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// KB is 1,024 bytes, as AWS meters.
const KB = 1 << 10

// Metered returns how many units something of a size in bytes is, in steps of that many
// bytes: 8 KB in steps of 5 KB are 2. Nothing at all is one unit as well. A step of 0
// meters every size as one.
func Metered(bytes, step int64) int64 {
	if step <= 0 || bytes <= step {
		return 1
	}
	return (bytes-1)/step + 1
}
