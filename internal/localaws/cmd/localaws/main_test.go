package main

import (
	"bufio"
	"context"
	"io"
	"os"
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
			ended <- run(ctx, writer, "127.0.0.1:0", dir, "000000000000")
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
		if err := run(t.Context(), io.Discard, addr, "", "000000000000"); err == nil {
			t.Errorf("served %s", addr)
		}
	}
}
