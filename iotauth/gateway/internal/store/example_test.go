package store_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth/gateway/internal/store"
)

// A message waits for an absent client, and the process ends.
func Example() {
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	sink := mqtt.StoreSink{
		Session:  func(r mqtt.SessionRecord) { fmt.Println("session of", r.ClientID) },
		Message:  func(id mqtt.MessageID, m *mqtt.Message) { fmt.Printf("message %d: %s\n", id, m.Payload) },
		Enqueue:  func(clientID string, q mqtt.Queued) { fmt.Printf("%s waits for message %d\n", clientID, q.Message) },
		Retained: func(string, *mqtt.Message, time.Time) {},
	}
	for range 2 {
		s, err := store.Open(dir)
		if err != nil {
			panic(err)
		}
		if err := s.Load(sink); err != nil {
			panic(err)
		}
		s.PutSession(mqtt.SessionRecord{ClientID: "sensor7", Ends: time.Now().Add(time.Hour)})
		s.PutMessage(1, &mqtt.Message{Topic: "a/b", Payload: []byte("hello"), QoS: 1})
		p := s.Enqueue("sensor7", mqtt.Queued{Number: 1, Message: 1})
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
