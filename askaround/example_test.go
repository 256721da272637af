package askaround_test

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/pump"
)

// nobody is a Publisher without subscribers.
type nobody struct{}

func (nobody) Publish(context.Context, string, []byte) error { return nil }

// A question travels through the queues and streams of an AWS in this process: asked,
// answered twice, summed up.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	local, err := localaws.Open(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer local.Close()
	db, queues := dynamodb.NewFromConfig(local.Config()), sqs.NewFromConfig(local.Config())
	resources, err := askaround.Provision(ctx, db, queues, "example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	service, err := askaround.NewService(db, queues, resources)
	if err != nil {
		fmt.Println(err)
		return
	}
	worker, err := askaround.NewWorker(db, queues, resources, nobody{})
	if err != nil {
		fmt.Println(err)
		return
	}
	stop := connect(ctx, local, resources, worker)
	defer stop()

	author := askaround.AccountFor("https://issuer.example", "alice")
	asked, err := service.Ask(ctx, askaround.AskInput{
		Account: author, Text: "How is the view?", Kind: askaround.KindStar,
		Location: askaround.Location{Lat: 40.6892534, Lng: -74.0466891},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("accepted:", asked.Status)
	fmt.Println("then:", await(ctx, service, author, asked.ID))

	for user, stars := range map[string]float64{"bob": 4.5, "carol": 3} {
		account := askaround.AccountFor("https://issuer.example", user)
		half, _ := askaround.ParseStars(stars)
		answered, err := service.Answer(ctx, askaround.AnswerInput{
			Account: account, Question: asked.Question, Value: askaround.Value{Kind: askaround.KindStar, Stars: half},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		await(ctx, service, account, answered.ID)
	}
	for {
		q, err := service.Question(ctx, author, asked.Question)
		if err != nil {
			fmt.Println(err)
			return
		}
		if q.Summary.Answers == 2 {
			fmt.Printf("%s %d answers, mean %d/%d half stars\n", q.Text, q.Summary.Answers, q.Summary.SumHalfStars, q.Summary.Answers)
			break
		}
	}
	// Output:
	// accepted: pending
	// then: succeeded
	// How is the view? 2 answers, mean 15/2 half stars
}

// connect runs the event source mappings until stop is called.
func connect(ctx context.Context, local *localaws.Local, r askaround.Resources, w *askaround.Worker) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	report := func(o *pump.StreamOptions) { o.ReportBatchItemFailures = true }
	count := 0
	run := func(m *pump.Mapping, err error) {
		if err != nil {
			panic(err)
		}
		count++
		go func() {
			m.Run(ctx)
			done <- struct{}{}
		}()
	}
	run(pump.Queue(local, r.QuestionsQueue, w.ProcessQuestions))
	run(pump.Queue(local, r.StarAnswersQueue, w.ProcessAnswers))
	run(pump.Window(local, r.Answers, w.AggregateAnswers, report))
	run(pump.Stream(local, r.Questions, w.PublishQuestions, report))
	return func() {
		cancel()
		for range count {
			<-done
		}
	}
}

// await polls an operation until it is done.
func await(ctx context.Context, s *askaround.Service, account askaround.AccountID, id askaround.OperationID) askaround.OperationStatus {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		op, err := s.Operation(ctx, account, id)
		if err != nil || op.Status != askaround.StatusPending {
			return op.Status
		}
		<-tick.C
	}
}

// On Lambda a worker's methods are the handlers.
func ExampleWorker_ProcessQuestions() {
	var worker *askaround.Worker // from NewWorker, once per process
	var handler func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) = worker.ProcessQuestions
	fmt.Printf("%T\n", handler) // lambda.Start(handler)
	// Output:
	// func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)
}

// Clients subscribe to the cells around them; anything nearby appears on one of them.
func ExampleLiveTopics() {
	topics, err := askaround.LiveTopics(askaround.Location{Lat: 40.7128, Lng: -74.0060}, askaround.DefaultRadius)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range topics {
		fmt.Println(t)
	}
	_, err = askaround.LiveTopics(askaround.Location{Lat: 407128}, askaround.DefaultRadius)
	fmt.Println(err)
	// Output:
	// askaround/v1/geo/89c245
	// askaround/v1/geo/89c24f
	// askaround/v1/geo/89c251
	// askaround/v1/geo/89c257
	// askaround/v1/geo/89c259
	// askaround/v1/geo/89c25b
	// askaround/v1/geo/89c25d
	// askaround/v1/geo/89c25f
	// askaround: invalid request: /lat: 407128 is not a latitude: use degrees from -90 to 90
}
