// Package remote reads Ask Around Me's questions over its HTTP API as an
// *askaround.Service reads them from its tables: for a [watch.Watcher] in a program that
// has a token and no tables.
//
//	client, err := api.New("https://askaround.example", api.WithToken(token)) // api/askaround
//	w, err := watch.New(remote.New(client), watch.NewMQTT(config))
//
// [watch.Watcher]: https://pkg.go.dev/github.com/askaround/askaround-go/askaround/watch#Watcher
package remote

import (
	"context"
	"errors"
	"fmt"
	"math"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/geoindex"
)

// ErrAnswer says that the server's answer is none of the API's.
var ErrAnswer = errors.New("remote: the server's answer breaks the contract")

// Server is a server of the API, seen from afar. It is safe for concurrent use.
type Server struct{ client *api.Client }

// New returns the Server that the client talks to.
func New(client *api.Client) *Server { return &Server{client} }

// Nearby returns a page of the open questions around a place, as [askaround.Service.Nearby]
// does. in.Account counts for nothing: the client's token says who asks.
//
// Errors: those of the client, and [ErrAnswer].
func (s *Server) Nearby(ctx context.Context, in askaround.NearbyInput) (askaround.QuestionPage, error) {
	limit := int32(min(max(in.Limit, math.MinInt32), math.MaxInt32)) // the server refuses what is too much
	page, err := s.client.ListQuestions(ctx, api.ListQuestionsParams{
		Lat: in.Center.Lat, Lng: in.Center.Lng,
		Radius: given(float64(in.Radius)), Order: given(api.ListOrder(in.Order)),
		Limit: given(limit), Cursor: given(in.Cursor),
	})
	if err != nil {
		return askaround.QuestionPage{}, err
	}
	out := askaround.QuestionPage{Questions: make([]askaround.QuestionView, len(page.Items))}
	for i, q := range page.Items {
		if out.Questions[i], err = view(q); err != nil {
			return askaround.QuestionPage{}, err
		}
	}
	if page.NextCursor != nil {
		out.Next = *page.NextCursor
	}
	return out, nil
}

// given returns nil for what has its zero value, which the server has a default for.
func given[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func view(q api.Question) (askaround.QuestionView, error) {
	id, err := askaround.ParseQuestionID(q.ID)
	if err != nil {
		return askaround.QuestionView{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	out := askaround.QuestionView{Question: askaround.Question{
		ID: id, Text: q.Text, Kind: askaround.Kind(q.Kind), Location: askaround.Location(q.Location), Radius: geoindex.Meters(q.Radius),
		State: askaround.State(q.State), CreatedAt: q.CreatedAt, ExpiresAt: q.ExpiresAt,
		Summary: askaround.Summary{Version: q.Summary.Version, Answers: q.Summary.Answers, SumHalfStars: q.Summary.SumHalfStars},
	}}
	if got, want := len(q.Summary.Histogram), len(out.Summary.Histogram); got != want {
		return askaround.QuestionView{}, fmt.Errorf("%w: question %s has a histogram of %d, not %d", ErrAnswer, id, got, want)
	}
	copy(out.Summary.Histogram[:], q.Summary.Histogram)
	if q.Mine != nil {
		out.Mine = *q.Mine
	}
	if q.Distance != nil {
		out.Distance = geoindex.Meters(*q.Distance)
	}
	return out, nil
}
