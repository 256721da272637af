package cost

// Workload is what the application's users do in an hour, day and night.
type Workload struct {
	Questions, Reads, Answers int64 // PUT questions, GET questions, PUT answers
}

// AskAroundMe is the traffic that the posts predict.
var AskAroundMe = Workload{Questions: 1_000, Reads: 50_000, Answers: 10_000}

// HoursPerYear is a year of 365 days.
const HoursPerYear = 365 * 24

// RequestsPerYear returns all requests to the API.
func (w Workload) RequestsPerYear() int64 {
	return (w.Questions + w.Reads + w.Answers) * HoursPerYear
}

// AnswersPerYear returns the answers.
func (w Workload) AnswersPerYear() int64 { return w.Answers * HoursPerYear }

// QuestionsPerYear returns the questions.
func (w Workload) QuestionsPerYear() int64 { return w.Questions * HoursPerYear }

// A Design is a way to tell subscribers of something: for every Per messages that are
// published, so many are delivered.
type Design struct {
	Name      string
	Delivered int64
	Per       int64 // 0 is 1
}

// FanOut returns the messages that a year of publishing delivers, and their price. A
// message that is published costs one more, with whichever design: it is left out. All
// are at most 5 KB. Errors: [ErrRange].
func (p Profile) FanOut(published int64, d Design) (messages int64, cost Money, err error) {
	if messages, err = mul(published, d.Delivered); err != nil {
		return 0, 0, err
	}
	if d.Per > 1 {
		messages = messages/d.Per + (messages%d.Per+d.Per/2)/d.Per // to the nearest
	}
	cost, err = p.IoT.Messages.Year(messages)
	return messages, cost, err
}

// A Method is a way to keep sums of answers, by what it adds to storing one answer, in
// capacity units for each thousand answers.
type Method struct {
	Name          string
	Writes, Reads int64
	Exact         string // as long as what
}

// Methods returns the ways of aggregation that were compared. Items are of 1 KB at most.
// The upper bound of a watermark is one write for each answer, a batch of one; at batches
// of 100 under skewed traffic it is 0.15 at most, as a test of the package askaround
// measures.
func Methods() []Method {
	return []Method{
		{"ADD of differences", 1000, 0, "never: a repeated batch counts twice"},
		{"marker of each record, in a transaction", 4000, 0, "markers are kept longer than the stream"},
		{"watermark, batches of one", 1000, 0, "the source keeps its order"},
		{"watermark, batches of 100", 150, 0, "the source keeps its order"},
		{"last writer wins, one answer a transaction", 4000, 1000, "always"},
		{"with the answer, in one transaction", 3000, 1000, "always; questions that are hot conflict"},
		{"recompute, 10 answers a question", 1000, 1000, "always, some time later"},
		{"recompute, 1,000 answers a question", 1000, 50_000, "always, some time later"},
	}
}

// Aggregation returns what a method adds for a year's answers. Errors: [ErrRange].
func (p Profile) Aggregation(answers int64, m Method) (Money, error) {
	units := func(perThousand int64) (int64, error) {
		n, err := mul(answers, perThousand)
		return (n + 500) / 1000, err
	}
	writes, err := units(m.Writes)
	if err != nil {
		return 0, err
	}
	reads, err := units(m.Reads)
	if err != nil {
		return 0, err
	}
	w, err := p.DynamoDB.WriteUnits.Year(writes)
	if err != nil {
		return 0, err
	}
	r, err := p.DynamoDB.ReadUnits.Year(reads)
	if err != nil {
		return 0, err
	}
	return plus(w, r)
}
