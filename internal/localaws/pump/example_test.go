package pump_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/pump"
)

// A function that takes messages in batches runs as it would on Lambda.
func ExampleQueue() {
	ctx, cancel := context.WithCancel(context.Background())
	local, err := localaws.Open(ctx)
	if err != nil {
		panic(err)
	}
	defer local.Close()
	client := sqs.NewFromConfig(local.Config())
	queue, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("questions")})
	if err != nil {
		panic(err)
	}
	for _, body := range []string{"Where is the best coffee?", "Is the pool open?"} {
		if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: &body}); err != nil {
			panic(err)
		}
	}
	handler := func(_ context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
		for _, m := range event.Records {
			fmt.Println(m.Body)
		}
		cancel()
		return events.SQSEventResponse{}, nil
	}
	mapping, err := pump.Queue(local, *queue.QueueUrl, handler)
	if err != nil {
		panic(err)
	}
	fmt.Println(mapping.Run(ctx), mapping.Idle())
	// Output:
	// Where is the best coffee?
	// Is the pool open?
	// <nil> true
}
