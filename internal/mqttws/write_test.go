package mqttws

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/coder/websocket"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
	"github.com/askaround/askaround-go/internal/nonblock"
)

// accepted returns the server's Stream and the client, which nobody here wrote.
func accepted(t *testing.T) (*Stream, *websocket.Conn) {
	t.Helper()
	streams := make(chan *Stream, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shake, err := ReadHandshake(r, "mqtt")
		if err != nil {
			t.Error(err)
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		streams <- shake.Accept(conn, buffered.Reader, http.Header{"X-More": {"yes"}})
	}))
	t.Cleanup(server.Close)
	ws, response, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{Subprotocols: []string{"mqtt"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := response.Header.Get("X-More"); got != "yes" {
		t.Errorf("the answer's header is %q", got)
	}
	s := <-streams
	t.Cleanup(func() {
		_ = s.Close()
		_ = ws.CloseNow()
	})
	ws.SetReadLimit(1 << 24)
	return s, ws
}

// Messages arrive whole and in order, whether they had to wait or not.
func TestTryWrite(t *testing.T) {
	s, ws := accepted(t)
	var want []string
	message := func(size int) []byte {
		want = append(want, strings.Repeat(string(rune('a'+len(want)%26)), size))
		return []byte(want[len(want)-1])
	}
	for kept, i := false, 0; !kept; i++ { // nobody reads
		if i > 1000 {
			t.Fatal("200 MB were taken at once")
		}
		var err error
		if kept, err = s.TryWrite(message(200_000)); err != nil {
			t.Fatal(err)
		}
	}
	sent := make(chan error, 1)
	last := message(1)
	go func() {
		_, err := s.Write(nil)
		if err == nil {
			_, err = s.Write(last)
		}
		sent <- err
	}()
	for i, m := range want {
		_, got, err := ws.Read(t.Context())
		if err != nil || string(got) != m {
			t.Fatalf("message %d: %d bytes, %v; want %d", i, len(got), err, len(m))
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	if kept, err := s.TryWrite([]byte("x")); err != nil || kept {
		t.Errorf("when all was read: kept %v, %v", kept, err)
	}
	if err := s.CloseWrite(); err != nil {
		t.Error(err)
	}
	if _, err := s.TryWrite([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after CloseWrite: %v", err)
	}
}

// TryWrite does not wait for who is writing, and is not there where the connection has none.
func TestTryWriteBusy(t *testing.T) {
	s, _ := accepted(t)
	s.writing.Lock()
	if _, err := s.TryWrite([]byte("x")); !errors.Is(err, nonblock.ErrBusy) {
		t.Errorf("while another writes: %v", err)
	}
	s.writing.Unlock()
	other, _ := streamOf(strings.NewReader(""))
	if _, err := other.TryWrite([]byte("x")); !errors.Is(err, nonblock.ErrBusy) {
		t.Errorf("without TCP: %v", err)
	}
}

// dated notes the deadline of each write.
type dated struct {
	sink
	deadline time.Time
	of       []time.Time
}

func (d *dated) SetReadDeadline(time.Time) error    { return nil }
func (d *dated) SetWriteDeadline(t time.Time) error { d.deadline = t; return nil }
func (d *dated) Write(p []byte) (int, error) {
	d.of = append(d.of, d.deadline)
	return d.sink.Write(p)
}

// Control frames have a deadline of their own; then the user's is in force again.
func TestControlDeadline(t *testing.T) {
	d := &dated{}
	s := newStream(d, bufio.NewReader(iotest.OneByteReader(strings.NewReader(mqttest.Frame(0x89, "ping")))))
	own := time.Now().Add(time.Hour)
	_ = s.SetDeadline(own)
	_, _ = readThrough(s)
	_, _ = s.Write([]byte("x"))
	if len(d.of) != 2 || !d.of[0].Before(own) || !d.of[1].Equal(own) {
		t.Errorf("deadlines of a pong and of a message: %v, want one before %v, and that", d.of, own)
	}
}

func TestReadHandshake(t *testing.T) {
	good := map[string]string{
		"Upgrade": "WebSocket", "Connection": "keep-alive, Upgrade", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "chat, MQTT",
	}
	for _, row := range []struct {
		reason, method, header, value string
		want                          error
	}{
		{"all is there", "GET", "", "", nil},
		{"another method", "POST", "", "", ErrUpgrade},
		{"no upgrade", "GET", "Upgrade", "", ErrUpgrade},
		{"another upgrade", "GET", "Upgrade", "h2c", ErrUpgrade},
		{"an old version", "GET", "Sec-WebSocket-Version", "8", ErrUpgrade},
		{"no key", "GET", "Sec-WebSocket-Key", "", ErrKey},
		{"a short key", "GET", "Sec-WebSocket-Key", "AAAA", ErrKey},
		{"no subprotocol", "GET", "Sec-WebSocket-Protocol", "", ErrSubprotocol},
		{"another subprotocol", "GET", "Sec-WebSocket-Protocol", "chat", ErrSubprotocol},
	} {
		r := httptest.NewRequest(row.method, "/mqtt", nil)
		for name, value := range good {
			if name == row.header {
				value = row.value
			}
			r.Header.Set(name, value)
		}
		if _, err := ReadHandshake(r, "mqtt"); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.reason, err, row.want)
		}
	}
}

// What the client sends before it has the answer is not lost.
func TestAcceptEager(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(echo))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" + mqttest.Frame(0x82, "early")))
	r := bufio.NewReader(conn)
	if answer, err := http.ReadResponse(r, nil); err != nil || answer.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // RFC 6455, section 1.3
		t.Fatalf("%+v, %v", answer, err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, []byte("\x82\x05early")) {
		t.Errorf("got %q, %v", got, err)
	}
}
