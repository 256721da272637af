package device_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/askaround/askaround-go/api/device"
	"github.com/askaround/askaround-go/internal/apihttp"
	"github.com/askaround/askaround-go/internal/deviceapi"
)

// broker keeps what is published.
type broker struct{ published []string }

func (b *broker) Publish(_ context.Context, topic string, payload []byte) error {
	b.published = append(b.published, topic+" "+string(payload))
	return nil
}

// serve runs a device that anybody may write to, and that has said n things.
func serve(b *broker, n int) (server *httptest.Server, ids []string, err error) {
	d, err := deviceapi.New(b, deviceapi.Options{Verify: func(context.Context, string) (apihttp.Caller, error) {
		return apihttp.Caller{Account: "maker"}, nil
	}})
	if err != nil {
		return nil, nil, err
	}
	for i := range n {
		ids = append(ids, d.Receive(map[string]any{"n": i}))
	}
	return httptest.NewServer(d), ids, nil
}

func Example() {
	server, _, err := serve(&broker{}, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := device.New(server.URL, device.WithToken("a token"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	published, err := client.PublishMessage(ctx, device.Print("Hello printer!"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(published.Topic, *published.Message.Message)
	for message, err := range client.Messages(ctx, device.ListMessagesParams{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(message.Payload["n"])
	}
	// Output:
	// esp32/sub Hello printer!
	// 1
	// 0
}

func TestClient(t *testing.T) {
	b := &broker{}
	server, ids, err := serve(b, 105)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client, err := device.New(server.URL, device.WithToken("t"), func(o *device.Options) { o.Cache = 1 })
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for range 2 { // with a key: once
		if _, err := client.PublishMessage(ctx, device.Text("Hello"), device.Key("mine")); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.published) != 1 {
		t.Errorf("published %q", b.published)
	}
	var problem *device.Problem
	if _, err := client.PublishMessage(ctx, device.NewMessage{}); !errors.Is(err, device.ErrInvalid) || !errors.As(err, &problem) || problem.Type != device.ProblemTypeInvalidBody {
		t.Errorf("nothing to say: %v", err)
	}
	messages := 0
	for _, err := range client.Messages(ctx, device.ListMessagesParams{}) {
		if err != nil {
			t.Fatal(err)
		}
		messages++
	}
	if messages != len(ids) {
		t.Errorf("%d messages", messages)
	}
	for range 2 { // the second is from the cache
		if m, err := client.GetMessage(ctx, ids[7]); err != nil || m.ID != ids[7] || m.Payload["n"] != 7.0 {
			t.Error(m, err)
		}
	}
	if _, err := client.GetMessage(ctx, "00000000000000000000000000"); !errors.Is(err, device.ErrNotFound) {
		t.Error(err)
	}
	if _, err := device.New("device"); !errors.Is(err, device.ErrOptions) {
		t.Error(err)
	}
}
