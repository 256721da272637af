package mqttws

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/coder/websocket"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// sink is the connection under a Stream that is given all input at once.
type sink struct {
	net.Conn
	bytes.Buffer
}

func (s *sink) Read([]byte) (int, error)         { return 0, io.EOF }
func (s *sink) Write(p []byte) (int, error)      { return s.Buffer.Write(p) }
func (s *sink) SetWriteDeadline(time.Time) error { return nil }
func (s *sink) Close() error                     { return nil }

func streamOf(r io.Reader) (*Stream, *sink) {
	s := &sink{}
	return newStream(s, bufio.NewReader(r)), s
}

func TestFrames(t *testing.T) {
	long, longer := strings.Repeat("0123456789", 13), strings.Repeat("abcdefg", 10_000)
	for _, tt := range []struct {
		reason, input string
		want          string // what is read
		err           error
		out           string // what is answered, in hexadecimal
	}{
		{reason: "one message", input: mqttest.Frame(0x82, "Hello"), want: "Hello", err: io.EOF},
		{reason: "two messages", input: mqttest.Frame(0x82, "Hel") + mqttest.Frame(0x82, "lo"), want: "Hello", err: io.EOF},
		{reason: "length in 16 bits", input: mqttest.Frame(0x82, long), want: long, err: io.EOF},
		{reason: "length in 64 bits", input: mqttest.Frame(0x82, longer), want: longer, err: io.EOF},
		{reason: "no bytes", input: mqttest.Frame(0x82, "") + mqttest.Frame(0x82, "x"), want: "x", err: io.EOF},
		{reason: "in pieces", input: mqttest.Frame(0x02, "a") + mqttest.Frame(0x00, "b") + mqttest.Frame(0x80, "c"), want: "abc", err: io.EOF},
		{reason: "a ping between pieces", input: mqttest.Frame(0x02, "a") + mqttest.Frame(0x89, "Hi") + mqttest.Frame(0x80, "b"), want: "ab", err: io.EOF, out: "8a024869"},
		{reason: "a ping without payload", input: mqttest.Frame(0x89, ""), err: io.EOF, out: "8a00"},
		{reason: "a pong", input: mqttest.Frame(0x8A, "x") + mqttest.Frame(0x82, "y"), want: "y", err: io.EOF},
		{reason: "the end", input: mqttest.Frame(0x82, "x") + mqttest.Frame(0x88, "\x03\xe9bye") + mqttest.Frame(0x82, "y"), want: "x", err: io.EOF, out: "880203e9"},
		{reason: "the end without a status", input: mqttest.Frame(0x88, ""), err: io.EOF, out: "8800"},
		{reason: "the end with half a status", input: mqttest.Frame(0x88, "\x03"), err: errFrame, out: "880203ea"},
		{reason: "text", input: mqttest.Frame(0x81, "x"), err: errText, out: "880203eb"},
		{reason: "not masked", input: "\x82\x01x123456", err: errFrame, out: "880203ea"},
		{reason: "an extension's bit", input: mqttest.Frame(0xC2, "x"), err: errFrame, out: "880203ea"},
		{reason: "an unknown opcode", input: mqttest.Frame(0x83, "x"), err: errFrame, out: "880203ea"},
		{reason: "an unknown control opcode", input: mqttest.Frame(0x8B, "x"), err: errFrame, out: "880203ea"},
		{reason: "a ping in pieces", input: mqttest.Frame(0x09, "x"), err: errFrame, out: "880203ea"},
		{reason: "a long ping", input: mqttest.Frame(0x89, long), err: errFrame, out: "880203ea"},
		{reason: "a continuation of nothing", input: mqttest.Frame(0x80, "x"), err: errFrame, out: "880203ea"},
		{reason: "a message within a message", input: mqttest.Frame(0x02, "x") + mqttest.Frame(0x82, "y"), want: "x", err: errFrame, out: "880203ea"},
		{reason: "a negative length", input: "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff1234", err: errFrame, out: "880203ea"},
		{reason: "broken off in the header", input: mqttest.Frame(0x82, "x")[:4], err: io.EOF},
		{reason: "broken off in the payload", input: mqttest.Frame(0x82, "xyz")[:7], want: "x", err: io.EOF},
	} {
		for how, reader := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "halves": iotest.HalfReader,
			"interrupted": func(r io.Reader) io.Reader { return &interrupted{r: r} },
		} {
			t.Run(tt.reason+", "+how, func(t *testing.T) {
				s, sent := streamOf(reader(strings.NewReader(tt.input)))
				got, err := readThrough(s)
				if string(got) != tt.want || !errors.Is(err, tt.err) {
					t.Errorf("read %.40q, %v; want %.40q, %v", got, err, tt.want, tt.err)
				}
				if out := hex.EncodeToString(sent.Bytes()); out != tt.out {
					t.Errorf("answered %s, want %s", out, tt.out)
				}
				if _, again := readThrough(s); !errors.Is(again, tt.err) {
					t.Errorf("then %v", again)
				}
			})
		}
	}
}

// interrupted lets a deadline pass before each byte.
type interrupted struct {
	r      io.Reader
	passed bool
}

func (i *interrupted) Read(p []byte) (int, error) {
	if i.passed = !i.passed; i.passed {
		return 0, os.ErrDeadlineExceeded
	}
	return i.r.Read(p[:1])
}

// readThrough reads on after deadlines, as the broker does.
func readThrough(r io.Reader) (all []byte, err error) {
	buffer := make([]byte, 37)
	for {
		n, err := r.Read(buffer)
		all = append(all, buffer[:n]...)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return all, err
		}
	}
}

// TestFramesWithPeer has a WebSocket client that nobody here wrote send messages of all
// sizes in pieces of all sizes, and read what is written.
func TestFramesWithPeer(t *testing.T) {
	const seed = 7
	random := mathrand.New(mathrand.NewPCG(seed, seed))
	server := httptest.NewServer(http.HandlerFunc(echo))
	defer server.Close()
	ws, _, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{Subprotocols: []string{"mqtt"}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(1 << 20)
	for _, size := range []int{0, 1, 2, 3, 7, 8, 9, 125, 126, 127, 4095, 4096, 4097, 65535, 65536, 200_000} {
		want := make([]byte, size)
		_, _ = rand.Read(want)
		w, err := ws.Writer(t.Context(), websocket.MessageBinary)
		if err != nil {
			t.Fatal(err)
		}
		for rest := want; ; {
			n := min(len(rest), 1+random.IntN(size+1))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			if rest = rest[n:]; len(rest) == 0 {
				break
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var got []byte
		for len(got) < size {
			_, piece, err := ws.Read(t.Context())
			if err != nil {
				t.Fatalf("%d of %d bytes: %v", len(got), size, err)
			}
			got = append(got, piece...)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("seed %d: %d bytes came back otherwise", seed, size)
		}
	}
	reading := ws.CloseRead(t.Context())
	if err := ws.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := ws.Close(websocket.StatusNormalClosure, "bye"); err != nil {
		t.Errorf("the closing handshake: %v", err)
	}
	<-reading.Done()
}

// echo is a server of nothing but a Stream.
func echo(w http.ResponseWriter, r *http.Request) {
	shake, err := ReadHandshake(r, "mqtt")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	stream := shake.Accept(conn, buffered.Reader, nil)
	_, _ = io.Copy(stream, stream)
	_ = stream.Close()
}

// FuzzFrames: what a stream gives does not depend on how its bytes arrive, nor on deadlines
// between them, and it never gives more than was sent.
func FuzzFrames(f *testing.F) {
	f.Add([]byte(mqttest.Frame(0x82, "Hello") + mqttest.Frame(0x89, "x") + mqttest.Frame(0x88, "")))
	f.Add([]byte(mqttest.Frame(0x02, "a") + mqttest.Frame(0x80, strings.Repeat("b", 300))))
	f.Add([]byte("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x011234x"))
	f.Fuzz(func(t *testing.T, input []byte) {
		whole, sent1 := streamOf(bytes.NewReader(input))
		want, wantErr := readThrough(whole)
		pieces, sent2 := streamOf(&interrupted{r: bytes.NewReader(input)})
		got, err := readThrough(pieces)
		if !bytes.Equal(got, want) || err.Error() != wantErr.Error() || !bytes.Equal(sent1.Bytes(), sent2.Bytes()) {
			t.Fatalf("at once %q, %v, answered %x; in pieces %q, %v, answered %x", want, wantErr, sent1.Bytes(), got, err, sent2.Bytes())
		}
		if len(want) > len(input) {
			t.Fatalf("%d bytes of %d", len(want), len(input))
		}
	})
}

func BenchmarkFramesRead(b *testing.B) {
	one := mqttest.Frame(0x82, strings.Repeat("x", 200))
	input := strings.Repeat(one, 1000)
	buffer := make([]byte, 4<<10)
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		s, _ := streamOf(strings.NewReader(input))
		for {
			if _, err := s.Read(buffer); err != nil {
				break
			}
		}
	}
}
