package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// An action is what a rule does with a result.
type action interface {
	// kind names it in failures and statistics, as the API names its shape.
	kind() string
	// do returns the resource that it acts on, as far as that is known.
	do(ctx context.Context, e *Engine, out *outgoing) (resource string, err error)
}

// outgoing is what actions get.
type outgoing struct {
	rule    *rule
	chain   chain
	result  *iotsql.Result // for templates
	payload []byte
	value   func() (iotsql.Value, bool) // of payload; false where that is no JSON
}

// expand expands the template of a field.
func (o *outgoing) expand(field string, t *iotsql.Template) (string, error) {
	s, err := t.Expand(o.result)
	if err != nil {
		return "", fmt.Errorf("%s: %w", field, err)
	}
	return s, nil
}

// parseAction reads one action: an object with its kind as the only key.
func (e *Engine) parseAction(raw json.RawMessage, s *iotsql.Statement) (action, error) {
	var kinds map[string]json.RawMessage
	if err := json.Unmarshal(raw, &kinds); err != nil {
		return nil, err
	}
	if len(kinds) != 1 {
		return nil, fmt.Errorf("an action has one kind, not %d", len(kinds))
	}
	for kind, body := range kinds {
		f := fields{statement: s}
		a, err := e.newAction(kind, body, &f)
		if err = errors.Join(err, f.err()); err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		return a, nil
	}
	return nil, nil
}

func (e *Engine) newAction(kind string, body json.RawMessage, f *fields) (action, error) {
	switch kind {
	case "dynamoDB":
		return e.newDynamoDB(body, f)
	case "dynamoDBv2":
		return e.newDynamoDBv2(body, f)
	case "lambda":
		return e.newLambda(body, f)
	case "republish":
		return e.newRepublish(body, f)
	case "sqs":
		return e.newSQS(body, f)
	case "sns", "kinesis", "s3", "firehose", "cloudwatchMetric", "cloudwatchAlarm", "cloudwatchLogs", "elasticsearch", "salesforce",
		"iotAnalytics", "iotEvents", "iotSiteWise", "stepFunctions", "timestream", "http", "kafka", "openSearch", "location":
		return nil, fmt.Errorf("%w: there are dynamoDB, dynamoDBv2, lambda, republish and sqs", ErrUnsupported)
	}
	return nil, errors.New("AWS IoT has no such action")
}

// fields read the fields of an action and gather what is wrong with them.
type fields struct {
	statement *iotsql.Statement
	errs      []error
}

func (f *fields) err() error { return errors.Join(f.errs...) }

func (f *fields) fail(name, format string, args ...any) {
	f.errs = append(f.errs, fmt.Errorf("%s: "+format, append([]any{name}, args...)...))
}

// template reads a field that takes a template; required ones are not empty.
func (f *fields) template(name, text string, required bool) *iotsql.Template {
	if text == "" && required {
		f.fail(name, "is missing")
	}
	t, err := iotsql.ParseTemplate(text, f.statement)
	if err != nil {
		f.fail(name, "%w", err)
	}
	return t
}

// optional is template for a field that may be missing; then it is nil.
func (f *fields) optional(name string, text *string) *iotsql.Template {
	if text == nil {
		return nil
	}
	return f.template(name, *text, false)
}

func (f *fields) role(arn string) {
	if arn == "" {
		f.fail("roleArn", "is missing, which AWS requires")
	}
}

// oneOf checks a field with few values, of which "" is the default.
func (f *fields) oneOf(name, text string, allowed ...string) {
	for _, a := range append(allowed, "") {
		if text == a {
			return
		}
	}
	f.fail(name, "%.100q is none of %q", text, allowed)
}
