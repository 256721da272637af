package rules

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

const sensorPayload = `{"deviceid": "iot123", "temp": 54.98, "humidity": 32.43, "coords": {"latitude": 47.615694, "longitude": -122.3359976}}`

// BenchmarkMatch is what a message costs the broker where no rule matches, by the number
// of rules; beside it, asking each filter in turn.
func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		e, _ := newEngine(b)
		var filters []string
		for i := range n {
			filter := fmt.Sprintf("devices/+/sensor%d/#", i)
			filters = append(filters, filter)
			put(b, e, fmt.Sprint("r", i), payload("SELECT * FROM '"+filter+"'"))
		}
		m := &Message{Topic: "devices/7/sensor/temperature", Payload: []byte(sensorPayload)}
		b.Run(fmt.Sprintf("Tap/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Tap(context.Background(), Source{ClientID: "c"}, m)
			}
		})
		b.Run(fmt.Sprintf("Each/%d", n), func(b *testing.B) {
			for b.Loop() {
				for _, filter := range filters {
					if matches(filter, m.Topic) {
						b.Fatal("matches")
					}
				}
			}
		})
	}
}

// BenchmarkMessage is a message from Tap to its end, by the number of rules of which one
// matches. tap-ns/op is the time of it that the broker's publishing waits.
func BenchmarkMessage(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e, _ := newEngine(b, func(o *Options) {
				o.Publish = func(context.Context, Message) error { return nil }
			})
			for i := range n {
				put(b, e, fmt.Sprint("r", i), payload(fmt.Sprintf("SELECT temp, topic(2) AS device FROM 'devices/+/sensor%d' WHERE temp > 50", i), republishTo("out/${topic(2)}")))
			}
			m := &Message{Topic: "devices/7/sensor0", Payload: []byte(sensorPayload)}
			var inTap time.Duration
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				begin := time.Now()
				e.Tap(context.Background(), Source{ClientID: "c"}, m)
				inTap += time.Since(begin)
				if i%500 == 499 { // less than may wait
					waitIdle(b, e)
				}
			}
			waitIdle(b, e)
			b.ReportMetric(float64(inTap.Nanoseconds())/float64(b.N), "tap-ns/op")
			if s := e.Stats().Rules["r0"]; s.RuleMessageThrottled > 0 || s.Actions["RepublishAction"].Success != uint64(b.N) {
				b.Fatalf("%+v of %d", s, b.N)
			}
		})
	}
}

// BenchmarkEvaluate is a statement alone, with the payload's decoding.
func BenchmarkEvaluate(b *testing.B) {
	for name, sql := range map[string]string{
		"All":        "SELECT * FROM 'a'",
		"Where":      "SELECT * FROM 'a' WHERE temp > 50",
		"Items":      "SELECT temp, humidity, coords.latitude AS lat, topic(2) AS device FROM 'a' WHERE temp > 50 AND startswith(deviceid, 'iot')",
		"Arithmetic": "SELECT (temp - 32) * 5 / 9 AS celsius FROM 'a'",
	} {
		b.Run(name, func(b *testing.B) {
			s, err := iotsql.Parse(sql, iotsql.V2016)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				r, err := s.Evaluate(&iotsql.Message{Topic: "devices/7/data", Payload: []byte(sensorPayload)})
				if r == nil || err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
