package gateway

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// In these tests time is that of a bubble, whose end proves that every goroutine of the
// gateway has ended with Shutdown.

// A pipeListener accepts connections in memory.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	close(l.closed)
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func (l *pipeListener) dial() net.Conn {
	client, server := mqttest.Pipe(1 << 10)
	l.conns <- server
	return client
}

// inBubble runs test with a gateway behind two doors in memory, in a bubble.
func inBubble(t *testing.T, optFns []func(*Options), test func(t *testing.T, s *site, plain, secure *pipeListener)) {
	server := issue(t, "server", time.Hour, "localhost") // in the time outside
	_ = sign(t, "warm")                                  // makes the key
	synctest.Test(t, func(t *testing.T) {
		s := &site{registry: newTableRegistry(), log: &syncBuffer{}}
		s.registry.signed(t, "Doors", &function{answer: always(allow(doorsPolicy()))})
		var err error
		s.Gateway, err = New(s.registry, append([]func(*Options){logTo(s.log), func(o *Options) { o.Certificates = []tls.Certificate{server} }}, optFns...)...)
		if err != nil {
			t.Fatal(err)
		}
		plain, secure := newPipeListener(), newPipeListener()
		served := make(chan error, 2)
		go func() { served <- s.Serve(context.Background(), plain, Plain) }()
		go func() { served <- s.Serve(context.Background(), secure, Port443) }()
		defer func() { // also where the test fails: the bubble wants every goroutine to end
			s.close(t)()
			for range 2 {
				if err := <-served; err != nil {
					t.Error(err)
				}
			}
		}()
		test(t, s, plain, secure)
	})
}

// ends reads to the end and returns how long that took.
func ends(conn net.Conn) (answer string, took time.Duration) {
	began := time.Now()
	b, _ := io.ReadAll(conn)
	return string(b), time.Since(began)
}

// TestSilentClients are cut, whatever they have begun.
func TestSilentClients(t *testing.T) {
	var custom string
	for _, tt := range []struct {
		reason string
		secure bool
		send   func() string
		every  time.Duration // between further bytes; 0 is silence
		took   time.Duration
		answer string // begins it; "?" is net/http's to choose
	}{
		{reason: "nothing", took: handshakeTime},
		{reason: "nothing, TLS", secure: true, took: handshakeTime},
		{reason: "half a handshake", secure: true, send: func() string { return "\x16\x03\x01\x02\x00" }, took: handshakeTime},
		{reason: "half a CONNECT", send: func() string { return "\x10" }, took: 30 * time.Second},
		{reason: "half a request line", send: func() string { return "POST /topics" }, took: headerTime, answer: "?"},
		{reason: "a header without end", send: func() string { return "POST /topics/doors/a HTTP/1.1\r\nX: " }, every: time.Second, took: headerTime, answer: "?"},
		{reason: "half a body", send: func() string {
			return "POST /topics/doors/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n" + custom + "\r\nhalf"
		}, took: bodyTime, answer: "HTTP/1.1 400 "},
		{reason: "a body by drops", send: func() string {
			return "POST /topics/doors/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n" + custom + "\r\n"
		}, every: time.Second, took: bodyTime, answer: "HTTP/1.1 400 "},
		{reason: "a refused body by drops", send: func() string { return "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n" }, every: time.Second / 2, took: lingerTime, answer: "HTTP/1.1 404 "},
		{reason: "a body announced too large", send: func() string {
			return "POST /topics/doors/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n"
		}, took: lingerTime, answer: "HTTP/1.1 413 "},
		{reason: "between requests", send: func() string { return "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" }, took: idleTime, answer: "HTTP/1.1 404 "},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, s *site, plain, secure *pipeListener) {
				custom = s.customHeaders(t)
				door := plain
				if tt.secure {
					door = secure
				}
				conn := door.dial()
				var dripping sync.WaitGroup
				defer dripping.Wait()
				defer conn.Close()
				if tt.send != nil {
					_, _ = io.WriteString(conn, tt.send())
				}
				if tt.every > 0 {
					dripping.Go(func() {
						for {
							time.Sleep(tt.every)
							if _, err := io.WriteString(conn, "x"); err != nil {
								return
							}
						}
					})
				}
				answer, took := ends(conn)
				if took < tt.took || took > tt.took+2*time.Second || tt.answer != "?" && (!strings.HasPrefix(answer, tt.answer) || tt.answer == "" && answer != "") {
					t.Errorf("ended after %v, want %v; answered %q", took, tt.took, answer)
				}
			})
		})
	}
}

// TestDeafClient sends requests and reads no answer.
func TestDeafClient(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *site, plain, _ *pipeListener) {
		conn := plain.dial()
		defer conn.Close()
		began := time.Now()
		for {
			if _, err := io.WriteString(conn, "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
				break
			}
		}
		if took := time.Since(began); took > answerTime+2*time.Second {
			t.Errorf("cut after %v", took)
		}
	})
}

// TestWebSocketLifetime: a WebSocket ends after 24 hours, however alive.
func TestWebSocketLifetime(t *testing.T) {
	keys := func(o *Options) {
		o.Keys = StaticKeys{siteKey: {Secret: siteSecret, Policies: []*policy.Document{doorsPolicy()}}}
	}
	inBubble(t, []func(*Options){keys}, func(t *testing.T, s *site, plain, _ *pipeListener) {
		conn := plain.dial()
		upgrade(t, conn, presign(t, siteSecret, "", "iotdevicegateway"))
		began := time.Now()
		p := mqttest.New(t, &wsClient{Conn: conn}, 5)
		p.Connect("ws", mqttest.Edit(func(pk *packets.Packet) { pk.Connect.Keepalive = 1200 }))
		for time.Since(began) < 23*time.Hour+45*time.Minute {
			time.Sleep(15 * time.Minute)
			p.Alive()
		}
		time.Sleep(15*time.Minute - time.Second) // a peer waits for some seconds only
		p.Alive()
		p.Dismissed(packets.ErrMaxConnectTime)
		if lived := time.Since(began).Round(time.Second); lived != 24*time.Hour {
			t.Errorf("the WebSocket lived for %v", lived)
		}
	})
}

// upgrade makes a connection a WebSocket.
func upgrade(t testing.TB, conn net.Conn, query string) {
	t.Helper()
	_, _ = io.WriteString(conn, "GET /mqtt"+query+" HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqttv3.1, chat\r\n\r\n")
	head := make([]byte, 0, 400)
	for !strings.HasSuffix(string(head), "\r\n\r\n") { // no byte of what follows
		var b [1]byte
		if _, err := io.ReadFull(conn, b[:]); err != nil {
			t.Fatal(err)
		}
		head = append(head, b[0])
	}
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(head))), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" // of the example in RFC 6455
	if response.StatusCode != 101 || response.Header.Get("Sec-WebSocket-Accept") != accept || response.Header.Get("Sec-WebSocket-Protocol") != "mqttv3.1" {
		t.Fatalf("%s", head)
	}
}

// wsClient is the client's end, for frames of the shortest kind.
type wsClient struct {
	net.Conn
	left int
}

func (c *wsClient) Write(p []byte) (int, error) {
	_, err := io.WriteString(c.Conn, mqttest.Frame(0x82, string(p)))
	return len(p), err
}

func (c *wsClient) Read(p []byte) (int, error) {
	for c.left == 0 {
		var header [2]byte
		if _, err := io.ReadFull(c.Conn, header[:]); err != nil {
			return 0, err
		}
		c.left = int(header[1])
		if header[0] == 0x88 {
			return 0, io.EOF
		}
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// TestShutdown ends clients of every kind, in order: strangers at once, a request after its
// answer, MQTT clients after they were told.
func TestShutdown(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *site, plain, secure *pipeListener) {
		username, err := s.credentials(t).Username("")
		if err != nil {
			t.Fatal(err)
		}
		strangers := []net.Conn{plain.dial(), secure.dial(), plain.dial()}
		_, _ = io.WriteString(strangers[2], "POST /topics")
		direct := mqttest.New(t, plain.dial(), 5)
		direct.Connect("direct", mqttest.Login(username, "any"))
		ws := plain.dial()
		upgrade(t, ws, "")
		over := mqttest.New(t, &wsClient{Conn: ws}, 5)
		over.Connect("over", mqttest.Login(username, "any"))
		slow, proceed := &function{}, make(chan struct{})
		slow.answers(always(allow(doorsPolicy())))
		s.registry.unsigned(t, "Slow", waiting{slow, proceed})
		request := plain.dial()
		_, _ = io.WriteString(request, "POST /topics/doors/a?x-amz-customauthorizer-name=Slow&token=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx")
		synctest.Wait()
		done := make(chan error)
		go func() { done <- s.Shutdown(context.Background()) }()
		synctest.Wait()
		for i, c := range strangers {
			if answer, took := ends(c); answer != "" || took > 0 {
				t.Errorf("stranger %d: %q after %v", i, answer, took)
			}
		}
		close(proceed)
		if answer, _ := ends(request); !strings.HasPrefix(answer, "HTTP/1.1 200 OK") {
			t.Errorf("the request under way: %q", answer)
		}
		direct.Dismissed(packets.ErrServerShuttingDown)
		over.Dismissed(packets.ErrServerShuttingDown)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// waiting decides when it may.
type waiting struct {
	*function
	proceed chan struct{}
}

func (w waiting) Authorize(ctx context.Context, r *iotauth.Request) (*iotauth.Response, error) {
	<-w.proceed
	return w.function.Authorize(ctx, r)
}

// TestShutdownInTime: what does not end is cut when the context ends.
func TestShutdownInTime(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, s *site, plain, _ *pipeListener) {
		s.registry.unsigned(t, "Slow", iotauth.HandlerFunc(func(ctx context.Context, _ *iotauth.Request) (*iotauth.Response, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}))
		request := plain.dial()
		_, _ = io.WriteString(request, "POST /topics/doors/a?x-amz-customauthorizer-name=Slow&token=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		began := time.Now()
		if err := s.Shutdown(ctx); err == nil || time.Since(began) > 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestConnectionLimit: beyond Limits.Connections a connection is closed at once, and there
// is room again when one has ended.
func TestConnectionLimit(t *testing.T) {
	inBubble(t, []func(*Options){func(o *Options) { o.Limits.Connections = 2 }}, func(t *testing.T, s *site, plain, secure *pipeListener) {
		first, second := plain.dial(), secure.dial()
		defer first.Close()
		synctest.Wait()
		if answer, took := ends(plain.dial()); answer != "" || took > 0 {
			t.Errorf("the third: %q after %v", answer, took)
		}
		_ = second.Close()
		synctest.Wait()
		third := plain.dial()
		defer third.Close()
		_, _ = io.WriteString(third, "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
		if answer, _ := ends(third); !strings.HasPrefix(answer, "HTTP/1.0 404") {
			t.Errorf("after one has left: %q", answer)
		}
	})
}
