package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// What was made is there when the command runs again over the same directory.
func TestRunKeepsItsData(t *testing.T) {
	dir := t.TempDir()
	for round := range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		reader, writer := io.Pipe()
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, writer, options{addr: "127.0.0.1:0", data: dir, region: "us-east-1", account: "000000000000"})
			writer.Close()
		}()
		lines := bufio.NewScanner(reader)
		if !lines.Scan() {
			t.Fatal(<-ended)
		}
		client := sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: aws.String(lines.Text()), Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
		if round == 0 {
			if _, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("kept")}); err != nil {
				t.Error(err)
			}
		}
		out, err := client.ListQueues(ctx, &sqs.ListQueuesInput{})
		if err != nil || len(out.QueueUrls) != 1 || !strings.HasSuffix(out.QueueUrls[0], "/kept") {
			t.Errorf("round %d: %v, %v", round, out, err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("round %d: %v", round, err)
		}
	}
}

func TestOnlyLoopbackIsServed(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "[::]:0", ":0", "nonsense"} {
		if err := run(t.Context(), io.Discard, options{addr: addr, region: "us-east-1", account: "000000000000"}); err == nil {
			t.Errorf("served %s", addr)
		}
	}
}

// With a file of credentials only its keys may sign.
func TestCredentialsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("[default]\naws_access_key_id = AKID\naws_secret_access_key = secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, writer, options{addr: "127.0.0.1:0", region: "eu-west-1", credentials: file})
		writer.Close()
	}()
	lines := bufio.NewScanner(reader)
	if !lines.Scan() {
		t.Fatal(<-ended)
	}
	for secret, want := range map[string]bool{"secret": true, "other": false} {
		client := sqs.New(sqs.Options{Region: "eu-west-1", BaseEndpoint: aws.String(lines.Text()), Credentials: credentials.NewStaticCredentialsProvider("AKID", secret, "")})
		if _, err := client.ListQueues(ctx, &sqs.ListQueuesInput{}); (err == nil) != want {
			t.Errorf("secret %q: %v", secret, err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := run(t.Context(), io.Discard, options{addr: "127.0.0.1:0", region: "us-east-1", credentials: file + "x"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is missing: %v", err)
	}
}
