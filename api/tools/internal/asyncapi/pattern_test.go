package asyncapi

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// TestPatternMatchesAsARegexp compares random patterns and texts with package regexp.
func TestPatternMatchesAsARegexp(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	patterns, matched := 0, 0
	for range 20_000 {
		source := randomPattern(r)
		p, err := ParsePattern(source)
		if err != nil {
			continue
		}
		patterns++
		oracle := regexp.MustCompile(source)
		for range 8 {
			text := randomText(r)
			want := oracle.MatchString(text)
			if got := p.Match(text); got != want {
				t.Fatalf("seed %d: %s on %q: %t, regexp says %t", seed, source, text, got, want)
			}
			if want && (len(text) < p.MinLength() || len(text) > p.MaxLength()) {
				t.Fatalf("seed %d: %s allows %q, but lengths from %d to %d", seed, source, text, p.MinLength(), p.MaxLength())
			}
			if want {
				matched++
			}
		}
	}
	if patterns < 1000 || matched < 1000 {
		t.Errorf("seed %d: only %d patterns, %d matches", seed, patterns, matched)
	}
}

// TestIntersection compares pairs of patterns with all texts of up to four characters.
func TestIntersection(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	var texts []string
	for n := range 5 {
		texts = append(texts, allTexts(n)...)
	}
	meet, apart := 0, 0
	for meet < 300 || apart < 300 {
		a, errA := ParsePattern(randomPattern(r))
		b, errB := ParsePattern(randomPattern(r))
		if errA != nil || errB != nil || a.MaxLength() > 4 || b.MaxLength() > 4 {
			continue
		}
		want := false
		for _, text := range texts {
			want = want || a.Match(text) && b.Match(text)
		}
		text, got := intersect(a.sequence(), b.sequence())
		switch {
		case got != want:
			t.Fatalf("seed %d: %s and %s meet: %t, want %t", seed, a.Source, b.Source, got, want)
		case got && (!a.Match(text) || !b.Match(text)):
			t.Fatalf("seed %d: %s and %s are said to meet in %q", seed, a.Source, b.Source, text)
		case got:
			meet++
		default:
			apart++
		}
	}
}

// TestMeetsGlob compares globs with the topics of a channel of few topics.
func TestMeetsGlob(t *testing.T) {
	model, err := read(strings.NewReplacer("[a-z]{1,10}", "[ab]{1,2}", "x-max-length: 10", "x-max-length: 2", "[abc]", "[ab]").Replace(sound))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		glob, topic string
		ok          bool
	}{
		{"t/v1/*/command", "t/v1/a/command", true},
		{"t/v1/?/command", "t/v1/a/command", true},
		{"t/v1/???/command", "", false},
		{"*", "t/v1/a/command", true},
		{"*/command", "t/v1/a/command", true},
		{"t/*b/command", "t/v1/b/command", true},
		{"t/v1/VAR/command", "t/v1/a/command", true},
		{"VAR/command", "", false},
		{"t/v1/c/command", "", false},
		{"t/v1/*/command/*", "", false},
		{"", "", false},
	} {
		topic, ok := model.Channels[0].MeetsGlob(test.glob, map[string]string{"thing": "VAR"})
		if ok != test.ok || topic != test.topic {
			t.Errorf("%q meets %q, %t; want %q, %t", test.glob, topic, ok, test.topic, test.ok)
		}
	}
}

// TestDisjointByPattern: two channels may differ in what their parameters allow alone.
func TestDisjointByPattern(t *testing.T) {
	document := strings.NewReplacer(
		"t/v1/place/{cell}", "t/v1/{cell}/command",
		"[0-9a-f]{6}", "[0-9]{6}", "[89c25b]", "['892251']").Replace(sound)
	model, err := read(document)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"t/v1/abc/command": 0, "t/v1/123456/command": 1} {
		for i, c := range model.Channels {
			if _, ok := c.Match(name); ok != (i == want) {
				t.Errorf("%s matches channel %s: %t", name, c.Name, ok)
			}
		}
	}
}

func randomPattern(r *rand.Rand) string {
	var b strings.Builder
	b.WriteByte('^')
	for range 1 + r.IntN(3) {
		b.WriteString([]string{"a", "b", "[ab]", "[bc]", "[a-c]", "[c-]", "-"}[r.IntN(7)])
		switch r.IntN(4) {
		case 0:
			fmt.Fprintf(&b, "{%d}", r.IntN(3))
		case 1:
			fmt.Fprintf(&b, "{%d,%d}", r.IntN(3), r.IntN(4))
		}
	}
	b.WriteByte('$')
	return b.String()
}

func randomText(r *rand.Rand) string {
	text := make([]byte, r.IntN(7))
	for i := range text {
		text[i] = "abc-"[r.IntN(4)]
	}
	return string(text)
}

func allTexts(n int) []string {
	if n == 0 {
		return []string{""}
	}
	var list []string
	for _, shorter := range allTexts(n - 1) {
		for _, c := range "abc-" {
			list = append(list, shorter+string(c))
		}
	}
	return list
}
