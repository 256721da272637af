package sqs

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
)

// run executes a foreign client against AWS variables of its own, and returns its output.
func run(t *testing.T, name string, arguments ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_REGION=us-east-1",
		"AWS_DEFAULT_REGION=us-east-1", "AWS_CONFIG_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true", "NO_PROXY=127.0.0.1", "AWS_PAGER=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, arguments, err, out)
	}
	return out
}

func TestBoto3(t *testing.T) {
	t.Parallel() // it waits for another program
	python := foreign.NeedPython(t, "boto3")
	e, _ := openEngine(t, t.TempDir())
	server := httptest.NewServer(e)
	defer server.Close()
	run(t, python, "testdata/boto3_client.py", server.URL)
}

// driven is a server over e that remembers what was asked of it, and by which protocol.
type driven struct {
	*httptest.Server
	mu      sync.Mutex
	actions map[string]bool
	forms   int
}

func drive(t *testing.T, e *Engine) *driven {
	d := &driven{actions: map[string]bool{}}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		form, _ := url.ParseQuery(string(body)) // of a JSON body it is nothing
		action, isJSON := strings.CutPrefix(r.Header.Get("X-Amz-Target"), jsonTarget)
		if !isJSON {
			action = form.Get("Action")
		}
		d.mu.Lock()
		if d.actions[action] = true; !isJSON {
			d.forms++
		}
		d.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		e.ServeHTTP(w, r)
	}))
	t.Cleanup(d.Close)
	return d
}

// wantAll fails for every operation of the table that was not asked for.
func (d *driven) wantAll(t *testing.T) {
	t.Helper()
	for action := range operations {
		if !d.actions[action] {
			t.Errorf("%s was not driven", action)
		}
	}
}

func slow() bool { return os.Getenv("ASKAROUND_SLOW") == "1" }

func TestEveryOperationWithBoto3(t *testing.T) {
	t.Parallel() // it waits for another program
	python := foreign.NeedPython(t, "boto3")
	e, _ := openEngine(t, "")
	d := drive(t, e)
	run(t, python, "testdata/operations.py", d.URL)
	if d.wantAll(t); d.forms > 0 {
		t.Errorf("%d requests of the query protocol by a client that is not old", d.forms)
	}
}

// boto3 spoke the query protocol until botocore 1.31.81 of November 2023.
func TestEveryOperationWithOldBoto3(t *testing.T) {
	t.Parallel() // it waits for another program
	if !slow() {
		t.Skip("installs an old boto3: set ASKAROUND_SLOW=1")
	}
	python := foreign.NeedPython(t)
	packages := foreign.PythonPackages(t, "boto3==1.26.165")
	e, _ := openEngine(t, "")
	d := drive(t, e)
	run(t, python, "-c", "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv.pop(0); exec(open(sys.argv[0]).read())",
		packages, "testdata/operations.py", d.URL)
	if d.wantAll(t); d.forms == 0 {
		t.Error("no request of the query protocol")
	}
}

func TestAWSCommandLine(t *testing.T) {
	t.Parallel() // it waits for another program
	if !slow() {
		t.Skip("starts a Python program several times: ASKAROUND_SLOW=1 runs it")
	}
	aws := foreign.Need(t, "aws")
	e, _ := openEngine(t, "", withClock(newClock())) // which stands still: the command line takes its time
	d := drive(t, e)
	cli := func(arguments ...string) (out map[string]any) {
		t.Helper()
		text := run(t, aws, append([]string{"--endpoint-url", d.URL, "--output", "json", "sqs"}, arguments...)...)
		if len(text) > 0 {
			if err := json.Unmarshal(text, &out); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
		}
		return out
	}
	url := cli("create-queue", "--queue-name", "q")["QueueUrl"].(string)
	cli("send-message", "--queue-url", url, "--message-body", "from the command line")
	got := cli("receive-message", "--queue-url", url)["Messages"].([]any)[0].(map[string]any)
	if got["Body"] != "from the command line" {
		t.Errorf("received %v", got)
	}
	if !slow() {
		return // each call starts a program
	}
	receipt := got["ReceiptHandle"].(string)
	dead := cli("create-queue", "--queue-name", "dead")["QueueUrl"].(string)
	cli("set-queue-attributes", "--queue-url", url, "--attributes",
		`{"RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:dead\",\"maxReceiveCount\":1}"}`)
	for _, arguments := range [][]string{
		{"get-queue-url", "--queue-name", "q"},
		{"get-queue-attributes", "--queue-url", url, "--attribute-names", "All"},
		{"list-queues"},
		{"list-dead-letter-source-queues", "--queue-url", dead},
		{"tag-queue", "--queue-url", url, "--tags", "a=b"},
		{"list-queue-tags", "--queue-url", url},
		{"untag-queue", "--queue-url", url, "--tag-keys", "a"},
		{"add-permission", "--queue-url", url, "--label", "l", "--aws-account-ids", "111122223333", "--actions", "SendMessage"},
		{"remove-permission", "--queue-url", url, "--label", "l"},
		{"change-message-visibility", "--queue-url", url, "--receipt-handle", receipt, "--visibility-timeout", "60"},
		{"change-message-visibility-batch", "--queue-url", url, "--entries", `[{"Id":"1","ReceiptHandle":"` + receipt + `","VisibilityTimeout":0}]`},
		{"receive-message", "--queue-url", url}, // once too often: it goes to the dead-letter queue
		{"start-message-move-task", "--source-arn", "arn:aws:sqs:us-east-1:000000000000:dead", "--max-number-of-messages-per-second", "1"},
		{"send-message", "--queue-url", dead, "--message-body", "a"},
		{"send-message-batch", "--queue-url", dead, "--entries", `[{"Id":"1","MessageBody":"b"}]`},
	} {
		cli(arguments...)
	}
	tasks := cli("list-message-move-tasks", "--source-arn", "arn:aws:sqs:us-east-1:000000000000:dead")["Results"].([]any)
	if status := tasks[0].(map[string]any)["Status"]; status != "COMPLETED" {
		t.Errorf("the task is %v", status)
	}
	fill(t, e, dead, 2) // of which a task moves one at once and the other in a second
	task := cli("start-message-move-task", "--source-arn", "arn:aws:sqs:us-east-1:000000000000:dead", "--destination-arn", "arn:aws:sqs:us-east-1:000000000000:q", "--max-number-of-messages-per-second", "1")
	cli("cancel-message-move-task", "--task-handle", task["TaskHandle"].(string))
	for _, arguments := range [][]string{
		{"delete-message", "--queue-url", url, "--receipt-handle", receipt},
		{"delete-message-batch", "--queue-url", url, "--entries", `[{"Id":"1","ReceiptHandle":"` + receipt + `"}]`},
		{"purge-queue", "--queue-url", url},
		{"delete-queue", "--queue-url", url},
	} {
		cli(arguments...)
	}
	d.wantAll(t)
}
