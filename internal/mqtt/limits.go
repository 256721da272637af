package mqtt

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Limits bound what clients may do. A zero value means AWS IoT's default, which stands
// behind each. Source: "AWS IoT Core endpoints and quotas",
// https://docs.aws.amazon.com/general/latest/gr/iot-core.html, unless said otherwise.
// math.Inf(1) lifts a rate, math.MaxInt the Throughput.
type Limits struct {
	Payload                    int           // bytes of a payload: 128 KiB
	TopicBytes                 int           // of UTF-8 in a topic or filter: 256
	TopicSlashes               int           // in a topic or filter: 7; $aws/rules/{rule}/ and $share/{group}/ are not counted
	ClientIDBytes              int           // 128
	SubscriptionsPerConnection int           // 50
	SubscriptionsPerRequest    int           // of one SUBSCRIBE: 8
	InflightInbound            int           // QoS 1 publications not yet acknowledged by the gateway: 100
	InflightOutbound           int           // by the client: 100
	PublishRate                float64       // publications per second and connection, in and out together: 100; excess in is discarded, excess out waits
	Throughput                 int           // bytes per second and connection, in and out: 512 KiB; excess waits
	ConnectRate                float64       // CONNECTs per second of one client id: 1
	KeepAliveMin               time.Duration // 30 s
	KeepAliveMax               time.Duration // 1,200 s; also what 0 means
	ConnectTimeout             time.Duration // from accept to CONNECT: 30 s
	WebSocketLifetime          time.Duration // 24 h
	SessionExpiry              time.Duration // of persistent sessions of MQTT 3.1.1: 1 h
	SessionExpiryMax           time.Duration // that MQTT 5 may ask for: 7 days
	RedeliveryRate             float64       // stored messages per second after a reconnection: 10
	TopicAliasMax              int           // 8, in each direction
	MessageExpiryMax           time.Duration // 604,800 s
	QueuedMessages             int           // waiting for one session, 10,000; beyond, a connected client is disconnected and a queued message of an absent one is dropped and counted
	QueuedBytes                int           // of topics, payloads and properties waiting for one session: 16 MiB
	RetainedMessages           int           // in the account: 500,000
	Connections                int           // open at once: 500,000
}

// throughput is Throughput as a rate.
func (l *Limits) throughput() float64 {
	if l.Throughput == math.MaxInt {
		return math.Inf(1)
	}
	return float64(l.Throughput)
}

// withDefaults fills in AWS IoT's values.
func (l Limits) withDefaults() Limits {
	or(&l.Payload, 128<<10)
	or(&l.TopicBytes, 256)
	or(&l.TopicSlashes, 7)
	or(&l.ClientIDBytes, 128)
	or(&l.SubscriptionsPerConnection, 50)
	or(&l.SubscriptionsPerRequest, 8)
	or(&l.InflightInbound, 100)
	or(&l.InflightOutbound, 100)
	or(&l.PublishRate, 100)
	or(&l.Throughput, 512<<10)
	or(&l.ConnectRate, 1)
	or(&l.KeepAliveMin, 30*time.Second)
	or(&l.KeepAliveMax, 1200*time.Second)
	or(&l.ConnectTimeout, 30*time.Second)
	or(&l.WebSocketLifetime, 24*time.Hour)
	or(&l.SessionExpiry, time.Hour)
	or(&l.SessionExpiryMax, 7*24*time.Hour)
	or(&l.RedeliveryRate, 10)
	or(&l.TopicAliasMax, 8)
	or(&l.MessageExpiryMax, 7*24*time.Hour)
	or(&l.QueuedMessages, 10_000)
	or(&l.QueuedBytes, 16<<20)
	or(&l.RetainedMessages, 500_000)
	or(&l.Connections, 500_000)
	return l
}

// validate reports, as ErrInvalid, limits that cannot be kept or that MQTT cannot tell.
func (l *Limits) validate() error {
	var errs []error
	check := func(ok bool, what string) {
		if !ok {
			errs = append(errs, fmt.Errorf("%w: limit %s", ErrInvalid, what))
		}
	}
	for name, n := range map[string]int{
		"Payload": l.Payload, "TopicBytes": l.TopicBytes, "TopicSlashes": l.TopicSlashes, "ClientIDBytes": l.ClientIDBytes,
		"SubscriptionsPerConnection": l.SubscriptionsPerConnection, "SubscriptionsPerRequest": l.SubscriptionsPerRequest,
		"Throughput": l.Throughput, "QueuedMessages": l.QueuedMessages, "QueuedBytes": l.QueuedBytes,
		"RetainedMessages": l.RetainedMessages, "Connections": l.Connections,
	} {
		check(n > 0, name+" must be positive")
	}
	for name, n := range map[string]int{"InflightInbound": l.InflightInbound, "InflightOutbound": l.InflightOutbound, "TopicAliasMax": l.TopicAliasMax} {
		check(n > 0 && n <= math.MaxUint16, name+" must be between 1 and 65,535")
	}
	for name, r := range map[string]float64{"PublishRate": l.PublishRate, "ConnectRate": l.ConnectRate, "RedeliveryRate": l.RedeliveryRate} {
		check(r > 0, name+" must be positive")
	}
	for name, d := range map[string]time.Duration{
		"ConnectTimeout": l.ConnectTimeout, "WebSocketLifetime": l.WebSocketLifetime, "SessionExpiry": l.SessionExpiry,
		"SessionExpiryMax": l.SessionExpiryMax, "MessageExpiryMax": l.MessageExpiryMax,
	} {
		check(d > 0, name+" must be positive")
	}
	check(l.KeepAliveMin >= time.Second && l.KeepAliveMax >= l.KeepAliveMin && l.KeepAliveMax <= math.MaxUint16*time.Second,
		"KeepAliveMin must be at least 1 s, KeepAliveMax not less and at most 65,535 s")
	check(l.Payload < 1<<28-headerRoom, "Payload must fit in a packet of MQTT, of 256 MiB")
	return errors.Join(errs...)
}

func or[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// headerRoom is what a packet may have besides its payload. AWS IoT announces a Maximum
// Packet Size of 149,504 bytes, which is 128 KiB and this.
const headerRoom = 18 << 10
