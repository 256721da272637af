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

// result is a target's operations per second, by workload and number of clients.
type result struct {
	name  string
	db    *dynamodb.Client
	rates map[string]float64
}

func cell(workload string, clients int) string { return fmt.Sprintf("%s c%d", workload, clients) }

func throughput(ctx context.Context, length time.Duration, only string, endpoints endpointFlags) error {
	var results []*result
	for _, t := range targets(endpoints) {
		if !strings.Contains(t.name, only) {
			continue
		}
		db, stop, err := t.start(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		defer stop()
		if err := t.prepare(ctx, db); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		results = append(results, &result{t.name, db, map[string]float64{}})
	}
	for _, w := range workloads {
		for _, n := range clients {
			if err := measure(ctx, results, w, n, length/rounds); err != nil {
				return err
			}
		}
	}
	printTable(results)
	printRatios(results)
	return nil
}

// measure takes the rounds of one workload, the first of which only warms up.
func measure(ctx context.Context, results []*result, w workload, n int, length time.Duration) error {
	rates := make([][]float64, len(results))
	for round := range rounds + 1 {
		for i, r := range results {
			got, err := rate(ctx, r.db, w, n, length)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", r.name, w.name, err)
			}
			if round > 0 {
				rates[i] = append(rates[i], got)
			}
		}
	}
	for i, r := range results {
		slices.Sort(rates[i])
		r.rates[cell(w.name, n)] = rates[i][rounds/2]
	}
	return nil
}

// rate returns how many calls of the workload n goroutines do in a second.
func rate(ctx context.Context, db *dynamodb.Client, w workload, n int, length time.Duration) (float64, error) {
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
		return 0, *err
	}
	return float64(done.Load()) / time.Since(start).Seconds(), nil
}

func printTable(results []*result) {
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
				row += fmt.Sprintf(" %.0f |", r.rates[cell(w.name, n)])
			}
		}
		fmt.Println(row)
	}
}

// printRatios compares what is to be compared, where both were measured.
func printRatios(results []*result) {
	find := func(name string) *result {
		for i := range results {
			if results[i].name == name {
				return results[i]
			}
		}
		return nil
	}
	fmt.Print("\n| ratio | puts c8 | puts c64 | queries c8 | queries c64 | updates c8 | updates c64 |\n|---|---|---|---|---|---|---|\n")
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
				row += fmt.Sprintf(" %.2f |", a.rates[cell(w.name, n)]/b.rates[cell(w.name, n)])
			}
		}
		fmt.Println(row)
	}
}
