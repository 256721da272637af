package conformance

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

// perEpisode is how many operations work on one pair of tables.
const perEpisode = 200

// episode is two tables and what is done to them. All of it comes from the seed.
type episode struct {
	seed, number uint64
	schemas      map[string]schema // by name of the table
	operations   []operation
}

func newEpisode(seed, number uint64) *episode {
	r := newRandom(seed, number)
	e := &episode{seed, number, map[string]schema{}, nil}
	tables := []string{fmt.Sprintf("random-%d-one", number), fmt.Sprintf("random-%d-two", number)}
	for _, name := range tables {
		e.schemas[name] = r.schema()
	}
	for range perEpisode {
		e.operations = append(e.operations, r.operation(tables, e.schemas))
	}
	return e
}

func (r random) operation(tables []string, schemas map[string]schema) operation {
	one := oneOf(r, tables...)
	several := func(n int, kinds ...string) (all []*write) {
		for range 1 + r.IntN(n) {
			table := oneOf(r, tables...)
			all = append(all, r.write(table, schemas[table], kinds...))
		}
		return distinct(all)
	}
	switch n := r.IntN(100); {
	case n < 55:
		return r.write(one, schemas[one], "put", "put", "update", "update", "update", "delete")
	case n < 63:
		return &batch{several(8, "put", "put", "delete")}
	case n < 71:
		r.strict = true // AWS does not say which of several faults a cancellation tells
		return &transaction{several(4, "put", "update", "update", "delete", "check")}
	case n < 80:
		return r.gets(one, schemas[one])
	}
	return r.read(one, schemas[one])
}

// run does the operations to the model, and then to all engines at once, and returns the
// first disagreement, "" if there is none. The tables of the engines are made anew.
func (e *episode) run(ctx context.Context, operations []operation, engines []*target) string {
	m, turns := e.expect(operations)
	var wg sync.WaitGroup
	diffs, messages := make([]string, len(engines)), make([][]string, len(engines))
	for i, p := range engines {
		p.runs++
		wg.Go(func() { messages[i], diffs[i] = e.runOn(ctx, p, m, turns) })
	}
	wg.Wait()
	for _, diff := range diffs {
		if diff != "" {
			return diff
		}
	}
	for n, one := range turns {
		if one.ambiguous {
			continue
		}
		said := map[string]string{}
		for i, p := range engines {
			if !one.avoided[p.name] {
				said[p.name] = messages[i][n]
			}
		}
		if diff := wording(said); diff != "" {
			return fmt.Sprintf("operation %d: %s\n%s", n, one, diff)
		}
	}
	return ""
}

// turn is an operation and what the model says to it.
type turn struct {
	operation
	want    answer
	avoided map[string]bool // engines that are not asked
	written []place         // what they get instead

	ambiguous bool // messages are about one of several faults
}

// expect does the operations to a model and returns what it has in the end.
func (e *episode) expect(operations []operation) (m model, turns []turn) {
	m = model{}
	for name, sc := range e.schemas {
		m.create(name, sc)
	}
	for _, op := range operations {
		s := turn{operation: op, avoided: rulesFor(m, op), ambiguous: ambiguous(m, op)}
		before := m.written(op)
		s.want = op.model(m)
		s.written = m.changed(before)
		turns = append(turns, s)
	}
	return m, turns
}

// runOn does the turns to one engine and returns its messages, and the first disagreement.
func (e *episode) runOn(ctx context.Context, p *target, m model, turns []turn) (messages []string, diff string) {
	for name, sc := range e.schemas {
		if err := create(ctx, p.db, *p.tableName(name), sc); err != nil {
			return nil, fmt.Sprintf("%s: create %s: %v", p.name, name, err)
		}
	}
	messages = make([]string, len(turns))
	for i, s := range turns {
		if s.avoided[p.name] {
			if err := imitate(ctx, p, s.written); err != nil {
				return nil, fmt.Sprintf("%s: operation %d: %v", p.name, i, err)
			}
			continue
		}
		got := s.do(ctx, p)
		messages[i] = got.message
		if diff := disagreement(p, s.want, got); diff != "" {
			return nil, fmt.Sprintf("operation %d: %s\nmodel against %s:\n%s", i, s, p.name, diff)
		}
	}
	if diff := e.compareAll(ctx, p, m); diff != "" {
		return nil, p.name + " in the end: " + diff
	}
	return messages, ""
}

// wording compares our message with the peers', where these have the same.
func wording(messages map[string]string) string {
	ours, asked := messages[inProcess]
	one, first := messages[dynoxide]
	two, second := messages[ddbLocal]
	if !asked || !first || !second || one != two || one == ours {
		return ""
	}
	return fmt.Sprintf("our message %q, both peers' %q", ours, one)
}

// disagreement compares an answer with the model's, which knows no messages.
func disagreement(p *target, want, got answer) string {
	got.message = ""
	if p.name == ddbLocal {
		got = trimZeros(got)
	}
	return cmp.Diff(want, got, cmp.AllowUnexported(answer{}))
}

// compareAll compares tables, indexes and streams with the model.
func (e *episode) compareAll(ctx context.Context, p *target, m model) (diff string) {
	s := &scene{ctx: ctx, target: p}
	defer s.clear()
	defer func() {
		if r := recover(); r != nil {
			if r != (abandoned{}) {
				panic(r)
			}
			diff = strings.Join(s.faults, "\n")
		}
	}()
	for name, sc := range e.schemas {
		s.made = append(s.made, *p.tableName(name))
		for _, index := range append([]string{""}, indexNames(sc)...) {
			got := answer{items: s.scan(*p.tableName(name), optional(index))}
			if diff := disagreement(p, answer{items: sorted(m[name].held(index))}, got); diff != "" {
				return fmt.Sprintf("%s, index %q:\n%s", name, index, diff)
			}
		}
		if diff := compareStream(p, m[name].records, s.records(*p.tableName(name))); diff != "" {
			return fmt.Sprintf("the stream of %s:\n%s", name, diff)
		}
	}
	return ""
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}

func indexNames(sc schema) (all []string) {
	for _, x := range slices.Concat(sc.local, sc.global) {
		all = append(all, x.name)
	}
	return all
}

// compareStream compares the records of each item, in their order.
func compareStream(p *target, want, got []record) string {
	if p.name == dynoxide { // streams writes without an effect: see the rules
		got = slices.DeleteFunc(got, func(r record) bool { return text(r.old) == text(r.new) })
	}
	for i := range got {
		got[i].sequence = ""
		if p.name == ddbLocal {
			got[i].old, got[i].new = trimItem(got[i].old), trimItem(got[i].new)
		}
	}
	return cmp.Diff(recordLines(byItem(want)), recordLines(byItem(got)))
}

func recordLines(all []record) (lines []string) {
	for _, r := range all {
		lines = append(lines, fmt.Sprintf("%s %s: %s to %s", r.event, text(r.keys), text(r.old), text(r.new)))
	}
	return lines
}

// shrink leaves out operations as long as the rest still fails, for as long as 20 seconds.
func (e *episode) shrink(ctx context.Context, engines []*target) []operation {
	operations, deadline := e.operations, time.Now().Add(20*time.Second)
	for size := len(operations) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(operations) && time.Now().Before(deadline); {
			fewer := slices.Concat(operations[:at], operations[at+size:])
			if e.run(ctx, fewer, engines) != "" {
				operations = fewer
			} else {
				at += size
			}
		}
	}
	return operations
}

// report is a failure with the fewest operations that show it.
func (e *episode) report(ctx context.Context, engines []*target) string {
	operations := e.shrink(ctx, engines)
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, episode %d (CONFORMANCE_SEED=%d runs it again)\n", e.seed, e.number, e.seed)
	for name, sc := range e.schemas {
		fmt.Fprintf(&b, "%s: %+v\n", name, sc)
	}
	for i, op := range operations {
		fmt.Fprintf(&b, "%d: %s\n", i, op)
	}
	return b.String() + e.run(ctx, operations, engines)
}

// seed is of the clock, or given.
func seed(t *testing.T) uint64 {
	n := uint64(time.Now().UnixNano())
	if given := os.Getenv("CONFORMANCE_SEED"); given != "" {
		var err error
		if n, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d", n)
	return n
}

// differ runs as many random operations against the model and the engines that are
// chosen for each episode.
func differ(t *testing.T, operations int, choose func(episode uint64) []*target) {
	t.Helper()
	n := seed(t)
	for number := range uint64(operations / perEpisode) {
		e, engines := newEpisode(n, number), choose(number)
		if e.run(t.Context(), e.operations, engines) != "" {
			t.Fatal(e.report(t.Context(), engines))
		}
	}
}

// TestModel compares our engine with a map and a sort.
func TestModel(t *testing.T) {
	operations := 1_000
	if slow() {
		operations = 20_000
	}
	p := openInProcess(t)
	differ(t, operations, func(uint64) []*target { return []*target{p} })
}

// TestDifferential compares our engine and the peers with the model, and so with each
// other. DynamoDB Local, by far the slowest, takes part in every second episode.
func TestDifferential(t *testing.T) {
	fast := []*target{openInProcess(t), openDynoxide(t)}
	if !slow() {
		differ(t, 2_000, func(uint64) []*target { return fast })
		return
	}
	all := append(slices.Clone(fast), openLocal(t))
	differ(t, 20_000, func(episode uint64) []*target {
		if episode%2 == 0 {
			return all
		}
		return fast
	})
}
