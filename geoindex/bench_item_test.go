//go:build unix

package geoindex

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/internal/localaws"
)

// BenchmarkItem compares the processor time that an item takes in a search, with one
// worker, with what it takes in plain queries of the same keys by the SDK's paginator. Both
// have the same client, whose answers were recorded, so that only the client's side is
// measured, and take turns, each from a clean heap.
func BenchmarkItem(b *testing.B) {
	local, err := localaws.Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = local.Close() }()
	config := local.Config()
	config.HTTPClient = &http.Client{Transport: &recorder{next: local.Transport(), answers: map[string][]byte{}}}
	table := created(b, dynamodb.NewFromConfig(local.Config()), func(o *Options) { o.Workers = 1 })
	points := dense(rand.New(rand.NewPCG(1, 1)), 20_000)
	fill(b, dynamodb.NewFromConfig(local.Config()), table, points)
	client := dynamodb.NewFromConfig(config)
	table.client = client
	disc, err := NewDisc(LatLng{51.5, -0.12}, 20_000)
	if err != nil {
		b.Fatal(err)
	}
	for range 3 { // until the plan stays as it is, and all answers are recorded
		searchAll(b, table, disc)
		queryAll(b, client, table, disc)
	}
	var searching, querying time.Duration
	items := 0
	for b.Loop() {
		read := 0
		searching += processorTime(b, func() { read = searchAll(b, table, disc) })
		querying += processorTime(b, func() { items += queryAll(b, client, table, disc) })
		if read == 0 || items%read != 0 {
			b.Fatalf("%d items searched, %d queried in all", read, items)
		}
	}
	b.ReportMetric(float64(searching.Nanoseconds())/float64(items), "search_cpu_ns/item")
	b.ReportMetric(float64(querying.Nanoseconds())/float64(items), "query_cpu_ns/item")
	b.ReportMetric(float64(searching)/float64(querying), "search/query")
}

// searchAll returns how many items a search has read.
func searchAll(b *testing.B, table *Table, region Region) int {
	var stats Stats
	for _, err := range table.Search(b.Context(), region, func(o *SearchOptions) { o.Stats = &stats }) {
		if err != nil {
			b.Fatal(err)
		}
	}
	return stats.ItemsRead
}

// queryAll reads the ranges of a region's plan, and returns how many items they hold.
func queryAll(b *testing.B, client *dynamodb.Client, table *Table, region Region) (items int) {
	condition, names, _ := table.layout.condition()
	for _, s := range must(table.planFor(region, false)).spans {
		pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
			TableName: &table.name, KeyConditionExpression: &condition, ExpressionAttributeNames: names,
			ExpressionAttributeValues: table.layout.reads(s.leaves, "")[0].values,
		})
		for pages.HasMorePages() {
			out, err := pages.NextPage(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			items += len(out.Items)
		}
	}
	return items
}

// processorTime returns the processor time that the process takes for f.
func processorTime(b *testing.B, f func()) time.Duration {
	runtime.GC()
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := spent()
	f()
	return spent() - before
}

// recorder answers a request that it has seen as it was answered before. It is for one
// goroutine.
type recorder struct {
	next    http.RoundTripper
	answers map[string][]byte // by the request's body in canonical form
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	var parsed any
	if err := json.Unmarshal(body, &parsed); err != nil {
		return nil, err
	}
	key, err := json.Marshal(parsed) // the SDK writes maps in any order
	if err != nil {
		return nil, err
	}
	answer, ok := r.answers[string(key)]
	if !ok {
		request.Body = io.NopCloser(bytes.NewReader(body))
		response, err := r.next.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		defer func() { _ = response.Body.Close() }()
		if answer, err = io.ReadAll(response.Body); err != nil {
			return nil, err
		}
		r.answers[string(key)] = answer
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer)), Request: request,
	}, nil
}
