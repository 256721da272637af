package watch

import (
	"cmp"
	"slices"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/geoindex"
)

// ChangeKind says what happened to a question in the view.
type ChangeKind string

const (
	Added   ChangeKind = "added"   // it came, or came within the radius
	Changed ChangeKind = "changed" // it has a higher version
	Removed ChangeKind = "removed" // it was closed, expired, deleted, or is too far away now
)

// Change is one change of the view.
type Change struct {
	Kind     ChangeKind
	Question askaround.Question
	Distance geoindex.Meters // from the position
}

// Nearby is a question in the view.
type Nearby struct {
	askaround.Question
	Distance geoindex.Meters // from the position
}

// entry is an open question within reach of the anchor.
type entry struct {
	question askaround.Question
	state    int64 // version of the last account of all of it, not only of its sums
	sync     int   // the sync during which a message brought it; 0: a snapshot did
	doubtful bool  // it should have been in the last snapshot, and was not
	shown    bool
}

// tombstone is a question that is gone, and the last version known of it.
type tombstone struct {
	version int64
	at      askaround.Location
	expires time.Time
}

// view merges messages and snapshots. It is pure: no clock, no I/O, no lock.
type view struct {
	radius geoindex.Meters // shown
	reach  geoindex.Meters // kept

	position askaround.Location
	anchor   askaround.Location
	sync     int       // number of the sync that is under way, or was last
	since    time.Time // when it began

	entries map[askaround.QuestionID]*entry
	gone    map[askaround.QuestionID]tombstone
	changes []Change // since they were taken
}

func newView(radius, reach geoindex.Meters) *view {
	return &view{radius: radius, reach: reach, entries: map[askaround.QuestionID]*entry{}, gone: map[askaround.QuestionID]tombstone{}}
}

func distance(a, b askaround.Location) geoindex.Meters { return a.LatLng().Distance(b.LatLng()) }

// move moves the position.
func (v *view) move(to askaround.Location) {
	v.position = to
	for _, e := range v.entries {
		v.show(e)
	}
}

// begin begins a sync around anchor: from now on messages come for all of its cells.
func (v *view) begin(anchor askaround.Location, now time.Time) {
	v.anchor, v.since = anchor, now
	v.sync++
	for id, e := range v.entries {
		if distance(e.question.Location, anchor) > v.reach {
			v.drop(id)
		}
	}
	for id, t := range v.gone {
		if distance(t.at, anchor) > v.reach || !t.expires.After(now) {
			delete(v.gone, id)
		}
	}
}

// show shows or hides an entry, as it should be.
func (v *view) show(e *entry) {
	d := distance(e.question.Location, v.position)
	if shown := !e.doubtful && d <= v.radius; shown != e.shown {
		e.shown = shown
		kind := Added
		if !shown {
			kind = Removed
		}
		v.changes = append(v.changes, Change{kind, e.question, d})
	}
}

// drop removes an entry.
func (v *view) drop(id askaround.QuestionID) {
	e := v.entries[id]
	if e == nil {
		return
	}
	delete(v.entries, id)
	if e.shown {
		v.changes = append(v.changes, Change{Removed, e.question, distance(e.question.Location, v.position)})
	}
}

// bury removes an entry, of which nothing up to a version shall be believed again.
func (v *view) bury(q askaround.Question, version int64) {
	v.drop(q.ID)
	v.gone[q.ID] = tombstone{version, q.Location, q.ExpiresAt}
}

// question applies a message about a question. It reports that a snapshot is needed to
// know whether to believe it.
func (v *view) question(q askaround.Question, now time.Time) (doubtful bool) {
	version := q.Summary.Version
	if t, ok := v.gone[q.ID]; distance(q.Location, v.anchor) > v.reach || ok && version <= t.version {
		return false
	}
	e := v.entries[q.ID]
	switch {
	case q.State != askaround.StateOpen || !q.ExpiresAt.After(now):
		if e == nil || version > e.state {
			v.bury(q, version)
		}
		return false
	case e == nil:
		e = &entry{question: q, state: version, sync: v.sync, doubtful: !q.CreatedAt.After(v.since)}
		v.entries[q.ID] = e
		v.show(e)
		return e.doubtful
	}
	v.renew(e, q)
	return false
}

// renew takes over a later account of a question.
func (v *view) renew(e *entry, q askaround.Question) {
	if q.Summary.Version <= e.state {
		return
	}
	e.state = q.Summary.Version
	if q.Summary.Version <= e.question.Summary.Version {
		q.Summary = e.question.Summary // a message about its sums was faster
	}
	old := e.question
	e.question = q
	if q.Summary.Version > old.Summary.Version || q.State != old.State || q.Text != old.Text || !q.ExpiresAt.Equal(old.ExpiresAt) {
		v.changed(e)
	}
}

func (v *view) changed(e *entry) {
	if e.shown {
		v.changes = append(v.changes, Change{Changed, e.question, distance(e.question.Location, v.position)})
	}
}

// summary applies a message about the sums of a question.
func (v *view) summary(id askaround.QuestionID, s askaround.Summary) {
	if e := v.entries[id]; e != nil && s.Version > e.question.Summary.Version {
		e.question.Summary = s
		v.changed(e)
	}
}

// merge takes over the snapshot of the sync that is under way. It reports that another one
// is needed. What a snapshot lists stands, unless a later message has closed it.
func (v *view) merge(snapshot []askaround.Question, now time.Time) (again bool) {
	listed := make(map[askaround.QuestionID]bool, len(snapshot))
	for _, q := range snapshot {
		listed[q.ID] = true
		if distance(q.Location, v.anchor) > v.reach || q.Summary.Version < v.gone[q.ID].version || !q.ExpiresAt.After(now) {
			continue
		}
		delete(v.gone, q.ID)
		e := v.entries[q.ID]
		if e == nil {
			e = &entry{question: q, state: q.Summary.Version}
			v.entries[q.ID] = e
		}
		e.doubtful = false
		v.show(e)
		v.renew(e, q)
	}
	for id, e := range v.entries {
		switch {
		case listed[id]:
		case e.sync != v.sync: // it was closed or deleted, and nobody told
			v.bury(e.question, max(e.state, e.question.Summary.Version))
		case e.doubtful: // it came while the snapshot was read
			again = true
		}
	}
	return again
}

// expire removes what has expired, and returns when the next question will, zero for
// never.
func (v *view) expire(now time.Time) (next time.Time) {
	for _, e := range v.entries {
		switch at := e.question.ExpiresAt; {
		case !at.After(now):
			v.bury(e.question, max(e.state, e.question.Summary.Version))
		case next.IsZero() || at.Before(next):
			next = at
		}
	}
	return next
}

// list returns what is shown, nearest first.
func (v *view) list() []Nearby {
	out := []Nearby{}
	for _, e := range v.entries {
		if e.shown {
			out = append(out, Nearby{e.question, distance(e.question.Location, v.position)})
		}
	}
	slices.SortFunc(out, func(a, b Nearby) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// take returns the changes since the last call.
func (v *view) take() []Change {
	out := v.changes
	v.changes = nil
	return out
}
