package sqs

import (
	"testing"
	"time"
)

// BenchmarkRoundTrip: a message sent through the SDK, handed to a waiting receiver of
// the direct face, and deleted; in memory, and synced to disk three times.
func BenchmarkRoundTrip(b *testing.B) {
	for _, place := range []string{"memory", "disk"} {
		b.Run(place, func(b *testing.B) {
			dir := ""
			if place == "disk" {
				dir = b.TempDir()
			}
			e, _ := openEngine(b, dir)
			c := newClient(e)
			url := createQueue(b, c, "q", nil)
			done := make(chan error)
			go func() {
				for {
					got, err := e.Receive(b.Context(), url, 1, time.Minute)
					if err == nil {
						err = e.Delete(b.Context(), url, got[0].ReceiptHandle)
					}
					done <- err
					if err != nil {
						return
					}
				}
			}()
			for b.Loop() {
				send(b, c, url, "How is the coffee?")
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			e.Close()
			<-done
		})
	}
}
