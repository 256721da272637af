package apihttp

import "net/http"

// Kind is the last part of a problem type, as in "urn:problem-type:askaround:not-found".
type Kind string

// The kinds of problems of all contracts.
const (
	InvalidParameter       Kind = "invalid-parameter"
	InvalidCursor          Kind = "invalid-cursor"
	MalformedBody          Kind = "malformed-body"
	IdempotencyKeyMissing  Kind = "idempotency-key-missing"
	MissingToken           Kind = "missing-token"
	InvalidToken           Kind = "invalid-token"
	ExpiredToken           Kind = "expired-token"
	InvalidSignature       Kind = "invalid-signature"
	InsufficientScope      Kind = "insufficient-scope"
	Forbidden              Kind = "forbidden"
	NotFound               Kind = "not-found"
	QuestionNotFound       Kind = "question-not-found"
	AnswerNotFound         Kind = "answer-not-found"
	OperationNotFound      Kind = "operation-not-found"
	MessageNotFound        Kind = "message-not-found"
	MethodNotAllowed       Kind = "method-not-allowed"
	NotAcceptable          Kind = "not-acceptable"
	RequestTimeout         Kind = "request-timeout"
	IdempotencyKeyInFlight Kind = "idempotency-key-in-flight"
	WatchListFull          Kind = "watch-list-full"
	BodyTooLarge           Kind = "body-too-large"
	UnsupportedMediaType   Kind = "unsupported-media-type"
	InvalidBody            Kind = "invalid-body"
	IdempotencyKeyReused   Kind = "idempotency-key-reused"
	TooManyRequests        Kind = "too-many-requests"
	Unavailable            Kind = "unavailable"
)

// typePrefix makes a Kind a problem type.
const typePrefix = "urn:problem-type:askaround:"

// kinds holds the status and title of every kind.
var kinds = map[Kind]struct {
	status int
	title  string
}{
	InvalidParameter:       {http.StatusBadRequest, "A parameter is wrong"},
	InvalidCursor:          {http.StatusBadRequest, "The cursor does not continue this search"},
	MalformedBody:          {http.StatusBadRequest, "The body cannot be read"},
	IdempotencyKeyMissing:  {http.StatusBadRequest, "An idempotency key is wanted"},
	MissingToken:           {http.StatusUnauthorized, "A bearer token is wanted"},
	InvalidToken:           {http.StatusUnauthorized, "The token is not valid here"},
	ExpiredToken:           {http.StatusUnauthorized, "The token has expired"},
	InvalidSignature:       {http.StatusUnauthorized, "The signature is not of this body"},
	InsufficientScope:      {http.StatusForbidden, "The token lacks a scope"},
	Forbidden:              {http.StatusForbidden, "This is another user's to do"},
	NotFound:               {http.StatusNotFound, "There is nothing here"},
	QuestionNotFound:       {http.StatusNotFound, "There is no such question"},
	AnswerNotFound:         {http.StatusNotFound, "You have not answered this question"},
	OperationNotFound:      {http.StatusNotFound, "You have no such operation"},
	MessageNotFound:        {http.StatusNotFound, "There is no such message"},
	MethodNotAllowed:       {http.StatusMethodNotAllowed, "The method is not supported here"},
	NotAcceptable:          {http.StatusNotAcceptable, "Nothing acceptable can be sent"},
	RequestTimeout:         {http.StatusRequestTimeout, "The body did not arrive in time"},
	IdempotencyKeyInFlight: {http.StatusConflict, "A request with this idempotency key is being processed"},
	WatchListFull:          {http.StatusConflict, "The watch list is full"},
	BodyTooLarge:           {http.StatusRequestEntityTooLarge, "The body is too long"},
	UnsupportedMediaType:   {http.StatusUnsupportedMediaType, "The body must be JSON"},
	InvalidBody:            {http.StatusUnprocessableEntity, "The body is not what is wanted"},
	IdempotencyKeyReused:   {http.StatusUnprocessableEntity, "The idempotency key belongs to another request"},
	TooManyRequests:        {http.StatusTooManyRequests, "Too many requests"},
	Unavailable:            {http.StatusServiceUnavailable, "Temporarily unavailable"},
}
