package sqs

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// A move task is work over time that nobody waits for: how far it is follows from the
// clock, and is brought up to date whenever a queue is looked at, and by a timer.

// States of a move task.
const (
	taskRunning   = "RUNNING"
	taskCompleted = "COMPLETED"
	taskCancelled = "CANCELLED"
	taskFailed    = "FAILED"
)

const (
	keptTasks = 10 // ListMessageMoveTasks tells of as many
	// A task without rate moves so many messages every so many ms: a client sees a small
	// queue moved at once, and a large one does not hold the engine up.
	moveStep, moveStepMillis = 1000, 10
)

// moveTask moves the messages of a dead-letter queue. It is part of its definition.
type moveTask struct {
	ID          string
	Destination string // ARN, "" for the queues that the messages come from
	PerSecond   int    // 0 without rate
	Started     int64  // Unix ms
	ToMove      int    // when it started
	Moved       int
	Status      string
	Failure     string // of FAILED
}

// handle names the task of a queue to clients.
func (m *moveTask) handle(arn string) string {
	text, err := json.Marshal(taskHandle{m.ID, arn})
	if err != nil {
		panic(err) // strings: cannot fail
	}
	return base64.StdEncoding.EncodeToString(text)
}

type taskHandle struct {
	TaskID    string `json:"taskId"`
	SourceARN string `json:"sourceArn"`
}

func parseTaskHandle(s string) (h taskHandle, ok bool) {
	text, err := base64.StdEncoding.DecodeString(s)
	return h, err == nil && json.Unmarshal(text, &h) == nil
}

// due is how many messages m should have moved by now (Unix ms).
func (m *moveTask) due(now int64) int {
	since := max(0, now-m.Started)
	if m.PerSecond > 0 {
		return 1 + int(since*int64(m.PerSecond)/1000)
	}
	return moveStep * (1 + int(since/moveStepMillis))
}

// interval is the time between two steps of m.
func (m *moveTask) interval() time.Duration {
	if m.PerSecond > 0 {
		return time.Second / time.Duration(m.PerSecond)
	}
	return moveStepMillis * time.Millisecond
}

// follow notes whether a task empties q.
func (e *Engine) follow(q *queue) {
	if len(q.MoveTasks) > 0 && q.MoveTasks[0].Status == taskRunning {
		e.moving[q.ID] = q
		return
	}
	delete(e.moving, q.ID)
}

// advance brings all tasks up to date, and sets the timer for what is left of them.
func (t *tx) advance() {
	for _, q := range t.moving {
		t.moveDue(q)
	}
	if len(t.moving) == 0 || t.mover != nil || t.closed {
		return
	}
	next := time.Second
	for _, q := range t.moving {
		next = min(next, q.MoveTasks[0].interval())
	}
	t.mover = time.AfterFunc(next, t.Engine.continueMoves)
}

// continueMoves is what the timer calls.
func (e *Engine) continueMoves() {
	t := e.begin()
	defer t.end()
	e.mover = nil
	t.advance()
}

// moveDue moves what q's task should have moved by now, the oldest first.
func (t *tx) moveDue(q *queue) {
	task := &q.MoveTasks[0]
	before := *task
	t.refresh(q)
	for most := min(task.due(t.now), task.ToMove); task.Moved < most && task.Status == taskRunning; {
		m := q.next(nil)
		if m == nil {
			break // received, deleted or too old meanwhile
		}
		t.moveBack(q, m, task)
	}
	if task.Status == taskRunning && (task.Moved == task.ToMove || q.next(nil) == nil) {
		task.Status = taskCompleted
	}
	if *task != before {
		t.follow(q)
		t.define(q)
	}
}

// moveBack sends m to the task's destination as a new message, or fails the task.
func (t *tx) moveBack(q *queue, m *message, task *moveTask) {
	arn := task.Destination
	if arn == "" {
		arn = m.deadLetterOf
	}
	to := t.byARN(arn)
	switch {
	case arn == "":
		task.Status, task.Failure = taskFailed, "CouldNotDetermineMessageSource"
		return
	case to == nil:
		task.Status, task.Failure = taskFailed, "AWS.SimpleQueueService.NonExistentQueue"
		return
	}
	c := *m.content
	c.id, c.sent = uuid.NewString(), t.now
	t.delete(q, m)
	t.sequence++
	t.add(to, &message{content: &c, sequence: t.sequence, visible: t.now})
	task.Moved++
	t.dispatch(to)
}
