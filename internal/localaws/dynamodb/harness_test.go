package dynamodb

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/internal/journal"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// transport calls the engine without a socket.
type transport struct{ http.Handler }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	t.ServeHTTP(w, r)
	return w.Result(), nil
}

func config(h http.Handler) aws.Config {
	return aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		HTTPClient: &http.Client{Transport: transport{h}}, BaseEndpoint: aws.String("http://local.invalid"),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// open returns an engine over the directory dir, "" for memory, and its end.
func open(t testing.TB, dir string, optFns ...func(*Options)) (*Engine, func()) {
	t.Helper()
	log, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(log, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	log.Register(Kind, e)
	if err := log.Replay(map[journal.Kind]func([]byte) error{Kind: e.Replay}); err != nil {
		t.Fatal(err)
	}
	return e, func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	}
}

func client(t testing.TB, optFns ...func(*Options)) (*Engine, *dynamodb.Client) {
	t.Helper()
	e, closeLog := open(t, "", optFns...)
	t.Cleanup(closeLog)
	return e, dynamodb.NewFromConfig(config(e))
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

type item = map[string]types.AttributeValue

// createInput is a table (pk S, sk N) with a local index on a, a global one on (g, sk) that
// includes a, and a stream.
func createInput(name string) *dynamodb.CreateTableInput {
	key := func(hash, rng string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &rng, KeyType: types.KeyTypeRange}}
	}
	define := func(name string, t types.ScalarAttributeType) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: t}
	}
	return &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest, KeySchema: key("pk", "sk"),
		AttributeDefinitions: []types.AttributeDefinition{define("pk", "S"), define("sk", "N"), define("a", "N"), define("g", "S")},
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{IndexName: aws.String("byA"), KeySchema: key("pk", "a"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}}},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String("byG"), KeySchema: key("g", "sk"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"a"}}}},
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	}
}

func create(t testing.TB, c *dynamodb.Client, name string) {
	t.Helper()
	if _, err := c.CreateTable(context.Background(), createInput(name)); err != nil {
		t.Fatal(err)
	}
}
