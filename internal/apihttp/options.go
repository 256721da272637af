package apihttp

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/openapi"
)

// maxDeadline is what a gateway in front of the service grants an integration:
// Amazon API Gateway ends it after 29 s (R003).
const maxDeadline = 29 * time.Second

// Caller is who makes a request.
type Caller struct {
	Account string    // names the caller in limits, idempotency and logs
	Expires time.Time // when the proof of it ceases to be good; zero: never
}

// Options configure the handler.
type Options struct {
	// Document is the contract, OpenAPI 3.1 as JSON.
	Document []byte
	// Realm names the API in challenges for a token.
	Realm string
	// Authenticate returns who makes a request, see [BearerAuth].
	Authenticate func(w http.ResponseWriter, r *http.Request, o *openapi.Operation) (Caller, error)
	// Explain turns an error of the domain into what the client is told; nil means that
	// it does not know err. o is nil where no operation was found.
	Explain func(err error, o *openapi.Operation) *Refusal
	// MissingResource is the problem type of a path whose parameter can name nothing; nil
	// or "" is NotFound.
	MissingResource func(o *openapi.Operation) Kind
	// BasePath is where the API begins, as in "/api"; "" is the root.
	BasePath string
	// MaxBody is the longest request body in bytes; 0 is 16 KiB. MaxBodies has other
	// lengths for operations, by id.
	MaxBody   int64
	MaxBodies map[string]int64
	// Deadline is how long one request may take; 0 is 25 s. It is less than 29 s.
	// Operations that answer with server-sent events have none.
	Deadline time.Duration
	// Rate is how many requests per second one account may make in the long run, and
	// Burst how many at once. Rate 0 sets no limit; Burst 0 is twice Rate, at least 1.
	Rate  float64
	Burst int
	// Replays is how many answers are remembered by their idempotency key, for 24 h. 0
	// remembers none: the domain does, or no operation takes a key.
	Replays int
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes an access log at level debug, and at level error what a client is
	// told only as "unavailable"; nil discards.
	Logger *slog.Logger
}

func (o *Options) validate() error {
	setDefault(&o.MaxBody, 16<<10)
	setDefault(&o.Deadline, 25*time.Second)
	setDefault(&o.Burst, max(1, int(2*o.Rate)))
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.Authenticate == nil:
		return errors.New("no Authenticate")
	case o.BasePath != "" && (path.Clean(o.BasePath) != o.BasePath || !strings.HasPrefix(o.BasePath, "/") || o.BasePath == "/"):
		return fmt.Errorf("base path %q: want a clean path such as /api", o.BasePath)
	case o.MaxBody < 0:
		return fmt.Errorf("body limit %d", o.MaxBody)
	case o.Deadline < 0 || o.Deadline >= maxDeadline:
		return fmt.Errorf("deadline %v: want less than %v", o.Deadline, maxDeadline)
	case !(o.Rate >= 0) || o.Burst < 0:
		return fmt.Errorf("rate %v, burst %d", o.Rate, o.Burst)
	case o.Replays < 0:
		return fmt.Errorf("%d replays", o.Replays)
	}
	return nil
}

func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}
