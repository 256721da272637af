package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/internal/foreign"
)

// way is how a program nobody here wrote gets at credentials: the environment that it
// needs, and what goes before its command line.
type way struct {
	name        string
	environment func(*world) []string
	before      func(*world) []string
	boto        string // how botocore names it
	quick       string // which program tries it in the quick suite, too
}

// skip leaves what the quick suite need not repeat to the slow one: each program takes a
// second to start.
func (y way) skip(t *testing.T, program string) {
	t.Helper()
	if y.quick != program && os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("set ASKAROUND_SLOW=1")
	}
}

var ways = []way{
	{name: "credential_process", boto: "custom-process", quick: "boto3", environment: func(w *world) []string {
		self, err := os.Executable()
		must(w.t, err)
		line := "[default]\ncredential_process = " + self + " " + strings.Join(w.flags("credential-process"), " ") + "\n"
		return []string{"AWS_CONFIG_FILE=" + w.write("config", []byte(line), 0o600), runAsCommand + "=1"}
	}},
	{name: "container", boto: "container-role", quick: "aws", environment: func(w *world) []string {
		_, environment := w.serve("-token-file", filepath.Join(w.dir, "token"))
		return environment
	}},
	{name: "imds", boto: "iam-role", quick: "boto3", environment: func(w *world) []string {
		_, environment := w.serve("-imds")
		return environment
	}},
	{name: "exec", boto: "container-role", quick: "aws", environment: func(*world) []string { return []string{"AWS_ACCESS_KEY_ID=stale", "AWS_SECRET_ACCESS_KEY=stale"} },
		before: func(w *world) []string { return w.flags("exec", "--") }},
	{name: "exec -env", boto: "env", environment: func(*world) []string { return []string{"AWS_PROFILE=missing"} },
		before: func(w *world) []string { return w.flags("exec", "-env", "--") }},
}

// command makes program run the way's way, against the far side at url.
func (y way) command(w *world, url, program string, args ...string) *exec.Cmd {
	environment := clean(append([]string{"AWS_ENDPOINT_URL_DYNAMODB=" + url, "AWS_RETRY_MODE=standard", "AWS_MAX_ATTEMPTS=1"}, y.environment(w)...)...)
	if y.before != nil {
		self, err := os.Executable()
		must(w.t, err)
		environment = append(environment, runAsCommand+"=1")
		program, args = self, append(append(y.before(w), program), args...)
	}
	ctx, end := context.WithTimeout(context.Background(), 2*time.Minute)
	w.t.Cleanup(end)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = environment
	return cmd
}

// TestAWSCLI writes a record with the AWS CLI, whose signature DynamoDB verifies against
// the session that was handed out.
func TestAWSCLI(t *testing.T) {
	t.Parallel()
	cli := foreign.Need(t, "aws")
	for _, y := range ways {
		t.Run(y.name, func(t *testing.T) {
			y.skip(t, "aws")
			w := newWorld(t)
			url, stored := w.farSide()
			item := `{"serial_number": {"S": "cli"}, "timestamp": {"S": "2017-11-28T06:40:00Z"}, "temperature": {"S": "20"}, "humidity": {"S": "65"}}`
			out, err := y.command(w, url, cli, "dynamodb", "put-item", "--table-name", thing, "--item", item).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Fatalf("%v: %s", err, out)
			}
			if items := stored(); len(items) != 1 || len(items[0]) != 4 {
				t.Errorf("stored %v", items)
			}
			if n := w.Counts().Requests; n != 1 {
				t.Errorf("%d exchanges", n)
			}
		})
	}
}

// TestBoto3 does it with boto3, which tells where it found the credentials.
func TestBoto3(t *testing.T) {
	t.Parallel()
	python := foreign.NeedPython(t, "boto3")
	for _, y := range ways {
		t.Run(y.name, func(t *testing.T) {
			y.skip(t, "boto3")
			w := newWorld(t)
			url, stored := w.farSide()
			out, err := y.command(w, url, python, "testdata/record.py").CombinedOutput()
			if want := y.boto + " AccessDeniedException"; err != nil || strings.TrimSpace(string(out)) != want {
				t.Fatalf("got %v: %s, want %s", err, out, want)
			}
			if len(stored()) != 1 {
				t.Errorf("stored %v", stored())
			}
		})
	}
}

// TestGoSDK does it with AWS's own chain of providers.
func TestGoSDK(t *testing.T) {
	for _, y := range ways[1:3] { // those that need no process of the client's
		t.Run(y.name, func(t *testing.T) {
			w := newWorld(t)
			url, stored := w.farSide()
			for _, variable := range clean(y.environment(w)...) {
				if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
					t.Setenv(name, value)
				}
			}
			cfg, err := config.LoadDefaultConfig(t.Context())
			must(t, err)
			client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = aws.String(url) })
			for i := range 3 {
				s := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
				_, err = client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(thing), Item: map[string]types.AttributeValue{
					"serial_number": s("go"), "timestamp": s(fmt.Sprint(i)), "temperature": s("20"), "humidity": s("65")}})
				must(t, err)
			}
			if len(stored()) != 3 {
				t.Errorf("stored %v", stored())
			}
		})
	}
}
