package conformance

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/askaround/askaround-go/internal/foreign"
	engine "github.com/askaround/askaround-go/internal/localaws/dynamodb"
)

// driven collects the operations that were called.
type driven struct {
	handler http.Handler

	mu         sync.Mutex
	operations map[string]bool
}

func (d *driven) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	d.mu.Lock()
	d.operations[operation] = true
	d.mu.Unlock()
	d.handler.ServeHTTP(w, r)
}

// serve starts an engine over HTTP that collects what is called.
func serve(t *testing.T) (*driven, string) {
	d := &driven{handler: open(t, t.Context()), operations: map[string]bool{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	return d, server.URL
}

// clientEnvironment is what foreign clients need to call a local endpoint.
func clientEnvironment() []string {
	return append(os.Environ(), "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_DEFAULT_REGION=us-east-1", "AWS_PAGER=",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CA_BUNDLE=", "AWS_MAX_ATTEMPTS=1", "NO_PROXY=127.0.0.1")
}

// cliRow is a call of the AWS CLI and words of what it prints.
type cliRow struct {
	args  []string
	want  string // in the output, blanks and line ends left out
	fails bool
}

func cli(want string, args ...string) cliRow { return cliRow{args: args, want: want} }

// cliRows are one session. {stream}, {shard}, {iterator} and {arn} stand for what
// earlier calls told.
var cliRows = []cliRow{
	cli(`"TableName":"cli"`, "dynamodb", "create-table", "--table-name", "cli", "--billing-mode", "PAY_PER_REQUEST", "--key-schema", "AttributeName=pk,KeyType=HASH", "AttributeName=sk,KeyType=RANGE",
		"--attribute-definitions", "AttributeName=pk,AttributeType=S", "AttributeName=sk,AttributeType=N", "--stream-specification", "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"),
	cli("", "dynamodb", "wait", "table-exists", "--table-name", "cli"),
	cli(`"TableStatus":"ACTIVE"`, "dynamodb", "describe-table", "--table-name", "cli"),
	cli(`"TableNames":["cli"]`, "dynamodb", "list-tables"),
	cli("", "dynamodb", "put-item", "--table-name", "cli", "--item", `{"pk":{"S":"a"},"sk":{"N":"1"},"v":{"L":[{"S":"é"},{"BOOL":true}]}}`),
	cli(`{"BOOL":true}`, "dynamodb", "get-item", "--table-name", "cli", "--key", `{"pk":{"S":"a"},"sk":{"N":"1"}}`),
	cli(`"n":{"N":"3"}`, "dynamodb", "update-item", "--table-name", "cli", "--key", `{"pk":{"S":"a"},"sk":{"N":"1"}}`, "--update-expression", "ADD n :v", "--expression-attribute-values", `{":v":{"N":"3"}}`, "--return-values", "ALL_NEW"),
	cli(`"UnprocessedItems":{}`, "dynamodb", "batch-write-item", "--request-items", `{"cli":[{"PutRequest":{"Item":{"pk":{"S":"b"},"sk":{"N":"1"}}}}]}`),
	cli(`"sk":{"N":"1"}`, "dynamodb", "batch-get-item", "--request-items", `{"cli":{"Keys":[{"pk":{"S":"b"},"sk":{"N":"1"}}]}}`),
	cli("", "dynamodb", "transact-write-items", "--transact-items", `[{"Put":{"TableName":"cli","Item":{"pk":{"S":"c"},"sk":{"N":"1"}}}}]`),
	cli(`"pk":{"S":"c"}`, "dynamodb", "transact-get-items", "--transact-items", `[{"Get":{"TableName":"cli","Key":{"pk":{"S":"c"},"sk":{"N":"1"}}}}]`),
	cli(`"Count":1`, "dynamodb", "query", "--table-name", "cli", "--key-condition-expression", "pk = :p", "--expression-attribute-values", `{":p":{"S":"a"}}`),
	cli(`"Count":3`, "dynamodb", "scan", "--table-name", "cli"),
	cli(`"pk":{"S":"b"}`, "dynamodb", "delete-item", "--table-name", "cli", "--key", `{"pk":{"S":"b"},"sk":{"N":"1"}}`, "--return-values", "ALL_OLD"),
	cli(`"Enabled":true`, "dynamodb", "update-time-to-live", "--table-name", "cli", "--time-to-live-specification", "Enabled=true,AttributeName=x"),
	cli(`"AttributeName":"x"`, "dynamodb", "describe-time-to-live", "--table-name", "cli"),
	cli("", "dynamodb", "tag-resource", "--resource-arn", "{arn}", "--tags", "Key=k,Value=v"),
	cli(`"Key":"k"`, "dynamodb", "list-tags-of-resource", "--resource-arn", "{arn}"),
	cli("", "dynamodb", "untag-resource", "--resource-arn", "{arn}", "--tag-keys", "k"),
	cli(`"DeletionProtectionEnabled":true`, "dynamodb", "update-table", "--table-name", "cli", "--deletion-protection-enabled"),
	cli(`"DeletionProtectionEnabled":false`, "dynamodb", "update-table", "--table-name", "cli", "--no-deletion-protection-enabled"),
	cli(`"TableMaxReadCapacityUnits":40000`, "dynamodb", "describe-limits"),
	cli(`"Endpoints"`, "dynamodb", "describe-endpoints"),
	cli(`"PointInTimeRecoveryStatus":"DISABLED"`, "dynamodb", "describe-continuous-backups", "--table-name", "cli"),
	cli(`"TableName":"cli"`, "dynamodbstreams", "list-streams", "--table-name", "cli"),
	cli(`"StreamStatus":"ENABLED"`, "dynamodbstreams", "describe-stream", "--stream-arn", "{stream}"),
	cli(`"ShardIterator"`, "dynamodbstreams", "get-shard-iterator", "--stream-arn", "{stream}", "--shard-id", "{shard}", "--shard-iterator-type", "TRIM_HORIZON"),
	cli(`"eventName":"REMOVE"`, "dynamodbstreams", "get-records", "--shard-iterator", "{iterator}"),
	{args: []string{"dynamodb", "execute-statement", "--statement", "SELECT * FROM cli"}, want: "ValidationException", fails: true},
	{args: []string{"dynamodb", "get-item", "--table-name", "none", "--key", `{"pk":{"S":"a"}}`}, want: "ResourceNotFoundException", fails: true},
	cli(`"TableStatus":"DELETING"`, "dynamodb", "delete-table", "--table-name", "cli"),
}

// told are the parts of an output that later calls use.
type told struct {
	Table             struct{ TableArn, LatestStreamArn string }
	StreamDescription struct{ Shards []struct{ ShardId string } }
	ShardIterator     string
}

func (w *told) fill(args []string) []string {
	shard := ""
	if len(w.StreamDescription.Shards) > 0 {
		shard = w.StreamDescription.Shards[0].ShardId
	}
	r := strings.NewReplacer("{arn}", w.Table.TableArn, "{stream}", w.Table.LatestStreamArn, "{shard}", shard, "{iterator}", w.ShardIterator)
	filled := make([]string, len(args))
	for i, a := range args {
		filled[i] = r.Replace(a)
	}
	return filled
}

func driveCommandLine(t *testing.T, program, url string) {
	var known told
	for _, row := range cliRows {
		args := known.fill(row.args)
		cmd := exec.CommandContext(t.Context(), program, append(args, "--endpoint-url", url, "--output", "json")...)
		cmd.Env = clientEnvironment()
		out, err := cmd.CombinedOutput()
		if (err != nil) != row.fails {
			t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		if got := strings.Join(strings.Fields(string(out)), ""); !strings.Contains(got, row.want) {
			t.Errorf("aws %s: no %s in\n%s", strings.Join(args, " "), row.want, out)
		}
		if err == nil && len(out) > 0 {
			if err := json.Unmarshal(out, &known); err != nil {
				t.Errorf("aws %s: %v", strings.Join(args, " "), err)
			}
		}
	}
}

// TestForeignClients drives every operation of the engine with boto3 and with the AWS CLI
// together, and fails where one was left out.
func TestForeignClients(t *testing.T) {
	if !slow() {
		t.Skip("starts Python many times: ASKAROUND_SLOW=1 runs it")
	}
	t.Parallel() // it waits for other programs
	program, python := foreign.Need(t, "aws"), foreign.NeedPython(t, "boto3")
	d, url := serve(t)
	t.Run("boto3", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), python, "testdata/boto.py", url)
		cmd.Env = clientEnvironment()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("command line", func(t *testing.T) { driveCommandLine(t, program, url) })
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range engine.Operations() {
		if !d.operations[name] {
			t.Errorf("no client drives %s", name)
		}
	}
}
