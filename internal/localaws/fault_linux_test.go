package localaws_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/foreign"
)

// A disk that is really full: a small one in memory, where the system lets a test mount it.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		foreign.Missing(t, "a small disk cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	local := open(t, dir)
	s := servicesOf(local)
	createTable(t, s.db)
	if _, err := s.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("queue")}); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]bool{}
	var err error
	for n := 0; err == nil && n < 10_000; n++ {
		pk := fmt.Sprint(n)
		if err = s.put(t, pk); err == nil {
			acknowledged[pk] = true
			err = s.send(t, pk)
		}
	}
	if !isServerFault(err) {
		t.Fatalf("%d items, then %v, want a fault of the server", len(acknowledged), err)
	}
	if err := local.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Close: %v", err)
	}
	local = open(t, dir)
	defer local.Close()
	items := scan(t, local, nil)
	for pk := range acknowledged {
		if !items[pk] {
			t.Errorf("item %s was acknowledged and is missing", pk)
		}
	}
	if len(items) > len(acknowledged)+1 { // the one in doubt
		t.Errorf("%d items, %d were acknowledged", len(items), len(acknowledged))
	}
}
