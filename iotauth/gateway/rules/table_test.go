package rules

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// filterRule is an enabled rule with a filter.
func filterRule(t testing.TB, name, filter string) *rule {
	t.Helper()
	s, err := iotsql.Parse("SELECT * FROM '"+filter+"'", iotsql.V2016)
	if err != nil {
		t.Fatal(err)
	}
	return &rule{name: name, statement: s}
}

func TestFilters(t *testing.T) {
	for _, row := range []struct {
		reason, filter, topic string
		want                  bool
	}{
		{"the same", "topic/subtopic", "topic/subtopic", true},
		{"another", "topic/subtopic", "topic/subtopic-2", false},
		{"below, without a wildcard", "topic", "topic/subtopic", false},
		{"# matches one level", "topic/#", "topic/subtopic", true},
		{"# matches more", "topic/#", "topic/subtopic-3/details", true},
		{"# does not match a level that only begins so", "topic/#", "topic-2/subtopic-x", false},
		{"# does not match its parent, on AWS", "a/#", "a", false},
		{"# matches an empty level", "a/#", "a/", true},
		{"# matches everything", "#", "a/b", true},
		{"# does not match reserved topics", "#", "$aws/events/presence/connected/c", false},
		{"+ matches one level", "topic/+", "topic/subtopic-2", true},
		{"+ does not match two", "topic/+", "topic/subtopic-3/details", false},
		{"+ matches an empty level", "topic/+", "topic/", true},
		{"+ in the middle", "device/+/data", "device/22/data", true},
		{"+ does not match reserved topics at the first level", "+/events/#", "$aws/events/presence", false},
		{"a reserved topic by name", "$aws/events/presence/connected/+", "$aws/events/presence/connected/c", true},
		{"a reserved topic by #", "$aws/events/#", "$aws/events/presence/connected/c", true},
		{"levels are told by case", "Topic", "topic", false},
		{"a slash at the beginning is a level", "/a", "a", false},
		{"+ and # together", "+/a/#", "x/a/b/c", true},
	} {
		table := newTable(slices.Values([]*rule{filterRule(t, "r", row.filter)}))
		if got := len(table.match(nil, row.topic)) == 1; got != row.want {
			t.Errorf("%s: %s matches %s: %v", row.reason, row.filter, row.topic, got)
		}
	}
}

// matches is the definition, level by level.
func matches(filter, topic string) bool {
	f, l := strings.Split(filter, "/"), strings.Split(topic, "/")
	if strings.HasPrefix(topic, "$") && (f[0] == "+" || f[0] == "#") {
		return false
	}
	for i, level := range f {
		switch {
		case level == "#":
			return len(l) > i
		case i >= len(l) || level != "+" && level != l[i]:
			return false
		}
	}
	return len(f) == len(l)
}

// TestTableOracle compares the index with the definition.
func TestTableOracle(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	levels := func(of []string) string {
		list := make([]string, 1+random.IntN(4))
		for i := range list {
			list[i] = of[random.IntN(len(of))]
		}
		return strings.Join(list, "/")
	}
	for range 300 {
		var rules []*rule
		for len(rules) < 20 {
			filter := levels([]string{"a", "b", "", "+", "$x"})
			if random.IntN(3) == 0 {
				filter += "/#"
			}
			if filter != "" {
				rules = append(rules, filterRule(t, filter, filter))
			}
		}
		table := newTable(slices.Values(rules))
		topic := levels([]string{"a", "b", "", "$x"})
		if topic == "" {
			continue
		}
		var got, want []string
		for _, r := range table.match(nil, topic) {
			got = append(got, r.name)
		}
		for _, r := range rules {
			if matches(r.name, topic) {
				want = append(want, r.name)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s is matched by %q, want %q", seed, topic, got, want)
		}
	}
}
