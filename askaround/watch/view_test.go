package watch

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/askaround"
)

// TestMerge has the races between messages and snapshots one by one.
func TestMerge(t *testing.T) {
	at := askaround.Location{Lat: 48.2, Lng: 16.37}
	zero := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	version := func(n int64, created time.Duration, do ...func(*askaround.Question)) askaround.Question {
		q := askaround.Question{
			ID: "q", Text: "Is it open?", Location: at, State: askaround.StateOpen,
			CreatedAt: zero.Add(created), ExpiresAt: expiry, Summary: askaround.Summary{Version: n, Answers: n},
		}
		for _, fn := range do {
			fn(&q)
		}
		return q
	}
	closed := func(q *askaround.Question) { q.State = askaround.StateClosed }
	const before, after = -time.Minute, time.Minute // the first sync began
	message := func(q askaround.Question) func(*view) bool {
		return func(v *view) bool { return v.question(q, zero) }
	}
	sums := func(n int64) func(*view) bool {
		return func(v *view) bool {
			v.summary("q", askaround.Summary{Version: n, Answers: n})
			return false
		}
	}
	begin := func(v *view) bool { v.begin(at, zero); return false }
	snapshot := func(questions ...askaround.Question) func(*view) bool {
		return func(v *view) bool { return v.merge(questions, zero) }
	}
	for _, test := range []struct {
		reason string
		steps  []func(*view) bool
		again  bool // the last step asks for another sync
		want   []string
	}{
		{"a snapshot", []func(*view) bool{snapshot(version(3, before))}, false, []string{"added 3"}},
		{"a new question", []func(*view) bool{snapshot(), message(version(0, after))}, false, []string{"added 0"}},
		{"the same message twice", []func(*view) bool{snapshot(), message(version(0, after)), message(version(0, after))}, false, []string{"added 0"}},
		{"it was closed, and is told of again", []func(*view) bool{snapshot(version(0, before)), message(version(1, before, closed)), message(version(0, before))}, false, []string{"added 0", "removed 0"}},
		{"closed after the snapshot was read", []func(*view) bool{message(version(1, before, closed)), snapshot(version(0, before))}, false, nil},
		{"the message is newer than the snapshot", []func(*view) bool{message(version(2, after)), snapshot(version(1, after))}, false, []string{"added 2"}},
		{"the snapshot is newer than the message", []func(*view) bool{message(version(1, after)), snapshot(version(2, after))}, false, []string{"added 1", "changed 2"}},
		{"asked while the snapshot was read", []func(*view) bool{message(version(0, after)), snapshot()}, false, []string{"added 0"}},
		{"an old one that the last snapshot lacks is doubtful", []func(*view) bool{snapshot(), message(version(0, before))}, true, nil},
		{"and shown when the next has it", []func(*view) bool{snapshot(), message(version(0, before)), begin, snapshot(version(0, before))}, false, []string{"added 0"}},
		{"and forgotten when it has not", []func(*view) bool{snapshot(), message(version(0, before)), begin, snapshot()}, false, nil},
		{"an old one that comes while the snapshot is read", []func(*view) bool{message(version(0, before)), snapshot()}, true, nil},
		{"closed while nobody listened", []func(*view) bool{snapshot(version(0, before)), begin, snapshot()}, false, []string{"added 0", "removed 0"}},
		{"and told of again", []func(*view) bool{snapshot(version(0, before)), begin, snapshot(), message(version(0, before))}, false, []string{"added 0", "removed 0"}},
		{"a snapshot missed it once", []func(*view) bool{snapshot(version(0, before)), begin, snapshot(), begin, snapshot(version(0, before))}, false, []string{"added 0", "removed 0", "added 0"}},
		{"sums", []func(*view) bool{snapshot(version(1, before)), sums(2), sums(2), sums(1)}, false, []string{"added 1", "changed 2"}},
		{"sums before the close of the same version", []func(*view) bool{snapshot(version(1, before)), sums(2), message(version(2, before, closed))}, false, []string{"added 1", "changed 2", "removed 2"}},
		{"sums newer than a message about all", []func(*view) bool{snapshot(version(1, before)), sums(5), message(version(3, before, func(q *askaround.Question) { q.Text = "Is it shut?" }))}, false, []string{"added 1", "changed 5", "changed 5"}},
		{"sums of a question that is not there", []func(*view) bool{sums(4)}, false, nil},
		{"an expired one", []func(*view) bool{snapshot(version(0, before, func(q *askaround.Question) { q.ExpiresAt = zero }))}, false, nil},
		{"far away", []func(*view) bool{snapshot(version(0, before, func(q *askaround.Question) { q.Location.Lat = 0 })), message(version(1, after, func(q *askaround.Question) { q.Location.Lat = 0 }))}, false, nil},
	} {
		v := newView(askaround.DefaultRadius, askaround.DefaultRadius+DefaultSlack)
		v.move(at)
		v.begin(at, zero)
		again := false
		for _, step := range test.steps {
			again = step(v)
		}
		var got []string
		for _, c := range v.take() {
			got = append(got, fmt.Sprint(c.Kind, " ", c.Question.Summary.Version))
		}
		if diff := cmp.Diff(test.want, got); diff != "" || again != test.again {
			t.Errorf("%s: again %t, want %t (-want +got)\n%s", test.reason, again, test.again, diff)
		}
	}
}

func TestExpire(t *testing.T) {
	at := askaround.Location{Lat: 48.2, Lng: 16.37}
	zero := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	v := newView(askaround.DefaultRadius, askaround.DefaultRadius+DefaultSlack)
	v.move(at)
	v.begin(at, zero)
	var snapshot []askaround.Question
	for i := range 3 {
		snapshot = append(snapshot, askaround.Question{
			ID: askaround.QuestionID(fmt.Sprint(i)), Location: at, State: askaround.StateOpen, ExpiresAt: zero.Add(time.Duration(i+1) * time.Hour),
		})
	}
	v.merge(snapshot, zero)
	for hour := range 4 {
		next := v.expire(zero.Add(time.Duration(hour) * time.Hour))
		want := zero.Add(time.Duration(hour+1) * time.Hour)
		if hour == 3 {
			want = time.Time{}
		}
		if got := len(v.list()); got != 3-hour || !next.Equal(want) {
			t.Errorf("after %d hours: %d shown, next at %v", hour, got, next)
		}
	}
}
