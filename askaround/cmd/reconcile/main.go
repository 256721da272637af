// Command reconcile compares the sums of an installation of Ask Around Me with the answers
// that they are of, and repairs them.
//
//	reconcile -prefix askaround-                 # say what is wrong
//	reconcile -prefix askaround- -repair         # and put it right
//	reconcile -prefix askaround- -endpoint http://127.0.0.1:8000
//
// AWS's own configuration says where DynamoDB and SQS are and with which credentials (the
// environment, ~/.aws, roles); -endpoint names another server of their protocols.
//
// It prints one line of JSON for each question whose sums are wrong, then one with the
// metric. It exits with status 1 when something failed or stays wrong, and with 2 when
// it was called wrongly.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/askaround"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the flags.
type options struct {
	prefix, endpoint string
	mode             string
	reconcile        askaround.ReconcileOptions
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("reconcile", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.prefix, "prefix", "", "what the names of the installation's tables and queues begin with")
	flags.StringVar(&o.endpoint, "endpoint", "", "`URL` of DynamoDB and SQS, where they are not AWS's")
	flags.StringVar(&o.mode, "aggregation", string(askaround.AggregateWatermark), "how the installation's worker aggregates: watermark, lww or recompute")
	flags.BoolVar(&o.reconcile.Repair, "repair", false, "replace sums that are wrong")
	flags.DurationVar(&o.reconcile.Settle, "settle", askaround.DefaultSettle, "how long a difference must last: longer than the stream of answers lags behind")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case o.prefix == "" || flags.NArg() > 0:
		fmt.Fprintln(stderr, "reconcile: give -prefix, and nothing but flags (-help lists them)")
		return 2
	}
	right, err := o.run(ctx, json.NewEncoder(stdout))
	if err != nil {
		fmt.Fprintln(stderr, "reconcile:", err)
	}
	if err != nil || !right {
		return 1
	}
	return 0
}

// run reports whether all sums are right in the end.
func (o options) run(ctx context.Context, out *json.Encoder) (right bool, err error) {
	worker, err := o.worker(ctx)
	if err != nil {
		return false, err
	}
	var told error
	found, err := worker.Reconcile(ctx, func(r *askaround.ReconcileOptions) {
		*r = o.reconcile
		r.OnDrift = func(d askaround.Drift) { told = errors.Join(told, out.Encode(d)) }
	})
	if err := errors.Join(err, told); err != nil {
		return false, err
	}
	return found.Drifted == found.Repaired && found.Unsettled == 0, out.Encode(found)
}

// worker returns a worker of the installation, which must be there.
func (o options) worker(ctx context.Context) (*askaround.Worker, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if o.endpoint != "" {
		cfg.BaseEndpoint = &o.endpoint
	}
	db, queues := dynamodb.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	table := o.prefix + "questions"
	if _, err := db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table}); err != nil {
		return nil, fmt.Errorf("there is no installation with the prefix %q: %w", o.prefix, err)
	}
	resources, err := askaround.Provision(ctx, db, queues, o.prefix) // all is there: it only looks
	if err != nil {
		return nil, err
	}
	return askaround.NewWorker(db, queues, resources, silent{}, func(w *askaround.WorkerOptions) { w.Aggregation = askaround.Aggregation(o.mode) })
}

// silent publishes nothing: the worker that listens to the tables' streams tells of
// repaired sums.
type silent struct{}

func (silent) Publish(context.Context, string, []byte) error { return nil }
