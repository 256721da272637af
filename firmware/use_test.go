package firmware

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"
)

// TestUse runs testdata/use.cpp, which says what is wrong with the header. The slow suite
// watches for reads beyond a text as well.
func TestUse(t *testing.T) {
	host.need(t)
	program := filepath.Join(t.TempDir(), "use")
	args := append(strings.Fields(strict+" "+sanitizers()), "testdata/use.cpp", "-o", program)
	if says, err := host.compile(t, args...); err != nil {
		t.Fatalf("%v\n%s", err, says)
	}
	run(t, "", "", program)
}

// TestPacketsFit encodes the largest message of every channel, as a broker sends it in
// MQTT 3.1.1, and compares it with the packet buffer that the header asks for.
func TestPacketsFit(t *testing.T) {
	agree := buildAgree(t, "-O0")
	const mostSpare = 3 // bytes: a length of one byte instead of four
	for _, c := range channels(t, agree) {
		packet := packets.Packet{
			FixedHeader:     packets.FixedHeader{Type: packets.Publish, Qos: 1},
			ProtocolVersion: 4,
			TopicName:       strings.Repeat("t", c.maxTopic),
			PacketID:        65_535,
			Payload:         make([]byte, c.maxPayload),
		}
		var encoded bytes.Buffer
		if err := packet.PublishEncode(&encoded); err != nil {
			t.Fatal(err)
		}
		if spare := c.maxPacket - encoded.Len(); spare < 0 || spare > mostSpare {
			t.Errorf("%s: a packet of %d bytes, and a buffer of %d", c.kind, encoded.Len(), c.maxPacket)
		}
	}
}
