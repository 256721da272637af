package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// clients are the numbers of goroutines that call at once.
var clients = []int{8, 64}

// rounds is how often everything is measured. The rounds of the targets take turns, so
// that what else the machine does in the meantime hits all of them, and the median counts.
const rounds = 5

// result is what was measured of a target, by workload and number of clients.
type result struct {
	name   string
	server *server
	rates  map[string]float64 // calls per second
	cpu    map[string]float64 // microseconds of processor per call, of client and server
}

func cell(workload string, clients int) string { return fmt.Sprintf("%s c%d", workload, clients) }

func throughput(ctx context.Context, length time.Duration, only string, endpoints endpointFlags) error {
	var results []*result
	for _, t := range targets(endpoints) {
		if !strings.Contains(t.name, only) {
			continue
		}
		s, err := t.start(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		defer s.stop()
		if err := t.prepare(ctx, s.db); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		results = append(results, &result{t.name, s, map[string]float64{}, map[string]float64{}})
	}
	for _, w := range workloads {
		for _, n := range clients {
			if err := measure(ctx, results, w, n, length/rounds); err != nil {
				return err
			}
		}
	}
	fmt.Print("Calls per second:\n\n")
	printTable(results, func(r *result) map[string]float64 { return r.rates })
	if processorTime(0) > 0 {
		fmt.Print("\nMicroseconds of processor per call, client and server together (of servers that somebody else started, the client alone):\n\n")
		printTable(results, func(r *result) map[string]float64 { return r.cpu })
	}
	fmt.Print("\nRatios of calls per second:\n\n")
	printRatios(results, func(a, b *result, cell string) float64 { return a.rates[cell] / b.rates[cell] })
	if processorTime(0) > 0 {
		fmt.Print("\nRatios of calls per second of processor:\n\n")
		printRatios(results, func(a, b *result, cell string) float64 { return b.cpu[cell] / a.cpu[cell] })
	}
	return nil
}

// measure takes the rounds of one workload, the first of which only warms up.
func measure(ctx context.Context, results []*result, w workload, n int, length time.Duration) error {
	rates, calls, spent := make([][]float64, len(results)), make([]float64, len(results)), make([]time.Duration, len(results))
	for round := range rounds + 1 {
		for i, r := range results {
			before := processorTime(r.server.pid)
			count, took, err := callFor(ctx, r.server.db, w, n, length)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", r.name, w.name, err)
			}
			if round > 0 {
				rates[i] = append(rates[i], float64(count)/took.Seconds())
				calls[i] += float64(count)
				spent[i] += processorTime(r.server.pid) - before
			}
		}
	}
	for i, r := range results {
		slices.Sort(rates[i])
		r.rates[cell(w.name, n)] = rates[i][rounds/2]
		r.cpu[cell(w.name, n)] = float64(spent[i].Microseconds()) / calls[i]
	}
	return nil
}

// callFor lets n goroutines call for about so long and returns how many calls they did.
func callFor(ctx context.Context, db *dynamodb.Client, w workload, n int, length time.Duration) (calls int64, took time.Duration, err error) {
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var group sync.WaitGroup
	start := time.Now()
	for range n {
		group.Go(func() {
			for time.Since(start) < length && failed.Load() == nil {
				if err := w.call(ctx, db); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		return 0, 0, *err
	}
	return done.Load(), time.Since(start), nil
}

func printTable(results []*result, of func(*result) map[string]float64) {
	head, line := "| engine |", "|---|"
	for _, w := range workloads {
		for _, n := range clients {
			head += " " + cell(w.name, n) + " |"
			line += "---|"
		}
	}
	fmt.Printf("%s\n%s\n", head, line)
	for _, r := range results {
		row := "| " + r.name + " |"
		for _, w := range workloads {
			for _, n := range clients {
				row += fmt.Sprintf(" %.0f |", of(r)[cell(w.name, n)])
			}
		}
		fmt.Println(row)
	}
}

// printRatios compares what is to be compared, where both were measured.
func printRatios(results []*result, ratio func(a, b *result, cell string) float64) {
	find := func(name string) *result {
		for i := range results {
			if results[i].name == name {
				return results[i]
			}
		}
		return nil
	}
	fmt.Print("| ratio | puts c8 | puts c64 | queries c8 | queries c64 | updates c8 | updates c64 |\n|---|---|---|---|---|---|---|\n")
	for _, pair := range [][2]string{
		{oursHTTP, dynoxideMemory}, {oursInProcess, dynoxideMemory}, {oursDurableHTTP, dynoxideDisk},
		{oursDurable, oursInProcess}, {oursDurableHTTP, oursHTTP}, {oursInProcess, stubInProcess}, {oursHTTP, stubHTTP},
	} {
		a, b := find(pair[0]), find(pair[1])
		if a == nil || b == nil {
			continue
		}
		row := fmt.Sprintf("| %s / %s |", a.name, b.name)
		for _, w := range workloads {
			for _, n := range clients {
				row += fmt.Sprintf(" %.2f |", ratio(a, b, cell(w.name, n)))
			}
		}
		fmt.Println(row)
	}
}
