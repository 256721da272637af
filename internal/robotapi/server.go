package robotapi

import (
	"context"
	"net/http"

	api "github.com/askaround/askaround-go/api/robot"
	"github.com/askaround/askaround-go/internal/apihttp"
)

// server is the generated interface over a Robot.
type server struct{ *Robot }

var _ api.StrictServerInterface = (*server)(nil)

// PublishAction is POST /publish.
func (s *server) PublishAction(ctx context.Context, r api.PublishActionRequestObject) (api.PublishActionResponseObject, error) {
	published, err := s.publish(ctx, r.Body.Action)
	if err != nil {
		return nil, err
	}
	return api.PublishAction200JSONResponse(published), nil
}

type stateEntity struct{ *apihttp.Entity }

// VisitGetStateResponse writes e.
func (e stateEntity) VisitGetStateResponse(w http.ResponseWriter) error { return e.Write(w) }

// GetState is GET /state.
func (s *server) GetState(_ context.Context, r api.GetStateRequestObject) (api.GetStateResponseObject, error) {
	e, err := apihttp.NewEntity(s.state(), r.Params.IfNoneMatch)
	return stateEntity{e}, err
}

// ListTelemetry is GET /telemetry.
func (s *server) ListTelemetry(ctx context.Context, r api.ListTelemetryRequestObject) (api.ListTelemetryResponseObject, error) {
	q := apihttp.PageQueryOf(r.Params.Limit, r.Params.Cursor)
	entries, next, err := s.log.Page(q.Limit, q.Cursor)
	if err != nil {
		return nil, err
	}
	page := api.ListTelemetry200JSONResponse{Body: api.TelemetryPage{Items: entries}}
	if next != "" {
		link := q.Link(s.basePath+apihttp.VisitOf(ctx).Operation.Path, next)
		page.Body.NextCursor, page.Headers.Link = &next, &link
	}
	return page, nil
}
