package sqs_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/localaws/sqs"
)

type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// A message is sent through the AWS SDK and received as a function would get it.
func Example() {
	ctx := context.Background()
	log, err := journal.Open("") // in memory
	if err != nil {
		panic(err)
	}
	defer log.Close()
	engine, err := sqs.New(log)
	if err != nil {
		panic(err)
	}
	defer engine.Close()
	c := client.New(client.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://localhost"),
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient:   &http.Client{Transport: inProcess{engine}},
	})
	queue, err := c.CreateQueue(ctx, &client.CreateQueueInput{QueueName: aws.String("questions")})
	if err != nil {
		panic(err)
	}
	_, err = c.SendMessage(ctx, &client.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("How is the coffee?")})
	if err != nil {
		panic(err)
	}
	messages, err := engine.Receive(ctx, *queue.QueueUrl, 10, time.Second)
	if err != nil {
		panic(err)
	}
	for _, m := range messages {
		fmt.Println(m.EventSourceARN, m.Body)
		err = engine.Delete(ctx, *queue.QueueUrl, m.ReceiptHandle)
	}
	visible, inFlight, delayed, _ := engine.Depth(*queue.QueueUrl)
	fmt.Println(err, visible, inFlight, delayed)
	// Output:
	// arn:aws:sqs:us-east-1:000000000000:questions How is the coffee?
	// <nil> 0 0 0
}
