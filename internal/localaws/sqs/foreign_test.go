package sqs

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
)

// run executes a foreign client against AWS variables of its own, and returns its output.
func run(t *testing.T, name string, arguments ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
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

func TestAWSCommandLine(t *testing.T) {
	t.Parallel() // it waits for another program
	aws := foreign.Need(t, "aws")
	e, _ := openEngine(t, "")
	server := httptest.NewServer(e)
	defer server.Close()
	cli := func(arguments ...string) (out map[string]any) {
		text := run(t, aws, append([]string{"--endpoint-url", server.URL, "--output", "json", "sqs"}, arguments...)...)
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
}
