package topic

import (
	"slices"
	"strings"
	"testing"
)

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

// FuzzIndex reads lines as what happens to an index: "+a/b" adds a filter, "-a/b" removes
// one, and "?a/b" looks a topic up.
func FuzzIndex(f *testing.F) {
	f.Add("+a/b\n+a/+\n+#\n?a/b\n-a/+\n?a/b")
	f.Add("+a\n+a\n-a\n-a\n?a")
	f.Add("+$SYS/#\n+#\n?$SYS\n?a\n+$share/g/+/x\n?/x\n-#\n?a")
	f.Fuzz(func(t *testing.T, script string) {
		var x Index[string]
		model := map[Filter]bool{}
		for line := range strings.SplitSeq(script, "\n") {
			text := line[min(1, len(line)):]
			filter, err := ParseFilter(text)
			switch {
			case strings.HasPrefix(line, "+") && err == nil:
				if x.Add(filter, text) == model[filter] {
					t.Fatalf("Add(%q) and the model differ", text)
				}
				model[filter] = true
			case strings.HasPrefix(line, "-") && err == nil:
				if x.Remove(filter, text) != model[filter] {
					t.Fatalf("Remove(%q) and the model differ", text)
				}
				delete(model, filter)
			case strings.HasPrefix(line, "?") && Validate(text) == nil:
				var want []string
				for filter := range model {
					if naiveMatch(filter.String(), text) {
						want = append(want, filter.String())
					}
				}
				slices.Sort(want)
				if got := matching(&x, text); !slices.Equal(got, want) {
					t.Fatalf("Matching(%q) = %q, want %q", text, got, want)
				}
			}
		}
		if x.Len() != len(model) {
			t.Fatalf("%d pairs, want %d", x.Len(), len(model))
		}
	})
}
