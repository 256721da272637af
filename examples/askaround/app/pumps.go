package app

import (
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/pump"
)

// mapping is an event source mapping: what Lambda's configuration says on AWS.
type mapping struct {
	name string
	*pump.Mapping
}

// workload bounds what mappings do at a time.
type workload struct {
	turns        *pump.Executions // of all calls but those that may wait for a moderator; nil: any number
	pollers      int              // of each queue
	batchWorkers int              // askaround.WorkerOptions.BatchWorkers
}

// mappings connect the queues and streams to the worker, with the figures of the
// source posts: batches of 10 messages and of 100 stream records; of 1,000 where sums are
// made, so that the pace bounds no rate.
func mappings(local *localaws.Local, r askaround.Resources, w *askaround.Worker, pace time.Duration, load workload) ([]mapping, error) {
	var all []mapping
	var firstErr error
	add := func(name string, m *pump.Mapping, err error) {
		if err != nil && firstErr == nil {
			firstErr = err
		}
		all = append(all, mapping{name, m})
	}
	queue := func(name, url string, turns *pump.Executions, h pump.QueueHandler) {
		m, err := pump.Queue(local, url, h, func(o *pump.QueueOptions) { o.BatchSize, o.Concurrency, o.Executions = 10, load.pollers, turns })
		add(name, m, err)
	}
	stream := func(name, table string, h pump.StreamHandler) {
		m, err := pump.Stream(local, table, h, func(o *pump.StreamOptions) {
			o.BatchSize, o.ReportBatchItemFailures, o.Executions = 100, true, load.turns
		})
		add(name, m, err)
	}
	queue("process questions", r.QuestionsQueue, nil, w.ProcessQuestions)
	queue("process star answers", r.StarAnswersQueue, load.turns, w.ProcessAnswers)
	queue("process geo answers", r.GeoAnswersQueue, load.turns, w.ProcessAnswers)
	m, err := pump.Window(local, r.Answers, w.AggregateAnswers, func(o *pump.StreamOptions) {
		o.BatchSize, o.Pace, o.ReportBatchItemFailures, o.Executions = 1000, pace, true, load.turns
	})
	add("aggregate answers", m, err)
	stream("publish questions", r.Questions, w.PublishQuestions)
	stream("publish heat", r.Heat, w.PublishHeat)
	stream("publish watches", r.Watches, w.PublishWatches)
	return all, firstErr
}
