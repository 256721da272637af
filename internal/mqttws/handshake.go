package mqttws

import (
	"bufio"
	"bytes"
	"crypto/sha1" // RFC 6455 says so; nothing secret depends on it
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/nonblock"
)

// Errors of ReadHandshake, whose texts may be told the client.
var (
	// ErrUpgrade: the request does not ask for a WebSocket of version 13. The answer is status
	// 426 with the headers of RequireUpgrade.
	ErrUpgrade = errors.New("no request for a WebSocket of version 13")
	// ErrKey and ErrSubprotocol are answered with status 400.
	ErrKey         = errors.New("Sec-WebSocket-Key is not 16 bytes in base64")
	ErrSubprotocol = errors.New(`the WebSocket subprotocol is not "mqtt"`)
)

// A Handshake is a request for a WebSocket (RFC 6455, section 4.2.1).
type Handshake struct{ key, subprotocol string }

// ReadHandshake understands the request for a WebSocket, with the first of subprotocols that
// the client offers.
func ReadHandshake(r *http.Request, subprotocols ...string) (Handshake, error) {
	h := r.Header
	if r.Method != http.MethodGet || !listed(h, "Upgrade", "websocket") || !listed(h, "Connection", "upgrade") || h.Get("Sec-WebSocket-Version") != "13" || !r.ProtoAtLeast(1, 1) {
		return Handshake{}, ErrUpgrade
	}
	s := Handshake{key: h.Get("Sec-WebSocket-Key")}
	if nonce, err := base64.StdEncoding.DecodeString(s.key); err != nil || len(nonce) != 16 || len(h.Values("Sec-WebSocket-Key")) != 1 {
		return Handshake{}, ErrKey
	}
	i := slices.IndexFunc(subprotocols, func(name string) bool { return listed(h, "Sec-WebSocket-Protocol", name) })
	if i < 0 {
		return Handshake{}, ErrSubprotocol
	}
	s.subprotocol = subprotocols[i]
	return s, nil
}

// RequireUpgrade sets the headers of an answer to ErrUpgrade.
func RequireUpgrade(h http.Header) {
	h.Set("Upgrade", "websocket")
	h.Set("Sec-WebSocket-Version", "13")
}

// listed reports whether value is in a header that is a list.
func listed(h http.Header, header, value string) bool {
	for _, line := range h.Values(header) {
		for one := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(one), value) {
				return true
			}
		}
	}
	return false
}

// readBytes is what is read of a connection at once. Longer payloads are read where they are
// wanted.
const readBytes = 1 << 10

// Accept changes the protocol of a connection that was hijacked, with what was read of it
// already in r, and with more headers in the answer. Where the answer cannot be sent, who
// reads the Stream will notice.
func (s Handshake) Accept(conn net.Conn, r *bufio.Reader, more http.Header) *Stream {
	accept := sha1.Sum([]byte(s.key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	var answer bytes.Buffer
	fmt.Fprintf(&answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n", base64.StdEncoding.EncodeToString(accept[:]), s.subprotocol)
	_ = more.Write(&answer)
	answer.WriteString("\r\n")
	_ = conn.SetDeadline(time.Now().Add(controlTime))
	_, _ = conn.Write(answer.Bytes())
	_ = conn.SetDeadline(time.Time{})
	if r.Buffered() == 0 { // as it is, unless the client does not wait for the answer
		r = bufio.NewReaderSize(conn, readBytes)
	}
	return newStream(nonblock.Wrap(conn), r)
}

// OriginAllowed reports whether a page of the request's origin may connect: none (no
// browser), the one that the request is addressed to, or a listed one; "*" lists all. The
// scheme of one's own origin is not compared: behind a proxy it is not known.
func OriginAllowed(r *http.Request, allowed []string) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(allowed, "*") {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" { // "null", of a sandboxed page
		return false
	}
	return strings.EqualFold(u.Host, r.Host) || slices.ContainsFunc(allowed, func(one string) bool {
		return strings.EqualFold(strings.TrimSuffix(one, "/"), u.Scheme+"://"+u.Host)
	})
}
