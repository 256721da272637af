package cost

import (
	"errors"
	"go/parser"
	"go/token"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestR073 is the API's table of the posts, to the cent.
func TestR073(t *testing.T) {
	w := AskAroundMe
	for _, test := range []struct {
		reason    string
		got, want int64
	}{
		{"PUT questions a day", w.Questions * 24, 24_000},
		{"PUT questions a year", w.QuestionsPerYear(), 8_760_000},
		{"GET questions a day", w.Reads * 24, 1_200_000},
		{"GET questions a year", w.Reads * HoursPerYear, 438_000_000},
		{"PUT answers a day", w.Answers * 24, 240_000},
		{"PUT answers a year", w.AnswersPerYear(), 87_600_000},
		{"all a year", w.RequestsPerYear(), 534_360_000},
	} {
		if test.got != test.want {
			t.Errorf("%s: %d, want %d", test.reason, test.got, test.want)
		}
	}
	for _, p := range []Profile{Blog2020, List2025} { // the tiers begin above this volume
		rest, http := must(p.REST.Year(w.RequestsPerYear())), must(p.HTTP.Year(w.RequestsPerYear()))
		if rest.String() != "$1,870.26" || http.String() != "$534.36" {
			t.Errorf("%s: REST %v, HTTP %v, want $1,870.26 and $534.36", p.Name, rest, http)
		}
	}
}

// TestR190 to TestR195 are the price list of AWS IoT by component.
func TestR190(t *testing.T) {
	bill := must(IoT2018.Fleet(Fleet{Devices: 1, Connected: MinutesPerYear}))
	if got := bill.Total(); got.Exact() != "$0.042048" || got.String() != "$0.04" || bill[0].Units != 525_600 {
		t.Errorf("a device and year: %v of %d minutes, want $0.042048", got.Exact(), bill[0].Units)
	}
}

// TestR191: keep-alive pings are free, so that a fleet has no place for them: what
// connects and says nothing costs its minutes only.
func TestR191(t *testing.T) {
	for _, line := range must(IoT2018.Fleet(Fleet{Devices: 1000, Connected: MinutesPerYear}))[1:] {
		if line.Cost != 0 {
			t.Errorf("%s cost %v", line.Item, line.Cost)
		}
	}
}

func TestR192(t *testing.T) {
	for _, test := range []struct {
		reason     string
		bytes      int64
		want, then int64 // units of 5 KB, and of 512 bytes before 2018
	}{
		{"nothing", 0, 1, 1},
		{"half a kilobyte", 512, 1, 1},
		{"a byte more", 513, 1, 2},
		{"five kilobytes", 5 * KB, 1, 10},
		{"a byte more than five", 5*KB + 1, 2, 11},
		{"the post's eight kilobytes", 8 * KB, 2, 16},
		{"the largest message", 128 * KB, 26, 256},
	} {
		f := Fleet{Devices: 1, Messages: []Traffic{{1, test.bytes}}}
		if got := must(IoT2018.Fleet(f))[1].Units; got != test.want {
			t.Errorf("%s: %d units, want %d", test.reason, got, test.want)
		}
		if got := must(MessagesOnly.Fleet(f))[1].Units; got != test.then {
			t.Errorf("%s: %d units by message, want %d", test.reason, got, test.then)
		}
	}
	for _, test := range []struct {
		month int64
		want  string
	}{
		{million, "$1.00"}, {1_000 * million, "$1,000.00"}, {1_001 * million, "$1,000.80"},
		{5_000 * million, "$4,200.00"}, {5_001 * million, "$4,200.70"}, {60_000 * million, "$42,700.00"},
	} {
		if got := must(IoT2018.IoT.Messages.Month(test.month)); got.String() != test.want {
			t.Errorf("%d messages in a month: %v, want %s", test.month, got, test.want)
		}
	}
}

func TestR193(t *testing.T) {
	for _, test := range []struct {
		reason         string
		bytes, actions int64
		want           string // for a million rules
	}{
		{"one action at least", KB, 0, "$0.30"},
		{"one action", KB, 1, "$0.30"},
		{"three actions", KB, 3, "$0.60"},
		{"the post's eight kilobytes are two rules", 8 * KB, 1, "$0.60"},
	} {
		bill := must(IoT2018.Fleet(Fleet{Devices: 1, Rules: []Traffic{{million, test.bytes}}, Actions: test.actions}))
		if got := bill.Total().String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.reason, got, test.want)
		}
	}
}

func TestR194(t *testing.T) {
	for bytes, want := range map[int64]string{1: "$1.25", KB: "$1.25", KB + KB/2: "$2.50", 8 * KB: "$10.00"} {
		bill := must(IoT2018.Fleet(Fleet{Devices: 1, Shadow: []Traffic{{million, bytes}}}))
		if got := bill.Total().String(); got != want {
			t.Errorf("a million operations of %d bytes: %s, want %s", bytes, got, want)
		}
	}
}

// TestR195: components are charged by themselves; the free tier carries fifty devices;
// and the reduction that the post announces.
func TestR195(t *testing.T) {
	day := func(n int64) int64 { return n * 365 }
	fifty := Fleet{
		Devices: 50, Connected: MinutesPerYear,
		Messages: []Traffic{{day(300), KB}}, Shadow: []Traffic{{day(130), KB}}, Rules: []Traffic{{day(150), KB}}, Actions: 1,
	}
	if got := must(IoT2018.FleetFirstYear(fifty)).Total(); got != 0 {
		t.Errorf("fifty devices cost %v in the first year, want nothing", got)
	}
	if full := must(IoT2018.Fleet(fifty)).Total(); full <= 0 {
		t.Errorf("and %v later", full)
	}
	for _, messages := range []int64{45, 60} { // a day
		f := Fleet{Devices: 1000, Connected: MinutesPerYear, Messages: []Traffic{{day(messages), 256}}, Rules: []Traffic{{day(messages), 256}}}
		before, after := must(MessagesOnly.Fleet(f)).Total(), must(IoT2018.Fleet(f)).Total()
		if saved := 100 * (before - after) / before; saved < 20 || saved > 40 {
			t.Errorf("%d messages a day: %v before, %v after, %d%% less", messages, before, after, saved)
		}
	}
}

// TestDefect13 is what one topic for all answers would cost (defect 13).
func TestDefect13(t *testing.T) {
	answers := AskAroundMe.AnswersPerYear()
	messages, all, err := List2025.FanOut(answers, Design{Name: "global", Delivered: 8_333})
	if err != nil || messages != 729_970_800_000 || all.String() != "$519,379.56" {
		t.Errorf("one topic: %d messages, %v, %v", messages, all, err)
	}
	messages, own, err := List2025.FanOut(answers, Design{Name: "question", Delivered: 20})
	if err != nil || messages != 1_752_000_000 || own.String() != "$1,752.00" {
		t.Errorf("a topic for each question: %d messages, %v, %v", messages, own, err)
	}
}

// TestAggregation has the figures of the comparison of methods.
func TestAggregation(t *testing.T) {
	want := []string{"$54.75", "$219.00", "$54.75", "$8.21", "$229.95", "$175.20", "$65.70", "$602.25"}
	for i, m := range Methods() {
		if got := must(List2025.Aggregation(AskAroundMe.AnswersPerYear(), m)); got.String() != want[i] {
			t.Errorf("%s: %v, want %s", m.Name, got, want[i])
		}
	}
}

func TestMoneyString(t *testing.T) {
	for m, want := range map[Money][2]string{
		0: {"$0.00", "$0.00"}, 1: {"$0.00", "$0.000000001"}, Cent / 2: {"$0.01", "$0.005"}, Cent/2 - 1: {"$0.00", "$0.004999999"},
		-Cent / 2: {"-$0.01", "-$0.005"}, 1_234_567 * Dollar: {"$1,234,567.00", "$1,234,567.00"},
		maxMoney: {"$9,223,372,036.85", "$9,223,372,036.854775807"}, -maxMoney - 1: {"-$9,223,372,036.85", "-$9,223,372,036.854775808"},
		999*Dollar + 99*Cent: {"$999.99", "$999.99"}, 1000*Dollar - 1: {"$1,000.00", "$999.999999999"},
	} {
		if got := [2]string{m.String(), m.Exact()}; got != want {
			t.Errorf("%d: %q, want %q", int64(m), got, want)
		}
	}
}

func TestRange(t *testing.T) {
	const most = 1<<63 - 1
	for reason, err := range map[string]error{
		"negative units":     second(Tariff{{0, Dollar}}.Month(-1)),
		"a year below zero":  second(Tariff{{0, Dollar}}.Year(-12)),
		"more than all gold": second(Tariff{{0, 1000 * Dollar}}.Year(most)),
		"a sum too large":    second(Tariff{{most / 2, 600_000_000_000}, {0, 600_000_000_000}}.Month(most)),
		"a fleet too large":  second(IoT2018.Fleet(Fleet{Devices: most, Connected: 2})),
		"negative bytes":     second(IoT2018.Fleet(Fleet{Devices: 1, Messages: []Traffic{{1, -1}}})),
		"negative actions":   second(IoT2018.Fleet(Fleet{Devices: 1, Actions: -1})),
		"fan-out":            func() error { _, _, err := IoT2018.FanOut(most, Design{Delivered: 3}); return err }(),
		"aggregation":        second(List2025.Aggregation(most, Methods()[0])),
	} {
		if !errors.Is(err, ErrRange) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestAgainstRationals computes random tariffs with exact fractions.
func TestAgainstRationals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var tariff Tariff
		for range 1 + r.IntN(4) {
			tariff = append(tariff, Tier{1 + r.Int64N(1e9), Money(r.Int64N(4000)) * mill})
		}
		tariff[len(tariff)-1].Units = 0
		units := r.Int64N(4e9)
		got := must(tariff.Month(units))
		want, rest := new(big.Rat), units
		for _, tier := range tariff {
			n := rest
			if tier.Units > 0 {
				n = min(n, tier.Units)
			}
			rest -= n
			want.Add(want, new(big.Rat).Mul(big.NewRat(n, 1), big.NewRat(int64(tier.PerMillion), million)))
		}
		if want.Cmp(big.NewRat(int64(got), 1)) != 0 {
			t.Fatalf("%v, %d units: %d, want %s", tariff, units, got, want.FloatString(3))
		}
	}
}

// TestPricesAreWhole: in nano-dollars, so that nothing is rounded before it is printed.
func TestPricesAreWhole(t *testing.T) {
	for _, p := range Profiles() {
		i := p.IoT
		for _, tariff := range []Tariff{p.REST, p.HTTP, i.ConnectionMinutes, i.Messages, i.Rules, i.Actions, i.Operations, p.DynamoDB.WriteUnits, p.DynamoDB.ReadUnits} {
			for j, tier := range tariff {
				if tier.PerMillion%million != 0 || tier.PerMillion <= 0 || (tier.Units == 0) != (j == len(tariff)-1) {
					t.Errorf("%s: tier %d of %v", p.Name, j, tariff)
				}
			}
		}
	}
}

// TestNoFloats: money is in integers.
func TestNoFloats(t *testing.T) {
	files := must(filepath.Glob("*.go"))
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f := must(parser.ParseFile(token.NewFileSet(), name, nil, 0))
		for _, spec := range f.Imports {
			switch path := must(strconv.Unquote(spec.Path.Value)); path {
			case "errors", "fmt", "math/bits", "strconv", "strings":
			default:
				t.Errorf("%s imports %s", name, path)
			}
		}
		for _, ident := range f.Unresolved {
			if strings.HasPrefix(ident.Name, "float") {
				t.Errorf("%s has a %s", name, ident.Name)
			}
		}
	}
}
