package contracttest_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	askaroundapi "github.com/askaround/askaround-go/api/askaround"
	deviceapi "github.com/askaround/askaround-go/api/device"
	robotapi "github.com/askaround/askaround-go/api/robot"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/askaround/askaround-go/internal/apihttp"
	"github.com/askaround/askaround-go/internal/contracttest"
	deviceserver "github.com/askaround/askaround-go/internal/deviceapi"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/openapi"
	robotserver "github.com/askaround/askaround-go/internal/robotapi"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE") // it reaches localaws through the AWS SDK
	debug.SetGCPercent(400)      // much garbage, little that lives: collecting it less often saves a quarter of the time
	os.Exit(m.Run())
}

// The accounts: the caller, and somebody else.
var (
	caller   = askaround.AccountFor("https://issuer.test", "caller")
	stranger = askaround.AccountFor("https://issuer.test", "stranger")
)

// verify knows one token.
func verify(_ context.Context, token string) (apihttp.Caller, error) {
	if token != "good" {
		return apihttp.Caller{}, httpapi.ErrTokenSignature
	}
	return apihttp.Caller{Account: string(caller)}, nil
}

// verifier is verify for httpapi.
type verifier struct{}

func (verifier) Verify(ctx context.Context, token string) (httpapi.Identity, error) {
	c, err := verify(ctx, token)
	return httpapi.Identity{Account: askaround.AccountID(c.Account), Expires: time.Now().Add(time.Hour)}, err
}

func bearer(r *http.Request, _ []byte, _ *openapi.Operation, forge bool) {
	r.Header.Set("Authorization", "Bearer good")
	if forge {
		r.Header.Set("Authorization", "Bearer forged")
	}
}

// nobody is a broker without subscribers.
type nobody struct{}

func (nobody) Publish(context.Context, string, []byte) error { return nil }

// robotContract is a robot that has said a thing or two.
func robotContract(t testing.TB) contracttest.Contract {
	t.Helper()
	robot, err := robotserver.New("RobotName", nobody{}, robotserver.Options{Verify: verify})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		robot.Observe(map[string]any{"battery": 7.4, "action": "stop", "moving": false, "load": nil, "n": i})
	}
	return contracttest.Contract{
		Document: robotapi.Document(), Handler: robot, Authorize: bearer,
		Domain: map[string][]string{
			"publishAction": {"idempotency-key-reused"},
			"listTelemetry": {"invalid-cursor"},
		},
		MaxBody: func(*openapi.Operation) int { return 4 << 10 },
	}
}

// deviceContract is a device with messages, and a secret for webhooks.
func deviceContract(t testing.TB) contracttest.Contract {
	t.Helper()
	secret := []byte("secret")
	device, err := deviceserver.New(nobody{}, deviceserver.Options{Verify: verify, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := range 50 {
		ids = append(ids, device.Receive(map[string]any{"time": i * 1000, "sensor_a0": 512}))
	}
	return contracttest.Contract{
		Document: deviceapi.Document(), Handler: device,
		Authorize: func(r *http.Request, body []byte, o *openapi.Operation, forge bool) {
			if !o.Secured("hubSignature") {
				bearer(r, body, o, forge)
				return
			}
			mac := hmac.New(sha256.New, secret)
			mac.Write(body)
			if forge {
				mac.Write([]byte("x"))
			}
			r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
		},
		Known: map[string]func() []string{"messageId": func() []string { return ids }},
		Domain: map[string][]string{
			"publishMessage": {"idempotency-key-reused", "invalid-body"}, // of more than 1,024 bytes
			"receiveWebhook": {"idempotency-key-reused"},
			"listMessages":   {"invalid-cursor"},
			"getMessage":     {"message-not-found"},
		},
		MaxBody: func(o *openapi.Operation) int {
			if o.ID == "receiveWebhook" {
				return 1 << 20
			}
			return 4 << 10
		},
	}
}

// askaroundContract is the application over a local AWS, with questions and answers. The
// queues are processed once, at the beginning.
func askaroundContract(t testing.TB) contracttest.Contract {
	t.Helper()
	w := newTown(t)
	events := httpapi.NewEvents()
	events.Close() // a stream ends at once
	handler, err := httpapi.New(w.service, verifier{}, func(o *httpapi.Options) { o.Events = events })
	if err != nil {
		t.Fatal(err)
	}
	return contracttest.Contract{
		Document: askaroundapi.Document(), Handler: handler, Authorize: bearer,
		Known: map[string]func() []string{
			"questionId":  func() []string { return w.questions },
			"operationId": func() []string { return w.operations },
			"lat":         func() []string { return []string{"40.7"} },
			"lng":         func() []string { return []string{"-74"} },
		},
		Domain: map[string][]string{
			"askQuestion":     {"idempotency-key-reused", "invalid-body"}, // of nothing that leaves ink
			"putAnswer":       {"idempotency-key-reused", "question-not-found"},
			"deleteAnswer":    {"idempotency-key-reused", "question-not-found"},
			"getAnswer":       {"answer-not-found"},
			"getQuestion":     {"question-not-found"},
			"closeQuestion":   {"question-not-found", "forbidden"},
			"deleteQuestion":  {"question-not-found", "forbidden"},
			"watchQuestion":   {"question-not-found", "watch-list-full"},
			"unwatchQuestion": {"question-not-found"},
			"listQuestions":   {"invalid-cursor"},
			"getOperation":    {"operation-not-found"},
			"streamEvents":    {"invalid-parameter"}, // lat without lng
		},
		MaxBody: func(*openapi.Operation) int { return 16 << 10 },
	}
}

// town is an installation with questions near one place.
type town struct {
	t         testing.TB
	local     *localaws.Local
	resources askaround.Resources
	service   *askaround.Service
	worker    *askaround.Worker

	questions, operations []string
}

func newTown(t testing.TB) *town {
	t.Helper()
	local, err := localaws.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { local.Close() })
	tables, queues := dynamodb.NewFromConfig(local.Config()), sqs.NewFromConfig(local.Config())
	w := &town{t: t, local: local}
	if w.resources, err = askaround.Provision(t.Context(), tables, queues, "test-"); err != nil {
		t.Fatal(err)
	}
	if w.service, err = askaround.NewService(tables, queues, w.resources); err != nil {
		t.Fatal(err)
	}
	if w.worker, err = askaround.NewWorker(tables, queues, w.resources, nobody{}); err != nil {
		t.Fatal(err)
	}
	w.populate()
	return w
}

// populate asks questions by both accounts and answers half of them by the caller.
func (w *town) populate() {
	w.t.Helper()
	for i := range 40 {
		in := askaround.AskInput{Account: caller, Text: fmt.Sprintf("Question %d?", i), Kind: askaround.KindStar,
			Location: askaround.Location{Lat: 40.7 + float64(i)/10_000, Lng: -74}}
		if i%2 == 0 {
			in.Account = stranger
		}
		if i%5 == 0 {
			in.Kind = askaround.KindGeo
		}
		operation, err := w.service.Ask(w.t.Context(), in)
		if err != nil {
			w.t.Fatal(err)
		}
		w.questions = append(w.questions, string(operation.Question))
		w.operations = append(w.operations, string(operation.ID))
	}
	w.deliver(w.resources.QuestionsQueue, w.worker.ProcessQuestions)
	for _, id := range w.questions {
		value := askaround.Value{Kind: askaround.KindStar, Stars: 9}
		if _, err := w.service.Answer(w.t.Context(), askaround.AnswerInput{Account: caller, Question: askaround.QuestionID(id), Value: value}); err != nil {
			w.t.Fatal(err)
		}
	}
	w.deliver(w.resources.StarAnswersQueue, w.worker.ProcessAnswers)
}

// deliver hands what is in a queue to the worker.
func (w *town) deliver(queue string, handle func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)) {
	w.t.Helper()
	for {
		messages, err := w.local.SQS().Receive(w.t.Context(), queue, 10, 0)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(messages) == 0 {
			return
		}
		if _, err := handle(w.t.Context(), events.SQSEvent{Records: messages}); err != nil {
			w.t.Fatal(err)
		}
		for _, m := range messages {
			if err := w.local.SQS().Delete(w.t.Context(), queue, m.ReceiptHandle); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}
