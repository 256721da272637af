package topic

import "testing"

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"askaround/v1/geo/89c25b", "askaround/v1/question/" + someQuestion, "askaround/v1/account/" + someAccount,
		"askaround/v1/system", "RobotName/action", "askaround/v1/edge/a/b/state", "", "askaround/v1/geo/", "$SYS/x", "\xff", "a/+/b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := Parse(s)
		if err != nil {
			if got != nil {
				t.Fatalf("%q: a topic beside the error %v", s, err)
			}
			return
		}
		if got.String() != s {
			t.Fatalf("%q reads as %q", s, got)
		}
		if Validate(s) != nil || !got.Filter().Match(s) {
			t.Fatalf("%q is a topic but cannot be published or subscribed to", s)
		}
	})
}

func FuzzMatch(f *testing.F) {
	for _, s := range [][2]string{
		{"a/b", "a/b"}, {"+/#", "a"}, {"$share/g/#", "$SYS"}, {"a/#", "a/"}, {"+", ""}, {"#", "/"}, {"$share/g/+/", "x/"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, filter, name string) {
		parsed, err := ParseFilter(filter)
		if err != nil {
			return
		}
		if parsed.String() != filter {
			t.Fatalf("%q reads as %q", filter, parsed)
		}
		if Validate(name) != nil {
			return
		}
		want := naiveMatch(filter, name)
		if parsed.Match(name) != want || Match(filter, name) != want {
			t.Fatalf("%q, %q: want %t", filter, name, want)
		}
		if parsed.Share() == "" && regexpMatch(filter, name) != want {
			t.Fatalf("%q, %q: oracles disagree", filter, name)
		}
	})
}
