package httpapi_test

import (
	"encoding/json"
	"testing"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/internal/openapi"
)

// TestMessagesFitTheContract holds what the domain publishes to the schemas that
// subscribers read it by, and reads it back with the generated types.
func TestMessagesFitTheContract(t *testing.T) {
	document, err := openapi.Parse(api.Document())
	if err != nil {
		t.Fatal(err)
	}
	question := askaround.Question{
		ID: someQuestion, Text: "How?", Kind: askaround.KindStar, Location: askaround.Location{Lat: 1, Lng: 2},
		Radius: askaround.DefaultRadius, State: askaround.StateClosed, CreatedAt: epoch, ExpiresAt: epoch,
		Summary: askaround.Summary{Version: 7, Answers: 2, SumHalfStars: 11, Histogram: askaround.Histogram{0, 1, 10: 1}},
	}
	operation := askaround.Operation{
		ID: someOperation, Kind: askaround.OperationAnswer, Status: askaround.StatusFailed, Question: someQuestion,
		CreatedAt: epoch, UpdatedAt: epoch, Failure: &askaround.Failure{Code: askaround.FailedOwnQuestion, Detail: "Yours."},
	}
	for name, message := range map[string]any{
		"QuestionMessage":  askaround.QuestionMessage{Type: askaround.TypeQuestion, Question: question},
		"SummaryMessage":   askaround.SummaryMessage{Type: askaround.TypeSummary, Question: someQuestion, Summary: question.Summary},
		"HeatMessage":      askaround.HeatMessage{Type: askaround.TypeHeat, Question: someQuestion, HeatPart: askaround.HeatPart{Part: "89c25b", Version: 4, Cells: map[string]int64{"89c25a3": 2}}},
		"OperationMessage": askaround.OperationMessage{Type: askaround.TypeOperation, Operation: operation},
		"WatchMessage":     askaround.WatchMessage{Type: askaround.TypeWatch, Question: someQuestion, Watching: true},
		"NoticeMessage":    askaround.NoticeMessage{Type: askaround.TypeNotice, Text: "Hello"},
	} {
		data, err := json.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		v, err := openapi.ParseJSON(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, schema := range []string{name, "LiveMessage"} {
			if faults := document.Schema(schema).Check(&v); len(faults) > 0 {
				t.Errorf("%s is no %s: %v in %s", name, schema, faults, data)
			}
		}
		var live api.LiveMessage
		if err := json.Unmarshal(data, &live); err != nil {
			t.Fatal(err)
		}
		back, err := live.ValueByDiscriminator()
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil {
			t.Fatal(err)
		}
		if !sameJSON(t, data, again) {
			t.Errorf("%s changed on the way:\n%s\n%s", name, data, again)
		}
	}
}

// TestFailureCodes: every reason that the domain has is one of the contract's.
func TestFailureCodes(t *testing.T) {
	for _, code := range []askaround.FailureCode{
		askaround.FailedQuestionNotFound, askaround.FailedQuestionClosed, askaround.FailedQuestionExpired,
		askaround.FailedOwnQuestion, askaround.FailedKindMismatch, askaround.FailedOutsideCircle,
		askaround.FailedRejected, askaround.FailedModeration, askaround.FailedConflict,
	} {
		if !api.FailureCode(code).Valid() {
			t.Errorf("%s is not in the contract", code)
		}
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	x, y := decode[map[string]any](t, a), decode[map[string]any](t, b)
	xs, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	ys, err := json.Marshal(y)
	if err != nil {
		t.Fatal(err)
	}
	return string(xs) == string(ys)
}
