package dynamodb

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func shardsOf(t *testing.T, e *Engine) []Shard {
	t.Helper()
	shards, err := e.StreamShards("table")
	if err != nil {
		t.Fatal(err)
	}
	return shards
}

// TestShardsByPartitionKey: the records of a partition key are in one line of shards, in the
// order of their sequence numbers; every change is in the stream once; each line has one
// open shard, the child of the one before.
func TestShardsByPartitionKey(t *testing.T) {
	const lines = 3
	c := &clock{now: time.Unix(1_700_000_000, 0)}
	e, db := client(t, plenty(c), func(o *Options) { o.StreamShards, o.ShardLife = lines, 2*time.Hour })
	create(t, db, "table")
	changeItems(t, db, c, 2, 400)

	shards := shardsOf(t, e)
	line, open := map[string]int{}, map[int]string{} // partition of a shard; the youngest shard of a partition
	for _, sh := range shards {
		if sh.Partitions != lines || sh.Partition < 0 || sh.Partition >= lines {
			t.Fatalf("shard %+v", sh)
		}
		if sh.Parent != open[sh.Partition] {
			t.Errorf("shard %s has parent %q, want %q", sh.ID, sh.Parent, open[sh.Partition])
		}
		line[sh.ID], open[sh.Partition] = sh.Partition, sh.ID
	}
	for _, sh := range shards {
		if youngest := open[sh.Partition] == sh.ID; sh.Closed == youngest {
			t.Errorf("shard %s is closed: %v", sh.ID, sh.Closed)
		}
	}
	if len(shards) < 3*lines {
		t.Errorf("%d shards after some 7 hours", len(shards))
	}

	home, last, records := map[string]int{}, map[string]string{}, map[string]bool{}
	for _, sh := range shards {
		all, _, err := e.StreamRecords("table", sh.ID, "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			key, sequence := r.Change.Keys["pk"].String(), r.Change.SequenceNumber
			if at, known := home[key]; known && at != sh.Partition {
				t.Fatalf("%s is in lines %d and %d", key, at, sh.Partition)
			}
			if sequence <= last[key] || records[sequence] {
				t.Fatalf("%s: record %s behind %s", key, sequence, last[key])
			}
			home[key], last[key], records[sequence] = sh.Partition, sequence, true
		}
	}
	one, oneDB := client(t, plenty(&clock{now: time.Unix(1_700_000_000, 0)}))
	create(t, oneDB, "table")
	changeItems(t, oneDB, &clock{now: time.Unix(1_700_000_000, 0)}, 2, 400)
	if want := len(streamOf(t, one, 1000)); len(records) != want {
		t.Errorf("%d records, want %d", len(records), want)
	}
	if used := map[int]bool{}; true {
		for _, at := range home {
			used[at] = true
		}
		if len(used) < 2 {
			t.Errorf("all keys are in one line: %v", home)
		}
	}
}

// TestStreamKeepsItsShards: a stream has as many open shards as when it was begun, whatever
// the engine would give a new one.
func TestStreamKeepsItsShards(t *testing.T) {
	dir := t.TempDir()
	c := &clock{now: time.Unix(1_700_000_000, 0)}
	for i, shards := range []int{1, 4} {
		e, closeLog := open(t, dir, plenty(c), func(o *Options) { o.StreamShards = shards })
		db := dynamodb.NewFromConfig(config(e))
		if i == 0 {
			create(t, db, "table")
		}
		changeItems(t, db, c, uint64(i), 200)
		for _, sh := range shardsOf(t, e) {
			if sh.Partitions != 1 {
				t.Errorf("opened with %d: shard %+v", shards, sh)
			}
		}
		closeLog()
	}
}

// TestShardChange: whoever waits for a shard is woken by its own records, and by its end.
func TestShardChange(t *testing.T) {
	e, db := client(t, func(o *Options) { o.StreamShards = 2 })
	create(t, db, "table")
	var wait [2]<-chan struct{}
	for i, sh := range shardsOf(t, e) {
		var err error
		if wait[i], err = e.StreamChanged("table", sh.ID); err != nil {
			t.Fatal(err)
		}
	}
	closed := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	for i := 0; !closed(wait[0]) || !closed(wait[1]); i++ {
		before := [2]bool{closed(wait[0]), closed(wait[1])}
		key := item{"pk": str(fmt.Sprint("p", i)), "sk": num("1")}
		if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: key}); err != nil {
			t.Fatal(err)
		}
		if after := [2]bool{closed(wait[0]), closed(wait[1])}; before == [2]bool{} && after == [2]bool{true, true} {
			t.Error("one record woke the readers of both shards")
		}
		if i > 100 {
			t.Fatal("a hundred keys are all in one shard")
		}
	}
	if _, err := e.StreamChanged("table", "none"); err != ErrNoShard {
		t.Errorf("error %v", err)
	}
	ends, err := e.StreamChanged("table", shardsOf(t, e)[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("table")}); err != nil {
		t.Fatal(err)
	}
	if !closed(ends) {
		t.Error("the end of the stream woke nobody")
	}
}
