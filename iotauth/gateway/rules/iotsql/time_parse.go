package iotsql

import (
	"strconv"
	"strings"
	"time"
)

// parseLetters are those of Java's DateTimeFormatter that time_to_epoch reads.
const parseLetters = "GuyMLdDEahKHkmsSVzZXx"

// A timeParser reads a time from the fields of a pattern.
type timeParser struct {
	rest                       string
	year, month, day, yearDay  int
	hour, minute, second, nano int
	afternoon, half            bool // half: the hour is one of twelve
	zone                       *time.Location
}

func (p *timeParser) read(f timeField) bool {
	switch f.letter {
	case 0:
		return p.text(f.text)
	case 'G':
		return p.text("AD")
	case 'E':
		_, ok := p.named(f, func(i int) string { return time.Weekday(i % 7).String() }, 7)
		return ok
	case 'a':
		half, ok := p.named(timeField{count: 4}, func(i int) string { return [...]string{"", "AM", "PM"}[i] }, 2)
		p.half, p.afternoon = true, half == 2
		return ok
	case 'V', 'z', 'Z', 'X', 'x':
		return p.zoneName()
	case 'S':
		return p.fraction(f.count)
	case 'M', 'L':
		if f.count >= 3 {
			month, ok := p.named(f, func(i int) string { return time.Month(i).String() }, 12)
			p.month = month
			return ok
		}
	}
	return p.numberOf(f)
}

func (p *timeParser) text(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

// named reads one of the names 1 to n, in any case, and returns its number.
func (p *timeParser) named(f timeField, nameOf func(int) string, n int) (int, bool) {
	for i := 1; i <= n; i++ {
		s := nameOf(i)
		if f.count == 3 {
			s = s[:3]
		}
		if len(p.rest) >= len(s) && strings.EqualFold(p.rest[:len(s)], s) {
			p.rest = p.rest[len(s):]
			return i, true
		}
	}
	return 0, false
}

// digits reads a number of at least least digits, and at most most.
func (p *timeParser) digits(least, most int) (int, bool) {
	n := min(digits(p.rest), most)
	if n < least || n == 0 {
		return 0, false
	}
	i, err := strconv.Atoi(p.rest[:n])
	p.rest = p.rest[n:]
	return i, err == nil
}

// numberOf reads a field of digits: one letter takes as many as there are.
func (p *timeParser) numberOf(f timeField) bool {
	least, most := f.count, f.count
	if f.count == 1 {
		most = 9
	}
	n, ok := p.digits(least, most)
	if !ok {
		return false
	}
	switch f.letter {
	case 'u', 'y':
		if f.count == 2 {
			n += 2000
		}
		p.year = n
	case 'M', 'L':
		p.month = n
	case 'd':
		p.day = n
	case 'D':
		p.yearDay = n
		return n >= 1
	case 'h', 'K':
		p.half, p.hour = true, n
		return n <= 12
	case 'H', 'k':
		p.hour = n % 24
		return n <= 24
	case 'm':
		p.minute = n
	case 's':
		p.second = n
	}
	return n <= 9999
}

func (p *timeParser) fraction(count int) bool {
	n, ok := p.digits(count, count)
	for ; count < 9; count++ {
		n *= 10
	}
	p.nano = n
	return ok && n < 1e9
}

// zoneName reads an offset or a zone's name, up to the next space.
func (p *timeParser) zoneName() bool {
	end := strings.IndexAny(p.rest, " ,;]")
	if end < 0 {
		end = len(p.rest)
	}
	zone, ok := timeZone(p.rest[:end])
	p.zone, p.rest = zone, p.rest[end:]
	return ok
}

// time is what was read, if it is a whole date.
func (p *timeParser) time() (time.Time, bool) {
	if p.half {
		p.hour %= 12
		if p.afternoon {
			p.hour += 12
		}
	}
	if p.yearDay > 0 {
		p.month, p.day = 1, p.yearDay
	}
	if p.year < 0 || p.month < 1 || p.day < 1 || p.minute > 59 || p.second > 59 {
		return time.Time{}, false
	}
	t := time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, p.nano, p.zone)
	if p.yearDay > 0 {
		return t, p.yearDay <= 366 && time.Date(p.year, 1, p.yearDay, 0, 0, 0, 0, time.UTC).Year() == p.year
	}
	date := time.Date(p.year, time.Month(p.month), p.day, 0, 0, 0, 0, time.UTC)
	return t, int(date.Month()) == p.month && date.Day() == p.day // 31 April is none
}

// timeZone returns the zone of a name of the time zone database, of an offset such as
// +01:00, or of both, UTC+01:00.
func timeZone(name string) (*time.Location, bool) {
	switch name {
	case "UTC", "GMT", "UT", "Z":
		return time.UTC, true
	case "", "Local":
		return nil, false
	}
	offset := name
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		offset = strings.TrimPrefix(offset, prefix)
	}
	if offset != "" && (offset[0] == '+' || offset[0] == '-') {
		for _, layout := range []string{"-07:00", "-0700", "-07"} {
			if t, err := time.Parse(layout, offset); err == nil {
				_, seconds := t.Zone()
				return time.FixedZone(name, seconds), true
			}
		}
		return nil, false
	}
	if len(name) > maxField {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}
