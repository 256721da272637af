package robotapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	api "github.com/askaround/askaround-go/api/robot"
	"github.com/askaround/askaround-go/internal/apihttp"
	"github.com/askaround/askaround-go/internal/robotapi"
)

// broker prints what is published, unless it is away.
type broker struct{ away bool }

func (b *broker) Publish(_ context.Context, topic string, payload []byte) error {
	if b.away {
		return errors.New("the broker is away")
	}
	fmt.Printf("%s %s\n", topic, payload)
	return nil
}

func verify(_ context.Context, token string) (apihttp.Caller, error) {
	return apihttp.Caller{Account: token}, nil
}

func as(token string) api.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// A robot driven and looked at with the generated client.
func Example() {
	robot, err := robotapi.New("RobotName", &broker{}, robotapi.Options{Verify: verify})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(robot)
	defer server.Close()
	client, err := api.NewClientWithResponses(server.URL, api.WithRequestEditorFn(as("alice")))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	published, err := client.PublishActionWithResponse(ctx, nil, api.NewAction{Action: api.ActionForward})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(published.StatusCode(), published.JSON200.Topic)
	robot.Observe(map[string]any{"battery": 7.4})
	state, err := client.GetStateWithResponse(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(state.JSON200.LastAction.Action, state.JSON200.LastTelemetry.Values["battery"])
	// Output:
	// RobotName/action {"action":"forward"}
	// 200 RobotName/action
	// forward 7.4
}

// TestBrokerAway: what could not be published is not told as published.
func TestBrokerAway(t *testing.T) {
	robot, err := robotapi.New("RobotName", &broker{away: true}, robotapi.Options{Verify: verify})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(robot)
	defer server.Close()
	client, err := api.NewClientWithResponses(server.URL, api.WithRequestEditorFn(as("alice")))
	if err != nil {
		t.Fatal(err)
	}
	published, err := client.PublishActionWithResponse(t.Context(), nil, api.NewAction{Action: api.ActionLeft})
	if err != nil || published.ApplicationProblemJSON503 == nil || published.ApplicationProblemJSON503.Type != api.ProblemTypeUnavailable {
		t.Errorf("%v %s", err, published.Body)
	}
	state, err := client.GetStateWithResponse(t.Context(), nil)
	if err != nil || state.JSON200 == nil || state.JSON200.LastAction != nil || state.JSON200.LastTelemetry != nil {
		t.Errorf("%v %s", err, state.Body)
	}
}

// TestNew refuses what cannot be a robot.
func TestNew(t *testing.T) {
	for why, make := range map[string]func() (*robotapi.Robot, error){
		"a name with a slash": func() (*robotapi.Robot, error) {
			return robotapi.New("a/b", &broker{}, robotapi.Options{Verify: verify})
		},
		"no publisher":    func() (*robotapi.Robot, error) { return robotapi.New("a", nil, robotapi.Options{Verify: verify}) },
		"no verification": func() (*robotapi.Robot, error) { return robotapi.New("a", &broker{}, robotapi.Options{}) },
		"a bad base path": func() (*robotapi.Robot, error) {
			return robotapi.New("a", &broker{}, robotapi.Options{Verify: verify, BasePath: "x"})
		},
	} {
		if _, err := make(); err == nil {
			t.Errorf("%s is accepted", why)
		}
	}
}
