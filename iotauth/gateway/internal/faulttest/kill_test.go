package faulttest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// The broker's process is killed in the middle of traffic, again and again. Every message
// that it acknowledged comes to the sessions that were subscribed, in the order of its
// publisher: to one that is connected all the time, and to one that comes back at the end.
func TestKill(t *testing.T) {
	rounds := 6
	if os.Getenv("ASKAROUND_SLOW") != "" {
		rounds = 60
	} else if testing.Short() {
		rounds = 2
	}
	dir := t.TempDir()
	w := newKillWorld()
	for round := range rounds {
		w.round(t, dir, round == 0, 100+50*(round%8))
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	w.finish(t, dir)
	w.check(t)
	again, undeclared := w.online.repeated()
	if undeclared > 0 {
		t.Errorf("%d messages came again without DUP", undeclared)
	}
	t.Logf("%d rounds, %d messages acknowledged, %d of them delivered again to the connected subscriber", rounds, w.acked(), again)
}

// killWorld is who talks to the broker that dies.
type killWorld struct {
	publishers []*publisher
	retainer   *publisher
	online     *subscriber
	absent     *subscriber
}

func newKillWorld() *killWorld {
	w := &killWorld{online: &subscriber{clientID: "online"}, absent: &subscriber{clientID: "absent"},
		retainer: &publisher{name: "retainer", topic: "state/retainer", retain: true, window: 1}}
	for i := range 4 {
		name := fmt.Sprint("publisher", i)
		w.publishers = append(w.publishers, &publisher{name: name, topic: "data/" + name, window: 1 + 10*i})
	}
	return w
}

func (w *killWorld) acked() (sum uint64) {
	for _, p := range w.publishers {
		sum += p.total.Load()
	}
	return sum
}

// round runs a broker until it has acknowledged so many messages, and kills it.
func (w *killWorld) round(t *testing.T, dir string, first bool, count int) {
	broker := start(t, dir)
	if first {
		for _, s := range []*subscriber{w.online, w.absent} {
			p := join(t, broker.address, mqttest.V5, s.clientID, mqttest.Persistent(3600))
			p.Subscribe(1, "data/#")
			p.Disconnect()
		}
	}
	w.checkRetained(t, broker.address)
	var clients sync.WaitGroup
	clients.Go(func() { w.online.run(t, broker.address, false) })
	target := w.acked() + uint64(count)
	for _, p := range append(w.publishers, w.retainer) {
		clients.Go(func() { p.run(t, broker.address) })
	}
	eventually(t, fmt.Sprint(count, " messages acknowledged"), func() bool { return w.acked() >= target })
	broker.kill()
	clients.Wait()
}

// finish takes what is left.
func (w *killWorld) finish(t *testing.T, dir string) {
	broker := start(t, dir)
	w.checkRetained(t, broker.address)
	last := join(t, broker.address, mqttest.V5, "last")
	last.Publish("data/end", "end", 1)
	for _, s := range []*subscriber{w.online, w.absent} {
		if !s.run(t, broker.address, false) {
			t.Errorf("%s: the last message did not come", s.clientID)
		}
	}
	for _, s := range []*subscriber{w.online, w.absent} {
		p := resume(t, broker.address, mqttest.V5, s.clientID)
		p.Alive() // nothing is left
	}
	broker.kill()
}

// checkRetained wants the retained message that was acknowledged last, or a later one.
func (w *killWorld) checkRetained(t *testing.T, address string) {
	t.Helper()
	low, high := w.retainer.acked.Load(), w.retainer.sent.Load()
	if low == 0 {
		return
	}
	p := join(t, address, mqttest.V5, "reader")
	p.Send(mqttest.SubscribePacket(1, packets.Subscription{Filter: "state/retainer", Qos: 0}))
	for { // the message may come before the SUBACK
		pk, err := p.Next()
		if err != nil {
			t.Fatal(err)
		}
		if pk.FixedHeader.Type != packets.Publish {
			continue
		}
		n, _ := strconv.ParseUint(strings.TrimPrefix(string(pk.Payload), "retainer "), 10, 64)
		if !pk.FixedHeader.Retain || n < low || n > high {
			t.Errorf("retained is %q, want number %d to %d", pk.Payload, low, high)
		}
		break
	}
	_ = p.Close()
}

// check looks for every acknowledged message, in order. Those that were not acknowledged may
// be missing; each may come again.
func (w *killWorld) check(t *testing.T) {
	t.Helper()
	for _, s := range []*subscriber{w.online, w.absent} {
		last, seen := map[string]uint64{}, map[string]map[uint64]bool{}
		for _, d := range s.got {
			if seen[d.publisher] == nil {
				seen[d.publisher] = map[uint64]bool{}
			}
			if seen[d.publisher][d.number] {
				continue
			}
			seen[d.publisher][d.number] = true
			if d.number < last[d.publisher] {
				t.Errorf("%s: %s %d came behind %d", s.clientID, d.publisher, d.number, last[d.publisher])
			}
			last[d.publisher] = d.number
		}
		for _, p := range w.publishers {
			for _, n := range p.confirmed() {
				if !seen[p.name][n] {
					t.Errorf("%s: %s %d was acknowledged and is lost", s.clientID, p.name, n)
				}
			}
		}
	}
	if n, _ := w.absent.repeated(); n > 0 {
		t.Errorf("absent: %d messages came again", n)
	}
}

// repeated is how many came more than once, and how many of them without DUP.
func (s *subscriber) repeated() (n, undeclared int) {
	seen := map[string]bool{}
	for _, d := range s.got {
		key := fmt.Sprint(d.publisher, " ", d.number)
		if seen[key] {
			n++
			if !d.dup {
				undeclared++
			}
		}
		seen[key] = true
	}
	return n, undeclared
}
