package dynamodb

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// discard is a client that reads nothing.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// serveRaw sends a body to the engine without a client.
func serveRaw(b testing.TB, e *Engine, target, body string) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", tablesTarget+target)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256")
	w := discard{header: http.Header{}}
	if e.ServeHTTP(&w, r); w.status != http.StatusOK {
		b.Fatalf("%s: status %d", target, w.status)
	}
}

func benchItem(pk string, n int) string {
	return fmt.Sprintf(`{"pk":{"S":"%s"},"sk":{"N":"%d"},"a":{"N":"%d"},"g":{"S":"g%d"},"text":{"S":"%s"}}`, pk, n, 9_223_372_036_854_000_000+n, n%1000, strings.Repeat("abcdefghij", 20))
}

// BenchmarkRequests is the engine's own share of a request: what a client and its
// transport take is not in it.
func BenchmarkRequests(b *testing.B) {
	e, c := client(b)
	create(b, c, "table")
	for n := range 1000 {
		serveRaw(b, e, "PutItem", `{"TableName":"table","Item":`+benchItem(fmt.Sprint("p", n/10), n%10)+`}`)
	}
	n := 0
	for _, row := range []struct {
		name, target string
		body         func() string
	}{
		{"put", "PutItem", func() string { n++; return `{"TableName":"table","Item":` + benchItem("put", n) + `}` }},
		{"get", "GetItem", func() string { return `{"TableName":"table","Key":{"pk":{"S":"p5"},"sk":{"N":"5"}}}` }},
		{"query of 10", "Query", func() string {
			return `{"TableName":"table","IndexName":"byA","Select":"ALL_ATTRIBUTES","KeyConditionExpression":"pk = :p AND a BETWEEN :l AND :h","ExpressionAttributeValues":{":p":{"S":"p5"},":l":{"N":"9223372036854000000"},":h":{"N":"9223372036854000010"}}}`
		}},
		{"query with a filter", "Query", func() string {
			return `{"TableName":"table","KeyConditionExpression":"pk = :p","FilterExpression":"a < :h","ExpressionAttributeValues":{":p":{"S":"p5"},":h":{"N":"9223372036854000005"}}}`
		}},
		{"update", "UpdateItem", func() string {
			return `{"TableName":"table","Key":{"pk":{"S":"p5"},"sk":{"N":"5"}},"UpdateExpression":"ADD #n :one","ExpressionAttributeNames":{"#n":"n"},"ExpressionAttributeValues":{":one":{"N":"1"}}}`
		}},
	} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				serveRaw(b, e, row.target, row.body())
			}
		})
	}
}
