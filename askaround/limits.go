package askaround

import (
	"time"

	"github.com/askaround/askaround-go/geoindex"
)

// Limits of requests.
const (
	// MaxTextLength is the longest question in Unicode code points: the original
	// application's front end takes 100 characters.
	MaxTextLength = 100
	// MaxIdempotencyKey is the longest idempotency key in bytes.
	MaxIdempotencyKey = 255
	// DefaultRadius of a search and of a question's circle. The source posts say five
	// miles (their code says 4,000 m, their repository 8,000 m).
	DefaultRadius geoindex.Meters = 5 * geoindex.Mile
	// MaxRadius is the largest radius of a search: fifty miles.
	MaxRadius geoindex.Meters = 50 * geoindex.Mile
	// MaxLiveRadius is the largest radius to subscribe to: its topics leave room for
	// others among topic.MaxSubscriptionsPerConnection.
	MaxLiveRadius geoindex.Meters = 10 * geoindex.Mile
	// DefaultLimit and MaxLimit are questions per page.
	DefaultLimit = 20
	MaxLimit     = 100
	// MaxWatches are the questions on a watch list: what one MQTT connection has room for
	// beside the topics of MaxLiveRadius.
	MaxWatches = 18
	// QuestionLifetime is how long a question is shown; the source posts say a year.
	QuestionLifetime = 365 * 24 * time.Hour
)

// Levels of the S2 cells that heat is counted in.
const (
	HeatCellLevel = 13 // about 1.1 km across: a circle of five miles holds some 160
	HeatPartLevel = 10 // one item holds at most 4^3 = 64 cells
)
