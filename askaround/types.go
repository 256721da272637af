package askaround

import (
	"time"

	"github.com/askaround/askaround-go/geoindex"
)

// A Location is a place on Earth in degrees of WGS 84.
type Location struct {
	Lat float64 `json:"lat"` // -90 to 90
	Lng float64 `json:"lng"` // -180 to 180
}

// LatLng returns l as the index's type.
func (l Location) LatLng() geoindex.LatLng { return geoindex.LatLng{Lat: l.Lat, Lng: l.Lng} }

// Kind says what an answer to a question is.
type Kind string

const (
	KindStar Kind = "star" // a rating of 0 to 5 stars in half steps
	KindGeo  Kind = "geo"  // a place inside the question's circle
)

// State says whether a question takes answers.
type State string

const (
	StateOpen   State = "open"
	StateClosed State = "closed"
)

// A Question is what everybody may see of a question. It never holds who asked.
type Question struct {
	ID        QuestionID      `json:"id"`
	Text      string          `json:"text"` // 1 to MaxTextLength code points
	Kind      Kind            `json:"kind"`
	Location  Location        `json:"location"`
	Radius    geoindex.Meters `json:"radius"` // geo answers must lie this close to Location
	State     State           `json:"state"`
	CreatedAt time.Time       `json:"createdAt"`
	ExpiresAt time.Time       `json:"expiresAt"` // hidden from then on
	Summary   Summary         `json:"summary"`
}

// A Summary is the sum of all answers that stand. All members are integers.
type Summary struct {
	Version      int64     `json:"version"` // grows with every change
	Answers      int64     `json:"answers"`
	SumHalfStars int64     `json:"sumHalfStars"` // of star answers; 0 for geo questions
	Histogram    Histogram `json:"histogram"`    // of star answers
}

// A Histogram counts answers by rating: index i is i half stars.
type Histogram [MaxHalfStars + 1]int64

// QuestionView is a Question as one caller sees it.
type QuestionView struct {
	Question
	Mine     bool            // the caller asked it
	Distance geoindex.Meters // from the centre of the search; 0 when read by id
}

// QuestionDetail is one question with its heat.
type QuestionDetail struct {
	QuestionView
	Heat []HeatPart // geo questions: sorted by Part; nil for star questions
}

// A HeatPart counts the geo answers inside one S2 cell of level [HeatPartLevel].
type HeatPart struct {
	Part    string           `json:"part"`    // S2 token of level HeatPartLevel
	Version int64            `json:"version"` // grows with every change of this part
	Cells   map[string]int64 `json:"cells"`   // S2 token of level HeatCellLevel to answers; no zeros
}

// QuestionPage is one page of a search.
type QuestionPage struct {
	Questions []QuestionView
	Next      string // cursor of the next page, "" when this is the last
}

// Value is the content of an answer. Kind decides which of the others counts.
type Value struct {
	Kind     Kind
	Stars    HalfStars // KindStar
	Location Location  // KindGeo
}

// Answer is the caller's own answer that stands.
type Answer struct {
	Question   QuestionID
	Value      Value
	AcceptedAt time.Time
}

// OperationKind says what an operation does.
type OperationKind string

const (
	OperationAsk      OperationKind = "ask"
	OperationAnswer   OperationKind = "answer"
	OperationWithdraw OperationKind = "withdraw"
)

// OperationStatus says how far an operation is.
type OperationStatus string

const (
	StatusPending   OperationStatus = "pending"
	StatusSucceeded OperationStatus = "succeeded"
	StatusFailed    OperationStatus = "failed"
)

// Operation is an accepted request and what became of it. Only its account may read it.
type Operation struct {
	ID        OperationID     `json:"id"`
	Kind      OperationKind   `json:"kind"`
	Status    OperationStatus `json:"status"`
	Question  QuestionID      `json:"question"` // asked, answered or withdrawn from; known at once
	CreatedAt time.Time       `json:"createdAt"`
	UpdatedAt time.Time       `json:"updatedAt"`
	Failure   *Failure        `json:"failure,omitempty"` // of StatusFailed
}

// Failure says why an operation failed.
type Failure struct {
	Code   FailureCode `json:"code"`
	Detail string      `json:"detail"` // for people
}

// FailureCode is the reason of a Failure, for programs.
type FailureCode string

const (
	FailedQuestionNotFound FailureCode = "question_not_found"
	FailedQuestionClosed   FailureCode = "question_closed"
	FailedQuestionExpired  FailureCode = "question_expired"
	FailedOwnQuestion      FailureCode = "own_question"
	FailedKindMismatch     FailureCode = "kind_mismatch"
	FailedOutsideCircle    FailureCode = "outside_circle"
	FailedRejected         FailureCode = "rejected"               // by moderation
	FailedModeration       FailureCode = "moderation_unavailable" // moderation kept failing
	FailedConflict         FailureCode = "conflict"               // the question's id is taken
)
