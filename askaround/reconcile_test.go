package askaround

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
)

// spoilSums makes the stored sums of two questions wrong, as an edit by hand would.
func (w *world) spoilSums(star, geo QuestionID) {
	w.t.Helper()
	update := func(table string, key item, e *expr) {
		w.t.Helper()
		_, err := w.db.UpdateItem(w.ctx(), &dynamodb.UpdateItemInput{
			TableName: &table, Key: key, UpdateExpression: e.update(),
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	key, err := star.key()
	if err != nil {
		w.t.Fatal(err)
	}
	e := newExpr()
	e.add(attrAnswers, 5)
	e.add(attrHistogram(3), 5)
	update(w.resources.Questions, w.worker.index.PrimaryKey(key), e)
	part := w.question(geo).Heat[0].Part
	e = newExpr()
	e.addNested(e.path(attrCells, "89c25fff"), 7)
	update(w.resources.Heat, heatKey(target{geo, part}), e)
}

func TestReconcile(t *testing.T) {
	for _, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			set := func(o *WorkerOptions) { o.Aggregation = mode }
			w := newWorld(t, set)
			ids := w.askAll(4)
			w.run()
			standing := w.do(ids, randomHistory(newRand(t, 6), 200, len(ids), 12))
			w.run()
			reconcile := func(repair bool) (Reconciled, []Drift) {
				t.Helper()
				var drifts []Drift
				got, err := w.worker.Reconcile(t.Context(), func(o *ReconcileOptions) {
					o.Repair, o.Settle = repair, 1
					o.OnDrift = func(d Drift) { drifts = append(drifts, d) }
				})
				if err != nil {
					t.Fatal(err)
				}
				return got, drifts
			}
			if got, _ := reconcile(true); got != (Reconciled{Questions: 4}) {
				t.Errorf("before: %+v", got)
			}
			w.spoilSums(ids[0], ids[1])
			found, drifts := reconcile(false)
			if want := (Reconciled{Questions: 4, Drifted: 2, Size: 5 + 5 + 7}); found != want || len(drifts) != 2 {
				t.Errorf("found %+v, want %+v", found, want)
			}
			repaired, _ := reconcile(true)
			if repaired.Repaired != 2 {
				t.Errorf("repaired %+v", repaired)
			}
			if got, _ := reconcile(false); got.Drifted != 0 {
				t.Errorf("after: %+v", got)
			}
			w.check(ids, standing)
			// And the worker goes on from there.
			w.rate(15, ids[0], 10)
			standing[0][15] = Value{Kind: KindStar, Stars: 10}
			w.place(15, ids[1], manhattan)
			standing[1][15] = Value{Kind: KindGeo, Location: manhattan}
			w.run()
			w.check(ids, standing)
			w.noDeadLetters()
		})
	}
}

// TestReconcileLostRecords: with AggregateLWW even records that never came are made up for.
func TestReconcileLostRecords(t *testing.T) {
	w := newWorld(t, func(o *WorkerOptions) { o.Aggregation = AggregateLWW })
	id := w.ask(KindStar, manhattan)
	w.run()
	w.rate(1, id, 8)
	w.deliverQueues(w.worker)
	lost := w.pendingRecords(w.resources.Answers, w.shards(w.resources.Answers)[0])
	if len(lost) != 1 {
		t.Fatal(len(lost))
	}
	if _, err := w.worker.Reconcile(t.Context(), func(o *ReconcileOptions) { o.Repair, o.Settle = true, 1 }); err != nil {
		t.Fatal(err)
	}
	w.run() // and here it comes after all
	if diff := cmp.Diff(fold(map[int]Value{1: {Kind: KindStar, Stars: 8}}), w.sums(id)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestReconcileWaits: an answer that is on its way is no drift.
func TestReconcileWaits(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.rate(1, id, 8)
	w.deliverQueues(w.worker)
	s, err := w.worker.look(t.Context(), id)
	if err != nil || s.drift().Size() == 0 {
		t.Fatal(s, err)
	}
	w.run() // while Settle passes
	var out Reconciled
	err = w.worker.settleSuspects(t.Context(), []sumsSnapshot{s}, ReconcileOptions{Repair: true, Settle: 1}, &out)
	if err != nil || out != (Reconciled{}) {
		t.Errorf("%+v, %v", out, err)
	}
	if got := w.sums(id); got.Answers != 1 {
		t.Errorf("sums %+v", got)
	}
}

// TestSleepingRecompute: a worker read the answers, slept, and wakes up after they changed
// and changed back. In between another found the sums right, and wrote none.
func TestSleepingRecompute(t *testing.T) {
	w := newWorld(t, func(o *WorkerOptions) { o.Aggregation = AggregateRecompute })
	id := w.ask(KindStar, manhattan)
	w.run()
	w.rate(1, id, 4)
	w.run()
	w.rate(2, id, 10)
	w.deliverQueues(w.worker)
	asleep, err := w.worker.snapshot(t.Context(), id, w.resources.Answers)
	if err != nil || asleep.folded[""].answers != 2 {
		t.Fatal(asleep, err)
	}
	w.withdraw(2, id)
	w.run()
	if again, err := w.worker.replace(t.Context(), asleep); !again || err != nil {
		t.Errorf("the sleeper's sums are taken: %v", err)
	}
	if s := w.sums(id); s.Answers != 1 || s.SumHalfStars != 4 {
		t.Errorf("sums %+v", s)
	}
}
