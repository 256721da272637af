package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/rate"
	"github.com/askaround/askaround-go/internal/sigv4"
)

// An exchange is a request over HTTP and its answer.
type exchange struct {
	g       *Gateway
	w       http.ResponseWriter
	r       *http.Request
	control *http.ResponseController
	conn    *webConn // of its own where a server in front hides it
	id      string   // a UUID: the trace id
}

func (g *Gateway) newExchange(w http.ResponseWriter, r *http.Request) *exchange {
	e := &exchange{g: g, w: w, r: r, control: http.NewResponseController(w), id: uuid.NewString()}
	var own bool
	if e.conn, own = r.Context().Value(webConnKey{}).(*webConn); own {
		e.r.TLS = e.conn.tls
		return e
	}
	e.conn = &webConn{visitor: &visitor{id: e.id, tls: r.TLS}, cache: newHTTPConn(), rate: rate.New(g.limits.PublishRate)}
	e.conn.route = route{http: true, certificate: r.TLS != nil && len(r.TLS.PeerCertificates) > 0}
	if g.options.Domains[strings.ToLower(hostName(r.Host))].CertificateAndAuthorizer {
		e.conn.route.authorizer = true
	}
	return e
}

// carrier is what is known of the client. Its kind follows from what the client shows: a
// certificate where the door asks for one, else a signature by AWS's rules where there is
// one, which is verified here; the rest is for a custom authorizer.
func (e *exchange) carrier(signatures *sigv4.Verifier, signed, custom carrierKind) (*carrier, error) {
	c := e.conn.carrier(custom)
	c.request, c.remote = e.r, addrPort(textAddr(e.r.RemoteAddr))
	if c.serverName == "" {
		c.serverName = hostName(e.r.Host)
	}
	if e.conn.route.certificate {
		if !e.conn.route.authorizer {
			c.kind = httpsCertificate
		}
		return c, nil
	}
	key, err := verify(signatures, e.r)
	switch {
	case errors.Is(err, sigv4.ErrMissingToken):
		return c, nil
	case err != nil:
		return nil, err
	}
	c.kind, c.key = signed, key
	return c, nil
}

// textAddr is an address as net/http tells it.
type textAddr string

func (textAddr) Network() string  { return "tcp" }
func (a textAddr) String() string { return string(a) }

// A refusal is an answer other than OK. Its message is for the client.
type refusal struct {
	status  int
	name    string // of the exception in the API
	message string
	err     error // for the log, may be nil
}

func (r *refusal) Error() string {
	if r.err != nil {
		return r.err.Error()
	}
	return r.message
}

func (r *refusal) Unwrap() error { return r.err }

// The refusals of the API (https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html).
var (
	errNoResource = &refusal{status: http.StatusNotFound, name: "ResourceNotFoundException", message: "Not Found"}
	errMethod     = &refusal{status: http.StatusMethodNotAllowed, name: "MethodNotAllowedException", message: "Method Not Allowed"}
	errTooLarge   = &refusal{status: http.StatusRequestEntityTooLarge, name: "RequestEntityTooLargeException", message: "Request Entity Too Large"}
	errTooMany    = &refusal{status: http.StatusTooManyRequests, name: "ThrottlingException", message: "Too Many Requests"}
	errUpgrade    = &refusal{status: http.StatusUpgradeRequired, name: "InvalidRequestException", message: "Upgrade Required"}
	errClosed     = &refusal{status: http.StatusServiceUnavailable, name: "ServiceUnavailableException", message: "Service Unavailable"}
)

func forbidden(err error) *refusal {
	return &refusal{status: http.StatusForbidden, name: "ForbiddenException", message: "Forbidden", err: err}
}

// badRequest tells the client what is wrong with what it sent.
func badRequest(message string, err error) *refusal {
	return &refusal{status: http.StatusBadRequest, name: "InvalidRequestException", message: message, err: err}
}

func failure(err error) *refusal {
	return &refusal{status: http.StatusInternalServerError, name: "InternalFailureException", message: "Internal Failure", err: err}
}

// refusalOf says what a client is told of an error.
func refusalOf(err error) *refusal {
	var known *refusal
	var admission *mqtt.Refusal
	var signature *sigv4.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &admission) && admission.Reason != mqtt.ServerUnavailable:
		return forbidden(err)
	case errors.As(err, &signature):
		return forbidden(err)
	case errors.Is(err, mqtt.ErrInvalid):
		return badRequest(strings.TrimPrefix(err.Error(), mqtt.ErrInvalid.Error()+": "), nil)
	case errors.Is(err, mqtt.ErrThrottled):
		return errTooMany
	case errors.Is(err, mqtt.ErrClosed):
		return errClosed
	}
	return failure(err)
}

func refusalStatus(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return refusalOf(err).status
}

func (e *exchange) refuse(err error) {
	r := refusalOf(err)
	e.log(r)
	if e.r.Body != nil && e.r.Body != http.NoBody { // the server skips the rest before it answers
		_ = e.control.SetReadDeadline(time.Now().Add(lingerTime))
	}
	e.w.Header()["x-amzn-ErrorType"] = []string{r.name}
	e.answer(r.status, r.message)
}

// log tells why.
func (e *exchange) log(r *refusal) {
	if errors.As(r, new(*mqtt.Refusal)) {
		return // admission has explained it
	}
	attributes := []any{"trace_id", e.id, "remote_addr", e.r.RemoteAddr, "status", r.status, "error", r}
	if r.status == http.StatusInternalServerError {
		e.g.options.Logger.Error("http request failed", attributes...)
	} else if skipped, ok := e.g.refusals.pass(); ok {
		e.g.options.Logger.Info("http request refused", append(attributes, "not_logged", skipped)...)
	}
}

// answer has the very form of AWS IoT's: {"message":"OK","traceId":"…"}.
func (e *exchange) answer(status int, message string) {
	quoted, _ := json.Marshal(message) // a string can be quoted
	body := `{"message":` + string(quoted) + `,"traceId":"` + e.id + `"}`
	e.header(status, len(body))
	_, _ = io.WriteString(e.w, body)
}

func (e *exchange) header(status, length int) {
	h := e.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(length))
	h["x-amzn-RequestId"] = []string{e.id} // as AWS spells it
	e.w.WriteHeader(status)
}
