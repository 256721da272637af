package deviceapi

import (
	"context"
	"net/http"

	api "github.com/askaround/askaround-go/api/device"
	"github.com/askaround/askaround-go/internal/apihttp"
	"github.com/askaround/askaround-go/internal/openapi"
)

// server is the generated interface over a Device.
type server struct{ *Device }

var _ api.StrictServerInterface = (*server)(nil)

// missing says what there is none of.
func missing(*openapi.Operation) apihttp.Kind { return apihttp.MessageNotFound }

// PublishMessage is POST /publish.
func (s *server) PublishMessage(ctx context.Context, r api.PublishMessageRequestObject) (api.PublishMessageResponseObject, error) {
	published, err := s.publish(ctx, *r.Body)
	if err != nil {
		return nil, err
	}
	return api.PublishMessage200JSONResponse(published), nil
}

// ReceiveWebhook is POST /webhook.
func (s *server) ReceiveWebhook(ctx context.Context, r api.ReceiveWebhookRequestObject) (api.ReceiveWebhookResponseObject, error) {
	kind := "webhook"
	if r.Params.XGitHubEvent != nil {
		kind = *r.Params.XGitHubEvent
	}
	line := summarize(kind, *r.Body)
	published, err := s.publish(ctx, api.NewMessage{Message: &line})
	if err != nil {
		return nil, err
	}
	return api.ReceiveWebhook200JSONResponse(published), nil
}

// ListMessages is GET /messages.
func (s *server) ListMessages(ctx context.Context, r api.ListMessagesRequestObject) (api.ListMessagesResponseObject, error) {
	q := apihttp.PageQueryOf(r.Params.Limit, r.Params.Cursor)
	messages, next, err := s.log.Page(q.Limit, q.Cursor)
	if err != nil {
		return nil, err
	}
	page := api.ListMessages200JSONResponse{Body: api.MessagePage{Items: messages}}
	if next != "" {
		link := q.Link(s.basePath+apihttp.VisitOf(ctx).Operation.Path, next)
		page.Body.NextCursor, page.Headers.Link = &next, &link
	}
	return page, nil
}

type messageEntity struct{ *apihttp.Entity }

// VisitGetMessageResponse writes e.
func (e messageEntity) VisitGetMessageResponse(w http.ResponseWriter) error { return e.Write(w) }

// GetMessage is GET /messages/{messageId}.
func (s *server) GetMessage(_ context.Context, r api.GetMessageRequestObject) (api.GetMessageResponseObject, error) {
	m, ok := s.log.Find(func(m api.ReceivedMessage) bool { return m.ID == r.MessageID })
	if !ok {
		return nil, &apihttp.Refusal{Kind: apihttp.MessageNotFound}
	}
	e, err := apihttp.NewEntity(m, r.Params.IfNoneMatch)
	return messageEntity{e}, err
}
