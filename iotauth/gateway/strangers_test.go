package gateway

import (
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// TestStrangers: hundreds of strangers at once, with nonsense, halves of what is spoken, and
// floods of requests, at every door. Each is refused; afterwards nothing of them is left,
// and clients are served.
func TestStrangers(t *testing.T) {
	const seed, strangers = 11, 400
	s := openSite(t)
	before := runtime.NumGoroutine()
	custom := s.customHeaders(t)
	seeds := []string{
		hello(false), hello(true), "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", "\x10\xff\xff\xff\xff\x7f",
		"POST /topics/doors/%ZZ HTTP/1.1\r\nHost: localhost\r\n\r\n", strings.Repeat("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 50),
		"POST /topics/windows HTTP/1.1\r\nHost: localhost\r\n" + custom + "Content-Length: 3\r\n\r\nabc",
		"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n" + mqttest.Frame(0x82, hello(false)),
	}
	var all sync.WaitGroup
	for i := range strangers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			door := []Door{Port443, Port8883, Port8443, Plain}[i%4]
			conn, err := net.DialTimeout("tcp", s.address[door], patience)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			text := []byte(seeds[random.IntN(len(seeds))])
			for range random.IntN(4) { // changed here and there
				text[random.IntN(len(text))] = byte(random.Uint32())
			}
			_ = conn.SetDeadline(time.Now().Add(patience))
			_, _ = conn.Write(text[:1+random.IntN(len(text))])
			if half, ok := conn.(*net.TCPConn); ok && i%3 > 0 {
				_ = half.CloseWrite()
				_, _ = io.Copy(io.Discard, conn)
			}
		})
	}
	all.Wait()
	deadline := time.Now().Add(patience)
	for s.Stats().Connections > 0 || runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			t.Fatalf("seed %d: %d connections and %d goroutines are left, %d were before", seed, s.Stats().Connections, runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond) // polls
	}
	if n := s.bodies.Load(); n != 0 {
		t.Errorf("seed %d: bodies hold %d bytes", seed, n)
	}
	if strings.Contains(s.log.String(), "panic") {
		t.Errorf("seed %d: the log tells of a panic", seed)
	}
	if head, _ := s.send(t, "POST /topics/doors/a HTTP/1.1\r\nHost: localhost\r\n"+custom+"\r\n"); !strings.HasPrefix(head, "200") {
		t.Errorf("afterwards: %s", head)
	}
}
