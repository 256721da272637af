package pump

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// lives notes the versions of items as a handler sees them.
type lives struct {
	mu       sync.Mutex
	versions map[string][]int
	now, max int // calls at once
}

func (l *lives) handle(_ context.Context, e streamEvent) (r streamResponse, err error) {
	l.mu.Lock()
	l.now++
	l.max = max(l.max, l.now)
	l.mu.Unlock()
	<-time.After(time.Millisecond)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now--
	for _, x := range e.Records {
		id := x.Change.Keys["pk"].Number()
		if id == "13" {
			return r, errNo
		}
		v, err := strconv.Atoi(x.Change.NewImage["v"].Number())
		if err != nil {
			return r, err
		}
		l.versions[id] = append(l.versions[id], v)
	}
	return r, nil
}

func (w *world) update(t *testing.T, items, versions int) {
	t.Helper()
	for v := range versions {
		for i := range items {
			_, err := w.db.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: aws.String("table"),
				Key: map[string]types.AttributeValue{"pk": number(i)}, UpdateExpression: aws.String("SET v = :v"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":v": number(v)}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Several calls run at once, yet each item's records come in order and none is missed,
// though the consumer stops again and again. A record that is given up takes no other
// item's with it.
func TestParallelCallsKeepTheOrderOfItems(t *testing.T) {
	w := open(t, "")
	defer w.Close()
	const items, versions = 40, 12
	l := &lives{versions: map[string][]int{}}
	w.update(t, items, versions)
	for stops := 0; ; stops++ {
		m, err := Stream(w.Local, "table", l.handle, func(o *StreamOptions) {
			o.ParallelizationFactor, o.BatchSize, o.BisectBatchOnFunctionError = 4, 5, true
			o.MaximumRetryAttempts, o.RetryDelay = 0, time.Millisecond
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		err = m.Run(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if m.Idle() {
			t.Logf("%d stops, up to %d calls at once", stops, l.max)
			break
		}
		if stops > 1000 {
			t.Fatal("no progress")
		}
	}
	if l.max < 2 || l.max > 4 {
		t.Errorf("up to %d calls at once, want 2 to 4", l.max)
	}
	for i := range items {
		id := fmt.Sprint(i)
		next := 0 // records may come again after a stop, from a point that is done
		for _, v := range l.versions[id] {
			if v > next {
				t.Fatalf("item %s: version %d before %d: %v", id, v, next, l.versions[id])
			}
			if v == next {
				next++
			}
		}
		if want := versions; id != "13" && next != want {
			t.Errorf("item %s: %d of %d versions", id, next, want)
		}
	}
}

// An item that fails for ever stops neither the others nor the end of Run.
func TestParallelCallsPassAFailingItem(t *testing.T) {
	w := open(t, "")
	defer w.Close()
	l := &lives{versions: map[string][]int{}}
	m, err := Stream(w.Local, "table", l.handle, func(o *StreamOptions) {
		o.ParallelizationFactor, o.BatchSize, o.RetryDelay = 8, 10, time.Millisecond
		o.BisectBatchOnFunctionError = true
	})
	if err != nil {
		t.Fatal(err)
	}
	poisoned := lane(record13(t), 8)
	during(t, m, func() {
		w.update(t, 20, 3)
		until(t, "the items of other lanes are handled", func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			for i := range 20 {
				r := keyRecord(t, i)
				if lane(r, 8) != poisoned && len(l.versions[fmt.Sprint(i)]) < 3 {
					return false
				}
			}
			return true
		})
	})
	if m.Idle() {
		t.Error("idle with a record that never succeeded")
	}
}

func record13(t *testing.T) record { return keyRecord(t, 13) }

func keyRecord(t *testing.T, n int) (r record) {
	t.Helper()
	r.Change.Keys = map[string]events.DynamoDBAttributeValue{"pk": events.NewNumberAttribute(fmt.Sprint(n))}
	return r
}
