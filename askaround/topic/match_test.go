package topic

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		reason, filter, name string
		want                 bool
	}{
		{"equal names match", "a/b/c", "a/b/c", true},
		{"names are case sensitive", "a/B", "a/b", false},
		{"a shorter name does not match", "a/b/c", "a/b", false},
		{"a longer name does not match", "a/b", "a/b/c", false},
		{"4.7.1.2: # matches everything below", "sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
		{"4.7.1.2: # matches its parent", "sport/tennis/player1/#", "sport/tennis/player1", true},
		{"4.7.1.2: # does not match a sibling", "sport/tennis/player1/#", "sport/tennis/player2", false},
		{"4.7.1.2: # does not match a longer level", "a/#", "ab", false},
		{"4.7.1.2: # alone matches all", "#", "a/b", true},
		{"4.7.1.3: + matches one level", "sport/+/player1", "sport/tennis/player1", true},
		{"4.7.1.3: + does not match two levels", "sport/tennis/+", "sport/tennis/player1/ranking", false},
		{"4.7.1.3: + does not match no level", "sport/+", "sport", false},
		{"4.7.1.3: + matches an empty level", "sport/+", "sport/", true},
		{"4.7.1.3: +/+ matches a leading slash", "+/+", "/finance", true},
		{"4.7.1.3: /+ matches a leading slash", "/+", "/finance", true},
		{"4.7.1.3: + does not match a leading slash", "+", "/finance", false},
		{"4.7.2-1: # does not match $SYS", "#", "$SYS/broker/load", false},
		{"4.7.2-1: + does not match $SYS", "+/monitor/Clients", "$SYS/monitor/Clients", false},
		{"4.7.2: $SYS/# matches $SYS", "$SYS/#", "$SYS/broker/load", true},
		{"4.7.2: $SYS/+ matches one level of $SYS", "$SYS/monitor/+", "$SYS/monitor/Clients", true},
		{"a $ further down is an ordinary character", "a/+", "a/$b", true},
		{"+/# needs a first level only", "+/#", "a", true},
		{"a/+/# needs a second level", "a/+/#", "a", false},
		{"4.8.2: a shared filter matches as its filter", "$share/group/a/+", "a/b", true},
		{"4.8.2: a shared filter does not match the share's own name", "$share/group/a", "$share/group/a", false},
		{"4.8.2: shared # does not match $SYS", "$share/group/#", "$SYS/x", false},
		{"4.8.2: the filter of a share may name $SYS", "$share/group/$SYS/#", "$SYS/x", true},
		{"the empty filter matches nothing", "", "", false},
		{"an empty level equals an empty level", "a//b", "a//b", true},
		{"a trailing slash is a level", "a/", "a", false},
	} {
		if got := Match(test.filter, test.name); got != test.want {
			t.Errorf("%s: Match(%q, %q) = %t", test.reason, test.filter, test.name, got)
		}
		if test.filter == "" {
			continue
		}
		f, err := ParseFilter(test.filter)
		if err != nil {
			t.Errorf("%s: %v", test.reason, err)
		} else if got := f.Match(test.name); got != test.want {
			t.Errorf("%s: ParseFilter(%q).Match(%q) = %t", test.reason, test.filter, test.name, got)
		}
	}
}

// naiveMatch decides by recursion over split levels, as one would explain it.
func naiveMatch(filter, name string) bool {
	if strings.HasPrefix(filter, "$share/") {
		filter = strings.SplitN(filter, "/", 3)[2]
	}
	if strings.HasPrefix(name, "$") && (strings.HasPrefix(filter, "+") || strings.HasPrefix(filter, "#")) {
		return false
	}
	return naiveLevels(strings.Split(filter, "/"), strings.Split(name, "/"))
}

func naiveLevels(filter, name []string) bool {
	switch {
	case len(filter) == 0:
		return len(name) == 0
	case filter[0] == "#":
		return true
	case len(name) == 0:
		return false
	}
	return (filter[0] == "+" || filter[0] == name[0]) && naiveLevels(filter[1:], name[1:])
}

// regexpMatch is a third opinion: the filter as a regular expression.
func regexpMatch(filter, name string) bool {
	if filter[0] != '$' && name[0] == '$' && strings.ContainsAny(filter[:1], "+#") {
		return false
	}
	pattern := regexp.QuoteMeta(filter)
	pattern = strings.ReplaceAll(pattern, `\+`, `[^/]*`)
	pattern = strings.TrimSuffix(pattern, "#")
	switch {
	case filter == "#":
		pattern = `.*`
	case strings.HasSuffix(filter, "/#"):
		pattern = strings.TrimSuffix(pattern, "/") + `(/.*)?`
	}
	return regexp.MustCompile(`\A(?s:` + pattern + `)\z`).MatchString(name)
}

// randomLevels joins up to max levels of a small alphabet, so that hits are frequent.
func randomLevels(r *rand.Rand, words []string, max int) string {
	levels := make([]string, 1+r.IntN(max))
	for i := range levels {
		levels[i] = words[r.IntN(len(words))]
	}
	return strings.Join(levels, "/")
}

func TestMatchAgreesWithNaiveOracle(t *testing.T) {
	pairs := 200_000
	switch {
	case testing.Short():
		pairs = 100_000
	case os.Getenv("ASKAROUND_SLOW") == "1":
		pairs = 10_000_000
	}
	const seed = 47
	r := rand.New(rand.NewPCG(seed, 0))
	filterWords := []string{"a", "b", "", "+", "+", "$x", "ab", "#"}
	nameWords := []string{"a", "b", "", "$x", "ab", "$"}
	hits, tried := 0, 0
	for i := 0; tried < pairs; i++ {
		filter, name := randomLevels(r, filterWords, 5), randomLevels(r, nameWords, 5)
		if r.IntN(8) == 0 {
			filter = "$share/g/" + filter
		}
		f, err := ParseFilter(filter)
		if err != nil || Validate(name) != nil {
			continue
		}
		tried++
		want := naiveMatch(filter, name)
		if got := f.Match(name); got != want || Match(filter, name) != want {
			t.Fatalf("seed %d, pair %d: %q, %q: got %t, want %t", seed, i, filter, name, got, want)
		}
		if want {
			hits++
		}
		if f.Share() == "" && tried%100 == 0 && regexpMatch(filter, name) != want {
			t.Fatalf("seed %d, pair %d: oracles disagree on %q, %q", seed, i, filter, name)
		}
	}
	if hits < pairs/50 {
		t.Errorf("only %d of %d pairs matched: the test tries too little", hits, pairs)
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	f, err := ParseFilter("$share/g/askaround/+/question/#")
	if err != nil {
		t.Fatal(err)
	}
	name := "askaround/v1/question/89c25a31cf0e2b4d-0123456789abcdefghijklmnop"
	if n := testing.AllocsPerRun(100, func() {
		if !f.Match(name) || !Match("askaround/v1/#", name) {
			t.Error("no match")
		}
	}); n != 0 {
		t.Errorf("%v allocations per match", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	f, _ := ParseFilter("askaround/+/question/+")
	name := "askaround/v1/question/89c25a31cf0e2b4d-0123456789abcdefghijklmnop"
	b.Run("levels", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f.Match(name)
		}
	})
	b.Run("naive", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			naiveMatch(f.String(), name)
		}
	})
}
