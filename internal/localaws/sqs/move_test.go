package sqs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const arnOf = "arn:aws:sqs:us-east-1:000000000000:"

// killed sends n messages through url and lets them fail until its dead-letter queue has
// them: received once too often.
func killed(t testing.TB, e *Engine, c *client.Client, clock *clock, url string, n int) {
	t.Helper()
	for i := range n {
		send(t, c, url, fmt.Sprint(i))
	}
	for range 2 {
		if _, err := e.Receive(t.Context(), url, n+1, 0); err != nil {
			t.Fatal(err)
		}
		clock.Advance(30 * time.Second)
	}
}

func start(t testing.TB, c *client.Client, in client.StartMessageMoveTaskInput) *string {
	t.Helper()
	out, err := c.StartMessageMoveTask(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	return out.TaskHandle
}

func tasks(t testing.TB, c *client.Client, source string) []types.ListMessageMoveTasksResultEntry {
	t.Helper()
	out, err := c.ListMessageMoveTasks(t.Context(), &client.ListMessageMoveTasksInput{SourceArn: aws.String(arnOf + source), MaxResults: aws.Int32(10)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Results
}

func TestMoveBackToTheSources(t *testing.T) {
	e, c, clock := newTest(t)
	dead := createQueue(t, c, "dead", nil)
	a := createQueue(t, c, "a", redrivePolicy("dead", 1))
	b := createQueue(t, c, "b", redrivePolicy("dead", 1))
	killed(t, e, c, clock, a, 3)
	killed(t, e, c, clock, b, 2)
	inDead := receive(t, c, dead)
	clock.Advance(30 * time.Second)
	start(t, c, client.StartMessageMoveTaskInput{SourceArn: aws.String(arnOf + "dead")})
	for url, want := range map[string][3]int{a: {3, 0, 0}, b: {2, 0, 0}, dead: {}} {
		if got := depth(t, e, url); got != want {
			t.Errorf("%s: %v, want %v", url, got, want)
		}
	}
	got := receive(t, c, a)
	wantBodies(t, "the oldest first", got, "0", "1", "2")
	m := got[0]
	if *m.MessageId == *inDead[0].MessageId || m.Attributes["ApproximateReceiveCount"] != "1" || m.Attributes["DeadLetterQueueSourceArn"] != "" ||
		m.Attributes["SentTimestamp"] != fmt.Sprint(clock.Now().UnixMilli()) {
		t.Errorf("not a new message: %s, %v", *m.MessageId, m.Attributes)
	}
	want := []types.ListMessageMoveTasksResultEntry{{Status: aws.String("COMPLETED"), SourceArn: aws.String(arnOf + "dead"),
		ApproximateNumberOfMessagesMoved: 5, ApproximateNumberOfMessagesToMove: aws.Int64(5), StartedTimestamp: clock.Now().UnixMilli()}}
	if diff := cmp.Diff(want, tasks(t, c, "dead"), cmpopts.IgnoreUnexported(want[0])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// With a rate the messages move one by one, by the clock, through a restart too; a
// cancelled task stops where it is.
func TestMoveAtARate(t *testing.T) {
	dir, clock := t.TempDir(), newClock()
	e, log := openEngine(t, dir, withClock(clock))
	c := newClient(e)
	createQueue(t, c, "dead", nil)
	url := createQueue(t, c, "q", redrivePolicy("dead", 1))
	other := createQueue(t, c, "other", nil)
	killed(t, e, c, clock, url, 10)
	in := client.StartMessageMoveTaskInput{SourceArn: aws.String(arnOf + "dead"), DestinationArn: aws.String(arnOf + "other"), MaxNumberOfMessagesPerSecond: aws.Int32(2)}
	handle := start(t, c, in)
	if _, err := c.StartMessageMoveTask(t.Context(), &in); errorCode(err) != "InvalidParameterValue" {
		t.Errorf("a second task: %v", err)
	}
	if got := depth(t, e, other); got != [3]int{1, 0, 0} {
		t.Errorf("at first: %v", got)
	}
	clock.Advance(time.Second)
	if got := depth(t, e, other); got != [3]int{3, 0, 0} {
		t.Errorf("after a second: %v", got)
	}
	log.Close()
	e, _ = openEngine(t, dir, withClock(clock))
	c = newClient(e)
	clock.Advance(time.Second)
	task := tasks(t, c, "dead")[0]
	if *task.Status != "RUNNING" || *task.TaskHandle != *handle || task.ApproximateNumberOfMessagesMoved != 5 || *task.MaxNumberOfMessagesPerSecond != 2 || *task.DestinationArn != arnOf+"other" {
		t.Errorf("after two seconds and a restart: %+v", task)
	}
	cancelled, err := c.CancelMessageMoveTask(t.Context(), &client.CancelMessageMoveTaskInput{TaskHandle: handle})
	if err != nil || cancelled.ApproximateNumberOfMessagesMoved != 5 {
		t.Errorf("%+v, %v", cancelled, err)
	}
	clock.Advance(time.Minute)
	task = tasks(t, c, "dead")[0]
	if *task.Status != "CANCELLED" || task.TaskHandle != nil || task.ApproximateNumberOfMessagesMoved != 5 || depth(t, e, other) != [3]int{5, 0, 0} {
		t.Errorf("after the cancellation: %+v, %v", task, depth(t, e, other))
	}
	if _, err := c.CancelMessageMoveTask(t.Context(), &client.CancelMessageMoveTaskInput{TaskHandle: handle}); err == nil {
		t.Error("cancelled twice")
	}
}

// Nobody needs to ask for a task to go on: who waits at the destination is served.
func TestMoveGoesOnByItself(t *testing.T) {
	inBubble(t, func(t *testing.T, e *Engine, c *client.Client) {
		createQueue(t, c, "dead", nil)
		url := createQueue(t, c, "q", redrivePolicy("dead", 1))
		send(t, c, url, "1", "2", "3")
		for range 2 {
			receive(t, c, url)
			time.Sleep(30 * time.Second)
		}
		start(t, c, client.StartMessageMoveTaskInput{SourceArn: aws.String(arnOf + "dead"), MaxNumberOfMessagesPerSecond: aws.Int32(1)})
		begin := time.Now()
		for i := range 3 {
			got, err := e.Receive(t.Context(), url, 10, time.Minute)
			if err != nil || len(got) != 1 || time.Since(begin) != time.Duration(i)*time.Second {
				t.Errorf("%v, %v after %v; want one message after %d s", got, err, time.Since(begin), i)
			}
		}
	})
}

// A long queue is moved in steps, so that other requests come in between.
func TestMoveOfManyIsStepwise(t *testing.T) {
	e, c, clock := newTest(t)
	dead := createQueue(t, c, "dead", nil)
	createQueue(t, c, "q", redrivePolicy("dead", 1))
	other := createQueue(t, c, "other", nil)
	fill(t, e, dead, 2500)
	start(t, c, client.StartMessageMoveTaskInput{SourceArn: aws.String(arnOf + "dead"), DestinationArn: aws.String(arnOf + "other")})
	for _, want := range []int{1000, 2000, 2500} {
		if got := depth(t, e, other); got != [3]int{want, 0, 0} {
			t.Errorf("%v, want %d", got, want)
		}
		clock.Advance(10 * time.Millisecond)
	}
}

func TestMoveFails(t *testing.T) {
	for _, tt := range []struct{ name, reason string }{
		{"a message that came by no redrive has no source", "CouldNotDetermineMessageSource"},
		{"the source is gone", "AWS.SimpleQueueService.NonExistentQueue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, c, clock := newTest(t)
			dead := createQueue(t, c, "dead", nil)
			url := createQueue(t, c, "q", redrivePolicy("dead", 1))
			createQueue(t, c, "another", redrivePolicy("dead", 1))
			if tt.reason == "CouldNotDetermineMessageSource" {
				send(t, c, dead, "m")
			} else {
				killed(t, e, c, clock, url, 1)
				if _, err := c.DeleteQueue(t.Context(), &client.DeleteQueueInput{QueueUrl: &url}); err != nil {
					t.Fatal(err)
				}
			}
			start(t, c, client.StartMessageMoveTaskInput{SourceArn: aws.String(arnOf + "dead")})
			task := tasks(t, c, "dead")[0]
			if *task.Status != "FAILED" || aws.ToString(task.FailureReason) != tt.reason || depth(t, e, dead) != [3]int{1, 0, 0} {
				t.Errorf("%+v, %v; want FAILED because of %s, and the message in its place", task, depth(t, e, dead), tt.reason)
			}
		})
	}
}

func TestMoveErrors(t *testing.T) {
	_, c, _ := newTest(t)
	createQueue(t, c, "dead", nil)
	createQueue(t, c, "q", redrivePolicy("dead", 1))
	createFIFO(t, c, "f.fifo", nil)
	s := aws.String
	for _, tt := range []struct {
		name        string
		in          client.StartMessageMoveTaskInput
		code, words string
	}{
		{"no ARN", client.StartMessageMoveTaskInput{SourceArn: s("dead")}, "InvalidParameterValue", "You must use this format to specify the SourceArn"},
		{"no queue", client.StartMessageMoveTaskInput{SourceArn: s(arnOf + "none")}, "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist."},
		{"no dead-letter queue", client.StartMessageMoveTaskInput{SourceArn: s(arnOf + "q")}, "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."},
		{"no destination", client.StartMessageMoveTaskInput{SourceArn: s(arnOf + "dead"), DestinationArn: s(arnOf + "none")}, "ResourceNotFoundException", "DestinationArn parameter doesn't exist."},
		{"to itself", client.StartMessageMoveTaskInput{SourceArn: s(arnOf + "dead"), DestinationArn: s(arnOf + "dead")}, "InvalidParameterValue", "cannot be the same"},
		{"to the other type", client.StartMessageMoveTaskInput{SourceArn: s(arnOf + "dead"), DestinationArn: s(arnOf + "f.fifo")}, "InvalidParameterValue", "same queue type"},
		{"too fast", client.StartMessageMoveTaskInput{SourceArn: s(arnOf + "dead"), MaxNumberOfMessagesPerSecond: aws.Int32(501)}, "InvalidParameterValue", "between 1 and 500"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := c.StartMessageMoveTask(t.Context(), &tt.in); errorCode(err) != tt.code || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("%v, want %s: %s", err, tt.code, tt.words)
			}
		})
	}
	unknown := (&moveTask{ID: "none"}).handle(arnOf + "dead")
	for handle, code := range map[string]string{"nonsense": "InvalidParameterValue", unknown: "ResourceNotFoundException"} {
		if _, err := c.CancelMessageMoveTask(t.Context(), &client.CancelMessageMoveTaskInput{TaskHandle: &handle}); errorCode(err) != code {
			t.Errorf("cancel %s: %v, want %s", handle, err, code)
		}
	}
	if _, err := c.ListMessageMoveTasks(t.Context(), &client.ListMessageMoveTasksInput{SourceArn: s(arnOf + "dead"), MaxResults: aws.Int32(11)}); errorCode(err) != "InvalidParameterValue" {
		t.Errorf("eleven tasks: %v", err)
	}
}

func TestFIFOMovesBackInOrder(t *testing.T) {
	e, c, clock := newTest(t)
	createFIFO(t, c, "dead.fifo", nil)
	url := createFIFO(t, c, "q.fifo", redrivePolicy("dead.fifo", 1))
	sendTo(t, c, url, "g", "1", "2", "3")
	for range 2 {
		receive(t, c, url)
		clock.Advance(30 * time.Second)
	}
	start(t, c, client.StartMessageMoveTaskInput{SourceArn: aws.String(arnOf + "dead.fifo")})
	sendTo(t, c, url, "g", "4")
	wantBodies(t, "moved in order, before what comes later", receive(t, c, url), "1", "2", "3", "4")
	if got := depth(t, e, url); got != [3]int{0, 4, 0} {
		t.Errorf("depth %v", got)
	}
}
