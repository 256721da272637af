package localaws_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/sigv4"
)

var known = sigv4.Static{
	"AKIDEXAMPLE": {SecretAccessKey: "secret"},
	"ASIASESSION": {SecretAccessKey: "secret", SessionToken: "token"},
	"ASIAENDED":   {SecretAccessKey: "secret", SessionToken: "token", Expires: time.Unix(1, 0)},
}

func openVerifying(t testing.TB) *localaws.Local {
	t.Helper()
	local, err := localaws.Open(t.Context(), func(o *localaws.Options) { o.Credentials = known.Retrieve })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Close(); err != nil {
			t.Error(err)
		}
	})
	return local
}

// TestSignaturesAreVerified calls all three services with the keys of clients in and
// outside of the process.
func TestSignaturesAreVerified(t *testing.T) {
	local := openVerifying(t)
	server := httptest.NewServer(local.Handler())
	defer server.Close()
	outside := aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL}
	with := func(config aws.Config, id, secret, token string) aws.Config {
		config.Credentials = credentials.NewStaticCredentialsProvider(id, secret, token)
		config.RetryMaxAttempts = 1
		return config
	}
	elsewhere := with(outside, "AKIDEXAMPLE", "secret", "")
	elsewhere.Region = "eu-west-1"
	tests := []struct {
		name          string
		config        aws.Config
		tables, queue string // codes; DynamoDB Streams has those of tables
	}{
		{"in the process, its own key", local.Config(), "", ""},
		{"in the process, a known key", with(local.Config(), "ASIASESSION", "secret", "token"), "", ""},
		{"in the process, an unknown key", with(local.Config(), "local", "local", ""), "UnrecognizedClientException", "InvalidClientTokenId"},
		{"a static key", with(outside, "AKIDEXAMPLE", "secret", ""), "", ""},
		{"a session", with(outside, "ASIASESSION", "secret", "token"), "", ""},
		{"a session without its token", with(outside, "ASIASESSION", "secret", ""), "UnrecognizedClientException", "InvalidClientTokenId"},
		{"a session that ended", with(outside, "ASIAENDED", "secret", "token"), "ExpiredTokenException", "ExpiredToken"},
		{"another secret", with(outside, "AKIDEXAMPLE", "other", ""), "InvalidSignatureException", "SignatureDoesNotMatch"},
		{"another region", elsewhere, "InvalidSignatureException", "SignatureDoesNotMatch"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, tables := dynamodb.NewFromConfig(tt.config).ListTables(t.Context(), &dynamodb.ListTablesInput{})
			_, streams := dynamodbstreams.NewFromConfig(tt.config).ListStreams(t.Context(), &dynamodbstreams.ListStreamsInput{})
			_, queues := sqs.NewFromConfig(tt.config).ListQueues(t.Context(), &sqs.ListQueuesInput{})
			got := []string{code(tables), code(streams), code(queues)}
			if diff := cmp.Diff([]string{tt.tables, tt.tables, tt.queue}, got); diff != "" {
				t.Errorf("codes of tables, streams, queues: -want +got\n%s", diff)
			}
		})
	}
}

// code is the code of a refusal, "" for none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestRefusalsOnTheWire holds the bytes of refusals in the three protocols.
func TestRefusalsOnTheWire(t *testing.T) {
	const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	handler := openVerifying(t).Handler()
	json := func(target string) http.Header {
		return http.Header{"X-Amz-Target": {target}, "Content-Type": {"application/x-amz-json-1.0"}}
	}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	tests := []struct {
		name       string
		headers    http.Header
		body       string
		service    string // to sign for; "" leaves it
		id, secret string
		tamper     bool // with the body
		status     int
		want       string // of the body
		queryError string
	}{
		{name: "DynamoDB, unsigned", headers: json("DynamoDB_20120810.ListTables"), body: "{}", status: 400,
			want: `{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException","message":"Request is missing Authentication Token"}`},
		{name: "DynamoDB, unknown key", headers: json("DynamoDB_20120810.ListTables"), body: "{}", service: "dynamodb", id: "NOBODY", secret: "x", status: 400,
			want: `{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"The security token included in the request is invalid."}`},
		{name: "DynamoDB, another body", headers: json("DynamoDB_20120810.ListTables"), body: "{}", service: "dynamodb", id: "AKIDEXAMPLE", secret: "secret", tamper: true, status: 400,
			want: `{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"` + mismatch + `"}`},
		{name: "DynamoDB, another service", headers: json("DynamoDB_20120810.ListTables"), body: "{}", service: "sqs", id: "AKIDEXAMPLE", secret: "secret", status: 400,
			want: `{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Credential should be scoped to correct service: 'dynamodb'. "}`},
		{name: "DynamoDB, a body beyond the limit", headers: json("DynamoDB_20120810.ListTables"), body: strings.Repeat(" ", 16<<20+1), service: "dynamodb", id: "AKIDEXAMPLE", secret: "secret", status: 413,
			want: `{"__type":"com.amazon.coral.service#RequestEntityTooLargeException","message":"Request body exceeds 16 MB"}`},
		{name: "SQS JSON, unsigned", headers: json("AmazonSQS.ListQueues"), body: "{}", status: 403, queryError: "AccessDenied;Sender",
			want: `{"__type":"com.amazon.coral.service#AccessDeniedException","message":"Access to the resource http://sqs.us-east-1.localhost/ is denied."}`},
		{name: "SQS JSON, unknown key", headers: json("AmazonSQS.ListQueues"), body: "{}", service: "sqs", id: "NOBODY", secret: "x", status: 403, queryError: "InvalidClientTokenId;Sender",
			want: `{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"The security token included in the request is invalid."}`},
		{name: "SQS JSON, another body", headers: json("AmazonSQS.ListQueues"), body: "{}", service: "sqs", id: "AKIDEXAMPLE", secret: "secret", tamper: true, status: 403, queryError: "SignatureDoesNotMatch;Sender",
			want: `{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"` + mismatch + `"}`},
		{name: "SQS query, another body", headers: form, body: "Action=ListQueues", service: "sqs", id: "AKIDEXAMPLE", secret: "secret", tamper: true, status: 403,
			want: `<Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>` + mismatch + `</Message><Detail/></Error>`},
		{name: "SQS query, unknown key", headers: form, body: "Action=ListQueues", service: "sqs", id: "NOBODY", secret: "x", status: 403,
			want: `<Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message><Detail/></Error>`},
		{name: "SQS query", headers: form, body: "Action=ListQueues", service: "sqs", id: "AKIDEXAMPLE", secret: "secret", status: 200, want: "<ListQueuesResult>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "http://localhost/", strings.NewReader(tt.body))
			r.Header = tt.headers.Clone()
			if tt.service != "" {
				signature(t, r, tt.service, tt.id, tt.secret, tt.body)
			}
			if tt.tamper {
				r.Body = io.NopCloser(strings.NewReader(tt.body + " "))
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) || w.Header().Get("X-Amzn-Query-Error") != tt.queryError {
				t.Errorf("%d, %q, %s\nwant %d, %q, %s", w.Code, w.Header().Get("X-Amzn-Query-Error"), w.Body, tt.status, tt.queryError, tt.want)
			}
		})
	}
}

func hashOf(body string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(body))) }

func put(ctx context.Context, db *dynamodb.Client, key string) error {
	_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("table"), Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: key}, "g": &types.AttributeValueMemberN{Value: "1"}}})
	return err
}

func signature(t testing.TB, r *http.Request, service, id, secret, body string) {
	t.Helper()
	err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, r, hashOf(body), service, "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
}

// TestPresignedQueue sends a message by a URL, as the query protocol allows.
func TestPresignedQueue(t *testing.T) {
	local := openVerifying(t)
	server := httptest.NewServer(local.Handler())
	defer server.Close()
	queue, err := sqs.NewFromConfig(local.Config()).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("queue")})
	if err != nil {
		t.Fatal(err)
	}
	path, err := url.Parse(*queue.QueueUrl)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest("GET", server.URL+path.Path+"?Action=SendMessage&MessageBody=a%2Fb+c&X-Amz-Expires=60", nil)
	if err != nil {
		t.Fatal(err)
	}
	location, _, err := v4.NewSigner().PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, r, hashOf(""), "sqs", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for target, status := range map[string]int{location: 200, strings.Replace(location, "MessageBody=a", "MessageBody=b", 1): 403} {
		response, err := http.Get(target)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != status {
			t.Errorf("%s: %d, %v, want %d\n%s", target, response.StatusCode, err, status, body)
		}
	}
	got, err := sqs.NewFromConfig(local.Config()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, MaxNumberOfMessages: 10})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "a/b c" {
		t.Errorf("received %v, %v", got, err)
	}
}

// TestForeignSignatures has Amazon's other clients sign.
func TestForeignSignatures(t *testing.T) {
	t.Parallel() // it waits for other programs
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("starts Python several times: ASKAROUND_SLOW=1 runs it")
	}
	cli, python := foreign.Need(t, "aws"), foreign.NeedPython(t, "boto3")
	server := httptest.NewServer(openVerifying(t).Handler())
	defer server.Close()
	env := append(environment(), "AWS_ACCESS_KEY_ID=ASIASESSION", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=token")
	run := func(name string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(cli, "sqs", "create-queue", "--queue-name", "queue", "--endpoint-url", server.URL); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := run(python, "-c", boto, server.URL); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	env = append(env, "AWS_SECRET_ACCESS_KEY=other")
	if out, err := run(cli, "dynamodb", "list-tables", "--endpoint-url", server.URL); err == nil || !strings.Contains(out, "(InvalidSignatureException)") {
		t.Errorf("another secret: %v\n%s", err, out)
	}
}

// BenchmarkPut says what verifying costs a client in the process.
func BenchmarkPut(b *testing.B) {
	for name, provider := range map[string]sigv4.Provider{"looked for": nil, "verified": known.Retrieve} {
		b.Run(name, func(b *testing.B) {
			local, err := localaws.Open(b.Context(), func(o *localaws.Options) { o.Credentials = provider })
			if err != nil {
				b.Fatal(err)
			}
			defer local.Close()
			db := dynamodb.NewFromConfig(local.Config())
			createTable(b, db)
			for i := 0; b.Loop(); i++ {
				if err := put(b.Context(), db, fmt.Sprint(i%1000)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
