package httpapi

import (
	"net/http"

	"github.com/askaround/askaround-go/internal/apihttp"
)

// An entity is a representation with its entity tag, as the generated server wants
// responses.
type entity struct{ *apihttp.Entity }

// newEntity marshals v. ifNoneMatch is the header of that name, nil when absent.
func newEntity(v any, ifNoneMatch *string) (entity, error) {
	e, err := apihttp.NewEntity(v, ifNoneMatch)
	return entity{e}, err
}

// VisitListQuestionsResponse writes e.
func (e entity) VisitListQuestionsResponse(w http.ResponseWriter) error { return e.Write(w) }

// VisitGetQuestionResponse writes e.
func (e entity) VisitGetQuestionResponse(w http.ResponseWriter) error { return e.Write(w) }

// VisitListWatchesResponse writes e.
func (e entity) VisitListWatchesResponse(w http.ResponseWriter) error { return e.Write(w) }
