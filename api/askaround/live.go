package askaround

import (
	"context"

	"github.com/askaround/askaround-go/internal/apiclient"
)

// WatchQuestion puts a question on the caller's watch list. The error is [ErrConflict] where
// that is full.
func (c *Client) WatchQuestion(ctx context.Context, id QuestionID) error {
	r, err := c.generated.WatchQuestion(ctx, id)
	return api.Done("watch question", r, err)
}

// UnwatchQuestion takes a question off the caller's watch list.
func (c *Client) UnwatchQuestion(ctx context.Context, id QuestionID) error {
	r, err := c.generated.UnwatchQuestion(ctx, id)
	return api.Done("unwatch question", r, err)
}

// ListWatches returns the whole watch list, ordered by question.
func (c *Client) ListWatches(ctx context.Context) ([]Watch, error) {
	r, err := c.generated.ListWatches(ctx, nil)
	list, _, err := apiclient.Decode[WatchList](api, "list watches", r, err)
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// GetAccount returns the caller's own topics and where MQTT is spoken.
func (c *Client) GetAccount(ctx context.Context) (*Account, error) {
	r, err := c.generated.GetAccount(ctx)
	a, _, err := apiclient.Decode[Account](api, "get account", r, err)
	return a, err
}

// GetLive returns the topics of a place and where MQTT is spoken.
func (c *Client) GetLive(ctx context.Context, p GetLiveParams) (*Live, error) {
	r, err := c.generated.GetLive(ctx, &p)
	live, _, err := apiclient.Decode[Live](api, "get live", r, err)
	return live, err
}
