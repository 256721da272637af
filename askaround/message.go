package askaround

// The messages on topics; see the package documentation for their JSON.

// Types of messages, the member "type".
const (
	TypeQuestion  = "question"
	TypeSummary   = "summary"
	TypeHeat      = "heat"
	TypeOperation = "operation"
	TypeWatch     = "watch"
	TypeNotice    = "notice"
)

// QuestionMessage announces a new or changed question.
type QuestionMessage struct {
	Type     string   `json:"type"`
	Question Question `json:"question"`
}

// SummaryMessage carries the sums of one question.
type SummaryMessage struct {
	Type     string     `json:"type"`
	Question QuestionID `json:"question"`
	Summary
}

// HeatMessage carries one part of a question's heat, whole.
type HeatMessage struct {
	Type     string     `json:"type"`
	Question QuestionID `json:"question"`
	HeatPart
}

// OperationMessage tells the account's devices what became of a request.
type OperationMessage struct {
	Type      string    `json:"type"`
	Operation Operation `json:"operation"`
}

// WatchMessage tells the account's devices that a question came onto the account's watch
// list or left it, so that they follow its topic, or no longer.
type WatchMessage struct {
	Type     string     `json:"type"`
	Question QuestionID `json:"question"`
	Watching bool       `json:"watching"`
}

// NoticeMessage tells everybody something.
type NoticeMessage struct {
	Type string `json:"type"`
	Text string `json:"text"`
}
