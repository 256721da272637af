package watch_test

import (
	"context"
	"fmt"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/watch"
)

// quiet is a broker without messages, and a server with one question.
type quiet struct{}

func (quiet) Run(ctx context.Context, h watch.Handler) error {
	h.Up()
	<-ctx.Done()
	return nil
}
func (quiet) Subscribe(context.Context, []string) error   { return nil }
func (quiet) Unsubscribe(context.Context, []string) error { return nil }
func (quiet) Nearby(_ context.Context, in askaround.NearbyInput) (askaround.QuestionPage, error) {
	q := askaround.Question{
		ID: "89c25a31cf0e2b4d-00000000000000000000000000", Text: "Is the ferry running?", State: askaround.StateOpen,
		Location: in.Center, ExpiresAt: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	return askaround.QuestionPage{Questions: []askaround.QuestionView{{Question: q}}}, nil
}

// A view of what is around a place. In an application the server is an
// *askaround.Service or a remote.Server, and the broker is watch.NewMQTT.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	w, err := watch.New(quiet{}, quiet{}, func(o *watch.Options) {
		o.OnChange = func(c watch.Change) {
			fmt.Println(c.Kind, c.Question.Text, c.Distance)
			cancel()
		}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := w.Move(askaround.Location{Lat: 40.7128, Lng: -74.0060}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(w.Run(ctx))
	// Output:
	// added Is the ferry running? 0 m
	// <nil>
}
