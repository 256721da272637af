package mqttws_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/askaround/askaround-go/internal/mqttws"
)

// A server that sends back what it gets.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shake, err := mqttws.ReadHandshake(r, "mqtt")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			log.Fatal(err)
		}
		stream := shake.Accept(conn, buffered.Reader, nil)
		_, _ = io.Copy(stream, stream)
		_ = stream.Close()
	}))
	defer server.Close()

	ctx := context.Background()
	ws, _, err := websocket.Dial(ctx, server.URL, &websocket.DialOptions{Subprotocols: []string{"mqtt"}})
	if err != nil {
		log.Fatal(err)
	}
	defer ws.CloseNow()
	if err := ws.Write(ctx, websocket.MessageBinary, []byte("\xc0\x00")); err != nil {
		log.Fatal(err)
	}
	kind, message, err := ws.Read(ctx)
	fmt.Printf("%s %s % x %v\n", ws.Subprotocol(), kind, message, err)
	// Output: mqtt MessageBinary c0 00 <nil>
}
