package dynamodb

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// post sends a request as it stands, which no SDK would send, and returns the answer.
func post(t testing.TB, e *Engine, operation, body string) (status int, answer map[string]any) {
	t.Helper()
	if !strings.Contains(operation, ".") {
		operation = tablesTarget + operation
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", operation)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s %s: %v: %s", operation, body, err, w.Body)
	}
	return w.Code, answer
}

// must is post for a request that succeeds.
func must(t testing.TB, e *Engine, operation, body string) map[string]any {
	t.Helper()
	status, answer := post(t, e, operation, body)
	if status != http.StatusOK {
		t.Fatalf("%s %s: %v", operation, body, answer)
	}
	return answer
}

// rawRow is a request that fails.
type rawRow struct {
	why, operation, body string
	fault                string // type and message
}

// runRaw holds the answers of rows to their type and message.
func runRaw(t *testing.T, e *Engine, rows []rawRow) {
	for _, row := range rows {
		t.Run(row.operation+"/"+row.why, func(t *testing.T) {
			status, answer := post(t, e, row.operation, row.body)
			kind, _ := answer["__type"].(string)
			message, _ := answer["message"].(string)
			got := kind[strings.Index(kind, "#")+1:] + ": " + message
			if diff := cmp.Diff(row.fault, got); diff != "" || status != http.StatusBadRequest {
				t.Errorf("status %d (-want +got):\n%s", status, diff)
			}
		})
	}
}

// at returns what an answer has at a path of names and indexes.
func at(answer any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := answer.(map[string]any)
			answer = m[step]
		case int:
			l, _ := answer.([]any)
			if step >= len(l) {
				return nil
			}
			answer = l[step]
		}
	}
	return answer
}

const (
	violation   = "ValidationException: 1 validation error detected: "
	violations2 = "ValidationException: 2 validation errors detected: "
	violations3 = "ValidationException: 3 validation errors detected: "
	parameter   = "ValidationException: One or more parameter values were invalid: "
)

// simpleTable is the body of a CreateTable with the hash key pk of type S.
func simpleTable(name, more string) string {
	return `{"TableName":"` + name + `","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]` + more + `}`
}

const (
	onDemand    = `,"BillingMode":"PAY_PER_REQUEST"`
	provisioned = `,"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5}`
)

func rawEngine(t testing.TB, optFns ...func(*Options)) *Engine {
	t.Helper()
	e, closeLog := open(t, "", optFns...)
	t.Cleanup(closeLog)
	return e
}
