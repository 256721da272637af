package sqs

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// maxMoveRate is the highest MaxNumberOfMessagesPerSecond (API reference,
// StartMessageMoveTask).
const maxMoveRate = 500

type startMoveInput struct {
	SourceARN      string `json:"SourceArn"`
	DestinationARN string `json:"DestinationArn"`
	PerSecond      *int   `json:"MaxNumberOfMessagesPerSecond"`
}

type taskOutput struct {
	TaskHandle string
}

func (e *Engine) startMessageMoveTask(ctx context.Context, in startMoveInput) (any, error) {
	task := moveTask{ID: uuid.NewString(), Destination: in.DestinationARN, Status: taskRunning}
	if p := in.PerSecond; p != nil {
		if task.PerSecond = *p; *p < 1 || *p > maxMoveRate {
			return nil, outOfRange(*p, "MaxNumberOfMessagesPerSecond", "You must enter a value that's between 1 and 500")
		}
	}
	err := e.do(ctx, func(t *tx) error {
		source, err := t.moveSource(in.SourceARN)
		if err == nil {
			err = t.checkMove(source, in)
		}
		if err != nil {
			return err
		}
		task.Started, task.ToMove = t.now, source.count[ready]
		source.MoveTasks = append([]moveTask{task}, source.MoveTasks[:min(len(source.MoveTasks), keptTasks-1)]...)
		t.follow(source)
		t.define(source)
		t.advance()
		return nil
	})
	return taskOutput{task.handle(in.SourceARN)}, err
}

// moveSource returns the queue that a request names as the source of a task.
func (t *tx) moveSource(arn string) (*queue, error) {
	if arn == "" {
		return nil, missingParameter("SourceArn")
	}
	q, err := t.resource(arn, "SourceArn")
	if err == nil {
		t.advance()
		t.refresh(q)
	}
	return q, err
}

// resource returns the queue of an ARN that is the value of a parameter.
func (t *tx) resource(arn, parameter string) (*queue, error) {
	if !strings.HasPrefix(arn, "arn:") || strings.Count(arn, ":") < 5 {
		return nil, invalidParameter("You must use this format to specify the %s: arn:<partition>:<service>:<region>:<account-id>:<resource-id>", parameter)
	}
	q := t.byARN(arn)
	if q == nil {
		return nil, refuse("ResourceNotFoundException", "The resource that you specified for the %s parameter doesn't exist.", parameter)
	}
	return q, nil
}

func (t *tx) checkMove(source *queue, in startMoveInput) error {
	if !t.isDeadLetterQueue(source) {
		return invalidParameter("Source queue must be configured as a Dead Letter Queue.")
	}
	if in.DestinationARN != "" {
		to, err := t.resource(in.DestinationARN, "DestinationArn")
		switch {
		case err != nil:
			return err
		case to == source:
			return invalidParameter("Source queue arn and destination queue arn cannot be the same.")
		case (to.fifo != nil) != (source.fifo != nil):
			return invalidParameter("The source queue and destination queue must be of the same queue type.")
		}
	}
	if t.moving[source.ID] != nil {
		return invalidParameter("There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
	}
	return nil
}

func (t *tx) isDeadLetterQueue(target *queue) bool {
	for _, q := range t.queues {
		if t.deadLetterQueue(q) == target {
			return true
		}
	}
	return false
}

type listMovesInput struct {
	SourceARN  string `json:"SourceArn"`
	MaxResults *int
}

type moveResult struct {
	TaskHandle  string `json:",omitempty"` // while it runs
	Status      string
	SourceARN   string `json:"SourceArn"`
	Destination string `json:"DestinationArn,omitempty"`
	PerSecond   int    `json:"MaxNumberOfMessagesPerSecond,omitempty"`
	Moved       int    `json:"ApproximateNumberOfMessagesMoved"`
	ToMove      int    `json:"ApproximateNumberOfMessagesToMove"`
	Failure     string `json:"FailureReason,omitempty"`
	Started     int64  `json:"StartedTimestamp"`
}

func (e *Engine) listMessageMoveTasks(ctx context.Context, in listMovesInput) (any, error) {
	most := 1
	if in.MaxResults != nil {
		most = *in.MaxResults
	}
	if most < 1 || most > keptTasks {
		return nil, outOfRange(most, "MaxResults", "You must enter a value that's between 1 and 10")
	}
	results := []moveResult{}
	err := e.do(ctx, func(t *tx) error {
		q, err := t.moveSource(in.SourceARN)
		if err != nil {
			return err
		}
		for _, task := range q.MoveTasks[:min(most, len(q.MoveTasks))] {
			results = append(results, task.result(in.SourceARN))
		}
		return nil
	})
	return struct {
		Results []moveResult `query:"ListMessageMoveTasksResultEntry"`
	}{results}, err
}

func (m *moveTask) result(arn string) moveResult {
	r := moveResult{Status: m.Status, SourceARN: arn, Destination: m.Destination, PerSecond: m.PerSecond,
		Moved: m.Moved, ToMove: m.ToMove, Failure: m.Failure, Started: m.Started}
	if m.Status == taskRunning {
		r.TaskHandle = m.handle(arn)
	}
	return r
}

func (e *Engine) cancelMessageMoveTask(ctx context.Context, in taskOutput) (any, error) {
	if in.TaskHandle == "" {
		return nil, missingParameter("TaskHandle")
	}
	h, ok := parseTaskHandle(in.TaskHandle)
	if !ok {
		return nil, invalidParameter("Value %s for parameter TaskHandle is invalid.", shorten(in.TaskHandle))
	}
	var out struct {
		Moved int `json:"ApproximateNumberOfMessagesMoved"`
	}
	err := e.do(ctx, func(t *tx) error {
		q, err := t.moveSource(h.SourceARN)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(q.MoveTasks, func(m moveTask) bool { return m.ID == h.TaskID })
		if at < 0 {
			return refuse("ResourceNotFoundException", "Task does not exist.")
		}
		task := &q.MoveTasks[at]
		if task.Status != taskRunning {
			return refuse("UnsupportedOperation", "Only a task whose status is RUNNING can be cancelled; this one is %s.", task.Status)
		}
		task.Status, out.Moved = taskCancelled, task.Moved
		t.follow(q)
		t.define(q)
		return nil
	})
	return out, err
}
