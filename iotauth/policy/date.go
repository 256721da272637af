package policy

import (
	"strconv"
	"time"
)

// dateLayouts are the forms of ISO 8601 that W3C's note on dates names. A fraction of the
// second may follow in any of those that have seconds.
// Source: https://www.w3.org/TR/NOTE-datetime.
var dateLayouts = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006"}

// parseDate reads a date as conditions write it, or seconds since 1970. Four digits are a
// year. Without a zone it is UTC.
func parseDate(text string) (time.Time, bool) {
	if digits(text) && len(text) != len("2006") {
		seconds, err := strconv.ParseInt(text, 10, 64)
		return time.Unix(seconds, 0), err == nil
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
