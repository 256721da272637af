package robot_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/askaround/askaround-go/api/robot"
	"github.com/askaround/askaround-go/internal/apihttp"
	"github.com/askaround/askaround-go/internal/robotapi"
)

// broker keeps what is published.
type broker struct{ published []string }

func (b *broker) Publish(_ context.Context, topic string, payload []byte) error {
	b.published = append(b.published, topic+" "+string(payload))
	return nil
}

// serve runs a robot that anybody may drive, and that has said n things.
func serve(b *broker, n int) (*httptest.Server, error) {
	r, err := robotapi.New("RobotName", b, robotapi.Options{Verify: func(context.Context, string) (apihttp.Caller, error) {
		return apihttp.Caller{Account: "operator"}, nil
	}})
	if err != nil {
		return nil, err
	}
	for i := range n {
		r.Observe(map[string]any{"n": i})
	}
	return httptest.NewServer(r), nil
}

func Example() {
	server, err := serve(&broker{}, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client, err := robot.New(server.URL, robot.WithToken("a token"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	published, err := client.PublishAction(ctx, robot.ActionForward)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(published.Topic, published.Action)
	for entry, err := range client.Telemetry(ctx, robot.ListTelemetryParams{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(entry.Values["n"])
	}
	// Output:
	// RobotName/action forward
	// 2
	// 1
	// 0
}

func TestClient(t *testing.T) {
	b := &broker{}
	server, err := serve(b, 205)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client, err := robot.New(server.URL, robot.WithToken("t"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for range 2 { // with a key: once
		if _, err := client.PublishAction(ctx, robot.ActionStop, robot.Key("mine")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.PublishAction(ctx, robot.ActionLeft, robot.Key("mine")); !errors.Is(err, robot.ErrConflict) {
		t.Errorf("the key of another action: %v", err)
	}
	var problem *robot.Problem
	if _, err := client.PublishAction(ctx, "jump"); !errors.Is(err, robot.ErrInvalid) || !errors.As(err, &problem) || *(*problem.Errors)[0].Pointer != "/action" {
		t.Errorf("an action that is none: %v", err)
	}
	if len(b.published) != 1 {
		t.Errorf("published %q", b.published)
	}
	state, err := client.GetState(ctx)
	if err != nil || state.LastAction.Action != robot.ActionStop {
		t.Error(state, err)
	}
	entries := 0
	for _, err := range client.Telemetry(ctx, robot.ListTelemetryParams{Limit: new(int32(50))}) {
		if err != nil {
			t.Fatal(err)
		}
		entries++
	}
	if entries != 205 {
		t.Errorf("%d entries", entries)
	}
	stranger, err := robot.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.GetState(ctx); !errors.Is(err, robot.ErrUnauthorized) {
		t.Error(err)
	}
	if _, err := robot.New("robot"); !errors.Is(err, robot.ErrOptions) {
		t.Error(err)
	}
}
