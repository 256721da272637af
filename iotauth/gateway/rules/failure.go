package rules

import (
	"encoding/base64"
	"encoding/json"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// A failures message is what an errorAction gets (developer guide, "Error handling").
type failuresMessage struct {
	RuleName      string    `json:"ruleName"`
	Topic         string    `json:"topic"`
	TraceID       string    `json:"cloudwatchTraceId"`
	ClientID      string    `json:"clientId"`
	Base64Payload string    `json:"base64OriginalPayload"`
	Failures      []failure `json:"failures"`
}

type failure struct {
	Action   string `json:"failedAction"`
	Resource string `json:"failedResource"`
	Message  string `json:"errorMessage"`
}

// reportFailures does the errorAction. Its templates see the original message.
func (e *Engine) reportFailures(r *rule, j *job, out *outgoing, failures []failure) {
	m := failuresMessage{
		RuleName: r.name, Topic: j.message.Topic, TraceID: j.message.TraceID, ClientID: j.message.ClientID,
		Base64Payload: base64.StdEncoding.EncodeToString(j.message.Payload), Failures: failures,
	}
	if m.ClientID == "" {
		m.ClientID = "n/a"
	}
	payload, err := json.Marshal(m)
	if err != nil { // strings only
		panic(err)
	}
	report := *out
	report.payload = payload
	report.value = func() (iotsql.Value, bool) { return iotsql.ParseValue(payload, r.statement.Version()) }
	resource, err := e.do(r.errorAction, &report)
	r.counters.errorAction(err == nil)
	if err != nil {
		e.logger(r, j).ErrorContext(e.ctx, "the error action failed", "action", r.errorAction.kind(), "resource", resource, "error", err)
	}
}
