package dynamodb

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// maxBody is the largest request that DynamoDB reads: 16 MB.
const maxBody = 16 << 20

// Prefixes of X-Amz-Target, the names of the two services.
const (
	tablesTarget  = "DynamoDB_20120810."
	streamsTarget = "DynamoDBStreams_20120810."
)

// operation runs one request and returns the JSON of its answer.
type operation func(e *Engine, ctx context.Context, body []byte) ([]byte, error)

// operations returns the operations by X-Amz-Target.
func operations() map[string]operation {
	m := map[string]operation{}
	for name, op := range map[string]operation{
		"BatchGetItem":              run((*Engine).batchGet),
		"BatchWriteItem":            run((*Engine).batchWrite),
		"CreateTable":               run((*Engine).createTable),
		"DeleteItem":                run((*Engine).deleteItem),
		"DeleteTable":               run((*Engine).deleteTable),
		"DescribeContinuousBackups": run((*Engine).describeBackups),
		"DescribeEndpoints":         run((*Engine).describeEndpoints),
		"DescribeLimits":            run((*Engine).describeLimits),
		"DescribeTable":             run((*Engine).describeTable),
		"DescribeTimeToLive":        run((*Engine).describeTTL),
		"GetItem":                   run((*Engine).getItem),
		"ListTables":                run((*Engine).listTables),
		"ListTagsOfResource":        run((*Engine).listTags),
		"PutItem":                   run((*Engine).putItem),
		"Query":                     run((*Engine).query),
		"Scan":                      run((*Engine).scan),
		"TagResource":               run((*Engine).tagResource),
		"TransactGetItems":          run((*Engine).transactGet),
		"TransactWriteItems":        run((*Engine).transactWrite),
		"UntagResource":             run((*Engine).untagResource),
		"UpdateItem":                run((*Engine).updateItem),
		"UpdateTable":               run((*Engine).updateTable),
		"UpdateTimeToLive":          run((*Engine).updateTTL),
		"ExecuteStatement":          (*Engine).refusePartiQL,
		"BatchExecuteStatement":     (*Engine).refusePartiQL,
		"ExecuteTransaction":        (*Engine).refusePartiQL,
	} {
		m[tablesTarget+name] = op
	}
	m[streamsTarget+"DescribeStream"] = run((*Engine).describeStream)
	m[streamsTarget+"GetRecords"] = run((*Engine).getRecords)
	m[streamsTarget+"GetShardIterator"] = run((*Engine).getShardIterator)
	m[streamsTarget+"ListStreams"] = run((*Engine).listStreams)
	return m
}

// Operations returns the names of all operations, of DynamoDB and of DynamoDB Streams,
// in order.
func Operations() []string {
	var names []string
	for target := range operations() {
		_, name, _ := strings.Cut(target, ".")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// run makes an operation of a method with typed input and output.
func run[In, Out any](fn func(*Engine, context.Context, *In) (*Out, error)) operation {
	shape, plain := shapeOf(reflect.TypeFor[In](), ""), plainOf(reflect.TypeFor[In]())
	return func(e *Engine, ctx context.Context, body []byte) ([]byte, error) {
		in := new(In)
		if err := decode(plain, body, in); err != nil {
			return nil, err
		}
		if err := shape.check(in); err != nil {
			return nil, err
		}
		out, err := fn(e, ctx, in)
		if err != nil {
			return nil, err
		}
		return encode(out)
	}
}

func (e *Engine) refusePartiQL(context.Context, []byte) ([]byte, error) {
	return nil, invalid("PartiQL is not supported by this engine: use the item operations with expressions")
}

// ServeHTTP answers one request of the JSON 1.0 protocol.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := e.serve(w, r)
	e.answer(w, r, body, err)
}

// answer writes body, or err in its place.
func (e *Engine) answer(w http.ResponseWriter, r *http.Request, body []byte, err error) {
	status, body := e.status(r.Context(), r.Header.Get("X-Amz-Target"), body, err)
	setHeaders(w.Header(), body)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nobody to tell
	giveBuffer(body)
}

// status returns the status of an answer and its body, that of err if there is one.
func (e *Engine) status(ctx context.Context, target string, body []byte, err error) (int, []byte) {
	if err == nil {
		return http.StatusOK, body
	}
	api := asAPIError(err)
	if api.Status >= http.StatusInternalServerError {
		e.options.Logger.ErrorContext(ctx, "dynamodb request failed", "target", target, "error", err)
	}
	return api.Status, api.appendJSON(nil)
}

// Call does one operation as ServeHTTP does, without HTTP: target is what X-Amz-Target
// has, body the JSON of a request. It returns what read makes of the answer, which is
// overwritten afterwards.
func (e *Engine) Call(ctx context.Context, target string, body []byte, read func(status int, answer []byte) error) error {
	var answer []byte
	err := errUnknownTarget
	if op, ok := e.operations[target]; ok {
		answer, err = op(e, ctx, body)
	}
	status, answer := e.status(ctx, target, answer, err)
	defer giveBuffer(answer)
	return read(status, answer)
}

var errUnknownTarget error = &apiError{Type: nsService + "UnknownOperationException", Status: http.StatusBadRequest}

func (e *Engine) serve(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	target := r.Header.Get("X-Amz-Target")
	if r.Method != http.MethodPost {
		return nil, &apiError{Type: nsService + "UnknownOperationException", Status: http.StatusNotFound}
	}
	op, ok := e.operations[target]
	if !ok {
		return nil, errUnknownTarget
	}
	if !authenticated(r) {
		return nil, &apiError{Type: nsService + "MissingAuthenticationTokenException", Status: http.StatusBadRequest,
			Message: "Request is missing Authentication Token"}
	}
	body, err := readBody(w, r)
	defer func() { giveBuffer(body) }()
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errBodyTooLarge
	case err != nil:
		return nil, errBodyEnded
	}
	return op(e, r.Context(), body)
}

// readBody reads up to maxBody bytes into a buffer, which the caller gives back: nothing
// may keep parts of it.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	const trusted = 1 << 20
	from := r.Body
	if r.ContentLength < 0 || r.ContentLength > trusted {
		from = http.MaxBytesReader(w, from, maxBody)
	}
	body := slices.Grow(takeBuffer(), int(min(max(r.ContentLength, 0), trusted))+bytes.MinRead)
	for {
		n, err := from.Read(body[len(body):cap(body)])
		if body = body[:len(body)+n]; err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, err
		}
		if len(body) == cap(body) {
			body = slices.Grow(body, len(body))
		}
	}
}

// Refusals of a body.
var (
	errBodyTooLarge = &apiError{Type: nsService + "RequestEntityTooLargeException", Status: http.StatusRequestEntityTooLarge, Message: "Request body exceeds 16 MB"}
	errBodyEnded    = &apiError{Type: nsService + "RequestAbortedException", Status: http.StatusBadRequest, Message: "Request body ended early"}
)

// authenticated reports whether the request carries a signature, in the header or
// presigned. Whoever wants it verified does so in front of the Engine, and answers with
// [Engine.Refuse].
func authenticated(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || strings.Contains(r.URL.RawQuery, "X-Amz-Signature=")
}
