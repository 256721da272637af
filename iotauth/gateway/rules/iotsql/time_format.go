package iotsql

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// formatLetters are those of Joda-Time's DateTimeFormat, without C (century), x, w and e
// (the week's year, number and day as Joda counts them) for which nobody has asked.
const formatLetters = "GYyEDMdaKhHkmsSzZ"

// maxField bounds the length of a field.
const maxField = 64

func (f timeField) check(letters string) error {
	switch {
	case strings.IndexByte(letters, f.letter) < 0:
		return fmt.Errorf("the pattern has the letter %c, of which there are here only %s", f.letter, letters)
	case f.count > maxField:
		return fmt.Errorf("the pattern repeats %c more than %d times", f.letter, maxField)
	}
	return nil
}

// format appends a field of t: numbers are padded with zeros to the count of letters, and
// texts are in English and whole from four letters on.
func (f timeField) format(b []byte, t time.Time) []byte {
	switch f.letter {
	case 0:
		return append(b, f.text...)
	case 'G':
		return append(b, "AD"...)
	case 'E':
		return appendText(b, t.Weekday().String(), f.count)
	case 'M':
		if f.count >= 3 {
			return appendText(b, t.Month().String(), f.count)
		}
	case 'a':
		return append(b, [...]string{"AM", "PM"}[t.Hour()/12]...)
	case 'S':
		return appendFraction(b, t, f.count)
	case 'z':
		name, _ := t.Zone()
		return append(b, name...)
	case 'Z':
		return appendOffset(b, t, f.count)
	case 'Y', 'y':
		if f.count == 2 {
			return appendPadded(b, t.Year()%100, 2)
		}
	}
	return appendPadded(b, f.number(t), f.count)
}

func (f timeField) number(t time.Time) int {
	hour := t.Hour()
	switch f.letter {
	case 'Y', 'y':
		return t.Year()
	case 'D':
		return t.YearDay()
	case 'M':
		return int(t.Month())
	case 'd':
		return t.Day()
	case 'K':
		return hour % 12
	case 'h':
		return (hour+11)%12 + 1
	case 'H':
		return hour
	case 'k':
		return (hour+23)%24 + 1
	case 'm':
		return t.Minute()
	}
	return t.Second()
}

func appendText(b []byte, text string, count int) []byte {
	if count < 4 {
		text = text[:3]
	}
	return append(b, text...)
}

func appendPadded(b []byte, n, width int) []byte {
	s := strconv.Itoa(n)
	for i := len(s); i < width; i++ {
		b = append(b, '0')
	}
	return append(b, s...)
}

// appendFraction appends digits of the second's fraction; what has no more is zero.
func appendFraction(b []byte, t time.Time, count int) []byte {
	s := fmt.Sprintf("%09d", t.Nanosecond())
	for i := range count {
		if i < len(s) {
			b = append(b, s[i])
		} else {
			b = append(b, '0')
		}
	}
	return b
}

// appendOffset appends +hhmm, with two letters +hh:mm, with three the zone's name.
func appendOffset(b []byte, t time.Time, count int) []byte {
	switch count {
	case 1:
		return t.AppendFormat(b, "-0700")
	case 2:
		return t.AppendFormat(b, "-07:00")
	}
	return append(b, t.Location().String()...)
}
