//go:build aws

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iot"
	"github.com/aws/aws-sdk-go-v2/service/iot/types"

	"github.com/askaround/askaround-go/iotauth/policy"
)

func main() {
	in := flag.String("in", "../testdata/recordable.jsonl", "cases to ask")
	out := flag.String("out", "../testdata/recorded.jsonl", "where answers go")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in, out string) error {
	conf, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	cases, err := os.Open(in)
	if err != nil {
		return err
	}
	defer cases.Close()
	answers, err := os.Create(out)
	if err != nil {
		return err
	}
	r := recorder{client: iot.NewFromConfig(conf), region: conf.Region, pause: 120 * time.Millisecond}
	return errors.Join(r.all(ctx, cases, answers), answers.Close())
}

// A line is a case as package policy's tests write and read it.
type line struct {
	Reason   string            `json:"reason"`
	Policies []json.RawMessage `json:"policies"`
	ClientID string            `json:"clientId,omitempty"`
	Action   policy.Action     `json:"action"`
	Resource string            `json:"resource"`
	Want     policy.Verdict    `json:"want"`
	Answer   *policy.Decision  `json:"answer,omitempty"`
	Recorded string            `json:"recorded,omitempty"`
}

// A recorder asks AWS one case after the other.
type recorder struct {
	client  *iot.Client
	region  string
	account string // found by the first policy that is created
	pause   time.Duration
	count   int
}

// The region and account that cases are written for.
const caseRegion, caseAccount = "us-east-1", "123456789012"

func (r *recorder) all(ctx context.Context, in io.Reader, out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return err
		}
		if err := r.one(ctx, &l); err != nil {
			return fmt.Errorf("%s: %w", l.Reason, err)
		}
		if err := e.Encode(l); err != nil {
			return err
		}
		if l.Answer.Verdict != l.Want {
			fmt.Fprintf(os.Stderr, "%s: AWS says %s, the documented rules %s\n", l.Reason, l.Answer.Verdict, l.Want)
		}
	}
	return lines.Err()
}

// one creates the policies of a case, asks, and deletes them.
func (r *recorder) one(ctx context.Context, l *line) (err error) {
	if r.account == "" {
		if err := r.findAccount(ctx); err != nil {
			return err
		}
	}
	var names []string
	defer func() {
		for _, name := range names { // also when ctx is done
			_, failed := r.client.DeletePolicy(context.WithoutCancel(ctx), &iot.DeletePolicyInput{PolicyName: aws.String(name)})
			err = errors.Join(err, failed)
		}
	}()
	for _, document := range l.Policies {
		name, err := r.create(ctx, r.here(string(document)))
		if err != nil {
			return err
		}
		names = append(names, name)
	}
	return r.ask(ctx, l, names)
}

// ask asks about a case while the policies called names exist.
func (r *recorder) ask(ctx context.Context, l *line, names []string) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(r.pause):
	}
	ask := &iot.TestAuthorizationInput{
		AuthInfos:        []types.AuthInfo{{ActionType: actionTypes[l.Action], Resources: []string{r.here(l.Resource)}}},
		PolicyNamesToAdd: names,
	}
	if l.ClientID != "" {
		ask.ClientId = aws.String(l.ClientID)
	}
	got, err := r.client.TestAuthorization(ctx, ask)
	if err != nil {
		return err
	}
	if len(got.AuthResults) != 1 {
		return fmt.Errorf("%d answers", len(got.AuthResults))
	}
	l.Answer = &policy.Decision{MissingContextValues: got.AuthResults[0].MissingContextValues}
	l.Recorded = time.Now().UTC().Format(time.DateOnly)
	return l.Answer.Verdict.UnmarshalText([]byte(got.AuthResults[0].AuthDecision))
}

var actionTypes = map[policy.Action]types.ActionType{
	policy.Publish: types.ActionTypePublish, policy.Subscribe: types.ActionTypeSubscribe,
	policy.Receive: types.ActionTypeReceive, policy.Connect: types.ActionTypeConnect,
}

func (r *recorder) create(ctx context.Context, document string) (string, error) {
	r.count++
	name := fmt.Sprintf("askaround-record-%d", r.count)
	_, err := r.client.CreatePolicy(ctx, &iot.CreatePolicyInput{PolicyName: aws.String(name), PolicyDocument: aws.String(document)})
	return name, err
}

// findAccount reads the account out of the ARN of a policy.
func (r *recorder) findAccount(ctx context.Context) error {
	got, err := r.client.CreatePolicy(ctx, &iot.CreatePolicyInput{
		PolicyName: aws.String("askaround-record"), PolicyDocument: aws.String(policy.New(policy.Deny("iot:*").On("*")).String()),
	})
	if err != nil {
		return err
	}
	if _, err := r.client.DeletePolicy(ctx, &iot.DeletePolicyInput{PolicyName: got.PolicyName}); err != nil {
		return err
	}
	a, err := policy.ParseARN(aws.ToString(got.PolicyArn))
	r.account = a.Account
	return err
}

// here moves a text to the account and region that are asked.
func (r *recorder) here(text string) string {
	return strings.NewReplacer(caseAccount, r.account, caseRegion, r.region).Replace(text)
}
