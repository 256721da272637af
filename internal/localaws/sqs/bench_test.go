package sqs

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
)

// BenchmarkRoundTrip: a message sent through the SDK, handed to a waiting receiver of
// the direct face, and deleted; in memory, and synced to disk three times.
func BenchmarkRoundTrip(b *testing.B) {
	for _, place := range []string{"memory", "disk"} {
		b.Run(place, func(b *testing.B) {
			dir := ""
			if place == "disk" {
				dir = b.TempDir()
			}
			e, _ := openEngine(b, dir)
			c := newClient(e)
			url := createQueue(b, c, "q", nil)
			done := make(chan error)
			go func() {
				for {
					got, err := e.Receive(b.Context(), url, 1, time.Minute)
					if err == nil {
						err = e.Delete(b.Context(), url, got[0].ReceiptHandle)
					}
					done <- err
					if err != nil {
						return
					}
				}
			}()
			for b.Loop() {
				send(b, c, url, "How is the coffee?")
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			e.Close()
			<-done
		})
	}
}

// BenchmarkOverHTTP: eight clients of the SDK send, receive and delete over a socket, each
// in a queue of its own; the server is in this process. With SQS_PEER, the URL of another
// SQS, that is measured too:
//
//	SQS_PEER=http://127.0.0.1:5000 go test -bench OverHTTP ./internal/localaws/sqs
func BenchmarkOverHTTP(b *testing.B) {
	e, _ := openEngine(b, "")
	server := httptest.NewServer(e)
	defer server.Close()
	servers := map[string]string{"here": server.URL}
	if peer := os.Getenv("SQS_PEER"); peer != "" {
		servers["peer"] = peer
	}
	for name, address := range servers {
		for _, suffix := range []string{"", fifoSuffix} {
			b.Run(name+"/queue"+suffix, func(b *testing.B) { roundTrips(b, newPeer(b, address).Client, suffix) })
		}
	}
}

func roundTrips(b *testing.B, c *client.Client, suffix string) {
	var clients, messages atomic.Int64
	b.SetParallelism(4) // on two cores
	b.RunParallel(func(p *testing.PB) {
		name := fmt.Sprintf("bench-%d-%d%s", time.Now().UnixNano(), clients.Add(1), suffix)
		in := client.SendMessageInput{MessageBody: aws.String("How is the coffee?")}
		url := ""
		if suffix == "" {
			url = createQueue(b, c, name, nil)
		} else {
			url = createFIFO(b, c, name, nil)
			in.MessageGroupId = aws.String("g")
		}
		in.QueueUrl = &url
		for p.Next() {
			if suffix != "" {
				in.MessageDeduplicationId = aws.String(fmt.Sprint(messages.Add(1)))
			}
			if err := roundTrip(c, in); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "roundtrips/s")
}

func roundTrip(c *client.Client, in client.SendMessageInput) error {
	ctx := context.Background()
	if _, err := c.SendMessage(ctx, &in); err != nil {
		return err
	}
	got, err := c.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: in.QueueUrl})
	if err != nil {
		return err
	}
	if len(got.Messages) != 1 {
		return fmt.Errorf("%d messages", len(got.Messages))
	}
	_, err = c.DeleteMessage(ctx, &client.DeleteMessageInput{QueueUrl: in.QueueUrl, ReceiptHandle: got.Messages[0].ReceiptHandle})
	return err
}
