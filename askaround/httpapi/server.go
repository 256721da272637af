package httpapi

import (
	"context"
	"net/url"
	"strconv"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/internal/apihttp"
)

// server is the generated interface over the domain: requests in, inputs of the
// service; what it returns, out. Checks are not made here: the contract made them
// before, the domain makes its own. Errors are returned as they are.
type server struct {
	service Service
	options Options
}

var _ api.StrictServerInterface = (*server)(nil)

// AskQuestion is POST /questions.
func (s *server) AskQuestion(ctx context.Context, r api.AskQuestionRequestObject) (api.AskQuestionResponseObject, error) {
	operation, err := s.service.Ask(ctx, askaround.AskInput{
		Account:        accountOf(ctx),
		IdempotencyKey: r.Params.IdempotencyKey,
		Text:           r.Body.Text,
		Kind:           askaround.Kind(r.Body.Kind),
		Location:       askaround.Location(r.Body.Location),
	})
	if err != nil {
		return nil, err
	}
	return api.AskQuestion202JSONResponse{AcceptedJSONResponse: s.accepted(operation)}, nil
}

// PutAnswer is PUT /questions/{questionId}/answer. The member that is there says
// what kind of answer it is; the contract allows exactly one.
func (s *server) PutAnswer(ctx context.Context, r api.PutAnswerRequestObject) (api.PutAnswerResponseObject, error) {
	value, err := valueOf(*r.Body)
	if err != nil {
		return nil, err
	}
	operation, err := s.service.Answer(ctx, askaround.AnswerInput{
		Account:        accountOf(ctx),
		IdempotencyKey: deref(r.Params.IdempotencyKey),
		Question:       askaround.QuestionID(r.QuestionID),
		Value:          value,
	})
	if err != nil {
		return nil, err
	}
	return api.PutAnswer202JSONResponse{AcceptedJSONResponse: s.accepted(operation)}, nil
}

// DeleteAnswer is DELETE /questions/{questionId}/answer.
func (s *server) DeleteAnswer(ctx context.Context, r api.DeleteAnswerRequestObject) (api.DeleteAnswerResponseObject, error) {
	operation, err := s.service.Withdraw(ctx, askaround.WithdrawInput{
		Account:        accountOf(ctx),
		IdempotencyKey: deref(r.Params.IdempotencyKey),
		Question:       askaround.QuestionID(r.QuestionID),
	})
	if err != nil {
		return nil, err
	}
	return api.DeleteAnswer202JSONResponse{AcceptedJSONResponse: s.accepted(operation)}, nil
}

func (s *server) accepted(o askaround.Operation) api.AcceptedJSONResponse {
	return api.AcceptedJSONResponse{
		Body: operationOf(o),
		Headers: api.AcceptedResponseHeaders{
			Location:   s.options.BasePath + "/operations/" + url.PathEscape(string(o.ID)),
			RetryAfter: int32(apihttp.RetryAfter.Seconds()),
		},
	}
}

// ListQuestions is GET /questions.
func (s *server) ListQuestions(ctx context.Context, r api.ListQuestionsRequestObject) (api.ListQuestionsResponseObject, error) {
	page, err := s.service.Nearby(ctx, askaround.NearbyInput{
		Account: accountOf(ctx),
		Center:  askaround.Location{Lat: r.Params.Lat, Lng: r.Params.Lng},
		Radius:  geoindex.Meters(deref(r.Params.Radius)),
		Order:   askaround.Order(deref(r.Params.Order)),
		Limit:   int(deref(r.Params.Limit)),
		Cursor:  deref(r.Params.Cursor),
	})
	if err != nil {
		return nil, err
	}
	entity, err := newEntity(pageOf(page), r.Params.IfNoneMatch)
	if err != nil {
		return nil, err
	}
	if page.Next != "" {
		entity.Link = s.nextLink(r.Params, page.Next)
	}
	return entity, nil
}

// nextLink returns the Link header of the next page: the same search with its
// cursor.
func (s *server) nextLink(p api.ListQuestionsParams, cursor string) string {
	query := url.Values{"lat": {number(p.Lat)}, "lng": {number(p.Lng)}, "cursor": {cursor}}
	if p.Radius != nil {
		query.Set("radius", number(*p.Radius))
	}
	if p.Order != nil {
		query.Set("order", string(*p.Order))
	}
	if p.Limit != nil {
		query.Set("limit", strconv.Itoa(int(*p.Limit)))
	}
	return "<" + s.options.BasePath + "/questions?" + query.Encode() + `>; rel="next"`
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// GetQuestion is GET /questions/{questionId}.
func (s *server) GetQuestion(ctx context.Context, r api.GetQuestionRequestObject) (api.GetQuestionResponseObject, error) {
	question, err := s.service.Question(ctx, accountOf(ctx), askaround.QuestionID(r.QuestionID))
	if err != nil {
		return nil, err
	}
	return newEntity(detailOf(question), r.Params.IfNoneMatch)
}

// CloseQuestion is POST /questions/{questionId}/close.
func (s *server) CloseQuestion(ctx context.Context, r api.CloseQuestionRequestObject) (api.CloseQuestionResponseObject, error) {
	if err := s.service.Close(ctx, accountOf(ctx), askaround.QuestionID(r.QuestionID)); err != nil {
		return nil, err
	}
	return api.CloseQuestion204Response{}, nil
}

// DeleteQuestion is DELETE /questions/{questionId}.
func (s *server) DeleteQuestion(ctx context.Context, r api.DeleteQuestionRequestObject) (api.DeleteQuestionResponseObject, error) {
	if err := s.service.Delete(ctx, accountOf(ctx), askaround.QuestionID(r.QuestionID)); err != nil {
		return nil, err
	}
	return api.DeleteQuestion204Response{}, nil
}

// GetAnswer is GET /questions/{questionId}/answer.
func (s *server) GetAnswer(ctx context.Context, r api.GetAnswerRequestObject) (api.GetAnswerResponseObject, error) {
	answer, err := s.service.OwnAnswer(ctx, accountOf(ctx), askaround.QuestionID(r.QuestionID))
	if err != nil {
		return nil, err
	}
	return api.GetAnswer200JSONResponse(answerOf(answer)), nil
}

// WatchQuestion is PUT /questions/{questionId}/watch.
func (s *server) WatchQuestion(ctx context.Context, r api.WatchQuestionRequestObject) (api.WatchQuestionResponseObject, error) {
	if err := s.service.Watch(ctx, accountOf(ctx), askaround.QuestionID(r.QuestionID)); err != nil {
		return nil, err
	}
	return api.WatchQuestion204Response{}, nil
}

// UnwatchQuestion is DELETE /questions/{questionId}/watch.
func (s *server) UnwatchQuestion(ctx context.Context, r api.UnwatchQuestionRequestObject) (api.UnwatchQuestionResponseObject, error) {
	if err := s.service.Unwatch(ctx, accountOf(ctx), askaround.QuestionID(r.QuestionID)); err != nil {
		return nil, err
	}
	return api.UnwatchQuestion204Response{}, nil
}

// ListWatches is GET /watches.
func (s *server) ListWatches(ctx context.Context, r api.ListWatchesRequestObject) (api.ListWatchesResponseObject, error) {
	ids, err := s.service.Watches(ctx, accountOf(ctx))
	if err != nil {
		return nil, err
	}
	list, err := watchListOf(ids)
	if err != nil {
		return nil, err
	}
	return newEntity(list, r.Params.IfNoneMatch)
}

// GetAccount is GET /account.
func (s *server) GetAccount(ctx context.Context, _ api.GetAccountRequestObject) (api.GetAccountResponseObject, error) {
	own, err := topic.NewAccount(string(accountOf(ctx)))
	if err != nil {
		return nil, err
	}
	return api.GetAccount200JSONResponse{
		Endpoints:      s.options.MQTT,
		Topics:         api.AccountTopics{Account: own.String(), System: topic.System{}.String()},
		TokenExpiresAt: apihttp.VisitOf(ctx).Caller.Expires.UTC(),
	}, nil
}

// GetOperation is GET /operations/{operationId}.
func (s *server) GetOperation(ctx context.Context, r api.GetOperationRequestObject) (api.GetOperationResponseObject, error) {
	operation, err := s.service.Operation(ctx, accountOf(ctx), askaround.OperationID(r.OperationID))
	if err != nil {
		return nil, err
	}
	response := api.GetOperation200JSONResponse{Body: operationOf(operation)}
	if operation.Status == askaround.StatusPending {
		response.Headers.RetryAfter = ptr(int32(apihttp.RetryAfter.Seconds()))
	}
	return response, nil
}

// GetLive is GET /live.
func (s *server) GetLive(ctx context.Context, r api.GetLiveRequestObject) (api.GetLiveResponseObject, error) {
	center := askaround.Location{Lat: r.Params.Lat, Lng: r.Params.Lng}
	radius := geoindex.Meters(deref(r.Params.Radius))
	if radius == 0 {
		radius = askaround.DefaultRadius
	}
	topics, err := liveTopics(accountOf(ctx), center, radius)
	if err != nil {
		return nil, err
	}
	return api.GetLive200JSONResponse{
		Location:  api.LatLng(center),
		Radius:    float64(radius),
		Endpoints: s.options.MQTT,
		Topics:    topics,
	}, nil
}

// accountOf returns who makes the request that ctx belongs to.
func accountOf(ctx context.Context) askaround.AccountID {
	return askaround.AccountID(apihttp.VisitOf(ctx).Caller.Account)
}

// deref returns what p points to, the zero value for nil.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func ptr[T any](v T) *T { return &v }
