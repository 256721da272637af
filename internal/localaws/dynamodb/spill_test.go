package dynamodb

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// clock is a time that tests turn. It is safe for concurrent use.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// little is less memory than the records of any test take.
func little(c *clock) func(*Options) {
	return func(o *Options) { o.Clock, o.StreamMemory = c.read, 2<<10 }
}

func plenty(c *clock) func(*Options) { return func(o *Options) { o.Clock = c.read } }

// changeItems writes, changes and deletes items at random, the same for the same seed.
func changeItems(t *testing.T, c *dynamodb.Client, clock *clock, seed uint64, count int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	for range count {
		clock.advance(time.Duration(r.IntN(120)) * time.Second)
		key := item{"pk": str(fmt.Sprint("p", r.IntN(5))), "sk": num(fmt.Sprint(r.IntN(5)))}
		var err error
		if r.IntN(4) == 0 {
			_, err = c.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("table"), Key: key})
		} else {
			key["a"], key["text"] = num(fmt.Sprint(r.IntN(1000))), str(fmt.Sprint("text ", r.IntN(1000)))
			_, err = c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: key})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// streamOf reads the whole stream, limit records at a time.
func streamOf(t *testing.T, e *Engine, limit int) (all []events.DynamoDBEventRecord) {
	t.Helper()
	shards, err := e.StreamShards("table")
	if err != nil {
		t.Fatal(err)
	}
	for _, sh := range shards {
		after := ""
		for {
			records, end, err := e.StreamRecords("table", sh.ID, after, limit)
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, records...); end || len(records) == 0 {
				if end != sh.Closed {
					t.Fatalf("shard %s, closed %v, ends %v behind %s", sh.ID, sh.Closed, end, after)
				}
				break
			}
			after = records[len(records)-1].Change.SequenceNumber
		}
	}
	return all
}

var ignoreARN = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".EventSourceArn" }, cmp.Ignore())

func compareStreams(t *testing.T, why string, want, got []events.DynamoDBEventRecord) {
	t.Helper()
	if diff := cmp.Diff(want, got, ignoreARN, cmp.AllowUnexported(events.DynamoDBAttributeValue{})); diff != "" {
		t.Errorf("%s: %d records, want %d (-want +got):\n%s", why, len(got), len(want), diff)
	}
}

// What memory has no room for is told as if it had, across shards, restarts and
// snapshots.
func TestSpilledStreamTellsTheSame(t *testing.T) {
	for _, shards := range []int{1, 4} {
		t.Run(fmt.Sprint(shards, " open shards"), func(t *testing.T) { tellsTheSame(t, shards) })
	}
}

func tellsTheSame(t *testing.T, shards int) {
	open := func(t testing.TB, dir string, fn func(*Options)) (*Engine, func()) {
		return open(t, dir, fn, func(o *Options) { o.StreamShards = shards })
	}
	dir := t.TempDir()
	begin := time.Unix(1_700_000_000, 0)
	smallClock, largeClock := &clock{now: begin}, &clock{now: begin}
	small, closeSmall := open(t, dir, little(smallClock))
	large, largeClient := client(t, plenty(largeClock), func(o *Options) { o.StreamShards = shards })
	smallClient := dynamodb.NewFromConfig(config(small))
	for clock, c := range map[*clock]*dynamodb.Client{smallClock: smallClient, largeClock: largeClient} {
		create(t, c, "table")
		changeItems(t, c, clock, 1, 400) // some 7 hours: two generations of shards
	}
	want := streamOf(t, large, 1000)
	for _, limit := range []int{1, 7, 1000} {
		compareStreams(t, fmt.Sprint("limit ", limit), want, streamOf(t, small, limit))
	}
	if used := small.spill.used.Load(); used > small.spill.budget+1<<10 {
		t.Errorf("%d bytes in memory, the budget is %d", used, small.spill.budget)
	}
	if n := len(small.tables["table"].stream.shards[0].blocks); n == 0 {
		t.Error("nothing was spilled")
	}
	chains := shardsOf(t, small)
	for _, why := range []string{"restart", "restart from a snapshot"} {
		if why != "restart" {
			if err := small.log.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		closeSmall()
		small, closeSmall = open(t, dir, little(smallClock))
		compareStreams(t, why, want, streamOf(t, small, 50))
		if diff := cmp.Diff(chains, shardsOf(t, small)); diff != "" {
			t.Errorf("%s: shards (-before +after):\n%s", why, diff)
		}
	}
	closeSmall()
}

func TestSpilledStreamIsTrimmed(t *testing.T) {
	clock := &clock{now: time.Unix(1_700_000_000, 0)}
	e, c := client(t, little(clock))
	create(t, c, "table")
	changeItems(t, c, clock, 2, 400)
	all := streamOf(t, e, 1000)
	clock.advance(21 * time.Hour)
	e.trim()
	horizon := clock.read().Add(-24 * time.Hour)
	left := streamOf(t, e, 1000)
	if len(left) == len(all) || len(left) == 0 {
		t.Fatalf("%d records of %d are left", len(left), len(all))
	}
	compareStreams(t, "what is left is the end", all[len(all)-len(left):], left)
	for i, r := range all[:len(all)-len(left)] {
		if !r.Change.ApproximateCreationDateTime.Before(horizon) {
			t.Errorf("record %d was trimmed before its time", i)
		}
	}
	clock.advance(24 * time.Hour)
	e.trim()
	if left := streamOf(t, e, 1000); len(left) != 0 {
		t.Errorf("%d records are left", len(left))
	}
	if used := e.spill.used.Load(); used != 0 {
		t.Errorf("%d bytes are accounted for nothing", used)
	}
}

// faultyFile is a file on a disk that can fail.
type faultyFile struct {
	spillFile
	disk *faultyDisk
}

type faultyDisk struct{ create, write, read, flip error }

func (f faultyFile) WriteAt(p []byte, at int64) (int, error) {
	if f.disk.write != nil {
		n, _ := f.spillFile.WriteAt(p[:len(p)/2], at)
		return n, f.disk.write
	}
	return f.spillFile.WriteAt(p, at)
}

func (f faultyFile) ReadAt(p []byte, at int64) (int, error) {
	if f.disk.read != nil {
		return 0, f.disk.read
	}
	n, err := f.spillFile.ReadAt(p, at)
	if f.disk.flip != nil {
		p[len(p)/2] ^= 1
	}
	return n, err
}

func (d *faultyDisk) in(e *Engine) {
	create := e.spill.create
	e.spill.create = func() (spillFile, error) {
		if d.create != nil {
			return nil, d.create
		}
		f, err := create()
		return faultyFile{f, d}, err
	}
}

// A disk that does not take what memory has no room for refuses writes and loses
// nothing; one that cannot be read is told to who reads.
func TestSpillFaults(t *testing.T) {
	disk := &faultyDisk{}
	clock := &clock{now: time.Unix(1_700_000_000, 0)}
	e, c := client(t, little(clock))
	disk.in(e)
	create(t, c, "table")
	stored := 0
	for _, row := range []struct {
		why   string
		fault *error
	}{{"no file can be made", &disk.create}, {"the disk is full", &disk.write}} {
		*row.fault = syscall.ENOSPC
		stored += fillUntilRefused(t, c, row.why)
		*row.fault = nil
		out, err := c.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("table")})
		if err != nil || int(out.Count) != stored {
			t.Errorf("%s: %d items, want the %d acknowledged: %v", row.why, out.Count, stored, err)
		}
		if _, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: item{"pk": str(row.why), "sk": num("-1")}}); err != nil {
			t.Errorf("%s, then room again: %v", row.why, err)
		}
		stored++
	}
	records := streamOf(t, e, 10)
	out, err := c.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("table"), Select: types.SelectCount})
	if err != nil || len(records) != int(out.Count) {
		t.Errorf("%d stream records of %d puts: %v", len(records), out.Count, err)
	}
	shards, _ := e.StreamShards("table")
	disk.read = syscall.EIO
	if _, _, err := e.StreamRecords("table", shards[0].ID, "", 10); !errors.Is(err, syscall.EIO) {
		t.Errorf("read of a failing disk: %v", err)
	}
	disk.read, disk.flip = nil, errors.New("flip")
	if _, _, err := e.StreamRecords("table", shards[0].ID, "", 10); !errors.Is(err, ErrCorrupt) {
		t.Errorf("read of a flipped bit: %v", err)
	}
}

// fillUntilRefused puts items until one is refused and returns how many were stored.
func fillUntilRefused(t *testing.T, c *dynamodb.Client, why string) int {
	t.Helper()
	for n := range 1000 {
		_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: item{"pk": str(why), "sk": num(fmt.Sprint(n))}})
		if err == nil {
			continue
		}
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorFault() != smithy.FaultServer {
			t.Fatalf("%s: %v, want a fault of the server", why, err)
		}
		return n
	}
	t.Fatalf("%s: nothing was refused", why)
	return 0
}

// Files of a process that was killed before it could remove their names do not stay.
func TestLeftFilesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{spillPrefix + "123", "log-0000000000000001"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	client(t, func(o *Options) { o.TempDir = dir })
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "log-0000000000000001" {
		t.Errorf("left: %v, %v", left, err)
	}
}
