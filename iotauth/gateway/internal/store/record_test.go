package store

import (
	"bytes"
	"encoding/hex"
	"runtime"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/google/go-cmp/cmp"
)

// golden is each kind of record with its bytes: what an older directory holds must stay
// readable.
var golden = []struct {
	name   string
	record record
	hex    string
}{
	{"session", record{op: opSession, session: mqtt.SessionRecord{ClientID: "c", Principal: "p", Expiry: 1, Ends: time.Unix(0, 2), Version: 3,
		Subscriptions: map[string]mqtt.Subscription{"b": {}, "a": {QoS: 1, NoLocal: true, RetainAsPublished: true}}}},
		"11" + "0163" + "0170" + "02" + "04" + "03" + "02" + "01610d" + "016200" + "00"},
	{"session with a will", record{op: opSession, session: mqtt.SessionRecord{ClientID: "c", WillDelay: 1, WillAt: time.Unix(0, 2),
		Will: &mqtt.Message{Topic: "t", Payload: []byte("x"), QoS: 1}}},
		"11" + "0163" + "00" + "00" + "00" + "00" + "00" + "01" + "02" + "04" + "0174" + "01" + "0178"},
	{"gone", record{op: opGone, clientID: "c"}, "120163"},
	{"message with nothing", record{op: opMessage, id: 300, message: &mqtt.Message{Topic: "t"}}, "13ac02017400" + "00"},
	{"message with everything", record{op: opMessage, id: 1, message: &mqtt.Message{Topic: "t", Payload: []byte("x"), QoS: 1, Retain: true,
		PayloadFormatUTF8: true, ContentType: "c", ResponseTopic: "r", CorrelationData: []byte("d"),
		UserProperties: [][2]string{{"k", "v"}}, Expiry: 3}}, "1301" + "0174" + "ff" + "0178" + "0163" + "0172" + "0164" + "01016b0176" + "06"},
	{"enqueue", record{op: opEnqueue, clientID: "c", queued: mqtt.Queued{Number: 5, Message: 6, Expires: time.Unix(0, 1), Group: "g", Retain: true}},
		"14" + "0163" + "05" + "06" + "02" + "03" + "0167"},
	{"enqueue for ever", record{op: opEnqueue, clientID: "c", queued: waiting(5, 6)}, "14" + "0163" + "05" + "06" + "00" + "00"},
	{"dequeue", record{op: opDequeue, clientID: "c", queued: mqtt.Queued{Number: 5}}, "15" + "0163" + "05"},
	{"retained", record{op: opRetained, topic: "t", at: time.Unix(0, 1), message: &mqtt.Message{Topic: "t", Payload: []byte("x")}}, "16" + "0174" + "02" + "00" + "0178"},
	{"cleared", record{op: opCleared, topic: "t"}, "17" + "0174"},
}

var compareRecords = append(same, cmp.AllowUnexported(record{}))

func TestRecordBytes(t *testing.T) {
	for _, tt := range golden {
		t.Run(tt.name, func(t *testing.T) {
			b := tt.record.append(nil)
			if got := hex.EncodeToString(b); got != tt.hex {
				t.Errorf("written %s, want %s", got, tt.hex)
			}
			got, err := parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.record, got, compareRecords); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
			for n := range len(b) {
				if _, err := parse(b[:n]); err == nil {
					t.Errorf("read from its first %d bytes", n)
				}
			}
		})
	}
}

// No count makes the reader allocate more than the record could hold.
func TestParseAllocatesWhatIsThere(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x0f}
	for name, head := range map[string][]byte{
		"subscriptions":   {recordVersion<<4 | opSession, 0, 0, 0, 0, 0},
		"user properties": {recordVersion<<4 | opMessage, 0, 0, hasUserProperties, 0},
		"payload":         {recordVersion<<4 | opMessage, 0, 0, 0},
		"client id":       {recordVersion<<4 | opGone},
	} {
		t.Run(name, func(t *testing.T) {
			b := append(bytes.Clone(head), huge...)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if _, err := parse(b); err == nil {
				t.Error("read")
			}
			runtime.ReadMemStats(&after)
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<20 {
				t.Errorf("%d bytes allocated for a record of %d", allocated, len(b))
			}
		})
	}
}

func FuzzRecord(f *testing.F) {
	for _, tt := range golden {
		f.Add(tt.record.append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parse(bytes.Clone(b))
		if err != nil {
			return
		}
		again, err := parse(r.append(nil))
		if err != nil {
			t.Fatalf("%x is read and, written again, is not: %v", b, err)
		}
		if diff := cmp.Diff(r, again, compareRecords); diff != "" {
			t.Errorf("%x, read and written and read (-once +twice):\n%s", b, diff)
		}
	})
}

// A directory with any records is loaded or refused, and what was loaded is found again.
func FuzzReplay(f *testing.F) {
	var all []byte
	for _, tt := range golden {
		b := tt.record.append(nil)
		all = append(append(all, byte(len(b))), b...)
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, b []byte) {
		s := newState()
		for len(b) > 0 {
			n := min(int(b[0]), len(b)-1)
			if err := s.replay(bytes.Clone(b[1 : n+1])); err != nil {
				return
			}
			b = b[n+1:]
		}
		if err := s.settle(); err != nil {
			return
		}
		for id, m := range s.messages {
			if m.held == 0 {
				t.Errorf("message %d is kept for nobody", id)
			}
		}
		for clientID, held := range s.sessions {
			for i, e := range held.queue {
				if i > 0 && held.queue[i-1].number >= e.number {
					t.Errorf("session %q: %d before %d", clientID, held.queue[i-1].number, e.number)
				}
			}
			s.deleteSession(clientID)
		}
		if len(s.messages) != 0 {
			t.Errorf("%d messages outlive all sessions", len(s.messages))
		}
	})
}
