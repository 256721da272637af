package iotsql

import (
	"strings"
	"testing"
)

// TestLongNumbers: digits far behind the point still tell which way a half is rounded, and
// a number that is too long is out of range.
func TestLongNumbers(t *testing.T) {
	half := "1." + strings.Repeat("2", 33) + "5" // 35 digits, of which 34 are computed with
	down, up := "1."+strings.Repeat("2", 33), "1."+strings.Repeat("2", 32)+"3"
	zeros := strings.Repeat("0", 3000)
	for _, row := range []struct{ reason, number, want string }{
		{"a half goes to the even digit", half, down},
		{"zeros behind it change nothing", half + zeros, down},
		{"a digit far behind makes it more than a half", half + zeros + "1", up},
		{"with an exponent", half + zeros + "1e0", up},
		{"zeros before the first digit", "0." + strings.Repeat("0", 998) + "1" + zeros, "1E-999"},
		{"below the range", "0." + strings.Repeat("0", 999) + "1" + zeros, ""},
		{"beyond the range", "1" + zeros, ""},
		{"beyond the range, with a point", "1" + zeros + ".5", ""},
	} {
		got := evaluateExpression(t, V2016, "x * 1", `{"x": `+row.number+`}`)
		if strings.Contains(got, "E") {
			got = strings.Replace(got, "1."+strings.Repeat("0", 33)+"E", "1E", 1)
		}
		if got != row.want {
			t.Errorf("%s: %.60s… is %s, want %s", row.reason, row.number, got, row.want)
		}
	}
}

// TestBothVersions: rules of both versions can share a message.
func TestBothVersions(t *testing.T) {
	m := testMessage(`{"x": 10.0}`)
	for _, version := range []Version{V2016, V2015, V2016} {
		s, err := Parse("SELECT x FROM 'a'", version)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Evaluate(m)
		want := map[Version]string{V2015: `{"x":10.0}`, V2016: `{"x":10}`}[version]
		if err != nil || string(r.Payload) != want {
			t.Errorf("%v: %s, %v, want %s", version, r.Payload, err, want)
		}
	}
}
