package geoindex

import (
	"context"
	"os"
	"runtime/debug"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/internal/localaws"
)

// slowly asks for the full number of random cases.
var slowly = os.Getenv("ASKAROUND_SLOW") == "1"

func TestMain(m *testing.M) {
	// Where it is set, it breaks clients with an HTTP client of their own.
	_ = os.Unsetenv("AWS_CA_BUNDLE")
	debug.SetGCPercent(400) // much garbage, little that lives: collecting it less often saves a quarter of the time
	os.Exit(m.Run())
}

// newEngine returns a client of an empty DynamoDB in this process.
func newEngine(t testing.TB) *dynamodb.Client {
	t.Helper()
	local, err := localaws.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Close(); err != nil {
			t.Error(err)
		}
	})
	return dynamodb.NewFromConfig(local.Config())
}

// created returns a table that exists, over client.
func created(t testing.TB, client DynamoDB, optFns ...func(*Options)) *Table {
	t.Helper()
	table := newTable(t, client, optFns...)
	if err := table.Create(context.Background()); err != nil {
		t.Fatal(err)
	}
	return table
}

// fill writes points, in batches.
func fill(t testing.TB, client *dynamodb.Client, table *Table, points []Point) {
	t.Helper()
	const most = 25 // requests of a batch ("Quotas in Amazon DynamoDB")
	for start := 0; start < len(points); start += most {
		var requests []types.WriteRequest
		for _, p := range points[start:min(start+most, len(points))] {
			item, err := table.Item(p)
			if err != nil {
				t.Fatal(err)
			}
			requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}})
		}
		for len(requests) > 0 {
			out, err := client.BatchWriteItem(context.Background(), &dynamodb.BatchWriteItemInput{
				RequestItems: map[string][]types.WriteRequest{table.name: requests},
			})
			if err != nil {
				t.Fatal(err)
			}
			requests = out.UnprocessedItems[table.name]
		}
	}
}

// must returns what cannot fail.
func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

// paged is a client whose pages hold at most limit items.
type paged struct {
	DynamoDB
	limit int32
}

func (p paged) Query(ctx context.Context, in *dynamodb.QueryInput, optFns ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	limited := *in
	limited.Limit = &p.limit
	return p.DynamoDB.Query(ctx, &limited, optFns...)
}

// hand is a clock that the test sets.
type hand struct{ now time.Time }

func (h *hand) Now() time.Time { return h.now }
