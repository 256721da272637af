//go:build unix

package broker_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// listenersOf makes this test program the clients of BenchmarkListeners: it is the address
// that they dial.
const listenersOf = "BROKER_LISTENERS_OF"

func TestMain(m *testing.M) {
	if address := os.Getenv(listenersOf); address != "" {
		if err := listen(address, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// BenchmarkListeners is what a message to one listener costs: 1,000 clients over
// WebSocket, in a process of their own, each of which gets a small message at QoS 1 eight
// times a second and acknowledges it in a frame of its own. They get them few at a time,
// or many. One operation is a message to each. The processor time is all that this process
// has used, the kernel's on its behalf and the pacing included; the latency is from Publish
// to the client that has read it.
func BenchmarkListeners(b *testing.B) {
	for _, burst := range []int{8, 125} {
		b.Run(fmt.Sprintf("burst=%d", burst), func(b *testing.B) { benchmarkListeners(b, burst) })
	}
}

func benchmarkListeners(b *testing.B, burst int) {
	const listeners, perSecond = 1000, 8000
	d := open(b)
	clients := startListeners(b, strings.TrimPrefix(d.web.URL, "http://"), listeners)
	topics := make([]string, listeners)
	for i := range topics {
		topics[i] = fmt.Sprintf("open/%d", i)
	}
	pace := time.NewTicker(time.Duration(burst) * time.Second / perSecond)
	defer pace.Stop()
	b.ReportAllocs()
	total, user := usage(b)
	b.ResetTimer()
	for b.Loop() {
		for i, topic := range topics {
			if i%burst == 0 {
				<-pace.C
			}
			payload := make([]byte, 64)
			binary.BigEndian.PutUint64(payload, uint64(time.Now().UnixNano()))
			if err := d.Publish(context.Background(), topic, payload); err != nil {
				b.Fatal(err)
			}
		}
	}
	totalAfter, userAfter := usage(b)
	got := clients.stop(b)
	if want := b.N * listeners; got.Messages != want {
		b.Fatalf("%d messages arrived, want %d", got.Messages, want)
	}
	each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(got.Messages) }
	b.ReportMetric(each(totalAfter-total), "µs-processor/delivery")
	b.ReportMetric(each(userAfter-user), "µs-user/delivery")
	b.ReportMetric(got.P50.Seconds()*1e6, "p50-µs")
	b.ReportMetric(got.P99.Seconds()*1e6, "p99-µs")
}

// usage is what this process has used of the processors.
func usage(t testing.TB) (total, user time.Duration) {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	user = time.Duration(r.Utime.Nano())
	return user + time.Duration(r.Stime.Nano()), user
}

// received is what the clients of BenchmarkListeners say at the end.
type received struct {
	Messages int
	P50, P99 time.Duration
}

// listeners is the process of the clients.
type listeners struct {
	command *exec.Cmd
	in      io.Closer
	out     *bufio.Reader
}

// startListeners returns when n clients have subscribed.
func startListeners(t testing.TB, address string, n int) *listeners {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := &listeners{command: exec.Command(program, strconv.Itoa(n))}
	l.command.Env = append(os.Environ(), listenersOf+"="+address)
	l.command.Stderr = os.Stderr
	in, err := l.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := l.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	l.in, l.out = in, bufio.NewReader(out)
	if err := l.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = l.command.Wait()
	})
	if line, err := l.out.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the clients say %q, %v", line, err)
	}
	return l
}

// stop ends the clients, which have read all by then.
func (l *listeners) stop(t testing.TB) (r received) {
	t.Helper()
	_ = l.in.Close()
	if err := json.NewDecoder(l.out).Decode(&r); err != nil {
		t.Fatalf("the clients: %v", err)
	}
	return r
}

// listen is the process of the clients: n of them.
func listen(address, n string) error {
	count, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	clients := make([]*listener, count)
	for i := range clients {
		if clients[i], err = dialListener(address, i); err != nil {
			return fmt.Errorf("client %d: %w", i, err)
		}
	}
	var reading sync.WaitGroup
	for _, l := range clients {
		reading.Go(l.read)
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	<-time.After(500 * time.Millisecond) // what is under way arrives
	for _, l := range clients {
		_ = l.conn.Close()
	}
	reading.Wait()
	var all []time.Duration
	for _, l := range clients {
		all = append(all, l.latencies...)
	}
	slices.Sort(all)
	r := received{Messages: len(all)}
	if len(all) > 0 {
		r.P50, r.P99 = all[len(all)/2], all[len(all)*99/100]
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// listener is one client, as cheap as can be: the measured broker has the same processors.
type listener struct {
	conn      net.Conn
	r         *bufio.Reader
	latencies []time.Duration
}

// dialListener connects and subscribes to a topic of its own.
func dialListener(address string, i int) (*listener, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	l := &listener{conn: conn, r: bufio.NewReaderSize(conn, 512)}
	_, _ = fmt.Fprintf(conn, "GET /mqtt HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", address)
	answer, err := http.ReadResponse(l.r, nil)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("status %s", answer.Status)
	}
	connect := connectPacket(5, fmt.Sprintf("l%d", i), "ann")
	subscribe := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, ProtocolVersion: 5, PacketID: 1,
		Filters: packets.Subscriptions{{Filter: fmt.Sprintf("open/%d", i), Qos: 1}},
	}
	for _, pk := range []packets.Packet{connect, subscribe} {
		b, err := encoded(pk)
		if err != nil {
			return nil, err
		}
		if _, err := conn.Write(append([]byte{0x82, 0x80 | byte(len(b)), 0, 0, 0, 0}, b...)); err != nil {
			return nil, err
		}
		if _, err := l.frame(); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// frame returns the payload of the next frame, of less than 126 bytes.
func (l *listener) frame() ([]byte, error) {
	var header [2]byte
	if _, err := io.ReadFull(l.r, header[:]); err != nil {
		return nil, err
	}
	payload, err := l.r.Peek(int(header[1]))
	_, _ = l.r.Discard(len(payload))
	return payload, err
}

// read takes messages and acknowledges them.
func (l *listener) read() {
	ack := []byte{0x82, 0x84, 0, 0, 0, 0, packets.Puback << 4, 2, 0, 0} // masked with zeros
	for {
		packet, err := l.frame()
		if err != nil || packet[0] != packets.Publish<<4|2 {
			return
		}
		id := 4 + int(packet[3]) // behind a topic of less than 256 bytes; then no properties
		sent := time.Unix(0, int64(binary.BigEndian.Uint64(packet[id+3:])))
		l.latencies = append(l.latencies, time.Since(sent))
		copy(ack[8:], packet[id:id+2])
		if _, err := l.conn.Write(ack); err != nil {
			return
		}
	}
}
