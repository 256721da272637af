package faulttest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
	"github.com/askaround/askaround-go/iotauth/gateway/internal/store"
)

// BenchmarkQoS1 is the rate of QoS 1 messages of 200 bytes that go to one persistent session,
// where each publisher waits for its PUBACK: on disk before that with the store, in memory
// without it and with bare mochi.
func BenchmarkQoS1(b *testing.B) {
	for _, publishers := range []int{1, 8, 64} {
		for _, broker := range []struct {
			name  string
			start func(*testing.B) string
		}{
			{"store", serveStore},
			{"memory", func(b *testing.B) string { return serve(b, "", nil).address }},
			{"mochi", func(b *testing.B) string { return startMochi(b) }},
		} {
			b.Run(fmt.Sprintf("publishers=%d/%s", publishers, broker.name), func(b *testing.B) {
				benchmarkQoS1(b, broker.start(b), publishers)
			})
		}
	}
}

// serveStore is a broker whose store compacts when it does by default.
func serveStore(b *testing.B) string {
	kept, err := store.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return serve(b, "", nil, func(o *mqtt.Options) { o.Store = kept }).address
}

func benchmarkQoS1(b *testing.B, address string, publishers int) {
	sub := join(b, address, mqttest.V5, "sub", mqttest.Persistent(3600))
	sub.Subscribe(1, "sensors/7/t")
	var clients sync.WaitGroup
	clients.Go(func() {
		for range b.N {
			sub.Acknowledge(sub.Receive(packets.Publish).PacketID)
		}
	})
	conns := make([]client, publishers)
	for i := range conns {
		c, _, err := dial(address, fmt.Sprint("pub", i))
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		conns[i] = c
	}
	payload := strings.Repeat("x", 200)
	var next atomic.Int64
	b.ResetTimer()
	for _, c := range conns {
		clients.Go(func() {
			for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
				if err := c.send(mqttest.PublishPacket("sensors/7/t", payload, 1, packetID(uint64(n)))); err != nil {
					b.Error(err)
					return
				}
				if ack, err := c.next(); err != nil || ack.FixedHeader.Type != packets.Puback || ack.ReasonCode != 0 {
					b.Errorf("PUBACK %+v, %v", ack.FixedHeader, err)
					return
				}
			}
		})
	}
	clients.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
