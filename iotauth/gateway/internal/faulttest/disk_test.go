package faulttest

import (
	"errors"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// disk is the machine's until it is full: then a write writes half and fails.
type disk struct {
	journal.FileSystem
	full atomic.Bool
}

func (d *disk) OpenFile(path string, flag int) (journal.File, error) {
	f, err := d.FileSystem.OpenFile(path, flag)
	if err != nil {
		return nil, err
	}
	return diskFile{f, d}, nil
}

type diskFile struct {
	journal.File
	disk *disk
}

func (f diskFile) Write(b []byte) (int, error) {
	if f.disk.full.Load() {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, syscall.ENOSPC
	}
	return f.File.Write(b)
}

// When the disk is full nothing is acknowledged that is not stored: the publisher's
// connection ends, a publication of the broker's user fails, and a client with a
// persistent session is refused. What needs no disk goes on. After a restart with room
// everything that was acknowledged is there, once.
func TestFullDisk(t *testing.T) {
	dir, full := t.TempDir(), &disk{FileSystem: journal.OS}
	s := serve(t, dir, full)
	subscribeAndLeave(t, s.address, mqttest.V5, "sub")
	fill(t, s.address, 0, 20)
	v3, v5 := join(t, s.address, mqttest.V311, "publisher3"), join(t, s.address, mqttest.V5, "publisher5")
	idle := join(t, s.address, mqttest.V5, "idle")
	full.full.Store(true)

	v5.Send(mqttest.PublishPacket("a/b", payloadOf(20), 1, 1))
	v5.Dismissed(packets.ErrServerUnavailable)
	v3.Send(mqttest.PublishPacket("a/b", payloadOf(21), 1, 1))
	v3.Ended()
	if err := s.Publish(t.Context(), mqtt.Message{Topic: "a/b", Payload: []byte(payloadOf(22)), QoS: 1}); !errors.Is(err, journal.ErrFailed) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Publish: %v, want the journal's failure and its cause", err)
	}
	mqttest.Dial(t, s.address, mqttest.V5).Refused(packets.ErrServerUnavailable.Code, "new", mqttest.Persistent(3600))
	mqttest.Dial(t, s.address, mqttest.V311).Refused(packets.Err3ServerUnavailable.Code, "new", mqttest.Persistent(3600))
	idle.Alive()
	idle.Subscribe(0, "live")
	idle.Publish("live", "needs no disk", 0)
	idle.Message("live", "needs no disk")

	s.stop()
	full.full.Store(false)
	s = serve(t, dir, full)
	sub := resume(t, s.address, mqttest.V5, "sub")
	for n := range 20 {
		sub.Message("a/b", payloadOf(n))
	}
	sub.Alive()
	p := mqttest.Dial(t, s.address, mqttest.V5)
	if ack := p.Connect("new", mqttest.Persistent(3600)); ack.SessionPresent {
		t.Error("a session that was refused is there")
	}
	fill(t, s.address, 20, 21)
	sub.Message("a/b", payloadOf(20))
}
