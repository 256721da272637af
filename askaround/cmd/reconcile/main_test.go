package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/internal/localaws"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// installation serves one with a question and no answer, and returns its address and a
// client of its tables.
func installation(t *testing.T) (endpoint string, db *dynamodb.Client) {
	t.Helper()
	local, err := localaws.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db = dynamodb.NewFromConfig(local.Config())
	queues := sqs.NewFromConfig(local.Config())
	r, err := askaround.Provision(t.Context(), db, queues, "here-")
	if err != nil {
		t.Fatal(err)
	}
	service, err := askaround.NewService(db, queues, r)
	if err != nil {
		t.Fatal(err)
	}
	worker, err := askaround.NewWorker(db, queues, r, silent{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = service.Ask(t.Context(), askaround.AskInput{
		Account: askaround.AccountFor("https://issuer.test", "ann"), Text: "Open?", Kind: askaround.KindStar, Location: askaround.Location{Lat: 1, Lng: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := local.SQS().Receive(t.Context(), r.QuestionsQueue, 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := worker.ProcessQuestions(t.Context(), events.SQSEvent{Records: messages}); err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatal(out, err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- local.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
		local.Close()
	})
	t.Setenv("AWS_ACCESS_KEY_ID", "local")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	return "http://" + listener.Addr().String(), db
}

// spoil makes the sums of the question wrong.
func spoil(t *testing.T, db *dynamodb.Client) {
	t.Helper()
	table := "here-questions"
	out, err := db.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || len(out.Items) != 1 {
		t.Fatal(out, err)
	}
	_, err = db.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &table, Key: map[string]types.AttributeValue{"pk": out.Items[0]["pk"], "sk": out.Items[0]["sk"]},
		UpdateExpression:          aws.String("ADD answers :n"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: "4"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReconcile(t *testing.T) {
	endpoint, db := installation(t)
	for _, step := range []struct {
		reason string
		args   []string
		status int
		want   string
	}{
		{"all is right", nil, 0, `"Drifted":0`},
		{"something is wrong", []string{"-spoil"}, 1, `"Drifted":1,"Repaired":0,"Unsettled":0,"Size":4`},
		{"repaired", []string{"-repair"}, 0, `"Drifted":1,"Repaired":1`},
		{"all is right again", []string{"-aggregation", "recompute"}, 0, `"Drifted":0`},
	} {
		args := step.args
		if len(args) == 1 && args[0] == "-spoil" {
			spoil(t, db)
			args = nil
		}
		var stdout, stderr bytes.Buffer
		status := command(t.Context(), append([]string{"-prefix", "here-", "-endpoint", endpoint, "-settle", "1ms"}, args...), &stdout, &stderr)
		if status != step.status || !strings.Contains(stdout.String(), step.want) {
			t.Errorf("%s: status %d, want %d\n%s%s", step.reason, status, step.status, stdout.String(), stderr.String())
		}
	}
	var stdout, stderr bytes.Buffer
	if status := command(t.Context(), []string{"-prefix", "elsewhere-", "-endpoint", endpoint}, &stdout, &stderr); status != 1 || !strings.Contains(stderr.String(), "no installation") {
		t.Errorf("another prefix: status %d, %s", status, stderr.String())
	}
	table := "elsewhere-questions"
	if _, err := db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table}); err == nil {
		t.Error("a mistyped prefix made an installation")
	}
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args   []string
		status int
	}{{nil, 2}, {[]string{"-prefix", "a", "b"}, 2}, {[]string{"-nonsense"}, 2}, {[]string{"-help"}, 0}} {
		var stdout, stderr bytes.Buffer
		if got := command(t.Context(), test.args, &stdout, &stderr); got != test.status || stderr.Len() == 0 {
			t.Errorf("%v: status %d, %q", test.args, got, stderr.String())
		}
	}
}
