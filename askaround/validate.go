package askaround

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askaround/askaround-go/geoindex"
)

// faults collects the faults of one request.
type faults []FieldError

func (f *faults) add(pointer, format string, args ...any) {
	*f = append(*f, FieldError{pointer, fmt.Sprintf(format, args...)})
}

// err returns the faults as a *ValidationError, nil when there are none.
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return &ValidationError{Fields: f}
}

// account and key check what the caller's code supplies rather than the user.
func (f *faults) account(a AccountID) {
	if !validBase32(string(a)) {
		f.add("/account", "not an account id: use AccountFor")
	}
}

func (f *faults) idempotencyKey(key string) {
	if len(key) > MaxIdempotencyKey || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }) {
		f.add("/Idempotency-Key", "use 1 to %d printable ASCII characters without spaces, such as a UUID", MaxIdempotencyKey)
	}
}

// text checks a question's text and returns it trimmed.
func (f *faults) text(pointer, s string) string {
	if !utf8.ValidString(s) {
		f.add(pointer, "not valid UTF-8: send Unicode text")
		return ""
	}
	s = strings.TrimSpace(s)
	switch n := utf8.RuneCountInString(s); {
	case s == "" || !strings.ContainsFunc(s, visible):
		f.add(pointer, "empty: write a question")
	case n > MaxTextLength:
		f.add(pointer, "%d characters: shorten it to %d", n, MaxTextLength)
	case strings.ContainsFunc(s, breaksLine):
		f.add(pointer, "holds a control character: write it in one line of plain text")
	}
	return s
}

// visible reports whether r leaves ink.
func visible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// breaksLine reports control characters and the two separators that act like them.
func breaksLine(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

func (f *faults) kind(pointer string, k Kind) {
	if k != KindStar && k != KindGeo {
		f.add(pointer, "unknown kind %.20q: use %q or %q", k, KindStar, KindGeo)
	}
}

// location checks both coordinates; their pointers are prefix + "/lat" and "/lng".
func (f *faults) location(prefix string, l Location) {
	f.degrees(prefix+"/lat", "latitude", l.Lat, 90)
	f.degrees(prefix+"/lng", "longitude", l.Lng, 180)
}

func (f *faults) degrees(pointer, name string, v, limit float64) {
	if !(math.Abs(v) <= limit) { // true for NaN
		f.add(pointer, "%v is not a %s: use degrees from %v to %v", v, name, -limit, limit)
	}
}

// radius checks a search radius and returns it with the default filled in.
func (f *faults) radius(pointer string, r, most geoindex.Meters) geoindex.Meters {
	if r == 0 {
		return DefaultRadius
	}
	if !(r > 0 && r <= most) {
		f.add(pointer, "%v is not a radius: use metres, more than 0 and up to %v", float64(r), float64(most))
	}
	return r
}

func (f *faults) value(v Value) {
	switch v.Kind {
	case KindStar:
		if v.Stars > MaxHalfStars {
			f.add("/stars", "%v is not a rating: use 0 to 5 in steps of 0.5", v.Stars)
		}
	case KindGeo:
		f.location("/location", v.Location)
	default:
		f.kind("/kind", v.Kind)
	}
}
