package askaround

import (
	"time"

	"github.com/askaround/askaround-go/geoindex"
)

// Limits of requests.
const (
	// MaxTextLength is the longest question in Unicode code points (R-list of the
	// original front end: "<=100 chars").
	MaxTextLength = 100
	// MaxIdempotencyKey is the longest idempotency key in bytes.
	MaxIdempotencyKey = 255
	// DefaultRadius of a search and of a question's circle: five miles.
	DefaultRadius geoindex.Meters = 5 * geoindex.Mile
	// MaxRadius is the largest radius of a search.
	MaxRadius geoindex.Meters = 50_000
	// DefaultLimit and MaxLimit are questions per page.
	DefaultLimit = 20
	MaxLimit     = 100
	// QuestionLifetime is how long a question is shown (R037).
	QuestionLifetime = 365 * 24 * time.Hour
)

// Levels of the S2 cells that heat is counted in.
const (
	HeatCellLevel = 13 // about 1.1 km across: a circle of five miles holds some 160
	HeatPartLevel = 10 // one item holds at most 4^3 = 64 cells
)
