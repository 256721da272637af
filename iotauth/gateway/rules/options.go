package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// A Message is one that the broker has accepted or is to publish.
type Message = mqtt.Message

// A Source is who published a message.
type Source = mqtt.Source

// Limits of AWS IoT Core, "AWS IoT Core endpoints and quotas".
const (
	MaxRules   = 1000      // in an account
	MaxActions = 10        // in a rule
	MaxPayload = 256 << 10 // bytes of a rule
)

// DynamoDB is what the actions need of a client of aws-sdk-go-v2.
type DynamoDB interface {
	PutItem(ctx context.Context, params *dynamodb.PutItemInput, optFns ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// SQS is what the action needs of a client of aws-sdk-go-v2.
type SQS interface {
	SendMessage(ctx context.Context, params *sqs.SendMessageInput, optFns ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// A Function is what a lambda action invokes: either Handle or URL.
type Function struct {
	// Handle is a function in process. An error makes it called again, twice.
	Handle func(ctx context.Context, event json.RawMessage) error
	// URL is an endpoint that is compatible with Lambda's Invoke, such as
	// http://host:8080/2015-03-31/functions/function/invocations. It gets the event by POST,
	// with X-Amz-Invocation-Type: Event.
	URL string
}

// Options configure an Engine. A zero value means the default, or that there is no such
// thing.
type Options struct {
	DynamoDB DynamoDB
	SQS      SQS
	// Functions by name or ARN; a lambda action finds its by ARN, by ARN without a version,
	// or by name.
	Functions map[string]Function
	// Publish publishes what is republished. Its context reaches Tap, in the same call.
	Publish func(ctx context.Context, m Message) error

	Account string           // of accountid(): "123456789012"
	Logger  *slog.Logger     // none
	Now     func() time.Time // time.Now
	HTTP    *http.Client     // for functions behind URLs: one that follows no redirects

	Workers        int           // rules evaluated and actions done at once: 32
	RuleWorkers    int           // of these, for one rule: 8
	Invocations    int           // functions in process running at once: 100
	QueuedMessages int           // waiting for one rule: 1,000
	QueuedBytes    int           // of payload waiting, a payload counted for each rule: 64 MiB
	ActionTimeout  time.Duration // of one action with all its attempts: 10 s
	RetryDelay     time.Duration // before the second attempt at a function, doubled for the third: 200 ms
}

func (o *Options) validate() error {
	var errs []error
	for name, f := range o.Functions {
		switch {
		case (f.Handle == nil) == (f.URL == ""):
			errs = append(errs, fmt.Errorf("rules: function %q has either Handle or URL", name))
		case f.URL != "":
			if u, err := url.Parse(f.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				errs = append(errs, fmt.Errorf("rules: function %q: %q is no http or https URL", name, f.URL))
			}
		}
	}
	for _, n := range []int{o.Workers, o.RuleWorkers, o.Invocations, o.QueuedMessages, o.QueuedBytes, int(o.ActionTimeout), int(o.RetryDelay)} {
		if n < 0 {
			errs = append(errs, errors.New("rules: no option is negative"))
			break
		}
	}
	return errors.Join(errs...)
}

func (o *Options) defaults() {
	setDefault(&o.Account, "123456789012")
	setDefault(&o.Logger, slog.New(slog.DiscardHandler))
	setDefault(&o.Workers, 32)
	setDefault(&o.RuleWorkers, 8)
	setDefault(&o.Invocations, 100)
	setDefault(&o.QueuedMessages, 1000)
	setDefault(&o.QueuedBytes, 64<<20)
	setDefault(&o.ActionTimeout, 10*time.Second)
	setDefault(&o.RetryDelay, 200*time.Millisecond)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
}

func setDefault[T comparable](option *T, value T) {
	var zero T
	if *option == zero {
		*option = value
	}
}
