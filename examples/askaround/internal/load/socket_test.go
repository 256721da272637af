package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"
)

// TestSocket exchanges messages with a WebSocket of a library.
func TestSocket(t *testing.T) {
	var last []byte // what the server sends at the end
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"mqtt"}})
		if err != nil {
			return
		}
		ws.SetReadLimit(1 << 17)
		for {
			kind, message, err := ws.Read(r.Context())
			if err != nil || kind != websocket.MessageBinary {
				_ = ws.CloseNow()
				return
			}
			if bytes.Equal(message, []byte("end")) {
				_ = ws.Write(r.Context(), websocket.MessageText, last)
				_ = ws.Close(websocket.StatusNormalClosure, "")
				return
			}
			if err := ws.Write(r.Context(), kind, message); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	s, err := dial(t.Context(), hostOf(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, size := range []int{0, 1, 125, 126, 4096, 65535} {
		message := bytes.Repeat([]byte{byte(size)}, size)
		if err := s.write(message); err != nil {
			t.Fatal(err)
		}
		if got, err := s.read(); err != nil || !bytes.Equal(got, message) {
			t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
		}
	}
	if err := s.write([]byte("end")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.read(); !errors.Is(err, errFrame) {
		t.Errorf("a text message: %v", err)
	}
}

func TestSocketIsRefused(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if s, err := dial(t.Context(), hostOf(server.URL)); err == nil {
		_ = s.Close()
		t.Error("no error")
	}
}
