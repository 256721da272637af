package localaws_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/localaws"
)

// brokenDisk fails to write, or to sync, while it is told to.
type brokenDisk struct {
	journal.FileSystem
	noWrite, noSync atomic.Bool
}

func (d *brokenDisk) OpenFile(path string, flag int) (journal.File, error) {
	f, err := d.FileSystem.OpenFile(path, flag)
	return brokenFile{f, d}, err
}

type brokenFile struct {
	journal.File
	disk *brokenDisk
}

func (f brokenFile) Write(p []byte) (int, error) {
	if f.disk.noWrite.Load() {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, syscall.ENOSPC
	}
	return f.File.Write(p)
}

func (f brokenFile) Sync() error {
	if f.disk.noSync.Load() {
		return syscall.EIO
	}
	return f.File.Sync()
}

// services are clients that try once.
type services struct {
	db     *dynamodb.Client
	queues *sqs.Client
}

func servicesOf(local *localaws.Local) services {
	once := local.Config()
	once.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return services{dynamodb.NewFromConfig(once), sqs.NewFromConfig(once)}
}

func (s services) put(t *testing.T, pk string) error {
	t.Helper()
	_, err := s.db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: pk}, "g": &types.AttributeValueMemberN{Value: "1"}}})
	return err
}

func (s services) send(t *testing.T, body string) error {
	t.Helper()
	_, err := s.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String("http://sqs.us-east-1.localhost/000000000000/queue"), MessageBody: &body})
	return err
}

func isServerFault(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorFault() == smithy.FaultServer
}

// A disk that takes no more is told to every writer from then on, readers go on, and the
// next start has exactly what was acknowledged, and at most what was in doubt besides.
func TestDiskFaults(t *testing.T) {
	for _, row := range []struct {
		why   string
		fault func(*brokenDisk) *atomic.Bool
	}{
		{"the disk is full: half of a batch is written", func(d *brokenDisk) *atomic.Bool { return &d.noWrite }},
		{"the disk does not sync", func(d *brokenDisk) *atomic.Bool { return &d.noSync }},
	} {
		t.Run(row.why, func(t *testing.T) {
			dir, disk := t.TempDir(), &brokenDisk{FileSystem: journal.OS}
			local, err := localaws.Open(t.Context(), func(o *localaws.Options) { o.Dir = dir }, localaws.OnFS(disk))
			if err != nil {
				t.Fatal(err)
			}
			s := servicesOf(local)
			createTable(t, s.db)
			if _, err := s.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("queue")}); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.put(t, "acknowledged"), s.send(t, "acknowledged")); err != nil {
				t.Fatal(err)
			}
			fault := row.fault(disk)
			fault.Store(true)
			for _, again := range []string{"in doubt", "later", "when the disk is well again"} {
				if err := s.put(t, again); !isServerFault(err) {
					t.Errorf("PutItem %s: %v, want a fault of the server", again, err)
				}
				if err := s.send(t, again); !isServerFault(err) {
					t.Errorf("SendMessage %s: %v, want a fault of the server", again, err)
				}
				if again == "later" {
					fault.Store(false)
				}
			}
			if items := scan(t, local, nil); !items["acknowledged"] {
				t.Errorf("readers find %v", items)
			}
			if err := local.Close(); !errors.Is(err, journal.ErrFailed) {
				t.Errorf("Close: %v", err)
			}
			checkAfterFault(t, dir)
		})
	}
}

func checkAfterFault(t *testing.T, dir string) {
	t.Helper()
	local := open(t, dir)
	defer local.Close()
	items, indexed, inserted := scan(t, local, nil), scan(t, local, aws.String("byG")), streamed(t, local)
	for name, found := range map[string]map[string]bool{"table": items, "index": indexed, "stream": inserted} {
		if !found["acknowledged"] || found["later"] || found["when the disk is well again"] || len(found) != len(items) {
			t.Errorf("the %s has %v, the table %v", name, found, items)
		}
	}
	if messages := drain(t, local); !messages["acknowledged"] || messages["later"] {
		t.Errorf("the queue has %v", messages)
	}
	s := servicesOf(local)
	if err := errors.Join(s.put(t, "new"), s.send(t, "new")); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

// What cannot be read is refused with one line that names the file and what is known.
func TestUnreadableDataIsOneLine(t *testing.T) {
	for _, row := range []struct {
		why    string
		damage func(data []byte) []byte
		as     func(error) bool
		says   string
	}{
		{"a newer format", func(b []byte) []byte { b[8]++; return b }, func(err error) bool { var e *journal.VersionError; return errors.As(err, &e) }, "format version"},
		{"a flipped bit", func(b []byte) []byte { b[len(b)-150] ^= 1; return b }, func(err error) bool { var e *journal.CorruptError; return errors.As(err, &e) && e.Good > 0 }, "is damaged at byte"},
		{"another kind of file", func([]byte) []byte { return []byte(strings.Repeat("hello, world. ", 100)) }, func(err error) bool { var e *journal.CorruptError; return errors.As(err, &e) }, "not a journal"},
	} {
		t.Run(row.why, func(t *testing.T) {
			dir := t.TempDir()
			local := open(t, dir)
			s := servicesOf(local)
			createTable(t, s.db)
			for _, pk := range []string{"a", "b", "c", "d", "e"} {
				if err := s.put(t, pk); err != nil {
					t.Fatal(err)
				}
			}
			if err := local.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "log-0000000000000001")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, row.damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = localaws.Open(t.Context(), func(o *localaws.Options) { o.Dir = dir })
			if err == nil || !row.as(err) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), row.says) {
				t.Errorf("Open: %v", err)
			}
		})
	}
}
