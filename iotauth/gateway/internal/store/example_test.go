package store_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/askaround/askaround-go/iotauth/gateway/internal/core"
	"github.com/askaround/askaround-go/iotauth/gateway/internal/store"
)

// A message waits for an absent client, and the process ends.
func Example() {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	sink := core.StoreSink{
		Session:  func(r core.SessionRecord) { fmt.Println("session of", r.ClientID) },
		Message:  func(id core.MessageID, m *core.Message) { fmt.Printf("message %d: %s\n", id, m.Payload) },
		Enqueue:  func(clientID string, q core.Queued) { fmt.Printf("%s waits for message %d\n", clientID, q.Message) },
		Retained: func(string, *core.Message, time.Time) {},
	}
	for range 2 {
		s, err := store.Open(dir)
		if err != nil {
			panic(err)
		}
		if err := s.Load(sink); err != nil {
			panic(err)
		}
		s.PutSession(core.SessionRecord{ClientID: "sensor7", Ends: time.Now().Add(time.Hour)})
		s.PutMessage(1, &core.Message{Topic: "a/b", Payload: []byte("hello"), QoS: 1})
		p := s.Enqueue("sensor7", core.Queued{Number: 1, Message: 1})
		s.ReleaseMessage(1)
		fmt.Println("on disk:", s.Wait(context.Background(), p) == nil)
		s.Close()
	}
	// Output:
	// on disk: true
	// session of sensor7
	// message 1: hello
	// sensor7 waits for message 1
	// on disk: true
}
