package store

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/mqtt"
)

// BenchmarkQoS1 is what a message of QoS 1 costs on disk: 200 bytes queued for one
// persistent session, waited for, as each publisher does before its next, and taken out
// again when the subscriber has acknowledged it.
func BenchmarkQoS1(b *testing.B) {
	for _, publishers := range []int{1, 8, 64} {
		b.Run(fmt.Sprint("publishers=", publishers), func(b *testing.B) {
			disk := &countingFS{FileSystem: journal.OS}
			s := open(b, b.TempDir(), withFS(disk))
			load(b, s)
			s.PutSession(persistent("subscriber"))
			message := &mqtt.Message{Topic: "sensors/7/t", Payload: make([]byte, 200), QoS: 1}
			var order sync.Mutex
			var last uint64
			var next atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range publishers {
				group.Go(func() {
					for next.Add(1) <= int64(b.N) {
						order.Lock()
						last++
						n := last
						s.PutMessage(mqtt.MessageID(n), message)
						p := s.Enqueue("subscriber", waiting(n, mqtt.MessageID(n)))
						s.ReleaseMessage(mqtt.MessageID(n))
						order.Unlock()
						if err := s.Wait(b.Context(), p); err != nil {
							b.Error(err)
							return
						}
						s.Dequeue("subscriber", n)
					}
				})
			}
			group.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			b.ReportMetric(float64(disk.syncs.Load())/float64(b.N), "syncs/op")
		})
	}
}

// BenchmarkFanOut is a message for many sessions, which is told once.
func BenchmarkFanOut(b *testing.B) {
	const sessions = 50
	disk := &countingFS{FileSystem: journal.OS}
	s := open(b, b.TempDir(), withFS(disk))
	load(b, s)
	clientIDs := make([]string, sessions)
	for i := range clientIDs {
		clientIDs[i] = fmt.Sprint("subscriber", i)
		s.PutSession(persistent(clientIDs[i]))
	}
	message := &mqtt.Message{Topic: "sensors/7/t", Payload: make([]byte, 200), QoS: 1}
	n := uint64(0)
	for b.Loop() {
		n++
		s.PutMessage(mqtt.MessageID(n), message)
		var p mqtt.Position
		for _, clientID := range clientIDs {
			p = s.Enqueue(clientID, waiting(n, mqtt.MessageID(n)))
		}
		s.ReleaseMessage(mqtt.MessageID(n))
		if err := s.Wait(b.Context(), p); err != nil {
			b.Fatal(err)
		}
		for _, clientID := range clientIDs {
			s.Dequeue(clientID, n)
		}
	}
	b.ReportMetric(float64(disk.syncs.Load())/float64(b.N), "syncs/op")
	b.ReportMetric(sessions*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

// countingFS counts what costs most.
type countingFS struct {
	journal.FileSystem
	syncs atomic.Int64
}

func (fs *countingFS) OpenFile(path string, flag int) (journal.File, error) {
	f, err := fs.FileSystem.OpenFile(path, flag)
	if err != nil {
		return nil, err
	}
	return countingFile{f, fs}, nil
}

type countingFile struct {
	journal.File
	fs *countingFS
}

func (f countingFile) Sync() error {
	f.fs.syncs.Add(1)
	return f.File.Sync()
}
