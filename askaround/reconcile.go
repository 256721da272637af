package askaround

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Repair of sums. No way of aggregation needs it by itself: it is for what other hands
// did, such as a restored backup, an item edited in a console, or records that went
// into the dead-letter queue.

// Sums are what the answers to a question add up to.
type Sums struct {
	Answers, SumHalfStars int64
	Histogram             Histogram
	Cells                 map[string]int64 // S2 token of level HeatCellLevel to answers; no zeros
}

// Drift is how far the stored sums of a question are from its answers.
type Drift struct {
	Question       QuestionID
	Stored, Folded Sums
	Repaired       bool
}

// Size is the metric of a drift: by how many answers the stored sums are wrong, counted in
// the summary, each class of its histogram and each cell. 0 is none.
func (d Drift) Size() int64 {
	size := distance(d.Stored.Answers, d.Folded.Answers)
	for i := range d.Stored.Histogram {
		size += distance(d.Stored.Histogram[i], d.Folded.Histogram[i])
	}
	if d.Stored.SumHalfStars != d.Folded.SumHalfStars && size == 0 {
		size = 1
	}
	for cell, n := range d.Stored.Cells {
		size += distance(n, d.Folded.Cells[cell])
	}
	for cell, n := range d.Folded.Cells {
		if _, ok := d.Stored.Cells[cell]; !ok {
			size += n
		}
	}
	return size
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// DefaultSettle is ReconcileOptions.Settle where it is 0.
const DefaultSettle = 10 * time.Second

// ReconcileOptions configure [Worker.Reconcile].
type ReconcileOptions struct {
	// Repair replaces sums that have drifted.
	Repair bool
	// Settle is how long sums and answers must both stay as they are before a
	// difference counts as drift: longer than the stream of answers lags behind. 0 is
	// DefaultSettle.
	Settle time.Duration
	// OnDrift is told of each question that has drifted; nil tells nobody.
	OnDrift func(Drift)
}

// Reconciled is what [Worker.Reconcile] found. It is the drift metric.
type Reconciled struct {
	Questions int   // looked at
	Drifted   int   // whose sums were wrong
	Repaired  int   // whose sums are right again
	Unsettled int   // that answers kept coming to: look again later
	Size      int64 // of all drifts together
}

// Reconcile compares the sums of all questions with their answers, and repairs those that
// are wrong where it may. It reads every question and every answer once, those of questions
// that differ twice. With AggregateLWW it first makes answers count that do not.
//
// It may run beside other workers. A difference that is only answers on their way is told
// from drift by Settle; where the stream lags longer, hold the queues of answers and let
// the stream run dry first. Errors: [ErrUnavailable], and the context's.
func (w *Worker) Reconcile(ctx context.Context, optFns ...func(*ReconcileOptions)) (Reconciled, error) {
	var o ReconcileOptions
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Settle == 0 {
		o.Settle = DefaultSettle
	}
	var out Reconciled
	pages := dynamodb.NewScanPaginator(w.db, &dynamodb.ScanInput{TableName: &w.resources.Questions})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return out, unavailable("read questions", err)
		}
		var suspects []sumsSnapshot
		for _, it := range page.Items {
			q, err := w.parseQuestionItem(it)
			if err != nil {
				w.options.Logger.ErrorContext(ctx, "skipped a question's item", "error", err)
				continue
			}
			out.Questions++
			s, err := w.look(ctx, q.ID)
			if err != nil {
				return out, err
			}
			if s.summary != nil && s.drift().Size() > 0 {
				suspects = append(suspects, s)
			}
		}
		if err := w.settleSuspects(ctx, suspects, o, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// look reads what a question's sums are and should be.
func (w *Worker) look(ctx context.Context, id QuestionID) (sumsSnapshot, error) {
	if w.options.Aggregation != AggregateLWW {
		return w.snapshot(ctx, id, w.resources.Answers)
	}
	var missed []change
	err := w.each(ctx, w.resources.Answers, id, func(it item) error {
		r, err := parseAnswer(it)
		if err != nil {
			return nil // it counts for nothing
		}
		missed = append(missed, change{question: id, account: r.account, revision: r.rev, expires: r.expiresAt, new: r.contribution()})
		return nil
	})
	if err == nil {
		err = w.applyByRevision(ctx, missed)
	}
	if err != nil {
		return sumsSnapshot{}, err
	}
	return w.snapshot(ctx, id, w.resources.Counted)
}

// settleSuspects waits, and looks again at questions that seem to have drifted.
func (w *Worker) settleSuspects(ctx context.Context, suspects []sumsSnapshot, o ReconcileOptions, out *Reconciled) error {
	if len(suspects) == 0 {
		return nil
	}
	timer := time.NewTimer(o.Settle)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	for _, before := range suspects {
		s, err := w.look(ctx, before.question)
		if err != nil {
			return err
		}
		d := s.drift()
		if s.summary == nil || d.Size() == 0 {
			continue // it was on its way
		}
		if !s.equal(before) {
			out.Unsettled++
			continue
		}
		if o.Repair {
			again, err := w.replace(ctx, s)
			if err != nil {
				return fmt.Errorf("askaround: repair question %s: %w", s.question, err)
			}
			d.Repaired = !again
		}
		out.count(d)
		if o.OnDrift != nil {
			o.OnDrift(d)
		}
	}
	return nil
}

func (r *Reconciled) count(d Drift) {
	r.Drifted++
	r.Size += d.Size()
	if d.Repaired {
		r.Repaired++
	}
}

// drift compares the snapshot's two sides.
func (s sumsSnapshot) drift() Drift {
	stored := map[string]delta{"": s.storedSummary()}
	for part := range s.heat {
		stored[part] = s.storedPart(part)
	}
	return Drift{Question: s.question, Stored: sumsOf(stored), Folded: sumsOf(s.folded)}
}

func sumsOf(parts map[string]delta) Sums {
	out := Sums{Cells: map[string]int64{}}
	for part, d := range parts {
		if part == "" {
			out.Answers, out.SumHalfStars, out.Histogram = d.answers, d.sumHalfStars, d.histogram
		}
		maps.Copy(out.Cells, d.cells)
	}
	return out
}

// equal reports that neither the sums nor the answers have changed from o to s.
func (s sumsSnapshot) equal(o sumsSnapshot) bool {
	version := func(it item) int64 { return (&attrs{item: it}).count(attrVersion) }
	if version(s.summary) != version(o.summary) || len(s.heat) != len(o.heat) || s.answers != o.answers || s.newest != o.newest {
		return false
	}
	for part := range s.heat {
		if o.heat[part] == nil || version(s.heat[part]) != version(o.heat[part]) {
			return false
		}
	}
	return true
}
