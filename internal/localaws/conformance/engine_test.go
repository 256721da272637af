package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/internal/inprocess"
	"github.com/askaround/askaround-go/internal/journal"
	engine "github.com/askaround/askaround-go/internal/localaws/dynamodb"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// Names of the engines, as exceptions spell them.
const (
	inProcess = "in process"
	overHTTP  = "over HTTP"
	dynoxide  = "dynoxide"
	ddbLocal  = "DynamoDB Local"
)

// target is an engine under test, known by its clients alone.
type target struct {
	name    string
	db      *dynamodb.Client
	streams *dynamodbstreams.Client
	runs    int // of a differential run's operations: each has tables of its own
}

// tableName is what the engine calls a table of a differential run.
func (p *target) tableName(name string) *string {
	return aws.String(fmt.Sprintf("%s-%d", name, p.runs))
}

// ours reports whether the engine is this repository's.
func (p *target) ours() bool { return p.name == inProcess || p.name == overHTTP }

// newTarget returns the clients of an endpoint. They retry nothing: what fails shall show.
func newTarget(name, url string, transport http.RoundTripper) *target {
	c := aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient: &http.Client{Transport: transport}, BaseEndpoint: &url,
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	return &target{name: name, db: dynamodb.NewFromConfig(c), streams: dynamodbstreams.NewFromConfig(c)}
}

// open returns an engine of our own, in memory. It expires and trims while ctx lasts.
func open(t testing.TB, ctx context.Context, optFns ...func(*engine.Options)) *engine.Engine {
	t.Helper()
	log, err := journal.Open("")
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(log, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	log.Register(engine.Kind, e)
	if err := log.Replay(map[journal.Kind]func([]byte) error{engine.Kind: e.Replay}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// openInProcess reaches an engine without a socket.
func openInProcess(t testing.TB) *target {
	return newTarget(inProcess, "http://local.invalid", inprocess.Transport(open(t, t.Context())))
}

// openHTTP reaches an engine over one.
func openHTTP(t testing.TB) *target {
	server := httptest.NewServer(open(t, t.Context()))
	t.Cleanup(server.Close)
	return newTarget(overHTTP, server.URL, foreign.Transport(t, connections()))
}

// connections keeps as many open as the suite's clients use at once.
func connections() *http.Transport {
	return &http.Transport{MaxIdleConnsPerHost: 128}
}

// openers are the engines of the suite: ours first.
var openers = []struct {
	name string
	open func(testing.TB) *target
}{
	{inProcess, openInProcess},
	{overHTTP, openHTTP},
	{dynoxide, openDynoxide},
	{ddbLocal, openLocal},
}

// slow reports whether the long variants were asked for.
func slow() bool { return os.Getenv("ASKAROUND_SLOW") == "1" }
